"""What the agent knows of the interpreter it lives in: memory, threads, code, modules, names of files."""
