"""Commits, the journal that they form, its history, and plans to change a store by commits."""
