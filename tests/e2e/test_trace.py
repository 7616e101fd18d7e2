"""``pydelve trace``: what is told of calls, how a trace begins and ends, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.events import Detached, Notice, Traced
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, Detach, EndTracing, Resume, StartTracing
from pydelve.api.target import ExitStatus
from pydelve.api.tracing import TraceSummary
from pydelve.cli.trace import exit_status
from pydelve.terminal.trace_book import Book
from tests.e2e.handshakes import wait_until
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.e2e.plain import run_plain
from tests.e2e.running import Running
from tests.e2e.session import LAUNCHER, Session, clean_environment
from tests.e2e.tracing import (
    ENDS,
    FOLDER,
    SHARE,
    TRANSCRIPTS,
    Tracer,
    normalised,
    records,
    said,
    start,
    traced,
    unseen,
)
from tests.e2e.web_load import load
from tests.golden import check
from tests.interpreters import Interpreter
from tests.unit.terminal.user_terminal import CONTROLLING, user_terminal

LIMIT_S = 60.0


class TestKinds:
    def test_all_kinds_of_calls(self, python: Interpreter, tmp_path: Path) -> None:
        done = traced(python, tmp_path, r"^__main__\.", str(FOLDER / "kinds.py"))
        assert done.exit_code == 0
        check(TRANSCRIPTS / "trace" / "kinds.txt", normalised(done.output))

    @pytest.mark.parametrize("name", ["kinds", "thrown", "shapes"])
    def test_count_and_order_are_those_of_setprofile(self, python: Interpreter, tmp_path: Path, name: str) -> None:
        program = str(FOLDER / f"{name}.py")
        plain = run_plain(python, [str(FOLDER / "oracle.py"), program], tmp_path)
        expected = plain.errors.splitlines()
        assert len(expected) > 30, plain
        found = [
            f"{record['thread_name']} {'return' if record['event'] in ENDS else 'call'} "
            f"{record['function'].rpartition('.')[2]}"
            for record in records(python, tmp_path, r"^__main__\.", program)
            if record["event"] != "end"
        ]
        assert found == expected
        assert (tmp_path / "out.txt").read_text() == plain.output


DEPOSIT = (
    "call Account.deposit(self=<kinds.Account>, amount=50, *notes=('salary', b'x'), currency='USD', "
    "**more={'why': {...+2 more}})"
)
CASES: list[tuple[StartTracing, list[str]]] = [
    (start(r"Account\.", exclude="fee|init"), [
        "call Account.empty(cls=<class kinds.Account>, owner='ann')",
        "return Account.empty <kinds.Account>",
        DEPOSIT,
        "call Account.balance(self=<kinds.Account>)",
        "return Account.balance 45",
        "return Account.deposit 45",
    ]),
    (start("factorial", first=2), [
        "call factorial(n=3)", "call factorial(n=2)", "return factorial 2", "return factorial 6",
    ]),
    (start("fail$", condition="reason == 'again'"), ["call fail(reason='again')", "raise fail ValueError('again')"]),
    (start("passes_on", follow_calls=1, first=2), [
        "call passes_on(reason='no money')", "call fail(reason='no money')", "raise fail ValueError('no money')",
        "propagate passes_on ValueError('no money')",
    ]),
    (start("factorial", sample=3), ["call factorial(n=1)", "return factorial 1"]),
    (start("(countdown|delegating)$", sample=2), [
        "call countdown(n=2)", "yield countdown 2", "resume countdown", "yield countdown 1", "resume countdown",
        "return countdown 'done'",
    ]),
    (start("delegating$", condition="n == 2"), [
        "call delegating(n=2)", "yield delegating 2", "resume delegating", "yield delegating 1", "resume delegating",
        "return delegating 'done'",
    ]),
    (start("fee", verbosity=0), ["call Account.fee()", "return Account.fee"]),
    (start("fetch", verbosity=1, first=1), [
        "call fetch(number=1)", "await fetch", "resume fetch", "return fetch {...+2 more}",
    ]),
    (start("Account.balance", verbosity=3), [
        "call Account.balance(self=kinds.Account(owner='ann', _balance=45))", "return Account.balance 45",
    ]),
    (start("fetch", verbosity=4, condition="number == 2"), [
        "call fetch(number=2)", "await fetch", "resume fetch",
        "return fetch {'number': 2, 'parts': [1, 2, 3, 4, 5, 6, 7]}",
    ]),
    (start("gather|fee", files=("*/kinds.py",), own_code=True, first=1), [
        "call Account.fee(amount=50)", "return Account.fee 5",
    ]),
    (start("fee", files=("*/other.py",)), []),
    (start("Account", slower_than_s=10.0), []),
    (start("fail$", slower_than_s=1e-9, first=1), [
        "call fail(reason='no money')", "raise fail ValueError('no money')",
    ]),
    (start("factorial|countdown", slower_than_s=1e-9), [
        "call factorial(n=1)", "return factorial 1", "call factorial(n=2)", "return factorial 2",
        "call factorial(n=3)", "return factorial 6", "call countdown(n=2)", "return countdown 'done'",
    ]),
    (start("fee", verbosity=0, slower_than_s=1e-9), ["call Account.fee()", "return Account.fee"]),
    (start("fail$", condition="reason.none", stack=1), []),
]  # fmt: skip


def test_which_calls_are_told_of(python: Interpreter, tmp_path: Path) -> None:
    """Of functions that are loaded while it runs; one trace after the other, all told before the stop that follows."""
    with open(tmp_path / "out.txt", "wb") as output:
        options = LaunchOptions("script", str(FOLDER / "again.py"), python=python.path, stdout_fd=output.fileno())
        with LiveSession(options, LIMIT_S) as session:
            session.wait_stop()
            session.resume()
            for request, expected in CASES:
                session.call(request)
                before = len(session.events)
                session.resume()
                assert said(session.events[before:], Book()) == expected, request
            notices = [(event.message, event.why) for event in session.events if isinstance(event, Notice)]
            failed = "the condition of the trace failed in kinds.fail"
            assert notices == [(failed, "AttributeError: 'str' object has no attribute 'none'")]
            summary = session.call(EndTracing())
            assert (summary.calls, summary.functions, summary.lost) == (0, 0, 0)
            assert session.call(EndTracing()) == TraceSummary(0, 0, 0, 0.0)


def test_breakpoints_while_calls_are_traced(python: Interpreter, tmp_path: Path) -> None:
    """Code that tells of its calls itself, up to 3.11, is as it was before; the calls are told of all the same."""
    with open(tmp_path / "out.txt", "wb") as output:
        options = LaunchOptions("script", str(FOLDER / "again.py"), python=python.path, stdout_fd=output.fileno())
        with LiveSession(options, LIMIT_S) as session:
            session.wait_stop()
            session.resume()
            session.call(start(r"Account\.fee"))
            fee = ["call Account.fee(amount=50)", "return Account.fee 5"]
            before, book = len(session.events), Book()
            session.resume()
            assert said(session.events[before:], book) == fee
            point = session.call(CreateBreakpoint(f"{FOLDER / 'kinds.py'}:Account.fee", condition="amount == 50"))
            before = len(session.events)
            stop = session.resume()
            assert (stop.reason, stop.frames[0].function) == ("breakpoint", "Account.fee")
            session.call(ClearBreakpoint(point.id))
            session.resume()
            assert said(session.events[before:], book) == fee
            session.call(EndTracing())


COUNTS = """\
import os, signal, sys, time
count = 0
def interrupted(*_):
    global count
    count += 1
    os.write(1, b"interrupt %d\\n" % count)  # print may be under way
signal.signal(signal.SIGINT, interrupted)
print("ready", flush=True)
def tick():
    time.sleep(0.01)
while not os.path.exists(sys.argv[1]):
    tick()
print(count, "interrupts", flush=True)
"""
DEEP = """\
import sys
def deep(n):
    return len([deep(n + 1)])
try:
    deep(0)
except RecursionError as error:
    print("caught", type(error).__name__)
sys.exit(4)
"""
FAILS = [
    " <stamp>  __main__.Shop.handle(self=<__main__.Shop>, number=-1)",
    " <stamp>    __main__.Shop.price(self=<__main__.Shop>, number=-1)",
    " <stamp>    __main__.Shop.price raises ValueError(-1)  <time>",
    " <stamp>  __main__.Shop.handle is left by ValueError(-1)  <time>",
]


class TestLife:
    def test_a_process_that_runs(self, python: Interpreter, tmp_path: Path) -> None:
        """Ctrl-C lets it go: it runs on with nothing of the trace in it."""
        with Running(python, FOLDER / "server.py", folder=tmp_path) as server:
            server.wait_ready()
            with Tracer(tmp_path, "Shop", "--lossless", "-p", str(server.pid)) as tracer:
                sent = 0
                while not tracer.calls.read_text():  # it is armed at some moment
                    assert tracer.popen.poll() is None, tracer.output.read_text()
                    sent += 1
                    server.tell(str(sent))
                    server.wait_ready(f"{sent}: {sent * 2 + 1}")
                server.tell("-1")
                server.wait_ready("-1: ValueError(-1)")
                tracer.popen.send_signal(signal.SIGINT)
                assert tracer.popen.wait(LIMIT_S) == 0
                assert normalised(tracer.calls.read_text())[-4:] == FAILS
                assert "pydelve: " in tracer.output.read_text()
            server.tell("5")
            server.wait_ready("5: 11")
            server.tell("end")
            output, errors, status = server.end()
            assert (errors, status) == ("", 3)
            assert output.splitlines()[-1] == "threads 1, traced None, tools [], the same code True"

    def test_a_program_that_gets_ctrl_c(self, python: Interpreter, tmp_path: Path) -> None:
        """It gets the signal, ends as it does by itself, and is traced up to there."""
        words = ("--python", python.path, "Shop", str(FOLDER / "server.py"))
        with Tracer(tmp_path, *words, stdin=subprocess.PIPE) as tracer:
            tracer.wait_for("ready")
            tracer.tell("-1")
            tracer.wait_for("-1: ValueError(-1)")
            tracer.popen.send_signal(signal.SIGINT)
            assert tracer.popen.wait(LIMIT_S) == 128 + signal.SIGINT
            assert normalised(tracer.calls.read_text()) == FAILS
            said = SHARE.sub("", tracer.output.read_text()).splitlines()
            assert said[:2] == ["ready", "-1: ValueError(-1)"]
            assert [line for line in said if line.startswith(("KeyboardInterrupt", "pydelve: "))] == [
                "KeyboardInterrupt",
                "pydelve: 2 calls of 2 functions traced",
            ]  # and not that some may be missing: Python cleans up, and only then ends itself by the signal

    def test_ctrl_c_at_a_terminal_that_its_input_is_not(self, tmp_path: Path) -> None:
        """The program has it from the terminal already: not from us, too."""
        program, end = tmp_path / "counts.py", tmp_path / "end"
        program.write_text(COUNTS)
        start = CONTROLLING + "os.dup2(os.open(os.devnull, os.O_RDONLY), 0)\n"
        start += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
        words = ["trace", "--output", "calls.txt", "--python", sys.executable, "tick", str(program), str(end)]
        calls = tmp_path / "calls.txt"
        with user_terminal() as user:
            tracer = subprocess.Popen(
                [sys.executable, "-c", start, str(LAUNCHER), *words], stdin=user.fd, stdout=user.fd, stderr=user.fd,
                cwd=tmp_path, env=clean_environment(tmp_path), start_new_session=True,
            )  # fmt: skip
            user.expect(b"ready")
            for number in (1, 2, 3):
                user.type(b"\x03")
                user.expect(b"interrupt %d\r\n" % number)
                for _ in range(3):  # it has seen to its own signal when it writes again
                    size = calls.stat().st_size
                    wait_until(lambda size=size: calls.stat().st_size > size)  # type: ignore[misc]
            end.touch()
            user.expect(b"3 interrupts\r\n")
            assert tracer.wait(LIMIT_S) == 0

    def test_the_status_is_the_programs(self, python: Interpreter, tmp_path: Path) -> None:
        """Its input is ours, too."""
        words = ("--python", python.path, "nothing", str(FOLDER / "server.py"))
        with Tracer(tmp_path, *words, stdin=subprocess.PIPE) as tracer:
            tracer.tell("20")
            tracer.tell("end")
            assert tracer.popen.wait(LIMIT_S) == 3
            assert tracer.output.read_text().splitlines()[:2] == ["ready", "20: 41"]
            assert tracer.output.read_text().splitlines()[-3:] == [
                "pydelve: 0 calls of 0 functions traced",
                f"  why: no function was called whose module.qualname matches nothing{unseen(python)}",
                f"  try: pydelve trace --stats . {FOLDER / 'server.py'}, for the names of what is called",
            ]

    def test_a_program_that_comes_to_the_recursion_limit(self, python: Interpreter, tmp_path: Path) -> None:
        (tmp_path / "deep.py").write_text(DEEP)
        words = ("--python", python.path, "deep", str(tmp_path / "deep.py"))
        for more in ((), ("--when", "n >= 0")):
            with Tracer(tmp_path, *more, *words) as tracer:
                assert tracer.popen.wait(LIMIT_S) == 4
                output = tracer.output.read_text()
            assert "caught RecursionError\n" in output
            assert "bug of pydelve" not in output
            assert output.count("recursion left no room") <= 1

    def test_tests(self, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            "def price(n):\n    return n\n\ndef test_it():\n    assert price(2) == 3\n"
        )
        done = Session(None, tmp_path).run(
            ["trace", "--output", "calls.txt", "--python", sys.executable, r"^test_it\.", "--test", "-q", "test_it.py"]
        )
        assert (done.exit_code, SHARE.sub("", done.lines[-1])) == (1, "pydelve: 2 calls of 2 functions traced")
        assert normalised((tmp_path / "calls.txt").read_text()) == [
            " <stamp>  test_it.test_it()",
            " <stamp>    test_it.price(n=2)",
            " <stamp>    test_it.price -> 2  <time>",
            " <stamp>  test_it.test_it raises AssertionError('assert 2 == 3\\n +  where 2 = price(2)')  <time>",
        ]

    def test_sums_are_those_of_the_records(self, python: Interpreter, tmp_path: Path) -> None:
        """How many calls of each function, and how many an exception left; of generators and coroutines, too."""
        program = str(FOLDER / "kinds.py")
        counts: dict[str, list[int]] = {}
        for record in records(python, tmp_path, r"^__main__\.", program):
            if record["event"] in {"return", "raise", "propagate"}:
                found = counts.setdefault(record["function"], [0, 0])
                found[0] += 1
                found[1] += record["event"] != "return"
        done = traced(python, tmp_path, "--stats", r"^__main__\.", program)
        rows = [line.split() for line in done.lines[1:-1]]
        assert {row[8]: [int(row[0]), int(row[1])] for row in rows} == counts
        assert done.lines[-1].startswith(f"pydelve: {sum(count for count, _ in counts.values())} calls of {len(rows)} ")

    def test_sums(self, tmp_path: Path) -> None:
        program = str(FOLDER / "kinds.py")
        common = ["trace", "--python", sys.executable, "--redirect", f"stdout:{tmp_path / 'out.txt'}"]
        done = Session(None, tmp_path).run(
            [*common, "--stats", r"^__main__\.(fail|catches|factorial|passes_on)$", program]
        )
        head, *rows, end = (line.split() for line in done.lines)
        assert head == ["calls", "errors", "total", "self", "p50", "p90", "p99", "max", "function"]
        assert sorted((row[8], row[0], row[1]) for row in rows) == [
            ("__main__.catches", "1", "0"), ("__main__.factorial", "3", "0"), ("__main__.fail", "3", "3"),
            ("__main__.passes_on", "2", "2"),
        ]  # fmt: skip
        assert end[:7] == ["pydelve:", "9", "calls", "of", "4", "functions", "traced"]
        Session(None, tmp_path).run(
            [*common, "--flame", "folded.txt", r"^__main__\.(delegating|countdown|make)", program]
        )
        chains = {line.rpartition(" ")[0] for line in (tmp_path / "folded.txt").read_text().splitlines()}
        delegating, make = "__main__.delegating", "__main__.make"
        assert {delegating, make} <= chains <= {
            delegating, f"{delegating};__main__.countdown", make, f"{make};{make}.<locals>.add",
            f"{make};{make}.<locals>.<genexpr>", f"{make};{make}.<locals>.<lambda>",
        }  # fmt: skip

    def test_files(self, tmp_path: Path) -> None:
        """Perfetto's has a slice for each time that a call ran; a flame graph's title is the expression."""
        common = ["trace", "--python", sys.executable, "--redirect", f"stdout:{tmp_path / 'out.txt'}"]
        program = str(FOLDER / "kinds.py")
        done = Session(None, tmp_path).run(
            [*common, "--format", "perfetto", "--output", "t.json", "^__main__.*(fetch|add)$", program]
        )
        assert done.exit_code == 0
        events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
        slices = [event["name"].rpartition(".")[2] for event in events if event["ph"] == "X"]
        assert sorted(slices) == ["add"] * 2 + ["fetch"] * 4  # each fetch is suspended once
        flows = {letter: [event["id"] for event in events if event["ph"] == letter] for letter in "sf"}
        assert len(flows["s"]) == 2
        assert flows["s"] == flows["f"]
        tasks = [(event["ph"], event["cat"]) for event in events if event["ph"] in {"b", "e"}]
        assert sorted(tasks) == [(letter, f"task {name}") for letter in "be" for name in ("first", "second")]
        assert Session(None, tmp_path).run([*common, "--flame", "f.svg", "factorial$", program]).exit_code == 0
        assert (tmp_path / "f.svg").read_text().count(">factorial$: ") == 1

    def test_output_that_fails(self, tmp_path: Path) -> None:
        """A full disk, a reader that has left: the program runs on, to its own status, or 1 in place of 0."""
        program, out = tmp_path / "program.py", tmp_path / "out.txt"
        program.write_text("import sys\ndef work():\n    pass\nwork()\nprint('done')\nsys.exit(int(sys.argv[1]))\n")
        words = ["--python", sys.executable, "--redirect", f"stdout:{out}", "work", str(program)]
        for form in ("--output", "--flame"):
            for status in (0, 7):
                done = Session(None, tmp_path).run(["trace", form, "/dev/full", *words, str(status)])
                assert [SHARE.sub("", line) for line in done.lines] == [
                    "pydelve: /dev/full can't be written: No space left on device",
                    "  why: what is told of calls has no other place: the trace ends",
                    "pydelve: 1 call of 1 function traced",
                ]
                assert (done.exit_code, out.read_text()) == (status or 1, "done\n")
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, str(LAUNCHER), "trace", *words, "7"]
        with open(writer, "wb") as nobody_reads:
            gone = subprocess.run(
                command, stdin=subprocess.DEVNULL, stderr=nobody_reads, cwd=tmp_path, env=clean_environment(tmp_path),
                check=False, timeout=LIMIT_S,
            )  # fmt: skip
        assert (gone.returncode, out.read_text()) == (7, "done\n")

    @pytest.mark.parametrize("lossless", [False, True])
    def test_records_that_nobody_reads(self, python: Interpreter, tmp_path: Path, lossless: bool) -> None:
        """The program goes on, and what was dropped is counted; or it waits."""
        out, count = tmp_path / "out.txt", 50_000 if lossless else 200_000
        with out.open("wb") as output:
            options = LaunchOptions(
                "script", str(FOLDER / "many.py"), (str(count),), python=python.path, stdout_fd=output.fileno()
            )
            with LiveSession(options, LIMIT_S) as session:
                session.wait_stop()
                session.call(start("many", verbosity=0, lossless=lossless))
                session.call(Resume("continue"))
                if not lossless:
                    deadline = time.monotonic() + LIMIT_S
                    while not out.read_text():
                        assert time.monotonic() < deadline
                        time.sleep(0.005)
                session.wait_exit()
                batches = [event for event in session.events if isinstance(event, Traced)]
        lost, told = sum(batch.lost for batch in batches), sum(len(batch.records) for batch in batches)
        assert lost + told == 2 * count
        assert bool(lost) != lossless
        calls = [record.call for batch in batches for record in batch.records if record.kind == "return"]
        assert calls[-1] == count
        assert calls == sorted(set(calls))


def test_a_limit_of_the_cost(python: Interpreter, tmp_path: Path) -> None:
    """Records come in bursts: of a call that is told, its begin is; what is left out is not lost."""
    with (tmp_path / "out.txt").open("wb") as output:
        options = LaunchOptions(
            "script", str(FOLDER / "many.py"), ("200000",), python=python.path, stdout_fd=output.fileno()
        )
        with LiveSession(options, LIMIT_S) as session:
            session.wait_stop()
            session.call(start("many$", max_overhead=0.001))
            session.call(Resume("continue"))
            session.wait_exit()
            batches = [event for event in session.events if isinstance(event, Traced)]
    records = [record for batch in batches for record in batch.records]
    assert 0 < len(records) < 200_000
    assert {record.depth for record in records} == {0}
    assert {batch.lost for batch in batches} == {0}
    begun = {record.call for record in records if record.kind == "call"}
    assert {record.call for record in records} == begun


def asks(port: int, count: int, wanted: str) -> list[str]:
    """Ask so often on one connection; gives what was answered otherwise than by ``wanted``."""
    wrong: list[str] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    for number in range(count):
        connection.request("GET", f"/{number}")
        answer = connection.getresponse()
        text = answer.read().decode()
        if (answer.status, text) != (200, f"/{number} {wanted}"):
            wrong.append(f"{answer.status} {text}")
    connection.close()
    return wrong


def test_a_server_under_load(python: Interpreter, tmp_path: Path) -> None:
    """Traced by its pid while nobody reads: every request is answered, and what was dropped is counted exactly."""
    calls, requests, connections = 400, 70, 4
    wanted = str(sum(number % 7 for number in range(calls)))
    with Running(python, FOLDER / "web.py", str(calls), folder=tmp_path) as server:
        server.wait_ready()
        port = int(server.said()[0].split()[1])
        with ThreadPoolExecutor(connections) as pool:

            def load() -> list[str]:
                asked = [pool.submit(asks, port, requests, wanted) for _ in range(connections)]
                return [wrong for each in asked for wrong in each.result(LIMIT_S)]

            with LiveSession(AttachOptions(server.pid, stop=False), LIMIT_S) as session:
                session.call(start(r"^__main__\.price$"))
                assert load() == []
                summary = session.call(EndTracing())
                session.call(Detach())
                session.wait_for(Detached)
                batches = [event for event in session.events if isinstance(event, Traced)]
            assert asks(port, 3, wanted) == []
        told, lost = sum(len(batch.records) for batch in batches), sum(batch.lost for batch in batches)
        assert told + lost == requests * connections * calls * 2
        assert lost == summary.lost > 0
        assert summary.calls == requests * connections * calls


def test_a_fastapi_app_under_load(python: Interpreter, tmp_path: Path) -> None:
    """As above, in coroutines and in threads of a pool; once read as it comes, and once not at all."""
    paths = [library(python, name).get("PYTHONPATH", "") for name in ("fastapi", "uvicorn")]
    environment = clean_environment(tmp_path) | {"PYTHONPATH": ":".join(filter(None, paths))}
    calls, connections = 800, 6
    with Running(python, FOLDER / "shop_api.py", str(calls), folder=tmp_path, environment=environment) as server:
        server.wait_ready()
        port = int(server.said()[0].split()[1])

        def ask(path: str, count: int) -> list[str]:
            took, wrong = asyncio.run(load(port, connections, path, lambda asked: asked < count))
            return wrong + [f"{len(took)} answers"] * (len(took) != count)

        assert ask("/thread/", 10) == []
        for reads, requests in ((False, 50), (True, 8)):  # 160,000 records: for up to 135,000 there is room
            with LiveSession(AttachOptions(server.pid, stop=False), LIMIT_S) as session, ThreadPoolExecutor(1) as pool:
                session.call(start(r"^__main__\.(price|order)"))
                asking = [pool.submit(ask, path, requests) for path in ("/async/", "/thread/")]
                while reads and not all(each.done() for each in asking):
                    event = session.client.next_event(0.1)
                    session.events += [event] if event else []
                assert [each.result(LIMIT_S) for each in asking] == [[], []]
                summary = session.call(EndTracing())
                session.call(Detach())
                session.wait_for(Detached)
                batches = [event for event in session.events if isinstance(event, Traced)]
            told, lost = sum(len(batch.records) for batch in batches), sum(batch.lost for batch in batches)
            assert told + lost == 2 * summary.calls == 2 * 2 * requests * (calls + 1)
            assert lost == summary.lost
            assert lost > 0 or reads
        assert ask("/async/", 10) == []
        assert server.said()[1] == ""


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, 0), (ExitStatus("exited", 7), 7), (ExitStatus("killed", 9, False), 137), (ExitStatus("gone"), 0),
        (ExitStatus("lost"), 1),
    ],
)  # fmt: skip
def test_exit_status(status: ExitStatus | None, expected: int) -> None:
    assert exit_status(status) == expected
