"""Legal values that are easily lost, legal names that are hostile, and what must be refused."""
