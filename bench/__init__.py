"""Measurements beside peers and limits. Each prints what it found and keeps it under `bench/results`."""
