"""The agent: what runs inside the target. Standard library's built-in modules and ``_ctypes`` only; see ``core.py``."""
