"""Commands that are no brews: one module a subject, one function a command."""
