"""The machines whose processes can be entered, and whose core files are read and written: ``known.py`` has them all.

A machine is two modules: one for registers and system calls (see ``machine.py``), one for instructions (``code.py``).
"""

NAMES = ("x86_64", "aarch64")
"""As ``os.uname().machine`` has them."""
