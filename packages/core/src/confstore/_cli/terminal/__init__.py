"""Standard output, standard error and exit codes."""
