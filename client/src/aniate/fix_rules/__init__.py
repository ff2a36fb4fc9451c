"""What mends a failed command without a model: rules of our own, asked offline and logged out."""
