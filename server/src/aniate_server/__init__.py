"""The Aniate server."""

__version__ = "1.0.0"
