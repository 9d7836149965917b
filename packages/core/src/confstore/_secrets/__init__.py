"""Secrets: sealed in their store, or kept elsewhere and referred to."""
