"""Clocks, waits, threads, forks, logging and private files of this process."""
