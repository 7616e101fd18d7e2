"""Runs a program under ``sys.setprofile``, which knows nothing of pydelve, and says which of its functions were entered
and left, in order: ``oracle.py PROGRAM``, one line each, on standard error.
"""

import runpy
import sys
import threading

PROGRAM = sys.argv[1]
LEFT_OUT = ("<module>", "<listcomp>", "<setcomp>", "<dictcomp>")
found = []


def profile(frame, event, argument):
    code = frame.f_code
    function = code.co_flags & 1 and code.co_name not in LEFT_OUT
    if event in ("call", "return") and function and code.co_filename == PROGRAM:
        found.append(f"{threading.current_thread().name} {event} {code.co_name}")


threading.setprofile(profile)
sys.setprofile(profile)
try:
    runpy.run_path(PROGRAM, run_name="__main__")
finally:
    sys.setprofile(None)
    print("\n".join(found), file=sys.stderr)
