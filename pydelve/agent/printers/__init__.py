"""Printers: one small file for each family of types that is worth showing as more than its attributes.

A printer is a plain function from an object to a :class:`~.shown.Shown`, or None where the object is not in a state
that it knows: then the object is shown by its attributes, as any other. ``registry.py`` finds the printer of a class;
``inspection.py`` is the only one who asks. Printers run no code of the target: ``shown.py`` has the ways to read.

They say facts, as plain data; how that looks is decided on the debugger's side, by ``pydelve/terminal/printers``.
"""
