"""Tools for the people who work on pydelve; no part of the package."""
