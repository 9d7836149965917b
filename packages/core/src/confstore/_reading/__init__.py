"""Reading strategies: how a program reads a store."""
