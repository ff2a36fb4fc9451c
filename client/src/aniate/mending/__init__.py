"""Changes of files that a model proposes: found their place, shown, made, tried, and taken back."""
