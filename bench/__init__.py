"""Measurements: pydelve beside plain Python, pdb and debugpy, alternating in one run. ``python -m bench``."""
