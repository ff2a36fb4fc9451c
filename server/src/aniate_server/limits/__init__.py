"""What a plan allows, and how much of it is left. What counts is in PostgreSQL; here it is told."""
