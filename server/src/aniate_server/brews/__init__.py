"""What is said: one folder a brew, with its prompt."""
