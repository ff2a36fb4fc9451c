"""Markdown on a terminal, as it comes: what can't change any more is written once, only the open end is repainted."""
