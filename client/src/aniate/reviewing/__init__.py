"""What `ant review` is made of: the changes, the parts in which they are shown, and what is found in them."""
