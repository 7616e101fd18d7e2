"""Core files of the kernel, of gcore and of ``dump``, looked into by ``pydelve core``."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydelve.api.attach import CoreOptions, LookOptions
from pydelve.api.events import Progress
from pydelve.api.requests import Detach, Dump, Evaluate, Interrupt
from pydelve.errors import UsageError
from pydelve.target.core import writing
from tests.e2e.live import LiveSession
from tests.e2e.running import Running
from tests.e2e.session import Session
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
_TRY = "  try: help without-control"
COMMANDS = [
    "threads", "stack", "print account.owner, names, options", "print account.total", "up", "locals", "list 1, 1",
    "next", "continue", "signal INT", "break 3", "exit -k",
]  # fmt: skip


def wanted(core: str, program: str, cause: str, holds: str = "") -> list[str]:
    """What ``COMMANDS`` show, and what comes before; ``holds`` is what is said of the thread besides."""
    why = f"  why: {core} is a core file: the process is no more"
    return [
        f"core file {core} of process <pid>: {program} (CPython <version>)",
        f"> core{cause}, attach/looked_at.py:71 in show, thread 1 (MainThread)",
        "    69:      cell = lambda: account  # noqa: E731",
        '    70:      print("ready", flush=True)',
        "=>  71:      sys.stdin.readline()",
        "    72:      unset = cell, slotted, picky, closed, red, table, numbers, later, big, point",
        "    73:      return unset",
        f"=> 1  MainThread  stopped{holds}  attach/looked_at.py:71 in show",
        "=> 0  attach/looked_at.py:71 in show",
        "   1  attach/looked_at.py:78 in main",
        "   2  attach/looked_at.py:82 in <module>",
        "('eve', (1, 2), {'color': 'red'})",
        "account.total can't be told without running the program",
        "  why: total is a property of __main__.Account, which is a function of the program's",
        _TRY,
        "> frame 1, attach/looked_at.py:78 in main",
        "    76:  def main():",
        "    77:      total = 1",
        '=>  78:      show(Account("eve"), 1, 2, color="red")',
        '    79:      print("done", total)',
        "    80:",
        "total = 1",
        '     1:  """A program to look at from outside: it waits in ``show`` until a line comes."""',
        "next needs control of the program", why, _TRY,
        "continue needs a program that runs", why, _TRY,
        "signal needs control of the program", why, _TRY,
        "break needs control of the program", why, _TRY,
        "there is no process to kill", f"  why: {core} is a core file", "  try: exit",
    ]  # fmt: skip


def looked(core: Path, folder: Path, *options: str, commands: list[str] | None = None) -> list[str]:
    """What ``pydelve core`` shows."""
    done = Session(None, folder).run(["core", *options, str(core)], COMMANDS if commands is None else commands)
    assert done.exit_code == 0
    text = re.sub(r"CPython [0-9.]+", "CPython <version>", "\n".join(done.lines))
    return re.sub(r"process \d+", "process <pid>", text).split("\n")


def dumped_by_kernel(python: Interpreter, source: Path, folder: Path) -> Path:
    """The program's core, as the kernel writes it when SIGABRT ends it."""
    if Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/")):
        pytest.skip("this kernel hands cores to another program")
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard == 0:
        pytest.skip("no core files are allowed here (ulimit -c)")
    with Running(python, source, folder=folder) as running:
        running.wait_ready(waits_in="read")
        resource.prlimit(running.pid, resource.RLIMIT_CORE, (hard, hard))
        running.popen.send_signal(signal.SIGABRT)
        running.popen.wait()
    return next(folder.glob("core*")).rename(folder / "kernel.core")


def test_of_the_kernel(python: Interpreter, program: Program, tmp_path: Path) -> None:
    source = program("attach/looked_at.py")
    core = dumped_by_kernel(python, source, tmp_path)
    shown = looked(core, tmp_path)
    assert shown == wanted("<tmp>/kernel.core", "<tmp>/attach/looked_at.py", ", after SIGABRT (signal 6)")


def test_of_gcore(python: Interpreter, program: Program, tmp_path: Path) -> None:
    gcore = shutil.which("gcore")
    if gcore is None:
        pytest.skip("gcore is part of gdb, which is not installed")
    if python.version_info[:2] not in {(3, 9), (3, 14)}:
        pytest.skip("takes long: looked at on two versions only")
    with Running(python, program("attach/looked_at.py"), folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        words = [gcore, "-o", str(tmp_path / "gcore"), str(running.pid)]
        subprocess.run(words, check=True, capture_output=True, timeout=60)
    core = tmp_path / f"gcore.{running.pid}"
    assert looked(core, tmp_path) == wanted(f"<tmp>/{core.name}", "<tmp>/attach/looked_at.py", "")


def test_dumped_at_a_stop(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """Of a launched program, by the command; the program goes on as if nothing had been."""
    source = program("attach/looked_at.py")
    core = tmp_path / "dumped.core"
    session = Session(python, tmp_path)
    words = ["debug", "--redirect", "stdin:/dev/null", str(source)]
    done = session.run(words, ["break 71", "continue", f"dump {core}", f"dump {core}", "dump", "next", "stepout"])
    at = next(number for number, line in enumerate(done.lines) if line.startswith("dumped: "))
    assert re.fullmatch(r"dumped: <tmp>/dumped\.core, [0-9.]+ MiB, in <time> s", done.lines[at])
    assert done.lines[at + 1 : at + 7] == [
        "<tmp>/dumped.core is there already", "  why: dump overwrites nothing", "  try: dump <tmp>/dumped.core.2",
        "dump needs the name of a file", "  try: dump /tmp/core",
        "> step, attach/looked_at.py:72 in show, thread 1 (MainThread)",
    ]  # fmt: skip
    assert looked(core, tmp_path) == wanted("<tmp>/dumped.core", "<tmp>/attach/looked_at.py", "", " (holds the GIL)")
    assert core.stat().st_mode & 0o777 == 0o600


def test_dumped_from_outside(python: Interpreter, program: Program, tmp_path: Path) -> None:
    """Of a process that is looked at only; with its progress; ended by Ctrl-C, which leaves no file."""
    core = tmp_path / "looked.core"
    with Running(python, program("attach/looked_at.py"), folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            owner = session.call(Evaluate("account.owner")).value
            written = session.call(Dump(str(core)))
            assert written is not None
            assert (written.path, written.size_bytes) == (str(core), core.stat().st_size)
            with pytest.raises(UsageError):
                session.call(Dump(str(core)))
    with LiveSession(CoreOptions(str(core))) as session:
        assert session.wait_stop().reason == "core"
        assert session.call(Evaluate("account.owner")).value == owner


def test_the_main_thread_of_a_program_without_threads(python: Interpreter, tmp_path: Path) -> None:
    """``threading`` is not there to tell its name."""
    alone, core = tmp_path / "alone.py", tmp_path / "alone.core"
    alone.write_text("import sys\nassert sys.modules.pop('threading', 0) or 1\nprint('ready', flush=True)\ninput()\n")
    with Running(python, alone, folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        shown = Session(None, tmp_path).run(["stack", str(running.pid)])
        assert [line for line in shown.lines if line.startswith("thread ")] == [
            f"thread {running.pid} (MainThread), waiting in read"
        ]
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            session.call(Dump(str(core)))
    assert "=> 1  MainThread  stopped  alone.py:4 in <module>" in looked(core, tmp_path, commands=["threads"])


def test_another_source_at_the_same_path(tmp_path: Path) -> None:
    """As on another machine: that it can't be the program's is said, or that it was changed later."""
    source, core = tmp_path / "small.py", tmp_path / "small.core"
    text = "def wait(what):\n    print(what, flush=True)\n    input()\n\n\nwait('ready')\n"
    source.write_text(text)
    with Running(Interpreter(sys.executable, "", ""), source, folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            session.call(Dump(str(core)))
    written_s = core.stat().st_mtime
    head = "core file <tmp>/small.core of process <pid>: <tmp>/small.py (CPython <version>)\n"
    head += "> core, small.py:3 in wait, thread 1 (MainThread)"
    above = "> frame 1, small.py:6 in <module>"

    def shown(content: str, later_s: float) -> str:
        source.write_text(content)
        os.utime(source, (written_s + later_s,) * 2)
        return "\n".join(looked(core, tmp_path, commands=["up", "list 1, 1"]))

    first = "     1:  def wait(what):"
    around = "     2:      print(what, flush=True)\n=>   3:      input()\n     4:\n     5:"
    called = "     4:\n     5:\n=>   6:  wait('ready')"
    assert shown(text, -1) == f"{head}\n{first}\n{around}\n{above}\n{called}\n{first}"
    later = "  (small.py has changed since the core file was written)"
    assert shown(text, 1) == f"{head}\n{first}\n{around}\n{later}\n{above}\n{called}\n{later}\n{first}\n{later}"
    why = "  (small.py is not what runs here: "
    beyond = f"{why}it ends with line 3, and this is line 6)"
    assert shown("import os\n\nprint(1)\n", -1) == (
        f"{head}\n     1:  import os\n     2:\n=>   3:  print(1)\n{why}no wait begins at its line 1)\n"
        f"{above}\n{beyond}\n     1:  import os\n{beyond}"
    )
    assert shown(text.replace("    input", "\n    input"), -1) == (
        f"{head}\n{first}\n     2:      print(what, flush=True)\n=>   3:\n     4:      input()\n     5:\n"
        f"{why}its line 3 is empty)\n{above}\n     4:      input()\n     5:\n=>   6:\n     7:  wait('ready')\n"
        f"{why}its line 6 is empty)\n{first}\n{why}its line 6 is empty)"
    )


_GUARDED = """\
import ctypes
MADV_GUARD_INSTALL, PAGE = 102, 4096
data = b"x" * (1 << 20)
middle = (id(data) + (1 << 19)) & -PAGE
refused = ctypes.CDLL(None).madvise(ctypes.c_void_p(middle), PAGE, MADV_GUARD_INSTALL)
print("ready", flush=True)
input()
"""


def test_memory_behind_a_page_that_can_not_be_read(tmp_path: Path) -> None:
    """As newer C libraries guard the stacks of threads, in the middle of what is mapped."""
    source, core = tmp_path / "guarded.py", tmp_path / "guarded.core"
    source.write_text(_GUARDED)
    with Running(Interpreter(sys.executable, "", ""), source, folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            refused = session.call(Evaluate("refused")).value
            assert refused is not None
            if refused.text != "0":
                pytest.skip("this kernel has no guard pages (MADV_GUARD_INSTALL)")
            written = session.call(Dump(str(core)))
            assert written is not None and written.unreadable_bytes == 4096
    assert looked(core, tmp_path, commands=["print data[:3], data[-3:]"])[-1] == "(b'xxx', b'xxx')"


class TestRefusals:
    """What is no core, or not whole, or whose files are others."""

    def refused(self, folder: Path, *words: str) -> list[str]:
        done = Session(None, folder).run(["core", *words], [])
        assert done.exit_code == 1
        return done.lines

    def test_what_is_no_core(self, tmp_path: Path) -> None:
        text = tmp_path / "text"
        text.write_text("no core\n" * 20)
        assert self.refused(tmp_path, str(text)) == [
            "pydelve: <tmp>/text can't be read as a core file", "  why: it is no ELF file", "  try: file <tmp>/text",
        ]  # fmt: skip
        assert self.refused(tmp_path, "/bin/sh") == [
            "pydelve: /bin/sh can't be read as a core file",
            "  why: it is a program or a library, not a core file",
            "  try: file /bin/sh",
        ]
        assert self.refused(tmp_path, str(tmp_path / "none")) == [
            "pydelve: <tmp>/none can't be read", "  why: No such file or directory", "  try: ls -l <tmp>",
        ]  # fmt: skip

    def test_options_on_both_sides_of_the_file(self, tmp_path: Path) -> None:
        done = Session(None, tmp_path).run(["core", "--tui", "--exe", "/bin", "core.1", "--init", "none"])
        assert (done.exit_code, done.lines[0]) == (2, "pydelve: there is no init file none")
        (tmp_path / "none").touch()
        done = Session(None, tmp_path).run(["core", "--tui", "--exe", "/bin", "core.1", "--init", "none"])
        assert (done.exit_code, done.lines[0]) == (2, "pydelve: --tui needs a terminal")

    def test_cut_and_of_other_files(self, python: Interpreter, program: Program, tmp_path: Path) -> None:
        core = tmp_path / "a.core"
        with Running(python, program("attach/looked_at.py"), folder=tmp_path) as running:
            running.wait_ready(waits_in="read")
            with LiveSession(LookOptions(running.pid, "a test says so")) as session:
                session.wait_stop()
                session.call(Dump(str(core)))
                with open(f"/proc/{running.pid}/maps", encoding="utf-8") as file:
                    paths = {line.split(None, 5)[5].strip() for line in file if len(line.split()) > 5}
        holder = next((path for path in paths if "/libpython" in path), "")
        if holder:  # else the program itself holds it, and a patched one has its build id where no core has it
            folder = tmp_path / "others"
            folder.mkdir()
            shutil.copy("/bin/sh", folder / os.path.basename(holder))
            lines = self.refused(tmp_path, "--exe", str(folder), str(core))
            name, number = re.escape(os.path.basename(holder)), "[0-9a-f]+"
            assert lines[0] == "pydelve: <tmp>/a.core can't be looked into without the files it is of"
            why = rf"  why: <tmp>/others/{name}: its build id is {number}, and the core is of {number}"
            assert re.fullmatch(why, lines[1])
        self.wrong_programs(core)
        shown = looked(core, tmp_path, commands=["dump other.core", "dump a.core", f"dump '{core}'"])
        assert [line for line in shown if line.startswith("  try: ")] == [
            "  try: cp <tmp>/a.core <tmp>/other.core",
            "  try: cp <tmp>/a.core <tmp>/a.core.copy",
            "  try: cp <tmp>/a.core <tmp>/a.core.copy",
        ]
        size = core.stat().st_size
        os.truncate(core, size - 4096)
        shown = looked(core, tmp_path, commands=["print 1 + 1"])
        assert "the core file is cut: 4,096 bytes are missing at its end" in shown

    def wrong_programs(self, core: Path) -> None:
        """``--exe`` is refused where it can't be the program, although what is really of it is here."""
        folder = core.parent
        head = "pydelve: <tmp>/a.core can't be looked into without the files it is of"
        assert self.refused(folder, "--exe", "/nope", str(core))[:2] == [
            head, "  why: /nope: No such file or directory",
        ]  # fmt: skip
        empty = folder / "empty"
        empty.mkdir()
        assert self.refused(folder, "--exe", "empty", str(core))[:2] == [
            head, "  why: empty: none of them is in this folder",
        ]  # fmt: skip


def test_progress_and_the_end_of_it(tmp_path: Path) -> None:
    """``write_core`` asks after each piece; what was written is taken away."""
    from contextlib import nullcontext

    from pydelve.target.core.writing import write_core
    from pydelve.target.live.ptrace import StopReport

    told: list[tuple[int, int]] = []

    def going_on(done: int, total: int) -> bool:
        told.append((done, total))
        return len(told) < 2

    path = tmp_path / "cancelled.core"
    assert write_core(os.getpid(), str(path), going_on, nullcontext(StopReport())) is None
    assert not path.exists()
    assert [done < total for done, total in told] == [True, True]
    assert Progress("dumping", *told[0]).done_bytes == 0


def test_ctrl_c_ends_a_dump(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is served in between; no file is left, and the process runs on."""
    told = threading.Event()
    copy = writing._Dump._copy

    def slowly(self: Any, *arguments: int) -> int:
        assert told.wait(20)
        time.sleep(0.02)
        return copy(self, *arguments)

    monkeypatch.setattr(writing._Dump, "_copy", slowly)
    monkeypatch.setattr(writing, "_CHUNK_BYTES", 1 << 16)
    core = tmp_path / "a.core"
    with Running(Interpreter(sys.executable, "", ""), program("attach/looked_at.py"), folder=tmp_path) as running:
        running.wait_ready(waits_in="read")
        with LiveSession(LookOptions(running.pid, "a test says so")) as session:
            session.wait_stop()
            found: list[object] = []
            thread = threading.Thread(target=lambda: found.append(session.call(Dump(str(core)))))
            thread.start()
            told.set()
            while thread.is_alive():  # it may not have begun when the first one comes
                session.call(Interrupt())
                thread.join(0.05)
            assert (found, core.exists()) == ([None], False)
            session.call(Detach())
        running.tell("go on")
        assert running.end() == ("ready\ndone 1\n", "", 0)
