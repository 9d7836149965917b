"""Integrations: one module for each framework, which imports that framework and nobody imports."""
