"""The journal of a store: a partition of its own in the same table."""
