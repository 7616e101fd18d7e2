"""Sessions that listen: many clients, whatever they do; who may connect; how a session ends; the command."""

from __future__ import annotations

import contextlib
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydelve.api import requests
from pydelve.api.breakpoints import ExceptionFilter
from pydelve.api.events import (
    BreakpointChanged,
    Continued,
    Detached,
    Event,
    Exited,
    Notice,
    Output,
    Started,
    Stopped,
    Traced,
)
from pydelve.api.launch import LaunchOptions
from pydelve.api.session import SessionConfig
from pydelve.api.tracing import TraceOptions
from pydelve.client import Client, Transport, connect
from pydelve.debugger.views import View
from pydelve.errors import ProtocolError, PydelveError, TargetError, TargetGoneError, UsageError
from pydelve.rpc import methods
from pydelve.rpc.codec import dumps, loads, to_json
from pydelve.rpc.framing import Deframer, frame
from pydelve.server.outbox import Limits
from pydelve.server.output import CapturedOutput, CapturedStream
from tests.e2e.handshakes import wait_until
from tests.e2e.listening import Listening
from tests.e2e.on_terminal import PROMPT, OnTerminal
from tests.e2e.session import LAUNCHER, Session, clean_environment
from tests.interpreters import Interpreter
from tests.node import node_packages
from tests.serving import LIMIT_S, TOKEN, Serving
from tests.unit.rpc.shapes import values

EXAMPLES = Path(__file__).parents[2] / "examples" / "clients"
PROGRAM = """\
import os, sys
def work(number):
    print("number", number)
    return number + 1
for number in range(3):
    work(number)
if sys.argv[1:] == ["flood"]:
    while True:
        print("x" * 1000)
if sys.argv[1:] != ["end"]:
    os.read(0, 1)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture
def options(script: Path) -> Iterator[LaunchOptions]:
    """A program that waits for its standard input at its end."""
    stdin, ours = os.pipe2(os.O_CLOEXEC)
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    yield LaunchOptions("script", str(script), cwd=str(script.parent), stdin_fd=stdin, stdout_fd=nowhere)
    for fd in (stdin, ours, nowhere):
        os.close(fd)


def until(transport: Transport | Client, kind: type[Any]) -> list[Event]:
    """Events up to the next of this kind, with it."""
    events: list[Event] = []
    while not events or not isinstance(events[-1], kind):
        event = transport.next_event(LIMIT_S)
        assert event is not None, events
        events.append(event)
    return events


class Raw:
    """A client that sends what it likes."""

    def __init__(self, serving: Serving) -> None:
        self.sock = serving.socket()
        self._deframer = Deframer()
        self._messages: list[Any] = []

    def send(self, method: str, number: int = 1, /, **params: Any) -> None:
        self.sock.sendall(frame(dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})))

    def read(self) -> Any:
        """The next message; None where the connection was closed."""
        while not self._messages:
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self._messages += [loads(body) for body in self._deframer.feed(data)]
        return self._messages.pop(0)

    def answer(self, number: int | None = 1) -> Any:
        """The answer to a request; what is told before it is left out."""
        while (message := self.read()) is not None and message.get("id", -1) != number:
            pass
        return message

    def rest(self) -> list[Any]:
        """All that comes until the connection is closed."""
        return list(iter(self.read, None))

    def close(self) -> None:
        self.sock.close()


class TestSeveralClients:
    def test_they_see_one_truth(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            ann = serving.connect()
            began = until(ann, Stopped)
            assert [type(event) for event in began] == [Started, Stopped]
            point = ann.call(requests.CreateBreakpoint("work"))
            ben = serving.connect()
            assert until(ben, Stopped) == [began[0], BreakpointChanged(point), began[1]]
            until(ann, BreakpointChanged)
            state = ben.call(requests.Resume("continue", wait=True))
            assert state.stop is not None and state.stop.breakpoints == (point.id,)
            assert until(ann, Stopped) == until(ben, Stopped)
            assert ann.call(requests.GetState()) == state == ben.call(requests.GetState())
            with ThreadPoolExecutor(1) as pool:
                ann.call(requests.ClearBreakpoint(point.id))
                waits = pool.submit(ann.call, requests.Resume("continue", wait=True))
                until(ben, Continued)
                stopped = ben.call(requests.Halt(wait=True))
                assert stopped.status == "stopped" and waits.result(LIMIT_S) == stopped
            ann.close()
            assert ben.call(requests.GetState()).status == "stopped"
            ben.close()
            assert serving.wait_over() == "the last client left"

    def test_a_session_may_outlive_them_until_one_lets_go_of_the_program(self, options: LaunchOptions) -> None:
        with Serving(options, stays=True) as serving:
            for _ in range(2):
                client = serving.connect()
                assert client.remote == "stays"
                until(client, Stopped)
                client.close()
            ann, ben = serving.connect(), serving.connect()
            target = ann.call(requests.GetState()).target
            assert target is not None
            ann.call(requests.Detach())
            until(ben, Detached)
            ann.close()
            ben.close()
            assert serving.wait_over() == "the last client left"
            os.kill(target.pid, 0)

    def test_the_end_is_told_before_the_connection_closes(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            client = serving.connect()
            until(client, Stopped)
            serving.close()
            assert until(client, Notice) == [Notice("the session ends", "the test is over")]
            for _ in range(2):
                with pytest.raises(TargetGoneError, match=r"^the connection is lost"):
                    client.next_event(LIMIT_S)
                with pytest.raises(TargetGoneError, match=r"^the connection is lost"):
                    client.call(requests.GetState())
            client.close()

    def test_what_can_be_done_and_what_is_set_is_told_to_whoever_asks(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            ann, ben = serving.connect(), serving.connect()
            until(ann, Stopped)
            found = ben.call(requests.GetCapabilities())
            assert {each.name: each.why for each in found.features} == dict.fromkeys(
                ("run", "control", "restart", "dump", "memory", "exceptions at the raise"), ""
            )
            assert ben.call(requests.GetConfig()) == SessionConfig((), True, ())
            ann.call(requests.SubstitutePaths((("/app", "/src"),)))
            ann.call(requests.SetStopUncaught(False))
            ann.call(requests.Restart(("end",), wait=True))
            assert ben.call(requests.GetConfig()) == SessionConfig((("/app", "/src"),), False, ("end",))
            for client in (ann, ben):
                client.close()

    def test_who_comes_while_a_stop_is_prepared_hears_of_it_once(self, options: LaunchOptions) -> None:
        """Breakpoints are put into a new run when it stands, before its stop is told."""
        with Serving(options) as serving:
            ann = serving.connect()
            until(ann, Stopped)
            ann.call(requests.CreateBreakpoint("work"))
            until(ann, BreakpointChanged)
            told: list[Event] = []
            came: list[Event] = []

            def let_another_come(event: Event) -> None:
                if isinstance(event, BreakpointChanged) and told and not came:
                    came.append(event)
                    serving.host.listen(View(told.append), greet=True)
                elif isinstance(event, Started):
                    told.append(event)

            serving.host.post(lambda: serving.host.listen(View(let_another_come), greet=False), urgent=True)
            assert ann.call(requests.Restart(wait=True)).status == "stopped"
            assert came and [type(event) for event in told].count(Stopped) == 1
            ann.close()

    def test_traced_calls_are_told_to_all(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            ann, ben = serving.connect(), serving.connect()
            until(ann, Stopped)
            ann.call(requests.StartTracing(TraceOptions("work$")))
            ann.call(requests.Resume("continue"))
            for client in (ann, ben):
                told: list[str] = []
                while len(told) < 6:
                    traced = until(client, Traced)[-1]
                    assert isinstance(traced, Traced)
                    told += [f"{record.kind} {record.values[0]}" for record in traced.records]
                assert told == ["call 0", "return 1", "call 1", "return 2", "call 2", "return 3"]
            assert ben.call(requests.EndTracing()).calls == 3
            for client in (ann, ben):
                client.close()

    def test_restart_and_kill_are_told_to_all(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            ann, ben = serving.connect(), serving.connect()
            until(ann, Stopped)
            until(ben, Stopped)
            assert ann.call(requests.Restart(wait=True)).status == "stopped"
            assert [type(event) for event in until(ben, Stopped)][-2:] == [Started, Stopped]
            ann.call(requests.Detach(kill=True))
            ended = until(ben, Exited)[-1]
            assert isinstance(ended, Exited) and ended.status == ben.call(requests.GetState()).exit
            for client in (ann, ben):
                client.close()


class TestWhoMayConnect:
    def test_a_port_wants_the_token_first(self, options: LaunchOptions) -> None:
        with Serving(options, tcp=True) as serving:
            client = serving.connect()
            assert until(client, Stopped)
            for wrong in ("", "another", TOKEN + "x", "ä"):
                with pytest.raises(ProtocolError, match=r"^the first message must be authenticate, with the token"):
                    serving.connect(wrong)
            for params in ({}, {"token": 3}, {"token": None}):
                raw = Raw(serving)
                raw.send("authenticate", **params)
                assert raw.answer()["error"]["code"] == ProtocolError.code
                assert raw.read() is None
                raw.close()
            raw = Raw(serving)
            raw.send("get_state")
            assert [message["error"]["code"] for message in raw.rest()] == [ProtocolError.code]
            raw.close()
            client.close()

    def test_who_says_nothing_is_not_waited_for(self, options: LaunchOptions) -> None:
        with Serving(options, tcp=True, stays=True, limits=Limits(authenticate_s=0.05)) as serving:
            for words in (b"", b"Content-Le", b"Content-Length: 100\r\n\r\n{"):
                raw = Raw(serving)
                raw.sock.sendall(words)
                assert raw.read() is None
                raw.close()

    @pytest.mark.parametrize(
        "words",
        [
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /",
            b"\0",
            b"Content-Length: 65537\r\n\r\n",
            b"Content-Length: 2\r\nHost: a\r\n\r\n{}",
            b"Content-Type: " + b"a" * 2000,
            frame(b"no json"),
            frame(b"[]"),
            frame(b'{"type": "request"}'),
            frame(b"[" * 60_000),
        ],
    )
    def test_what_is_no_client_is_closed_at_once(self, options: LaunchOptions, words: bytes) -> None:
        with Serving(options, tcp=True) as serving:
            raw = Raw(serving)
            with contextlib.suppress(ConnectionError):
                raw.sock.sendall(words)
            assert raw.read() is None
            raw.close()

    def test_a_unix_socket_needs_no_first_message(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            raw = Raw(serving)
            raw.send("get_state")
            state = raw.answer()["result"]
            assert state["status"] in {"starting", "running", "stopped"}
            raw.send("authenticate", 2)
            assert raw.answer(2)["error"]["code"] == -32602
            raw.sock.sendall(frame(b"{"))
            assert raw.answer(None)["error"]["code"] == -32700
            raw.send("get_state", 3)
            assert raw.answer(3)["result"]["target"]["pid"]
            raw.close()


class TestOutput:
    def test_all_are_told_in_order_with_the_stops(self, script: Path) -> None:
        stream = CapturedStream("stdout")
        output = CapturedOutput(stream)
        options = LaunchOptions(
            "script", str(script), ("end",), cwd=str(script.parent), stdout_fd=stream.write_fd,
            environment={"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        with Serving(options, output=output) as serving:
            client = serving.connect()
            until(client, Stopped)
            client.call(requests.CreateBreakpoint("work"))
            until(client, BreakpointChanged)
            told: list[Event] = []
            for _ in range(3):
                client.call(requests.Resume("continue"))
                told += until(client, Stopped)
            client.call(requests.Resume("continue"))
            told += until(client, Exited)
            text = "".join(
                event.text if isinstance(event, Output) else "|" if isinstance(event, Stopped) else "" for event in told
            )
            assert text == "|number 0\n|number 1\n|number 2\n"
            client.close()

    def test_a_client_that_does_not_read_is_cut_off_and_the_others_hear_of_it(self, script: Path) -> None:
        stream = CapturedStream("stdout")
        options = LaunchOptions("script", str(script), ("flood",), cwd=str(script.parent), stdout_fd=stream.write_fd)
        limits = Limits(behind_bytes=100_000, behind_s=2, last_words_s=0.2)
        with Serving(options, output=CapturedOutput(stream), limits=limits) as serving:
            reads = serving.connect()
            until(reads, Stopped)
            sleeps = Raw(serving)
            sleeps.send("resume", how="continue")
            cut = until(reads, Notice)[-1]
            assert cut == Notice("a client was cut off", "it takes nothing of what it is told")
            assert reads.call(requests.Halt(wait=True)).status == "stopped"
            assert sleeps.rest()[-1].keys() >= {"method"}  # whole messages up to the last
            sleeps.close()
            reads.close()


@pytest.mark.timeout(120)
class TestMisbehaviour:
    def test_fifty_clients_that_do_what_they_like(self, options: LaunchOptions) -> None:
        """Half messages, garbage, huge headers, wrong tokens, leaving in the middle of every request."""
        names = sorted(set(methods.REQUESTS) - {"detach"})  # which ends it, and is not misbehaviour
        cut = sorted(methods.REQUESTS)  # each of them by a client of its own
        with Serving(options, tcp=True, stays=True) as serving:
            honest = serving.connect()
            until(honest, Stopped)
            honest.call(requests.CreateBreakpoint("work"))

            def misbehave(seed: int) -> None:
                chance = random.Random(seed)
                raw = Raw(serving)
                with contextlib.suppress(ConnectionError):
                    if seed >= 50:
                        raw.send("authenticate", token=TOKEN)
                        whole = frame(dumps({"jsonrpc": "2.0", "id": 9, "method": cut[seed - 50], "params": {"id": 1}}))
                        raw.sock.sendall(whole[: chance.randrange(len(whole) // 2, len(whole))])
                    elif seed % 5 == 0:
                        raw.sock.sendall(chance.randbytes(200))
                    elif seed % 5 == 1:
                        raw.send("authenticate", token="wrong")
                    elif seed % 5 == 2:
                        raw.sock.sendall(b"Content-Length: 9999999999\r\n\r\n" + b"x" * 5000)
                    else:
                        raw.send("authenticate", token=TOKEN)
                        share = names[
                            seed // 5 + 10 * (seed % 5 - 3) :: 20
                        ]  # every one is under way as its client leaves
                        for number, name in enumerate([*chance.sample(names, 8), *share], 2):
                            raw.send(name, number, **to_json(_EXAMPLES.get(name) or methods.REQUESTS[name]()))
                        whole = frame(dumps({"jsonrpc": "2.0", "id": 99, "method": "get_threads"}))
                        raw.sock.sendall(whole[: chance.randrange(1, len(whole))])
                        if seed % 2:
                            raw.sock.sendall(b"\0\xff" * 40)
                if seed % 3:
                    raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
                raw.close()

            with ThreadPoolExecutor(10) as pool:
                list(pool.map(misbehave, range(50 + len(cut))))
            # What they have asked for is served after they left, and may set the program going.
            # A new client is accepted after all of them.
            serving.connect().close()
            wait_until(lambda: len(serving._server._connections) == 1)
            with contextlib.suppress(PydelveError):
                honest.call(requests.Halt(wait=True))
            honest.call(requests.Interrupt())
            assert honest.call(requests.Restart(wait=True)).status == "stopped"
            for point in honest.call(requests.ListBreakpoints()):
                honest.call(requests.ClearBreakpoint(point.id))
            honest.call(requests.CreateBreakpoint("work"))
            state = honest.call(requests.Resume("continue", wait=True))
            assert state.stop is not None and state.stop.reason == "breakpoint"
            honest.close()

    def test_any_parameters_of_the_right_type_are_answered_without_a_bug(self, options: LaunchOptions) -> None:
        """Every method that neither moves the program, nor runs code that hypothesis would write, nor writes a file."""
        moving = {"detach", "dump", "send_signal", "restart", "resume", "call", "jump", "evaluate", "examine", "assign"}
        names = sorted(set(methods.REQUESTS) - moving)
        with Serving(options) as serving:
            client = serving.connect()
            until(client, Stopped)

            @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
            @given(st.sampled_from(names).flatmap(lambda name: values(methods.REQUESTS[name])))
            def ask(request: Any) -> None:
                raised = None
                try:
                    client.call(request)
                except PydelveError as error:
                    raised = error
                assert raised is None or raised.family != "internal", request

            ask()
            assert client.call(requests.GetState()).status == "stopped"
            client.close()

    def test_names_that_no_file_can_have_are_refused(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            client = serving.connect()
            until(client, Stopped)
            for name in ("\ud800", "\0", "a\0b.py", "/\ud800/x.py"):
                for request in (
                    requests.CreateBreakpoint(f"{name}:1"), requests.CreateBreakpoint("1", frame_file=name),
                    requests.GetSource(name), requests.Resume("continue", location=name),
                    requests.Dump(f"/nowhere/{name}"), requests.Reload(name), requests.Disassemble(location=name),
                ):  # fmt: skip
                    with pytest.raises(PydelveError) as caught:
                        client.call(request)
                    assert caught.value.family != "internal", request
                assert client.call(requests.CompleteLocation("wor", frame_file=name)) == ()
            client.close()

    def test_a_client_that_sends_without_reading_gets_its_answers_later(self, options: LaunchOptions) -> None:
        with Serving(options) as serving:
            raw = Raw(serving)
            for number in range(2000):
                raw.send("get_state", number)
            assert [raw.answer(number)["id"] for number in range(2000)] == list(range(2000))
            raw.close()

    def test_an_interruption_is_read_behind_any_number_of_requests(self, options: LaunchOptions) -> None:
        begun = Path(options.cwd, "begun")
        endless = f"open({str(begun)!r}, 'w').close()\nwhile True: pass"
        with Serving(options) as serving:
            raw = Raw(serving)
            raw.send("get_state", 400)
            while raw.answer(400)["result"]["status"] != "stopped":
                raw.send("get_state", 400)
            raw.send("evaluate", 0, text=endless, statements=True, timeout_s=600.0)
            while not begun.exists():
                pass
            for number in range(1, 301):
                raw.send("list_breakpoints", number)
            raw.send("interrupt", 301)
            answers: list[Any] = []
            while not answers or answers[-1]["id"] != 300:
                message = raw.read()
                answers += [message] if "id" in message else []
            assert [message["id"] for message in answers] == [301, 0, *range(1, 301)]
            assert answers[1]["error"]["message"] == "the evaluation was interrupted"
            raw.close()


_EXAMPLES: dict[str, Any] = {
    "create_exception_breakpoint": requests.CreateExceptionBreakpoint(ExceptionFilter(), "1"),
    "dump": requests.Dump("/nowhere/core"),
    "follow_children": requests.FollowChildren(True, "nobody"),
    "freeze_thread": requests.FreezeThread(1, False),
    "select_target": requests.SelectTarget(1),
    "send_signal": requests.SendSignal(signal.SIGWINCH),
    "set_stop_one": requests.SetStopOne(False),
    "set_stop_together": requests.SetStopTogether(False),
    "set_stop_uncaught": requests.SetStopUncaught(True),
    "start_tracing": requests.StartTracing(TraceOptions("nothing")),
    "resume": requests.Resume("next", wait=True),
    "create_breakpoint": requests.CreateBreakpoint("work"),
    "amend_breakpoint": requests.AmendBreakpoint(1, condition="number > 1"),
    "clear_breakpoint": requests.ClearBreakpoint(7),
    "find_locations": requests.FindLocations("/w/"),
    "complete_location": requests.CompleteLocation("w"),
    "complete_expression": requests.CompleteExpression("o"),
    "get_signature": requests.GetSignature("work("),
    "expand": requests.Expand(1),
    "evaluate": requests.Evaluate("sum(range(100000))"),
    "examine": requests.Examine("os"),
    "assign": requests.Assign("a", "1"),
    "get_source": requests.GetSource("program.py"),
    "read_memory": requests.ReadMemory(0x1000, 10),
    "substitute_paths": requests.SubstitutePaths(()),
    "call": requests.Call("len('a')", wait=True),
    "jump": requests.Jump("+1"),
}


@pytest.fixture
def listen(script: Path) -> Iterator[Callable[..., Listening]]:
    """Starts ``pydelve WORDS`` in the script's folder."""
    started: list[Listening] = []

    def start(*words: str, **environment: str) -> Listening:
        started.append(Listening(script.parent, *words, **environment))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


Listen = Callable[..., Listening]


class TestTheCommand:
    def test_a_session_at_a_prompt_elsewhere(self, script: Path, listen: Listen, python: Interpreter) -> None:
        listening = listen("debug", "--headless", "--python", python.path, str(script), "end")
        pid = listening.process.pid
        assert listening.address == f"unix:{script.parent}/pydelve/{pid}.sock"
        assert os.stat(listening.address[5:]).st_mode & 0o777 == 0o600
        assert os.stat(script.parent / "pydelve").st_mode & 0o777 == 0o700
        session = Session(python, script.parent)
        prompt = session.run(
            ["connect", listening.address], ["break work", "continue", "args", "next", "clear 1", "continue", "exit"]
        )
        assert prompt.output == EXPECTED
        assert listening.finish() == (
            "number 0\nnumber 1\nnumber 2\n", "pydelve: the session is over: the last client left\n", 0,
        )  # fmt: skip
        assert not os.path.exists(listening.address[5:])

    def test_a_port_with_a_token_and_scripts(
        self, script: Path, listen: Listen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listening = listen("debug", "--headless", "--listen", "127.0.0.1:0", "--accept-multiclient", str(script), "end")
        assert len(listening.token) >= 40
        monkeypatch.setenv("PYDELVE_TOKEN", listening.token)
        with connect(listening.address) as client:
            until(client, Stopped)
            environment = client.call(requests.Evaluate("'PYDELVE_TOKEN' in __import__('os').environ")).value
            assert environment is not None and environment.text == "False"
        with connect(listening.address, listening.token) as client:
            assert client.call(requests.Resume("continue", wait=True)).status == "ended"
            client.call(requests.Detach(kill=True))
        out, err, status = listening.finish()
        assert (out, err, status) == (
            "number 0\nnumber 1\nnumber 2\n", "pydelve: the session is over: the last client left\n", 0,
        )  # fmt: skip

    def test_an_idle_prompt_ends_once_when_the_session_does(self, script: Path, listen: Listen) -> None:
        for signum, told in (
            (signal.SIGTERM, ["the session ends", "  why: SIGTERM, where it listens"]),
            (signal.SIGKILL, []),
        ):
            listening = listen("debug", "--headless", str(script), "end")
            with OnTerminal(["connect", listening.address], script.parent) as person:
                above = person.wait_prompt()
                person.keys("begun")
                person.wait_end_of_screen(f"{PROMPT} begun")
                listening.process.send_signal(signum)
                assert person.wait_end() == 1
                last = ["the connection is lost", "  why: the session has ended, or cut us off", f"{PROMPT} begun"]
                person.wait_lines(0, *above, *told, *last)
                assert person.lines == [*above, *told, *last]

    def test_a_script_is_told_once_that_the_session_has_ended(self, script: Path, listen: Listen) -> None:
        listening = listen("debug", "--headless", str(script), "end")
        with subprocess.Popen(
            [sys.executable, str(LAUNCHER), "connect", listening.address], cwd=script.parent, text=True,
            env=clean_environment(script.parent), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1,
        ) as process:  # fmt: skip
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("print 40 + 2\n")
            while process.stdout.readline() != "42\n":
                assert process.poll() is None
            listening.process.kill()
            listening.process.wait()
            out, _ = process.communicate("print 1\nprint 2\n", timeout=LIMIT_S)
        assert (out, process.returncode) == (
            "the connection is lost\n  why: the session has ended, or cut us off\n", 1,
        )  # fmt: skip

    def test_leaving_by_a_script_while_the_program_runs(self, script: Path, listen: Listen) -> None:
        script.write_text("import signal\nprint('up', flush=True)\nwhile True: signal.pause()\n", encoding="utf-8")
        listening = listen("debug", "--headless", "--accept-multiclient", "--continue", str(script))
        assert listening.process.stdout is not None and listening.process.stdout.readline() == "up\n"
        session = Session(None, script.parent)
        began = f"process <pid> started: <tmp>/program.py (CPython {platform.python_version()})\n"
        with connect(listening.address):  # somebody else
            for commands in ([], ["exit"], ["", "# nothing", "quit # now"]):
                left = session.run(["connect", listening.address], commands)
                assert (left.output, left.exit_code) == (began, 0)
            killed = session.run(["connect", listening.address], ["exit -k"])
            assert (killed.output, killed.exit_code) == (began, 0)
        assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 0)

    def test_what_was_attached_to_runs_on(self, tmp_path: Path, listen: Listen) -> None:
        code = "import time\nprint('up', flush=True)\nwhile True: time.sleep(0.01)"
        target = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        try:
            assert target.stdout is not None and target.stdout.readline() == "up\n"
            listening = listen("attach", "--headless", str(target.pid))
            with connect(listening.address) as client:
                assert client.call(requests.GetState()).target == until(client, Started)[-1].target  # type: ignore[union-attr]
                until(client, Stopped)
            assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 0)
            assert target.poll() is None
        finally:
            target.kill()
            target.communicate()

    def test_a_command_and_its_core_file(self, script: Path, listen: Listen) -> None:
        command = script.with_name("serve")
        command.write_text(f"#!{sys.executable}\n{PROGRAM}", encoding="utf-8")
        command.chmod(0o755)
        listening = listen("exec", "--headless", str(command), "end")
        core = script.with_name("core")
        with connect(listening.address) as client:
            until(client, Stopped)
            client.call(requests.CreateBreakpoint("work"))
            assert client.call(requests.Resume("continue", wait=True)).status == "stopped"
            assert client.call(requests.Dump(str(core))) is not None
        assert listening.finish()[2] == 0
        looking = listen("core", "--headless", str(core))
        with connect(looking.address) as client:
            stop = until(client, Stopped)[-1]
            assert isinstance(stop, Stopped) and (stop.stop.reason, stop.stop.frames[0].function) == ("core", "work")
            lacking = {each.name for each in client.call(requests.GetCapabilities()).features if each.why}
            assert lacking == {"run", "control", "restart", "dump", "exceptions at the raise"}
            (number,) = client.call(requests.GetVariables("arguments"))
            assert (number.name, number.value.text) == ("number", "0")
            with pytest.raises(PydelveError, match=r"^a step needs control|^running a core file needs control"):
                client.call(requests.Resume("next"))
        assert looking.finish() == ("", "pydelve: the session is over: the last client left\n", 0)

    def test_failing_tests_and_their_status(self, script: Path, listen: Listen) -> None:
        script.with_name("test_it.py").write_text("def test_it():\n    number = 3\n    assert number == 4\n", "utf-8")
        listening = listen("test", "--headless", "-q", "-p", "no:cacheprovider", "test_it.py")
        with connect(listening.address) as client:
            stop = until(client, Stopped)[-1]
            assert isinstance(stop, Stopped) and stop.stop.test is not None
            assert stop.stop.test.name == "test_it.py::test_it"
            assert client.call(requests.Evaluate("number")).value.text == "3"  # type: ignore[union-attr]
            assert client.call(requests.Resume("continue", wait=True)).status == "ended"
        out, _, status = listening.finish()
        assert ("1 failed" in out, status) == (True, 1)

    def test_ctrl_c_where_it_listens_ends_the_session(self, script: Path, listen: Listen) -> None:
        listening = listen("debug", "--headless", "--continue", str(script))
        client = connect(listening.address)
        target = client.call(requests.GetState()).target
        assert target is not None
        listening.process.send_signal(signal.SIGINT)
        _, err, status = listening.finish()
        assert (err, status) == ("pydelve: the session is over: SIGINT, where it listens\n", 0)
        with pytest.raises(ProcessLookupError):
            os.kill(target.pid, 0)
        client.close()

    def test_the_token_of_the_environment_is_not_shown_nor_inherited(self, script: Path, listen: Listen) -> None:
        code = "import os; print('PYDELVE_TOKEN' in os.environ, flush=True)"
        script.write_text(code, encoding="utf-8")
        words = ("debug", "--headless", "--listen", "127.0.0.1:0", "--continue", str(script))
        listening = listen(*words, PYDELVE_TOKEN="secret")
        assert listening.token == ""
        with connect(listening.address, "secret") as client:
            until(client, Exited)
        out, err, _ = listening.finish()
        assert out == "False\n" and "secret" not in out + err + listening.line

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--listen", "a"], "--listen needs --headless (there is nobody to connect to)"),
            (["--headless", "--tui"], "--tui has no place with --headless (it is the prompt's, which is elsewhere)"),
            (["--headless", "--listen", "a"], "a is no address (it is unix:PATH or HOST:PORT)"),
            (["--headless", "--listen", "0.0.0.0:0"], "0.0.0.0 can be reached from other machines ("),
            (["--headless", "--token-file", "a"], "--token-file has no use on a unix socket ("),
            (["--headless", "--listen", "127.0.0.1:0", "--token-file", "nothing"], "the token file nothing can't be"),
        ],
    )
    def test_words_that_do_not_fit(self, script: Path, words: list[str], message: str) -> None:
        from pydelve.cli.launching import read_words

        with pytest.raises(UsageError) as caught:
            read_words([*words, str(script)])
        assert str(caught.value).startswith(message) and caught.value.hint

    def test_nobody_listens(self, tmp_path: Path) -> None:
        with pytest.raises(TargetError, match=r"^can't connect to unix:.*No such file or directory"):
            connect(str(tmp_path / "nothing"))

    def test_a_server_that_says_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pydelve.client.connection._CONNECT_LIMIT_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(TargetError, match=r"^nobody answers"):
            connect(f"127.0.0.1:{server.getsockname()[1]}")

    def test_a_server_of_another_kind(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                sock, _ = server.accept()
                sock.recv(1)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                sock.close()

            thread = threading.Thread(target=answer)
            thread.start()
            with pytest.raises(ProtocolError):
                connect(f"127.0.0.1:{server.getsockname()[1]}")
            thread.join()


EXPECTED = """\
process <pid> started: <tmp>/program.py end (CPython <version>)
> entry, program.py:1 in <module>, thread 1 (MainThread)
=>   1:  import os, sys
     2:  def work(number):
     3:      print("number", number)
breakpoint 1 at program.py:3 in work
> breakpoint 1, program.py:3 in work, thread 1 (MainThread)
     1:  import os, sys
     2:  def work(number):
=>*  3:      print("number", number)
     4:      return number + 1
     5:  for number in range(3):
number = 0
number 0
> step, program.py:4 in work, thread 1 (MainThread)
     2:  def work(number):
  *  3:      print("number", number)
=>   4:      return number + 1
     5:  for number in range(3):
     6:      work(number)
cleared breakpoint 1 at program.py:3 in work
number 1
number 2
process <pid> exited with status 0
"""


SHOWN = """\
number 0
work, line 4: number = 0
number 1
work, line 4: number = 1
number 2
work, line 4: number = 2
the program exited, status 0
"""


@pytest.mark.timeout(120)  # npm may have to fetch its package first
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_examples_of_the_guide_work(script: Path, listen: Listen, language: str) -> None:
    folder = EXAMPLES
    if language == "javascript":
        folder = node_packages("vscode-jsonrpc")
        shutil.copy(EXAMPLES / "client.mjs", folder)
    command = [sys.executable, "client.py"] if language == "python" else ["node", "client.mjs"]
    listening = listen("debug", "--headless", "--listen", "127.0.0.1:0", str(script), "end")
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parents[1]), "PYDELVE_TOKEN": listening.token}
    done = subprocess.run(
        [*command, listening.address, f"{script.name}:4"], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr, done.returncode) == (SHOWN, "", 0)
    assert listening.finish()[2] == 0
