"""Queries, and their pages decoded one by one."""
