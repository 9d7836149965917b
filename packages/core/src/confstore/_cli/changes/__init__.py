"""Changes of options as people and programs read them: key by key, by commit, as they come."""
