"""``pydelve trace --children``: each process's calls are told of, exactly, whatever way it came to be, and all end as
without us.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from pydelve.api.events import Exited, Stopped, Traced
from pydelve.api.requests import Resume
from pydelve.client import connect
from tests.e2e.handshakes import wait_until
from tests.e2e.listening import Listening
from tests.e2e.running import Running
from tests.e2e.session import Session
from tests.e2e.tracing import FOLDER, SHARE, STAMP, TIME, Tracer, traced
from tests.interpreters import Interpreter

LIMIT_S = 60.0


def objects(path: Path) -> list[dict[str, Any]]:
    """Of ``--json``."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def counted(path: Path) -> Counter[tuple[int, int]]:
    """What the processes of ``family.py`` have counted, as calls by pid and argument."""
    last: dict[tuple[int, str], list[list[int]]] = {}
    for line in path.read_text().splitlines():
        pid, program, counts = json.loads(line)
        last[pid, str(program)] = counts  # those of a pool tell after each task
    total: Counter[tuple[int, int]] = Counter()
    for (pid, _), counts in last.items():
        total.update({(pid, number): count for number, count in counts})
    return total


def test_every_call_of_every_process(python: Interpreter, tmp_path: Path) -> None:
    """No record is lost, and none is there twice: neither of who forks in the midst of its calls, nor of the child."""
    path, counts = tmp_path / "calls.jsonl", tmp_path / "counts"
    words = ("--children", "--json", "--output", str(path), r"\.job$", str(FOLDER / "family.py"), str(counts))
    done = traced(python, tmp_path, *words)
    assert (done.output, done.exit_code) == ("", 2)
    assert (tmp_path / "out.txt").read_text() == "[1792, 1792, 1280, 0, 0, 0, 1, 3, 768]\n"
    found = objects(path)
    calls = [each for each in found if each["event"] == "call"]
    assert Counter((each["pid"], int(each["arguments"]["number"])) for each in calls) == counted(counts)
    begun = Counter((each["pid"], each["arguments"]["way"], each["call"]) for each in calls)
    assert set(begun.values()) == {1}
    ends = Counter((each["pid"], each["call"]) for each in found if each["event"] == "return")
    assert ends == Counter((each["pid"], each["call"]) for each in calls)
    own = [(each["pid"], each["depth"]) for each in calls if each["arguments"]["way"] == "'beside'"]
    assert set(own) == {(found[0]["pid"], 0)}
    processes = [each for each in found if each["event"] == "process"]
    assert {each["pid"] for each in calls} <= {each["pid"] for each in processes}
    first = processes[0]
    assert (first["parent"], first["how"]) == (None, "launch")
    assert [each["command"][-1] for each in processes[-2:]] == ["spawned", "replaced"]
    assert processes[-2]["pid"] == processes[-1]["pid"]
    end = found[-1]
    assert end == {
        "event": "end", "calls": len(calls), "records": 2 * len(calls), "lost": 0,
        "processes": len({each["pid"] for each in processes}),
    }  # fmt: skip


def test_a_process_that_has_children(python: Interpreter, tmp_path: Path) -> None:
    """Those that it has, and those that it makes, until Ctrl-C: nothing is left in any of them."""
    with Running(python, FOLDER / "kin.py", folder=tmp_path) as server:
        server.wait_ready()
        kin = int(server.said()[0].split()[0])
        words = ("--json", "--children", "--lossless", r"\.job$", "-p", str(server.pid))
        with Tracer(tmp_path, *words) as tracer:

            def calls() -> list[tuple[int, int]]:
                lines = [
                    json.loads(line) for line in tracer.calls.read_text().splitlines(keepends=True) if "\n" in line
                ]
                return [(each["pid"], int(each["arguments"]["number"])) for each in lines if each["event"] == "call"]

            sent = 0
            while {pid for pid, _ in calls()} != {server.pid, kin}:  # both are traced from some moment on
                assert tracer.popen.poll() is None, tracer.output.read_text()
                sent += 1
                server.tell(f"both {sent}")
                server.wait_ready(f"did both {sent}")
            for what in ("both 1000001", "fork 1000002", "start 1000003"):
                server.tell(what)
                server.wait_ready(f"did {what}")
            wait_until(lambda: len([each for each in calls() if each[1] > 1000000]) == 4)
            tracer.popen.send_signal(signal.SIGINT)
            assert tracer.popen.wait(LIMIT_S) == 0
            others = [each for each in calls() if each[0] not in (server.pid, kin)]
            assert [number for _, number in others] == [1000002, 1000003]
            assert Counter(calls()) - Counter(others) >= Counter([(server.pid, 1000001), (kin, 1000001)])
        server.tell("both 2000")
        server.wait_ready("did both 2000")
        server.tell("end")
        output, errors, status = server.end()
        assert (errors, status) == ("", 6)
        clean = "[1, 1, None, [], True, 'builtin_function_or_method', 0]"
        assert output.splitlines()[-2:] == [f"child {clean}", f"parent {clean}"]


OUTLIVES = """\
import os, signal, subprocess, sys
def job(number):
    return number
if sys.argv[1:] == ["last"]:
    job(4)
    sys.exit()
if os.fork():
    job(1)
    os._exit(5)
os.setsid()
if os.fork():
    os._exit(0)
job(2)
subprocess.Popen([sys.executable, __file__, "last"])
job(3)
if sys.argv[1:] == ["stays"]:
    print("stays", flush=True)
    signal.pause()
"""


def plainly(text: str) -> list[str]:
    """Lines without times and pids, those of processes by themselves."""
    return sorted(TIME.sub("<time>", STAMP.sub("", SHARE.sub("", text))).splitlines())


def test_children_that_outlive_the_program(tmp_path: Path) -> None:
    """The trace is there for the last one; the status is that of the first. Ctrl-C lets go of those that are left."""
    program = tmp_path / "outlives.py"
    program.write_text(OUTLIVES)
    words = ("--children", "--stats", "--python", sys.executable, "job", str(program))
    with Tracer(tmp_path, *words) as tracer:
        assert tracer.popen.wait(LIMIT_S) == 5
        rows = [line.split() for line in tracer.calls.read_text().splitlines()]
        assert [(row[0], row[-1]) for row in rows] == [("calls", "function"), ("4", "__main__.job")]
        assert tracer.output.read_text() == "pydelve: 4 calls of 1 function in 4 processes traced\n"
    with Tracer(tmp_path, "--children", "--json", *words[2:], "stays") as tracer:
        wait_until(lambda: "stays" in tracer.output.read_text() and '"number": "4"' in tracer.calls.read_text())
        stays = next(each["pid"] for each in objects(tracer.calls) if each.get("arguments") == {"number": "3"})
        wait_until(lambda: not Path(f"/proc/{tracer.popen.pid}/task/{tracer.popen.pid}/children").read_text().strip())
        tracer.popen.send_signal(signal.SIGINT)
        assert tracer.popen.wait(LIMIT_S) == 5
        assert objects(tracer.calls)[-1]["calls"] == 4
        assert b"outlives" in Path(f"/proc/{stays}/cmdline").read_bytes()
        wait_until(lambda: len([*Path(f"/proc/{stays}/task").iterdir()]) == 1)  # it runs on, without our thread


POOL = """\
import multiprocessing, sys
def job(number):
    return number
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:  # which kills its workers as soon as it has the results
        pool.map(job, range(20), chunksize=1)
    sys.exit(9)
"""


def test_the_first_calls_of_all(tmp_path: Path) -> None:
    program = tmp_path / "pool.py"
    program.write_text(POOL)
    with Tracer(tmp_path, "--children", "--first", "7", "--python", sys.executable, r"\.job$", str(program)) as tracer:
        assert tracer.popen.wait(LIMIT_S) == 9
        lines = plainly(tracer.calls.read_text())
        assert sum("job(" in line for line in lines) == sum("job -> " in line for line in lines) == 7
        assert re.fullmatch(  # they may have been made by the first child alone, before there is a second one
            r"pydelve: 7 calls of 1 function in [23] processes traced\n", SHARE.sub("", tracer.output.read_text())
        )


def test_workers_of_tests(tmp_path: Path) -> None:
    """Of pytest-xdist."""
    (tmp_path / "test_jobs.py").write_text(
        "import pytest\ndef job(number): return number\n"
        "@pytest.mark.parametrize('number', range(4))\ndef test(number): assert job(number) == number\n"
    )
    done = Session(None, tmp_path).run(
        ["trace", "--children", "--python", sys.executable, r"\.job$", "--test", "-q", "-n", "2", "test_jobs.py"]
    )
    assert (done.exit_code, done.output.count("test_jobs.job(number=")) == (0, 4), done.output
    assert "pydelve: 4 calls of 1 function in 3 processes traced" in done.output


def test_for_clients(tmp_path: Path) -> None:
    """They get the records of all, with the targets that they are of."""
    program = tmp_path / "pool.py"
    program.write_text(POOL)
    listening = Listening(
        tmp_path, "trace", "--headless", "--children", "--python", sys.executable, r"\.job$", str(program)
    )  # fmt: skip
    found: list[int] = []
    with connect(listening.address) as client:
        while not isinstance(event := client.next_event(LIMIT_S), Exited):
            assert event is not None
            if isinstance(event, Stopped):
                client.call(Resume("continue"))
            elif isinstance(event, Traced):
                found += [event.target for record in event.records if record.kind == "call"]
    assert len(found) == 20
    assert set(found) <= {2, 3}
    assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 9)
