"""The agent: joins the debugger's two sockets to the interpreter it lives in.

Threads, and what each may do:

- The *agent's own thread* (``_serve_link``), the only lasting one we add: reads *link*; arms breakpoints, interrupts,
  detaches.
- To halt, it starts a *halting thread*, which stops like any other, holding the GIL, and ends with the stop: so *link*
  is read even while an evaluation that was asked for in a halted program has to be interrupted.
- *Any thread of the program* comes here through an event (``arrivals.py``) or a hook, and may stop: see ``stops.py``.
"""

from __future__ import annotations

import posix
import sys
import time
from _thread import allocate_lock, get_ident

from . import log_records, protocol
from .calls.traces import Traces
from .events.arrivals import Arrivals
from .events.breakpoints import Table
from .events.freezing import Freezer
from .events.stepping import Step, Stepper
from .exceptions.failing_tests import FailingTests
from .exceptions.raised import Exceptions
from .hold import Hold
from .hooks import Hooks
from .interpreter import blame, modules, threads
from .interpreter.code_objects import keeps_columns
from .interpreter.gil import FREE_THREADED, Gil
from .interpreter.interpreters import current_frames
from .interpreter.paths import Ownership, canonical
from .interpreter.signals import Deferral
from .link import Link, name_thread, start_thread
from .looking import evaluation
from .looking.user_code import UserCode
from .outbox import Outbox
from .protocol import Refused
from .service import Service
from .stops import Cause, Stops
from .tasks.listing import Tasks
from .weaving.weaver import Weaver

if sys.version_info >= (3, 12):
    from .events.monitoring import NAME
    from .events.monitoring import Monitoring as Events
else:
    from .events.tracing import NAME
    from .events.tracing import Tracing as Events

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .children.forking import Children
    from .events.breakpoints import Armed, Placed

_STOP_TURN_S = 0.02  # how often our own thread looks whether a request was answered by the thread that stopped
_NO_ROOM = {
    "message": "recursion left no room for pydelve",
    "why": "where the program is at Python's recursion limit, breakpoints, steps and traced calls may be missed",
    "hint": "sys.setrecursionlimit(...) in the program",
}
_QUIET_TRIES = 1000  # milliseconds until we leave our monitoring tools behind, as a thread stays in our code
_BEGIN_LIMIT_S = 5.0  # no thread runs that late: the program is not held up for ever by one that can not
_sleep = time.sleep  # taken before the program can replace it
_FAULTS_TOLD = 3  # of our own; more of them would say the same


class Agent:
    """One per target process."""

    def __init__(self, link_fd: int, hold_fd: int, main: int, blocked: set[int], tests: bool = False) -> None:
        """Takes the two sockets over; see ``starting.py``.

        Args:
            link_fd: *link*.
            hold_fd: *hold*.
            main: Ident of the main thread.
            blocked: The signals that it blocks.
            tests: It is pytest, and stops at each test that fails.
        """
        self._stops_at_tests = tests
        self.pid = posix.getpid()
        self.main = main
        self.own: set[int] = set()  # idents of our threads
        self.gil = Gil()
        self.link = Link(link_fd)
        self.hold = Hold(hold_fd, self.gil, main)
        self.outbox = Outbox(self.link, self.hold, self.own, protocol.RECORDS, log_records.grouped)
        self.traces = Traces(self)
        self.judging: set[int] = set()
        """Idents of threads that evaluate a condition in a callback: checks in what it calls are off."""
        self.weaver = Weaver(self)
        self.tasks = Tasks(self)
        self.table = Table(self.weaver, self.tasks.current_number)
        self.ownership = Ownership()
        self.exceptions = Exceptions(self)
        self.events = Events(self)
        self.stepper = Stepper(self.ownership, self.events)
        self.service = Service(self)
        self.hooks = Hooks(self)
        self.tests = FailingTests(self)
        self.active = True
        self.user_code = UserCode(self.hold, self.own, main, blocked)
        self.stops = Stops(self)
        self.arrivals = Arrivals(self)
        self.freezer = Freezer(self)
        if FREE_THREADED:
            self.user_code.freezer = self.freezer
        self.stepper.awaiter = self.tasks.awaiter_frame
        self.children: Children | None = None
        self._faults = 0
        self._recursion_told = False

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Say hello, hook in, and start the agent's own thread: before the program's first line."""
        self.hooks.install()
        self.events.wait_for_main(self._main_begins)
        self.link.send(("event", protocol.HELLO, self._hello("")))
        # Begun before the program does: a thread that has never run has no frame that says whose it is (``dump``).
        begun = allocate_lock()
        begun.acquire()

        def serve() -> None:
            begun.release()
            self._serve_link()

        start_thread(serve, self.own)
        begun.acquire(True, _BEGIN_LIMIT_S)

    def join(self) -> None:
        """The same in a program that runs, from a thread that ends with this."""
        starter = get_ident()
        try:
            start_thread(lambda: self._begin_beside(starter), self.own)
        except RuntimeError:  # no more threads: the program runs on without us
            self.events.close()
            raise

    def _begin_beside(self, starter: int) -> None:
        """On the agent's own thread, as soon as the one that started it is gone: nobody is to see that."""
        for _ in range(_QUIET_TRIES):
            if starter not in current_frames():
                break
            _sleep(0.001)
        self._enter(None)
        self._serve_link()

    def begin_in_fork(self, before: Hooks) -> None:
        """The same in a forked child, on the thread that has forked; ``before`` are the hooks of its parent's agent."""
        self._enter(before)
        start_thread(self._serve_link, self.own)

    def _enter(self, before: Hooks | None) -> None:
        """Get to know the main module, hook in, say hello."""
        module = sys.modules.get("__main__")
        names = modules.dict_of(module) if module is not None else {}
        file, package = names.get("__file__"), names.get("__package__")
        file = file if type(file) is str else ""
        if file:
            self.ownership.program(file, package if type(package) is str else "")
        self.hooks.install(before)
        self.link.send(("event", protocol.HELLO, self._hello(canonical(file), before is not None)))

    def _hello(self, main_file: str, forked: bool = False) -> dict[str, Any]:
        return {
            "protocol": protocol.VERSION,
            "pid": self.pid,
            "python": list(sys.version_info[:3]),
            "executable": sys.executable or "",
            "main": self.main,
            "exact": self.gil.exact,
            "how": NAME,
            "main_file": main_file,
            "optimize": sys.flags.optimize,
            "columns": keeps_columns(),
            "forked": forked,
            "free_threaded": FREE_THREADED,
        }

    def ending(self) -> None:
        """The interpreter begins its clean-up."""
        if self.active and posix.getpid() == self.pid:
            Deferral(self.main).around(self._tell_the_rest)  # of what a handler raises, what is half sent would be cut

    def _tell_the_rest(self) -> None:
        self.link.hurry()  # a debugger that is itself stopped does not keep the program from its end
        self.tell_all(clean=True)

    def tell_all(self, *, clean: bool) -> None:
        """Send what was gathered, and say so. ``clean``: the interpreter begins its clean-up; else none may come."""
        told = [outbox.flush() for outbox in self.traces.outboxes()]
        if all(told):
            self.link.send(("event", protocol.ENDING, {"clean": clean}))
        self.link.settle()  # who writes at this moment, and would take it along, may not run again

    def deactivate(self) -> None:
        """Begin to leave: nothing of ours acts from now on. Any thread may call it, twice, and in a forked child.

        What is left of us is cleared up by our own thread, as others may be in the middle of our code at this moment.
        """
        if not self.active:
            return
        self.active = False
        self.stepper.cancel()
        self.freezer.thaw_all()
        self.table = Table()
        if posix.getpid() == self.pid:
            self.link.hang_up()
        else:
            self._clear_up()

    def _clear_up(self) -> None:
        """Leave the program as if we had never been there."""
        self.outbox.end()
        self.traces.drop()
        if self.children is not None:
            self.children.remove()
        self.weaver.restore()
        self.events.silence()
        self.hooks.remove()
        self.tests.remove()
        for _ in range(_QUIET_TRIES):
            if not threads.others_inside():
                self.events.close()
                break
            _sleep(0.001)
        self.weaver.let_go()
        self.stops.forget()
        self.link.close()
        self.hooks.forget()
        self.hold.close()  # which tells the debugger that nothing is left

    def after_fork(self, blocked: set[int]) -> None:
        """In a forked child: leave, also where the parent was about to: the thread that does it is not in the child.

        Where children are followed, it gets an agent of its own then.
        """
        children = self.children
        address = children.address_for_fork() if children is not None and self.active else ""
        self.active = True
        self.deactivate()
        if children is not None and address:
            children.begin_in_fork(address, blocked)

    def left(self) -> bool:
        """Has another thread ended it all while this one waited?"""
        return not self.active

    def forked(self) -> bool:
        """In a child of the program the sockets are the parent's: leave them, and everything else, alone."""
        if posix.getpid() == self.pid:
            return False
        self.deactivate()
        return True

    # -- the agent's own thread ----------------------------------------------------------------------------------------

    def _serve_link(self) -> None:
        name_thread(b"pydelve %d" % globals().get("DEBUGGER", 0))  # who looks from outside sees whose it is
        try:
            self._serve_messages()
        except Exception as error:  # noqa: BLE001  nonsense on the wire, or our own bug: the program goes on without us
            self.is_own_fault(error)
        self.user_code.interrupt(force=True)  # nobody waits for an evaluation any more: the program must go on
        self._go()
        self.deactivate()
        self._clear_up()

    def _serve_messages(self) -> None:
        while self.active:
            message = self.link.read_message()
            if message is None:
                break
            identifier, operation, arguments = message
            if operation == protocol.HAS_READ:
                self.traces.has_read(**arguments)
            elif operation == protocol.GO:
                self._go()
            elif operation == protocol.TELL_ALL:
                self.tell_all(clean=False)
            elif identifier > self.stops.answered:
                self._serve_running(identifier, operation, arguments)

    def _go(self) -> None:
        """A forked child waits no longer for the debugger."""
        if self.children is not None:
            self.children.go()

    def follow(self, address: str, folder: str) -> None:
        """Children are to have agents too, from now on; "" for none."""
        if self.children is None:
            from .children.forking import Children  # noqa: PLC0415  only where children are followed

            self.children = Children(self)
        self.children.follow(address, folder)

    def _serve_running(self, identifier: int, operation: str, arguments: dict[str, Any]) -> None:
        if operation == protocol.HALT:
            self.link.send(("reply", identifier, None))
            if arguments["run"] >= self.stops.run:  # one more: the thread that stopped is just about to go on
                try:
                    start_thread(lambda: self._halt(arguments["run"], arguments["reason"]), self.own)
                except RuntimeError:  # no more threads: then here, where nothing can be interrupted in that stop
                    self._halt(arguments["run"], arguments["reason"])
            return
        if operation != protocol.INTERRUPT:
            # no stop may come between the request and its answer: we would not get the GIL to send it
            while not self.stops.turn.acquire(True, _STOP_TURN_S):
                if identifier <= self.stops.answered:
                    return  # asked again of the thread that stopped
        try:
            if identifier > self.stops.answered:
                self.link.send(self._answer_running(identifier, operation, arguments))
        finally:
            if operation != protocol.INTERRUPT:
                self.stops.turn.release()
        if operation == protocol.DETACH:
            self.deactivate()

    def _answer_running(self, identifier: int, operation: str, arguments: dict[str, Any]) -> tuple[Any, ...]:
        changes = FREE_THREADED and operation in (protocol.ARM, protocol.ARM_EXCEPTION, protocol.TRACE)
        if changes:  # frames of threads that run can't be looked through
            self.freezer.stop_all(get_ident())
        try:
            return ("reply", identifier, self.common(operation, arguments))
        except Refused as refusal:
            return ("refused", identifier, refusal.content())
        except Exception as error:  # noqa: BLE001  our own bug, or no thread or file is left to us: the session goes on
            return ("refused", identifier, {"internal": evaluation.describe_error(error)})
        finally:
            if changes:
                self.freezer.let_run(0)

    def common(self, operation: str, arguments: dict[str, Any]) -> Any:
        """The operations that both sockets serve."""
        if operation == protocol.ARM:
            return self.arm(**arguments)
        if operation == protocol.ARM_EXCEPTION:
            return self.exceptions.arm(**arguments)
        if operation == protocol.MODULES:
            return modules.describe(self.ownership)
        if operation == protocol.COUNTS:
            return self.table.counts()
        if operation == protocol.PLACEMENTS:
            return self.placements()
        if operation == protocol.INTERRUPT:
            return self.user_code.interrupt(**arguments)
        if operation == protocol.FREEZE:
            return self.freezer.keep(**arguments)
        if operation == protocol.STOP_ONE:
            return self.stops.stop_one(**arguments)
        if operation == protocol.TRACE:
            return self.traces.start(arguments)
        if operation == protocol.END_TRACE:
            return self.traces.end()
        if operation == protocol.FOLLOW:
            return self.follow(**arguments)
        if operation == protocol.DETACH:
            return None
        raise Refused("not while the program runs: " + str(operation))

    def _halt(self, run: int, reason: str) -> None:
        """On a thread of its own: show the main thread, or, where its Python part has ended, any other."""
        with self.stops.turn:  # a stop that is just ending: what it shows is where that thread was
            pass
        if self.stops.show_next(run):
            return
        if FREE_THREADED:  # behind the gate, where the events that freeze the others are none of ours
            self.events.shield(lambda: self._stop_halted(run, reason))
        else:
            self._stop_halted(run, reason)

    def _stop_halted(self, run: int, reason: str) -> None:
        running = current_frames().keys()
        ident = self.main if self.main in running else min(running - self.own, default=0)
        if ident:
            self.stops.stop(Cause(reason), [], ident, run)

    # -- breakpoints ---------------------------------------------------------------------------------------------------

    def arm(self, number: int, placements: list[dict[str, Any]], scopes: list[dict[str, Any]]) -> list[list[str]]:
        """Put the placements of a breakpoint (none: remove it); what ``_state`` says of each comes back, in order.

        ``scopes``: the functions that something is to be woven into, or nothing any more (``weaving.Weaver.update``).
        """
        if placements:
            self.events.leave_code()
        armed = self.table.replace(number, placements)
        found = modules.loaded_files() if armed else ()
        for entry in armed:  # before anything can tell that it landed
            entry.landed = entry.file in found
        self.weaver.update(scopes)
        self.events.update()
        if any(entry.log for entry in self.table.all()):
            self.outbox.begin()
        else:
            self.outbox.end()
        return [self._state(entry) for entry in armed]

    def placements(self) -> list[list[Any]]:
        """``[id, file, line, state, how, why, unwoven]`` of everything that is armed."""
        return [[entry.id, entry.file, entry.line, *self._state(entry)] for entry in self.table.all()]

    def _state(self, armed: Armed) -> list[str]:
        """State, how, why, and why not woven, of a placement."""
        if armed.refused:
            return ["refused", "", armed.refused, ""]
        how, unwoven = self.weaver.state(armed)
        why = "" if how else self.events.obstacle()
        return ["armed", how or NAME, why, unwoven] if armed.landed else ["suspended", "", why, unwoven]

    def landed(self, placed: Placed | None) -> None:
        """Code with these breakpoints (``Table.placed_in``) was found: what was suspended is armed now, or can't be."""
        if placed is None:
            return
        for line, entries in placed.lines.items():
            for armed in entries:
                if not placed.line_map.has_code(line):
                    armed.refused = "the loaded code has no instruction for this line"
                self.landed_one(armed)

    def landed_one(self, armed: Armed) -> None:
        """Its code was found."""
        if not armed.landed:
            armed.landed = True
            _, how, why, unwoven = self._state(armed)
            found = {"id": armed.id, "file": armed.file, "line": armed.line}
            found.update(how=how, why=why, unwoven=unwoven)
            self.link.send(("event", protocol.LANDED, found))

    # -- our own faults ------------------------------------------------------------------------------------------------

    def is_own_fault(self, error: BaseException) -> bool:
        """Was this raised by our own code, in a callback? Then it is told, and must not reach the program.

        Everything else that comes out of a callback is the program's: see ``blame.py``.
        """
        if not blame.is_own(error):
            return False
        if blame.is_for_want_of_room(error):  # the program was close to the limit: nobody's fault
            if self.active and not self._recursion_told:
                try:
                    self.link.send(("event", protocol.NOTICE, _NO_ROOM))
                except RecursionError:  # nor is there room to say so: another time
                    return True
                self._recursion_told = True
        elif self._faults < _FAULTS_TOLD and self.active:
            self._faults += 1
            self.link.send(("event", protocol.FAULT, evaluation.describe_error(error)))
        return True

    def guarded(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call something of ours where a hook has called us: a fault of our own goes no further."""
        try:
            function(*arguments)
        except BaseException as error:
            if not self.is_own_fault(error):
                raise

    def tell_notice(self, message: str, why: str, hint: str) -> None:
        """Something that the user should know."""
        self.link.send(("event", protocol.NOTICE, {"message": message, "why": why, "hint": hint}))

    def _main_begins(self, frame: FrameType) -> None:
        """The program's ``__main__`` module starts: its first line is where the session begins."""
        package = frame.f_globals.get("__package__")
        self.ownership.program(frame.f_code.co_filename, package if type(package) is str else "")
        if self._stops_at_tests:
            self.tests.install()
        self.stepper.begin(Step("entry", get_ident(), frame, None, True))
