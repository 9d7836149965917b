"""Commits, the journal that they form, and what can be told from it."""
