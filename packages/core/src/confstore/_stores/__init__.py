"""Protocols between core and adapters, and polling of any store."""
