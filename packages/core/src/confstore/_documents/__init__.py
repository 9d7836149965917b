"""Text formats: tagged JSON, and where in a text an error is."""
