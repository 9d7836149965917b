"""The rules that Hypothesis plays: what a store must do, grouped by call."""
