"""The prompt and the script mode: commands in, text for people out; a client of the debugger like any other.

Threads: the main thread reads commands, sends requests and prints. One daemon thread (``urgent``) sends ``Halt`` and
``Interrupt`` for the handler of SIGINT, which may not wait. Completion runs on the main thread too.

Order of the modules: ``theme``, ``names``, ``values``, ``listing``, ``places``, ``messages`` make text; ``parsing`` and
``model`` say what a command is; ``session`` holds the user's place in the program; ``handlers_*`` do the commands;
``commands`` is the one table; ``interpreter`` runs a line; ``script`` and ``prompt`` read lines; ``console``, with
``keyboard``, ``signals`` and ``keeper``, passes the program's terminal through while it runs. ``tui`` is
the full-screen view, with threads of its own.
"""
