"""One run of the program: the commands by name, failures as exit codes, completion, reference."""
