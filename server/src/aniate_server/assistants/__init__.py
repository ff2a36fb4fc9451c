"""Assistants: what users brew, by workspace."""
