"""What mends a failure that no rule of ours knows."""
