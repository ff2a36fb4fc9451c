"""The client half of each brew: what goes along with the question, and what is done with the answer."""
