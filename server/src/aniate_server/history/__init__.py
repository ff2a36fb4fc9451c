"""Conversations that users chose to keep with their account."""
