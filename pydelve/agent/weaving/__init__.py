"""Code of ours within the program's own functions."""
