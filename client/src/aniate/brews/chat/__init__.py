"""`ant chat`: question after question, each with all that was said before."""
