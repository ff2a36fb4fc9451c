"""One command a file: `run(settings, arguments)` does it and returns the exit code."""
