"""Brews that answer."""
