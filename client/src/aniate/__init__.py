"""Aniate: AI in the terminal. The command is `ant`."""

__version__ = "1.0.0"
