"""Opening a store, or a config of it, by URL."""
