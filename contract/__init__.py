"""What both halves must agree on, and what must never leave the server."""
