"""Fixtures of every test in the repository, whichever package it stands in."""

pytest_plugins = ["dynamodb_local"]
