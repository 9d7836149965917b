"""Finds what is wrong with a table, its permissions and its clock."""
