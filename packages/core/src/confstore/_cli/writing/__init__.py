"""The one way in which every command writes: plan, check, dry run, question, commit, retry."""
