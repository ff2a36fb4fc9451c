"""Brewed commands: what users make of words, by workspace; run by their own machines alone."""
