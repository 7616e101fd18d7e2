"""pydelve: Delve for Python, a source-level debugger for Python processes."""

__version__ = "0.1.0.dev0"
