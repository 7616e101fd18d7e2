"""The full-screen view: panes for source, locals, stack, threads, breakpoints and the program's output.

A second face of the same session: every command runs through ``interpreter`` and the one table, and what the panes
show is asked for through the client's API. Imported only when it is wanted (``cli.in_terminal``), with prompt-toolkit.

Threads: the main thread owns prompt-toolkit's loop, the ``View`` and the terminal. One thread, ``pydelve-tui``
(``worker``), runs commands, waits for events and gathers snapshots; it hands results to the main thread's loop and
touches nothing of the view. Completion asks from threads of prompt-toolkit's own.

Order of the modules: ``cells`` (widths), ``output`` (the program's output as lines), ``model`` (what is shown),
``changes`` and ``gathering`` (a snapshot from the session), ``panes`` and ``composing`` (a view as text; pure),
``keys`` (the table of keys), ``actions`` (what they do), ``bindings``, ``bottom_line``, ``worker``, ``program_side``,
``program_screen``, ``application``.
"""
