"""The strategy that holds the whole store and refreshes it in the background."""
