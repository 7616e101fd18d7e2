"""Real programs, tried as a new user would: each stops where it should, shows what it should, ends as without us."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.events import Started
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, Evaluate, GetStack, GetThreads, GetVariables, Resume
from pydelve.terminal.values import flat_value
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.e2e.plain import Plain, run_both, run_plain
from tests.e2e.session import LAUNCHER, Session, clean_environment
from tests.interpreters import Interpreter
from tests.sources import read_markers
from tests.unit.terminal.user_terminal import CONTROLLING, user_terminal

Program = Callable[[str], Path]
_PATIENCE_S = 20.0

pytestmark = pytest.mark.timeout(300)  # the first run installs libraries


@pytest.fixture
def real(program: Program) -> Program:
    """``real("deep.py")``: a copy of ``tests/programs/real/deep.py`` in the test's own folder."""

    def copy(name: str) -> Path:
        return program(f"real/{name}")

    return copy


# -- servers -----------------------------------------------------------------------------------------------------------


class Server:
    """A server under the debugger: its output, read as it comes, and requests made from other threads."""

    def __init__(self, session: LiveSession, output_fd: int) -> None:
        self.session = session
        self._fd = output_fd
        self.output = ""

    def port(self) -> int:
        """The number after ``port``, once the server says it."""
        deadline = time.monotonic() + _PATIENCE_S
        while (found := re.search(r"port (\d+).*\n", self.output)) is None:
            assert select.select([self._fd], [], [], max(0.0, deadline - time.monotonic()))[0], self.output
            self.output += os.read(self._fd, 4096).decode()
        return int(found[1])

    def rest(self) -> str:
        """The whole output, to its end."""
        while data := os.read(self._fd, 4096):
            self.output += data.decode()
        return self.output


@contextlib.contextmanager
def serving(
    python: Interpreter, words: list[str], cwd: Path, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """A server at its first line."""
    module = words[0] == "-m"
    program, arguments = (words[1], words[2:]) if module else (words[0], words[1:])
    reading, writing = os.pipe()
    try:
        options = LaunchOptions(
            "module" if module else "script", program, tuple(arguments), python.path, str(cwd),
            {"PYTHONUNBUFFERED": "1", **(environment or {})}, stdout_fd=writing, stderr_fd=writing,
        )  # fmt: skip
        with LiveSession(options) as session:
            os.close(writing)
            writing = -1
            assert session.wait_stop().reason == "entry"
            yield Server(session, reading)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


class Asking(threading.Thread):
    """Something that waits for the server's answer while the server is stopped."""

    def __init__(self, ask: Callable[[], str]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self._answer = ""
        self.start()

    def run(self) -> None:
        self._answer = self._ask()

    def answer(self) -> str:
        """What came back, once the server goes on."""
        self.join(_PATIENCE_S)
        assert not self.is_alive()
        return self._answer


def get(port: int, path: str, patience_s: float = _PATIENCE_S) -> str:
    """Status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience_s)
    connection.request("GET", path)
    response = connection.getresponse()
    text = f"{response.status} {response.read().decode()}"
    connection.close()
    return text


def variables(session: LiveSession) -> dict[str, str]:
    return {variable.name: flat_value(variable.value) for variable in session.call(GetVariables())}


def test_flask_view(python: Interpreter, real: Program) -> None:
    app = real("flask_app.py")
    with serving(python, [app.name, "2"], app.parent, library(python, "flask")) as server:
        session = server.session
        line = read_markers(app)["pay"]
        session.call(CreateBreakpoint(f"flask_app.py:{line}"))
        session.call(Resume("continue"))
        port = server.port()
        asking = Asking(lambda: get(port, "/pay/70"))
        stop = session.wait_stop()
        assert (stop.reason, stop.breakpoints, stop.frames[0].function, stop.frames[0].line) == (
            "breakpoint", (1,), "pay", line,
        )  # fmt: skip
        assert stop.thread != 1
        assert variables(session) == {"amount": "70", "fee": "7", "total": "(not assigned)"}
        assert {thread.state for thread in session.call(GetThreads()) if not thread.current} == {"frozen"}
        session.call(Evaluate("import flask", statements=True))
        assert evaluated(session, "flask.request.path") == "'/pay/70'"
        session.call(Resume("continue"))
        assert asking.answer() == '200 {"amount":70,"total":77}\n'
        session.call(ClearBreakpoint(1))
        assert get(port, "/pay/10") == '200 {"amount":10,"total":11}\n'
        assert session.wait_exit().status == 0
        assert server.rest() == f"port {port}\nserved 2\n"


def evaluated(session: LiveSession, expression: str) -> str:
    value = session.call(Evaluate(expression)).value
    return "" if value is None else flat_value(value)


def test_http_server_module(python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello\n")
    with serving(python, ["-m", "http.server", "0", "--bind", "127.0.0.1"], tmp_path) as server:
        session = server.session
        session.call(CreateBreakpoint("SimpleHTTPRequestHandler.do_GET"))
        session.call(Resume("continue"))
        port = server.port()
        asking = Asking(lambda: get(port, "/hello.txt"))
        stop = session.wait_stop()
        assert (stop.reason, stop.frames[0].function.rpartition(".")[2]) == ("breakpoint", "do_GET")
        assert evaluated(session, "self.path") == "'/hello.txt'"
        session.call(ClearBreakpoint(1))
        session.call(Resume("continue"))
        assert asking.answer() == "200 hello\n"
        assert get(port, "/hello.txt") == "200 hello\n"
        started = session.events[0]
        assert isinstance(started, Started)
        os.kill(started.target.pid, signal.SIGINT)
        assert session.wait_exit().status == 0
        assert server.rest().splitlines()[-1] == "Keyboard interrupt received, exiting."


def test_asyncio_server(python: Interpreter, real: Program) -> None:
    program = real("echo_server.py")
    lines = read_markers(program)

    async def ask(port: int, text: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(text.encode() + b"\n")
        answer = (await reader.readline()).decode()
        writer.close()
        return answer

    with serving(python, [program.name, "2"], program.parent) as server:
        session = server.session
        session.call(CreateBreakpoint(f"echo_server.py:{lines['answer']}"))
        session.call(Resume("continue"))
        port = server.port()
        first = Asking(lambda: asyncio.run(ask(port, "a b c")))
        assert session.wait_stop().frames[0].line == lines["answer"]
        assert variables(session)["words"] == "['a', 'b', 'c']"
        assert session.resume(Resume("next")).frames[0].line == lines["answer"] + 1
        assert session.resume(Resume("next")).frames[0].line == lines["write"]  # over the await, in the same coroutine
        session.call(ClearBreakpoint(1))
        session.call(Resume("continue"))
        assert first.answer() == "c b a\n"
        assert asyncio.run(ask(port, "x y")) == "y x\n"
        assert session.wait_exit().status == 0
        assert server.rest() == f"port {port}\nserved 2\n"


# -- programs with a transcript ----------------------------------------------------------------------------------------


def test_numpy_loop(python: Interpreter, real: Program) -> None:
    program = real("numpy_loop.py")
    line = read_markers(program)["sum"]
    done = run_both(
        python, [program.name], [f"b {line}", "c", "locals grid row total", "n", "n", "p float(row.sum())",
         "clear 1", "c"], program.parent, library(python, "numpy"),
    )  # fmt: skip
    total = done.lines.index("total = 0.0")
    assert done.lines[total - 1 : total + 2] == [
        "], float64, 3x4, 96 B)",
        "total = 0.0",
        "row = numpy.ndarray([0.0, 1.0, 2.0, 3.0], float64, 32 B)",
    ]
    assert done.lines[-3:] == [
        "22.0",
        f"cleared breakpoint 1 at numpy_loop.py:{line} in <module>",
        "process <pid> exited with status 0",
    ]


def test_input_from_a_file(python: Interpreter, real: Program) -> None:
    program = real("adventure.py")
    answers = program.parent / "answers.txt"
    answers.write_text("5\n8\nquit\n")
    line = read_markers(program)["add"]
    done = run_both(
        python, [program.name], [f"tbreak {line}", "c", "n", "p answer, gold", "c"], program.parent, stdin=answers
    )
    assert done.lines[-2:] == ["('5', 5)", "process <pid> exited with status 3"]


def test_input_at_a_terminal(python: Interpreter, real: Program) -> None:
    program = real("adventure.py")
    line = read_markers(program)["add"]
    start = CONTROLLING + "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    words = [str(LAUNCHER), "debug", "--python", python.path, program.name]
    environment = clean_environment(program.parent) | {"TERM": "xterm"}
    with user_terminal() as user:
        process = subprocess.Popen(
            [sys.executable, "-c", start, *words], stdin=user.fd, stdout=user.fd, stderr=user.fd,
            cwd=program.parent, env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            for typed, seen in [
                (f"b {line}", f"breakpoint 1 at adventure.py:{line} in <module>"),
                ("c", "terminal\r\nhow much? "),
            ]:
                user.expect(b"(pydelve)")
                user.type(typed.encode() + b"\r")
                user.expect(seen.encode())
            user.type(b"7\r")
            user.expect(b"> breakpoint 1, adventure.py")
            user.expect(b"(pydelve)")
            user.type(b"p answer * 2\r")
            user.expect(b"'77'")
            user.expect(b"(pydelve)")
            user.type(b"c\r")
            user.expect(b"gold: 7\r\nhow much? ")
            user.type(b"quit\r")
            user.expect(b"bye with 7\r\n")
            user.expect(b"exited with status 3")
            user.expect(b"(pydelve)")
            user.type(b"exit\r")
            assert process.wait(_PATIENCE_S) == 0
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_pools(python: Interpreter, real: Program, how: str) -> None:
    program = real("pools.py")
    lines = read_markers(program)
    done = run_both(
        python, [program.name, how],
        [f"b {lines['square']}", f"b {lines['cube']}", "c", "locals", "clear 1", "target follow off", "c"],
        program.parent,
    )  # fmt: skip
    text = program.read_text().splitlines()
    shown = [
        f"{'=>*' if n == lines['square'] else '   '}{n:>3}:  {text[n - 1]}".rstrip() for n in _around(lines["square"])
    ]
    # which of the two workers takes the first item, and which one hits first, is not known
    chance = re.compile(r"thread [23] \(pool_[01]\)$|^number = [01]$", re.MULTILINE)
    said = chance.sub(_any_digits, "\n".join(done.lines[5:]))
    assert said.split("\n") == [
        f"breakpoint 1 at pools.py:{lines['square']} in square",
        f"breakpoint 2 at pools.py:{lines['cube']} in cube",
        f"> breakpoint 1, pools.py:{lines['square']} in square, thread # (pool_#)",
        *shown,
        "number = #",
        "result = (not assigned)",
        f"cleared breakpoint 1 at pools.py:{lines['square']} in square",
        "children are left alone from now on",
        "process <pid> exited with status 0",
    ]


def _any_digits(found: re.Match[str]) -> str:
    return re.sub(r"\d", "#", found[0])


def _around(line: int) -> range:
    return range(line - 2, line + 3)


def test_deep_recursion(python: Interpreter, real: Program) -> None:
    program = real("deep.py")
    line = read_markers(program)["bottom"]
    calls = line + 1
    done = run_both(
        python, [program.name], [f"b {line}", "c", "bt 3", "stack 902", "frame 900", "up", "c"], program.parent
    )
    begin = done.lines.index(f"=> 0  deep.py:{line} in descend")
    assert done.lines[begin : begin + 4] == [
        f"=> 0  deep.py:{line} in descend",
        f"   1  deep.py:{calls} in descend",
        f"   2  deep.py:{calls} in descend",
        "...+899 more frames; all: stack 902",
    ]
    stack = done.lines[begin + 4 : begin + 4 + 902]
    assert stack == [
        f"=>   0  deep.py:{line} in descend",
        *(f"   {number:3}  deep.py:{calls} in descend" for number in range(1, 901)),
        f"   901  deep.py:{calls + 4} in <module>",
    ]
    assert f"> frame 900, deep.py:{calls} in descend" in done.lines
    assert f"> frame 901, deep.py:{calls + 4} in <module>" in done.lines


def test_deep_recursion_in_pages(python: Interpreter, real: Program) -> None:
    program = real("deep.py")
    with LiveSession(LaunchOptions("script", str(program), python=python.path)) as session:
        session.wait_stop()
        session.call(CreateBreakpoint(f"deep.py:{read_markers(program)['bottom']}"))
        assert len(session.resume().frames) < 100  # a stop brings the first frames only
        pages = [session.call(GetStack(0, start, 400)) for start in (0, 400, 800, 1200)]
        assert [(len(page.frames), page.total) for page in pages] == [(400, 902), (400, 902), (102, 902), (0, 902)]
        assert [frame.index for page in pages for frame in page.frames] == list(range(902))


def test_generated_module(python: Interpreter, tmp_path: Path) -> None:
    program = tmp_path / "generated.py"
    functions = "".join(
        f"def f{number}(x):\n    y = x + {number}\n    return y\n\n" for number in range(4999)
    )  # four lines each
    program.write_text(f"{functions}total = f4998(1)\nprint(total)\n\n# the end\n")
    done = run_both(python, [program.name], ["b f4998", "c", "locals", "list 19994, 19997", "n", "so", "c"], tmp_path)
    assert done.lines[5:] == [
        "breakpoint 1 at generated.py:19994 in f4998",
        "> breakpoint 1, generated.py:19994 in f4998, thread 1 (MainThread)",
        "   19992:",
        "   19993:  def f4998(x):",
        "=>*19994:      y = x + 4998",
        "   19995:      return y",
        "   19996:",
        "x = 1",
        "y = (not assigned)",
        "=>*19994:      y = x + 4998",
        "   19995:      return y",
        "   19996:",
        "   19997:  total = f4998(1)",
        "> step, generated.py:19995 in f4998, thread 1 (MainThread)",
        "   19993:  def f4998(x):",
        "  *19994:      y = x + 4998",
        "=> 19995:      return y",
        "   19996:",
        "   19997:  total = f4998(1)",
        "> step, generated.py:19997 in <module>, thread 1 (MainThread)",
        "returned: 4999",
        "   19995:      return y",
        "   19996:",
        "=> 19997:  total = f4998(1)",
        "   19998:  print(total)",
        "   19999:",
        "process <pid> exited with status 0",
    ]


def test_called_from_c(python: Interpreter, real: Program) -> None:
    program = real("callbacks.py")
    lines = read_markers(program)
    commands = ["b double", "b compare", "b last", "b shout", "c"]
    commands += [
        "bt",
        "clear 1",
        "c",
        "locals a b",
        "clear 2",
        "c",
        "so",
        "clear 3",
        "c",
        "p match.group(0)",
        "clear 4",
        "c",
    ]
    done = run_both(python, [program.name], commands, program.parent)
    kept = [line for line in done.lines if not re.match(r"(=>|  )[* ] *\d+:", line)][1:]
    last, query, module = lines["last"], program.read_text().splitlines().index("def queries():") + 4, 0
    module = program.read_text().splitlines().index('print("sqlite", queries())') + 1
    assert kept == [
        "> entry, callbacks.py:1 in <module>, thread 1 (MainThread)",
        f"breakpoint 1 at callbacks.py:{lines['double'] - 1} in double",
        f"breakpoint 2 at callbacks.py:{lines['compare'] - 1} in compare",
        f"breakpoint 3 at callbacks.py:{last} in last",
        f"breakpoint 4 at callbacks.py:{lines['shout']} in shout",
        f"> breakpoint 1, callbacks.py:{lines['double'] - 1} in double, thread 1 (MainThread)",
        f"=> 0  callbacks.py:{lines['double'] - 1} in double",
        f"   1  callbacks.py:{query} in queries",
        f"   2  callbacks.py:{module} in <module>",
        f"cleared breakpoint 1 at callbacks.py:{lines['double'] - 1} in double",
        f"> breakpoint 2, callbacks.py:{lines['compare'] - 1} in compare, thread 1 (MainThread)",
        "a = (not assigned)",
        "b = (not assigned)",
        f"cleared breakpoint 2 at callbacks.py:{lines['compare'] - 1} in compare",
        f"> breakpoint 3, callbacks.py:{last} in last, thread 1 (MainThread)",
        f"> step, callbacks.py:{module + 2} in <module>, thread 1 (MainThread)",
        "returned: 'b'",
        f"cleared breakpoint 3 at callbacks.py:{last} in last",
        f"> breakpoint 4, callbacks.py:{lines['shout']} in shout, thread 1 (MainThread)",
        "'bb'",
        f"cleared breakpoint 4 at callbacks.py:{lines['shout']} in shout",
        "process <pid> exited with status 0",
    ]


def test_arguments(python: Interpreter, real: Program) -> None:
    program = real("options.py")
    line = read_markers(program)["greet"]
    words = [program.name, "Ada", "--count", "2", "-v"]
    commands = [f"b {line}", "c", "locals", "clear 1", "c"]
    done = run_both(python, words, commands, program.parent)
    assert "options = <argparse.Namespace 0x<addr>> {name: 'Ada', count: 2, verbose: True}" in done.lines
    # the same after --, which is pydelve's to take away, unless a second one follows
    assert run_plain(python, words, program.parent) == Plain("hello Ada True\nhello Ada True\n", "", 2)


def test_module_of_a_package(python: Interpreter, real: Program) -> None:
    folder = real("shop").parent
    line = read_markers(folder / "shop" / "prices.py")["gross"]
    done = run_both(python, ["-m", "shop.till", "100"], ["b shop.prices.gross", "c", "locals", "so", "c"], folder)
    kept = [text for text in done.lines if not re.match(r"(=>|  )[* ] *\d+:", text)]
    assert kept == [
        "process <pid> started: -m shop.till 100 (CPython <version>)",
        "> entry, shop/till.py:1 in <module>, thread 1 (MainThread)",
        f"breakpoint 1 at shop/prices.py:{line - 1} in gross, suspended",
        f"landed: breakpoint 1 at shop/prices.py:{line - 1} in gross",
        f"> breakpoint 1, shop/prices.py:{line - 1} in gross, thread 1 (MainThread)",
        "net = 100",
        "rate = 19",
        "tax = (not assigned)",
        "> step, shop/till.py:7 in <module>, thread 1 (MainThread)",
        "returned: 119.0",
        "process <pid> exited with status 0",
    ]


def test_pytest(python: Interpreter, real: Program) -> None:
    program = real("test_account.py")
    lines = read_markers(program)
    environment = {**library(python, "pytest"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # whatever else is installed
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", os.devnull, program.name]
    plain = run_plain(python, words, program.parent, environment)
    out = program.parent / "out.txt"
    options = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    done = Session(python, program.parent).run(
        ["debug", "--redirect", f"stdout:{out}", *options, "--python", python.path, *words],
        [f"b {program.name}:{lines['check']}", f"b {program.name}:{lines['compare']} if amount == 2",
         "c", "locals account", "n", "c", "locals account amount", "c"],
    )  # fmt: skip
    kept = [text for text in done.lines if not re.match(r"(=>|  )[* ] *\d+:", text)][2:]
    kept[2:4] = sorted(kept[2:4])  # both land as the one module is loaded
    assert kept == [
        f"breakpoint 1 at test_account.py:{lines['check']} in test_withdraw, suspended",
        f"breakpoint 2 at test_account.py:{lines['compare']} in test_fails_once, suspended",
        f"landed: breakpoint 1 at test_account.py:{lines['check']} in test_withdraw",
        f"landed: breakpoint 2 at test_account.py:{lines['compare']} in test_fails_once",
        f"> breakpoint 1, test_account.py:{lines['check']} in test_withdraw, thread 1 (MainThread)",
        "account = {'balance': 70}",
        f"> step, test_account.py:{lines['check'] + 1} in test_withdraw, thread 1 (MainThread)",
        f"> breakpoint 2, test_account.py:{lines['compare']} in test_fails_once, thread 1 (MainThread)",
        "account = {'balance': 98}",
        "amount = 2",
        "process <pid> exited with status 1",
    ]
    assert _no_times(out.read_text()) == _no_times(plain.output)
    assert plain.status == 1


def _no_times(text: str) -> str:
    return re.sub(r"in \d+\.\d+s", "in N s", text)


@pytest.mark.alone
@pytest.mark.parametrize("expression", ["numbers", "table"])
def test_big_values_print_at_once(python: Interpreter, real: Program, expression: str) -> None:
    program = real("big.py")
    with LiveSession(LaunchOptions("script", str(program), python=python.path, stdout_fd=2)) as session:
        session.wait_stop()
        session.call(CreateBreakpoint(f"big.py:{read_markers(program)['here']}"))
        session.resume()
        took, value = [], None
        for _ in range(7):
            begin = time.monotonic()
            value = session.call(Evaluate(expression)).value
            took.append(time.monotonic() - begin)
        assert value is not None
        assert (value.length, value.shown) == ({"numbers": 1_000_000, "table": 100_000}[expression], 64)
        assert min(took) < 0.05 * 3  # the limit is 50 ms; see bench for the exact figures
