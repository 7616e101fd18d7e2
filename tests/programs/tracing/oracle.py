"""Runs a program under ``sys.setprofile``, which knows nothing of pydelve, and says which of its functions were entered
and left, in order: ``oracle.py PROGRAM``, one line each, on standard error. With ``c`` behind it also which functions
written in C its code called.
"""

import runpy
import sys
import threading

PROGRAM, WITH_C = sys.argv[1], sys.argv[2:] == ["c"]
LEFT_OUT = ("<module>", "<listcomp>", "<setcomp>", "<dictcomp>")
IN_C = {"c_call": "call", "c_return": "return", "c_exception": "return"}
found = []


def profile(frame, event, argument):
    code = frame.f_code
    function = code.co_flags & 1 and code.co_name not in LEFT_OUT
    if event in ("call", "return") and function and code.co_filename == PROGRAM:
        found.append(f"{threading.current_thread().name} {event} {code.co_name}")
    elif WITH_C and event.startswith("c_") and code.co_filename == PROGRAM:
        found.append(f"MainThread {IN_C[event]} {argument.__name__}")


threading.setprofile(profile)
sys.setprofile(profile)
try:
    runpy.run_path(PROGRAM, run_name="__main__")
finally:
    sys.setprofile(None)
    print("\n".join(found), file=sys.stderr)
