"""A signal that comes while a program that ends tells the rest of its calls: it waits, and all of them are told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.e2e.handshakes import wait_until, wait_until_in
from tests.e2e.tracing import SHARE, Tracer
from tests.interpreters import Interpreter

_LIMIT_S = 60.0
_CALLS = 20_000
"""They are more than fits into sockets, and fewer than the agent keeps."""
PROGRAM = """\
import atexit, os, signal, sys, time

class Interrupted(BaseException):
    pass

def interrupt(number, frame):
    print("interrupted", flush=True)
    raise Interrupted

def work(number):
    pass

signal.signal(signal.SIGINT, interrupt)
print("pid", os.getpid(), flush=True)
while not os.path.exists("go"):
    time.sleep(0.01)
for number in range(int(sys.argv[1])):
    work(number)
atexit.register(open, "ending", "w")
"""


def test_a_signal_at_the_end(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    with Tracer(tmp_path, "--python", python.path, "work", str(tmp_path / "program.py"), str(_CALLS)) as tracer:
        tracer.wait_for("pid ")
        wait_until(lambda: tracer.output.read_text().endswith("\n"))
        pid = int(tracer.output.read_text().split()[1])
        tracer.popen.send_signal(signal.SIGSTOP)
        (tmp_path / "go").touch()
        wait_until((tmp_path / "ending").exists)
        wait_until_in(pid, "futex", "sendto")
        os.kill(pid, signal.SIGINT)
        tracer.popen.send_signal(signal.SIGCONT)
        assert tracer.popen.wait(_LIMIT_S) == 0
        output, calls = tracer.said()
    lines = [SHARE.sub("", line) for line in output.splitlines()]
    assert lines.count("interrupted") == 1
    assert lines[-1] == f"pydelve: {_CALLS:,} calls of 1 function traced"
    assert calls.splitlines()[-1].split()[1:4] == ["__main__.work", "->", "None"]
