"""The adapter: takes the editor's requests and has them served; see the package for the threads."""

from __future__ import annotations

import logging
import queue
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydelve.api.events import Event
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    CompleteExpression,
    Detach,
    FollowChildren,
    GetCapabilities,
    GetState,
    Halt,
    Interrupt,
    Jump,
    Restart,
    Resume,
    SendSignal,
    SubstitutePaths,
)
from pydelve.client import Client
from pydelve.errors import (
    InternalError,
    ProtocolError,
    PydelveError,
    TargetError,
    TargetGoneError,
    TargetStateError,
    UnsupportedError,
)
from pydelve.records import replace
from pydelve_dap.backend import Backend, Terminal
from pydelve_dap.breakpoints import Breakpoints
from pydelve_dap.children import Children, Ended, is_child, shows
from pydelve_dap.evaluating import Evaluating
from pydelve_dap.happenings import Happenings
from pydelve_dap.launching import (
    CONSOLES,
    attach_options,
    launch_options,
    mappings,
    refuse_unsupported,
    session_address,
    text_of,
)
from pydelve_dap.messages import Message, Messages
from pydelve_dap.paths import Paths
from pydelve_dap.positions import utf16_head, utf16_length
from pydelve_dap.session import Session
from pydelve_dap.sources import Sources
from pydelve_dap.stack import Stacks
from pydelve_dap.table import REFUSALS, capabilities, taken_back
from pydelve_dap.variables import Variables

if TYPE_CHECKING:
    from pydelve_dap.own_requests import OwnRequests

Arguments = dict[str, Any]
Handler = Callable[[Arguments], Any]
_BEGIN_LIMIT_S = 30.0
_LAUNCH_LIMIT_S = 25.0
_log = logging.getLogger(__name__)


class Adapter:
    """One editor's connection."""

    def __init__(self, send: Callable[[Message], None], backend: Backend, ended: Callable[[], None]) -> None:
        """``send`` writes a message; ``ended`` hears, once, that the editor is done."""
        self._messages = Messages(send)
        self._backend = backend
        self._ended = ended
        self._requests: queue.SimpleQueue[Message | Callable[[], None] | None] = queue.SimpleQueue()
        self._queued: set[int] = set()
        self._editor: dict[str, Any] = {}
        self._running: Message | None = None
        self._cancelled: set[int] = set()
        self._order = threading.RLock()
        self._session: Session | None = None
        self._handlers: dict[str, Handler] = {}
        self._first: dict[str, Handler] = {"launch": self._launch, "attach": self._attach}
        self._at_once: dict[str, Handler] = {
            "pause": self._pause,
            "cancel": self._cancel,
            "terminate": self._terminate,
            "disconnect": self._disconnect,
        }
        assert self._at_once.keys() == AT_ONCE
        self._evaluating: Evaluating | None = None
        self._own: OwnRequests | None = None
        self._terminal: Terminal | None = None
        self._after: Callable[[], None] | None = None
        self._worker = threading.Thread(target=self._work, name="dap worker", daemon=True)
        self._worker.start()

    # -- the reader's thread -------------------------------------------------------------------------------------------

    def receive(self, message: Any) -> None:
        """Take one message.

        Raises:
            ProtocolError: it is none of the protocol.
        """
        if not isinstance(message, dict) or message.get("type") not in ("request", "response"):
            raise ProtocolError("a message is no request", why="its type is neither request nor response")
        if message["type"] == "response":
            self._take_response(message)
            return
        command = message.get("command")
        if not isinstance(command, str) or not isinstance(message.get("arguments") or {}, dict):
            raise ProtocolError("a request is malformed", why="it has no command, or arguments that are no object")
        if not isinstance(message.get("seq"), int):
            raise ProtocolError("a request is malformed", why="it has no seq that is a number")
        if command in self._at_once:
            self._serve(message, self._at_once[command])
            if command == "disconnect":
                self._ended()
        else:
            self._queued.add(message["seq"])
            self._requests.put(message)

    def _take_response(self, message: Message) -> None:
        if message.get("success"):
            return
        if message.get("command") == "runInTerminal" and self._terminal:
            self._terminal.refuse(str(message.get("message", "")))
        elif message.get("command") == "startDebugging" and self._session is not None:
            self._session.children.refused(str(message.get("message", "")))
            self._requests.put(self._follow_no_more)

    def _follow_no_more(self) -> None:
        """The editor has no sessions for children; they are nobody else's."""
        if self._session is not None and not self._is_shared(self._session):
            try:
                self._session.client.call(FollowChildren(False))
            except PydelveError as error:  # it has ended already
                _log.info("startDebugging was refused: %s", error)

    def close(self) -> None:
        """The editor is gone: what it started ends, what it attached to goes on."""
        self._requests.put(None)
        if self._session is not None:
            self._session.client.close()
        if self._evaluating is not None:
            self._evaluating.close()

    def join(self) -> None:
        """Wait for the worker, which may just be starting a program: the backend can end what it knows of only."""
        self._worker.join(_LAUNCH_LIMIT_S)

    # -- the worker's thread -------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (message := self._requests.get()) is not None:
            if not isinstance(message, dict):
                message()
                continue
            self._running = message
            self._queued.discard(message["seq"])
            command = message["command"]
            if message["seq"] in self._cancelled:
                self._cancelled.discard(message["seq"])
                self._messages.refuse(message, UnsupportedError("cancelled"))  # the protocol wants this word alone
            elif command in _MOVING:
                with self._order:
                    self._serve(message, self._handler(command))
            else:
                self._serve(message, self._handler(command))
            self._running = None
            if self._after is not None:
                after, self._after = self._after, None
                after()

    def _handler(self, command: str) -> Handler:
        if command == "initialize":
            return self._initialize
        if command in REFUSALS:
            raised = UnsupportedError(f"pydelve has no {command}", why=REFUSALS[command])
            return lambda arguments: _raise(raised)
        if command in self._first:
            return self._first[command]
        if command in self._handlers:
            return self._handlers[command]
        known = command in _AFTER_LAUNCH
        error: PydelveError = (
            TargetStateError(f"{command} needs a program", why="neither launch nor attach came before it")
            if known
            else UnsupportedError(f"pydelve has no {command}", why="the protocol has no such request that it knows")
        )
        return lambda arguments: _raise(error)

    def _serve(self, message: Message, handler: Handler) -> None:
        try:
            body = handler(self._messages.positions.inward(message.get("arguments") or {}))
        except PydelveError as error:
            self._messages.refuse(message, error)
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # arguments are the editor's
            _log.exception("%s failed", message.get("command"))
            self._messages.refuse(
                message, ProtocolError(f"{message.get('command')} is malformed", why=f"{type(error).__name__}: {error}")
            )
        except Exception as error:  # noqa: BLE001  our own bug: told as one, and the session goes on
            _log.exception("%s failed", message.get("command"))
            self._messages.refuse(message, InternalError(f"{type(error).__name__}: {error}", why="a bug of pydelve"))
        else:
            self._messages.respond(message, body)

    # -- beginning -----------------------------------------------------------------------------------------------------

    def _initialize(self, arguments: Arguments) -> Any:
        self._editor = arguments
        self._messages.positions.agree(arguments)
        return capabilities()

    def _launch(self, arguments: Arguments) -> Any:
        self._check(arguments)
        paths = Paths(mappings(arguments))
        options = launch_options(arguments)
        kind = CONSOLES[arguments.get("console") or "internalConsole"]
        if kind and self._editor.get("supportsRunInTerminalRequest"):
            title = text_of(arguments, "consoleTitle") or options.program
            options = self._in_terminal(options, kind, title)
        client = self._backend.launch(options, shows(arguments, self._editor))
        if self._terminal is not None:
            self._terminal.watch(lambda: _interrupt(client))
            self._say_no_output(arguments, "the program writes to the editor's terminal itself")
        self._begin(client, arguments, paths, launched=True)

    def _in_terminal(self, options: LaunchOptions, kind: str, title: str) -> LaunchOptions:
        """The program's streams are a terminal that the editor opens."""
        self._terminal = self._backend.terminal()
        wanted = {"kind": kind, "title": title, "cwd": options.cwd, "args": self._terminal.command()}
        self._messages.request("runInTerminal", wanted)
        stdin_fd, stdout_fd, stderr_fd = self._terminal.wait()
        return replace(options, stdin_fd=stdin_fd, stdout_fd=stdout_fd, stderr_fd=stderr_fd)

    def _attach(self, arguments: Arguments) -> Any:
        self._check(arguments)
        paths, target = Paths(mappings(arguments)), shows(arguments, self._editor)
        try:
            client = self._attached(arguments, target)
        except TargetStateError:  # there never was such a target
            raise
        except TargetError:
            if not is_child(arguments):
                raise
            client = Client(Ended())  # the session, and with it the child, has ended while the editor was about it
        else:
            try:
                info = client.call(GetState()).target
            except PydelveError:  # there never was such a target, and nobody has said so yet
                client.close()
                raise
            if info is not None and not info.launched and not is_child(arguments):
                self._say_no_output(arguments, "what a program writes that was attached to goes where it went before")
        self._begin(client, arguments, paths, launched=False)

    def _say_no_output(self, arguments: Arguments, why: str) -> None:
        if arguments.get("redirectOutput"):
            self._messages.output(f"redirectOutput changes nothing\n  why: {why}\n", "important")

    def _attached(self, arguments: Arguments, target: int) -> Client:
        client = self._backend.session(target)
        if client is not None:
            refuse_unsupported(arguments)
            return client
        if (options := attach_options(arguments, self._backend.find)) is not None:
            return self._backend.attach(options, target)
        return self._backend.connect(*session_address(arguments), target)

    def _check(self, arguments: Arguments) -> None:
        token = arguments.get("token") or ""
        if not self._backend.admit(token if isinstance(token, str) else ""):
            raise ProtocolError(
                "the token is wrong, or there is none", why="this port wants it in launch or attach",
                hint='"token": "..." of the listening line',
            )  # fmt: skip
        if self._session is not None:
            raise TargetStateError("there is a program already", why="launch or attach came before", hint="restart")

    def _begin(self, client: Client, arguments: Arguments, paths: Paths, *, launched: bool) -> None:
        children = Children(self._messages, arguments, self._editor, self._backend.share, self._requests.put)
        session = Session(self._messages, client, arguments, paths, launched, self._editor, children)
        variables, breakpoints, sources = Variables(session), Breakpoints(session), Sources(session)
        stacks, evaluating = Stacks(session, sources), Evaluating(session, variables)

        def hear(event: Event) -> None:
            if evaluating.command_line is not None:
                evaluating.command_line.hear(event)
            if self._own is not None:
                self._own.hear(event)

        happenings = Happenings(session, breakpoints, self._order, variables.forget, hear)
        if paths.pairs and not is_child(arguments):
            client.call(SubstitutePaths(paths.rules()))
        self._session, self._evaluating = session, evaluating
        self._handlers = {
            "setBreakpoints": breakpoints.set_lines,
            "setFunctionBreakpoints": breakpoints.set_functions,
            "setExceptionBreakpoints": breakpoints.set_exceptions,
            "breakpointLocations": breakpoints.locations,
            "configurationDone": lambda _: self._then(happenings.configuration_done),
            "threads": stacks.threads,
            "stackTrace": stacks.stack_trace,
            "exceptionInfo": stacks.exception_info,
            "stepInTargets": stacks.step_in_targets,
            "scopes": variables.scopes,
            "variables": variables.variables,
            "setVariable": variables.set_variable,
            "setExpression": variables.set_expression,
            "evaluate": evaluating.evaluate,
            "completions": self._completions,
            "source": sources.source,
            "loadedSources": sources.loaded_sources,
            "modules": sources.modules,
            "disassemble": sources.disassemble,
            "readMemory": sources.read_memory,
            "pydelveTasks": lambda arguments: self._own_requests(session, sources).tasks(arguments),
            "pydelveTrace": lambda arguments: self._own_requests(session, sources).trace(arguments),
            "gotoTargets": sources.goto_targets,
            "goto": lambda arguments: self._goto(
                arguments.get("threadId"), sources.goto_location(arguments.get("targetId"))
            ),
            "continue": self._continue,
            "next": lambda arguments: session.step("next", arguments),
            "stepIn": lambda arguments: session.step(
                "step", arguments, function=stacks.step_in_target(arguments.get("targetId"))
            ),
            "stepOut": lambda arguments: session.step("stepout", arguments),
            "restart": lambda _: self._restart(happenings),
        }
        threading.Thread(target=happenings.run, name="dap events", daemon=True).start()
        happenings.begun.wait(_BEGIN_LIMIT_S)
        self._tell_what_is_lacking(client)
        self._then(lambda: self._messages.event("initialized"))

    def _own_requests(self, session: Session, sources: Sources) -> OwnRequests:
        if self._own is None:
            from pydelve_dap.own_requests import OwnRequests  # noqa: PLC0415  few ask

            self._own = OwnRequests(session, sources)
        return self._own

    def _tell_what_is_lacking(self, client: Client) -> None:
        """What ``initialize`` promised, and this program can't do."""
        try:
            lacking = taken_back(client.call(GetCapabilities()))
        except (TargetStateError, TargetGoneError):  # it has ended
            return
        if lacking:
            self._messages.event("capabilities", {"capabilities": lacking})

    def _then(self, what: Callable[[], None]) -> None:
        """Do it once the response is sent."""
        self._after = what

    # -- going on ------------------------------------------------------------------------------------------------------

    def _continue(self, arguments: Arguments) -> Any:
        session, alone = self._began(), bool(arguments.get("singleThread"))
        session.resume(Resume("continue", session.asked(arguments["threadId"]) if alone else 0, alone=alone))
        return {"allThreadsContinued": not alone}

    def _goto(self, thread: Any, location: str) -> None:
        session = self._began()
        if session.stop is not None and thread != session.stop.thread:
            raise UnsupportedError(
                f"can't jump in thread {thread}", why="only the thread that stopped can jump",
                hint=f"goto in thread {session.stop.thread}",
            )  # fmt: skip
        session.client.call(Jump(location))

    def _restart(self, happenings: Happenings) -> None:
        happenings.restarting()
        self._began().client.call(Restart())

    def _completions(self, arguments: Arguments) -> Any:
        session = self._began()
        thread, frame = session.place(arguments.get("frameId"))
        line = arguments["text"].split("\n")[(arguments.get("line") or 1) - 1]
        text = utf16_head(line, arguments["column"] - 1)
        found = session.client.call(CompleteExpression(text, thread, frame))
        length = utf16_length(found.typed)
        start = utf16_length(text) - length + self._messages.positions.first_column
        return {
            "targets": [
                {"label": each.text, "text": each.text, "start": start, "length": length}
                for each in sorted(found.candidates, key=lambda each: (each.text.startswith("_"), each.text))
            ]
        }

    # -- at once -------------------------------------------------------------------------------------------------------

    def _began(self) -> Session:
        if self._session is None:
            raise TargetStateError("there is no program", why="neither launch nor attach came before")
        return self._session

    def _pause(self, arguments: Arguments) -> None:
        self._began().client.call(Halt())

    def _cancel(self, arguments: Arguments) -> None:
        number, running = arguments.get("requestId"), self._running
        if arguments.get("progressId") or (running is not None and running.get("seq") == number):
            self._began().client.call(Interrupt())
        elif number in self._queued:
            self._cancelled.add(number)

    def _terminate(self, arguments: Arguments) -> None:
        session = self._began()
        session.children.wait_no_more()
        gently = session.arguments.get("onTerminate") == "KeyboardInterrupt"
        try:
            session.client.call(SendSignal(signal.SIGINT if gently else signal.SIGTERM))
        except (TargetStateError, TargetGoneError):  # it has ended: all is as the editor wants it
            return
        self._requests.put(lambda: self._go_on_to_end(session))  # not here: an evaluation may be running

    def _go_on_to_end(self, session: Session) -> None:
        """The signal's handler runs when the program does."""
        with self._order:
            if session.stop is not None:
                try:
                    session.resume(Resume("continue"))
                except PydelveError as error:  # it has ended already
                    _log.info("terminate: %s", error)

    def _disconnect(self, arguments: Arguments) -> None:
        session = self._session
        if session is not None:
            kill = arguments.get("terminateDebuggee")
            elsewhere = self._is_shared(session) and not is_child(session.arguments)
            # of a session that others may share, an editor ends the program only where it says so: VS Code always
            # says that it does not want that, when it just leaves
            if kill is True or not elsewhere:
                try:
                    session.client.call(Detach(kill=session.launched if kill is None else bool(kill)))
                except PydelveError as error:  # it has ended already
                    _log.info("disconnect: %s", error)

    def _is_shared(self, session: Session) -> bool:
        """Did somebody else begin it?"""
        given = any(session.arguments.get(key) for key in ("address", "connect", "port"))
        return given or self._backend.has_session


AT_ONCE = frozenset({"pause", "cancel", "terminate", "disconnect"})
"""Served on the reader's thread, while another request may be waiting."""
_MOVING = frozenset({"continue", "next", "stepIn", "stepOut", "goto", "restart"})
"""The response comes before the stop."""
_AFTER_LAUNCH = frozenset(
    {
        "setBreakpoints", "setFunctionBreakpoints", "setExceptionBreakpoints", "breakpointLocations",
        "configurationDone", "threads", "stackTrace", "exceptionInfo", "stepInTargets", "scopes", "variables",
        "setVariable", "setExpression", "evaluate", "completions", "source", "loadedSources", "modules", "disassemble",
        "readMemory", "pydelveTasks", "pydelveTrace",
        "gotoTargets", "goto", "continue", "next", "stepIn", "stepOut", "restart",
    }
)  # fmt: skip


def _interrupt(client: Client) -> None:
    try:
        client.call(SendSignal(signal.SIGINT))
    except PydelveError as error:  # it has ended already
        _log.info("Ctrl-C: %s", error)


def _raise(error: PydelveError) -> Any:
    raise error
