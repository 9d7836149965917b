"""Values, names and keys: what every backend accepts and gives back."""
