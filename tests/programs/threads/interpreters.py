"""A thread that runs code in a subinterpreter, and waits there."""

import os
import sys
import threading

try:
    import _interpreters
except ImportError:  # 3.12
    import _xxsubinterpreters as _interpreters


def visit(x):
    return x + 1  # @inside


# -- the subinterpreter runs what is above this line
go, going = os.pipe(), os.pipe()
CODE = f"""
import os
with open({__file__!r}) as file:
    exec(compile(file.read().partition("\\n# --")[0], {__file__!r}, "exec"))
os.write({going[1]}, b"x")
os.read({go[0]}, 1)
os.write(1, b"%d " % visit(1))
"""
interpreter = _interpreters.create()
guest = threading.Thread(target=_interpreters.run_string, args=(interpreter, CODE), name="guest")
guest.start()
os.read(going[0], 1)
ready = True  # @ready
os.write(go[1], b"x")
guest.join()
_interpreters.destroy(interpreter)
end = True  # @end
print("done")
