"""Several layers read as one store: files over tables, the environment over all."""
