"""Arguments of commands: assignments, names of options and keys, sides of a diff, schemas."""
