"""Clocks, waiting, threads, forks, logging and files of this process."""
