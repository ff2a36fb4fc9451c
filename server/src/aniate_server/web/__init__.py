"""The pages that people meet in a browser."""
