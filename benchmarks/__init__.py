"""Measures ours, the peers and the limit side by side; see README.md."""
