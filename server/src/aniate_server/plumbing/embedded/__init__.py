"""PostgreSQL and a small model as child processes, for a machine that has neither."""
