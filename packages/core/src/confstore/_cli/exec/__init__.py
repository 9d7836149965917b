"""Run another program with a store's options in its environment."""
