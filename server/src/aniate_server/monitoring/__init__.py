"""What a machine asks that watches this one: its numbers, and whether it lives and works."""
