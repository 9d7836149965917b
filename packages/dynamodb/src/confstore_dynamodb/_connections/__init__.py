"""Clients, calls and their errors."""
