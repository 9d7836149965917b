"""Typed settings: values made into attrs classes, dataclasses and pydantic models."""
