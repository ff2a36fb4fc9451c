"""What `ant completion` prints: three shells' scripts, filled in from the table of commands."""
