"""Conversations that are kept on this machine: one private file each, to which every turn is appended."""
