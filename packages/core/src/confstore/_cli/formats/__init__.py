"""File formats of `export` and `import`: JSON, YAML, TOML, dotenv and shell."""
