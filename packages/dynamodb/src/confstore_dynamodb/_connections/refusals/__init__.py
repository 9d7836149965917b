"""Why AWS, or a setting of this machine, refuses a call: confstore's errors and their advice."""
