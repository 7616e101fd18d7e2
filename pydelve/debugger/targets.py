"""Several targets in one session: the one it began with, and children of it that are followed.

Each target has an engine of its own (``engine.Debugger``); this one holds them, gives requests to that of the current
target, and tells clients of events. Breakpoints are the session's: what is set in one target is set in all. On the
engine's thread. See docs/internals/children.md.

A target that stops becomes the current one, unless another one is being looked at: then it waits for its turn, which
comes when that one goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydelve.api import requests
from pydelve.api.attach import AttachOptions
from pydelve.api.breakpoints import Breakpoint
from pydelve.api.events import (
    BreakpointChanged,
    ChildLeftAlone,
    Continued,
    Detached,
    Event,
    Exited,
    HaltPending,
    Logged,
    Notice,
    Started,
    Stopped,
    TargetAdded,
    TargetExited,
    TargetWaits,
    Traced,
)
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import State, Target, TargetList
from pydelve.debugger.adoption import Adoption
from pydelve.debugger.bound import Bound
from pydelve.debugger.engine import Debugger, SessionOptions
from pydelve.debugger.files import ChildOptions
from pydelve.debugger.loop import Loop
from pydelve.debugger.member import Member
from pydelve.debugger.roster import Roster
from pydelve.debugger.together import Together
from pydelve.debugger.tracing_together import REQUESTS as _TRACING
from pydelve.debugger.tracing_together import TracingTogether
from pydelve.debugger.unseen import Unseen
from pydelve.debugger.views import FIRST as _FIRST
from pydelve.debugger.views import View, Views
from pydelve.errors import PydelveError, UnsupportedError
from pydelve.records import replace

if TYPE_CHECKING:
    from pydelve.target.live.children import Uncalled

R = TypeVar("R")
_STEP_PATIENCE_S = 0.3  # for a step to end, before a target that waits for its turn gets it
_log = logging.getLogger("pydelve.engine")
_MIRRORED = (
    requests.CreateBreakpoint,
    requests.CreateExceptionBreakpoint,
    requests.AmendBreakpoint,
)
_FOR_ALL = (requests.SetStopUncaught, requests.SetStopOne, requests.SubstitutePaths)
_RESUMING = (requests.Resume, requests.Call, requests.Jump, requests.SendSignal)


class Targets:
    """The engines of one session."""

    def __init__(
        self,
        options: SessionOptions,
        loop: Loop,
        emit: Callable[[Event], None],
        emit_bound: Callable[[int, Event], None],
        views: Views,
    ) -> None:
        """``emit`` gives an event to the ``views`` that are about the current target, ``emit_bound`` to one's own."""
        self._loop, self._emit, self._emit_bound, self._views = loop, emit, emit_bound, views
        self._options = options
        how: Literal["launch", "attach"] = "launch" if isinstance(options, LaunchOptions) else "attach"
        self._roster = Roster(Member(_FIRST, how, 0))
        self._members = self._roster.members
        self._current = _FIRST
        self._tracing = TracingTogether(self._members, self._follow, self._on_event)
        self._members[_FIRST].engine = self._engine_for(_FIRST, options)
        self._turns: list[int] = []
        """Targets that stand and wait for their turn."""
        self._together = Together(self._members, loop, emit)
        self._unseen = Unseen(views, loop, self._runs_on, lambda: self._together.holding)
        self._adoption = Adoption(self._members, loop, self._made, self._together.runs, self._ended_for_good)
        self._mirroring = 0
        self._handlers: dict[type[Any], Callable[[Any], Any]] = {
            requests.GetTargets: self._get_targets,
            requests.SelectTarget: self._select_target,
            requests.FollowChildren: self._follow_children,
            requests.AttachChildren: self._attach_children,
            requests.Restart: self._restart,
            requests.Detach: self._detach,
            requests.SetStopTogether: lambda request: self._together.switch(
                request.together, self._members[self._current]
            ),
        }

        self._bound = Bound(self._roster, self._unseen, self._handlers, self._serve_one, self._let_go)

    # -- for the host --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """See ``engine.Debugger.start``."""
        options = self._options
        if isinstance(options, LaunchOptions | AttachOptions) and options.follow:
            self._open()
        self._first.start()
        if isinstance(options, AttachOptions) and options.follow and self._first.current.armable() is not None:
            self._adoption.begin(self._emitter(_FIRST), attach=options.children)

    def serve(self, request: requests.Request[R], view: View) -> R:
        """The answer to one request of a client; raises as that says."""
        if view.target:
            return self._bound.serve(request, view)
        handler = self._handlers.get(type(request))
        if handler is not None:
            done: R = handler(request)
            return done
        state: Any = self._engine.current.state
        stands = self._roster.stands(self._current)
        if isinstance(request, requests.Resume) and self._turns and not stands:
            self._next_turn()  # what is looked at runs already: those that wait are to go on, too
            return state  # type: ignore[no-any-return]
        if isinstance(request, requests.Resume) and self._together.holding and self._gives_turn(request):
            return replace(state, status="running", stop=None)  # type: ignore[no-any-return]
        return self._serve_one(self._current, request, view)

    def _serve_one(self, number: int, request: requests.Request[R], view: View) -> R:
        """One target's answer; what is the session's is done in all of them."""
        member, engine = self._members[number], self._members[number].engine
        shared: Any = self._views.shared(request, view, engine.breakpoints)
        if shared is not None:
            return shared  # type: ignore[no-any-return]
        stands = member.stands
        if isinstance(request, requests.Halt) and self._together.on and not stands:
            self._together.halt()
        result: Any = self._tracing.serve(number, request) if isinstance(request, _TRACING) else engine.serve(request)
        self._views.served(request, view, result)
        if self._together.holding and stands and not member.stands:
            self._together.looks_at(number)
            self._together.go_on()
        if len(self._members) > 1:
            self._share(number, request, result)
        return result  # type: ignore[no-any-return]

    def _gives_turn(self, request: requests.Resume) -> bool:
        """All stand, and another one waits to be looked at: nobody goes on before."""
        if request.how != "continue" or request.location or not self._turns:
            return False
        self._together.keep(self._current)
        self._emit(Continued())
        self._loop.post(lambda: self._next_turn(seen=True), urgent=False)
        return True

    def greeting_bound(self, number: int) -> list[Event]:
        """How things are, for somebody who comes now and is about one target only."""
        return self._bound.greeting(number)

    def has_had(self, number: int) -> bool:
        """Is there such a target, or was there one? From any thread."""
        return _FIRST <= number <= self._adoption.last

    def left(self) -> None:
        """A client is gone: what it alone saw may go on."""
        for member in self._roster.others(_FIRST):
            self._unseen.look(member)

    def greeting(self) -> tuple[Sequence[Event], Sequence[Event]]:
        """How things are, as events for somebody who comes now: who is there, and, after its breakpoints, what stands
        and what has ended.
        """
        return self._roster.greeting(self._current, self._turns)

    def has_read(self, event: Event) -> None:
        """See ``engine.Debugger.has_read``."""
        if isinstance(event, Logged | Traced) and event.target in self._members:
            self._members[event.target].engine.has_read(event)

    def failed(self, error: Exception) -> None:
        """See ``engine.Debugger.failed``."""
        self._first.failed(error)

    def leave(self) -> None:
        """The last client went: what was launched is killed, with the children it has, all else is let go of."""
        kill = self._kills()
        uncalled = self._uncalled(kill=kill)
        self._adoption.shut()
        self._first.leave()
        self._leave_children(uncalled, kill=kill)

    # -- the engines ---------------------------------------------------------------------------------------------------

    @property
    def _first(self) -> Debugger:
        return self._members[_FIRST].engine

    @property
    def _engine(self) -> Debugger:
        return self._members[self._current].engine

    def _engine_for(self, number: int, options: SessionOptions | ChildOptions) -> Debugger:
        engine = Debugger(options, self._loop, self._emitter(number))
        engine.tracing.together = self._tracing
        return engine

    def _emitter(self, number: int) -> Callable[[Event], None]:
        return lambda event: self._on_event(number, event)

    def _share(self, number: int, request: requests.Request[Any], result: Any) -> None:
        """What is the session's, and not one target's."""
        if isinstance(request, _RESUMING) and self._turns and number == self._current:
            goes_on = isinstance(request, requests.Resume) and request.how == "continue"
            self._loop.after(0 if goes_on else _STEP_PATIENCE_S, self._next_turn)
        if isinstance(request, _MIRRORED):
            self._mirror(number, result, cleared=False)
        elif isinstance(request, _FOR_ALL):
            for member in self._roster.others(number):
                member.engine.serve(request)

    def _mirror(self, source: int, made: Breakpoint, *, cleared: bool) -> None:
        """Have a breakpoint of one target in all of them as it is there."""
        for member in self._roster.others(source):
            self._mirroring = member.number
            try:
                if not cleared:
                    member.engine.mirror(made)
                elif member.engine.breakpoints.known(made.id):
                    member.engine.serve(requests.ClearBreakpoint(made.id))
            except PydelveError as error:
                self._on_event(member.number, Notice(error.message, error.why, error.hint))
            finally:
                self._mirroring = 0

    # -- requests ------------------------------------------------------------------------------------------------------

    def _select_target(self, request: requests.SelectTarget) -> State:
        member = self._members.get(request.id)
        if member is None:
            raise self._roster.none(request.id)
        if request.id != self._current:
            self._select(request.id)
            state = member.state
            if state.stop is not None:
                self._emit(Stopped(state.stop, request.id))
        return member.state

    def _get_targets(self, request: requests.GetTargets) -> TargetList:
        found = self._roster.list(self._current)
        if not request.coming:
            return found
        return replace(found, coming=self._adoption.coming([target.info for target in found.targets]))

    def _attach_children(self, request: requests.AttachChildren) -> None:
        self._check_controlled()
        self._adoption.attach_children(self._emitter(_FIRST))

    def _check_controlled(self) -> None:
        if not isinstance(self._options, LaunchOptions | AttachOptions):
            raise UnsupportedError(
                "following children needs control of the program", why="it is only looked at",
                hint="help without-control",
            )  # fmt: skip

    def _follow_children(self, request: requests.FollowChildren) -> None:
        self._check_controlled()
        self._adoption.follow(request, self._on_event)

    def _follow(self) -> None:
        if not self._adoption.door:
            self._follow_children(requests.FollowChildren(True))

    def _restart(self, request: requests.Restart) -> State:
        """The program's children are killed with it; those that have outlived it are let go of. Another door is opened:
        who was told of the last one belongs to the run before.
        """
        kill = self._kills()
        uncalled = self._uncalled(kill=kill)
        self._select(_FIRST)
        self._leave_children(uncalled, kill=kill)
        if self._adoption.door:
            self._adoption.shut()
            self._open(from_now=False)
        return self._first.serve(request)

    def _detach(self, request: requests.Detach) -> None:
        kill = request.kill and self._first.current.state.status not in ("ended", "detached")
        uncalled = self._uncalled(kill=kill)
        self._adoption.shut()
        self._select(_FIRST)
        self._first.serve(request)
        self._leave_children(uncalled, kill=kill)

    def _kills(self) -> bool:
        """Is the program under way, and ours to kill?"""
        state = self._first.current.state
        return state.status not in ("ended", "detached") and state.target is not None and state.target.launched

    def _uncalled(self, *, kill: bool) -> Uncalled | None:
        """Children that are to be killed with the program and have not called yet."""
        return self._adoption.uncalled(self._members[_FIRST].pid) if kill else None

    def _leave_children(self, uncalled: Uncalled | None, *, kill: bool) -> None:
        if uncalled is not None:
            uncalled.kill()
        for member in self._roster.others(_FIRST):
            self._leave_one(member, kill=kill)
        self._turns.clear()
        self._together.go_on()

    def _leave_one(self, member: Member, *, kill: bool) -> Target | None:
        """Kill one or let it run on, and tell those who are about it; how it is now."""
        del self._members[member.number]  # what its engine tells is not passed on
        self._look_at_one_that_is_there()
        with suppress(PydelveError):  # it ends at this moment
            member.engine.serve(requests.Detach(kill=kill))
        gone = self._roster.leaves(member)  # first: who hears of it may ask
        ended = member.state.exit
        self._emit_bound(member.number, Exited(ended) if ended is not None else Detached())
        return gone

    def _let_go(self, member: Member, *, kill: bool) -> None:
        """One child is killed, or runs on undebugged; the session goes on without it."""
        gone = self._leave_one(member, kill=kill)
        if member.number in self._turns:
            self._turns.remove(member.number)
        self._together.gone(member.number)
        self._gone(gone)

    def _runs_on(self, member: Member) -> None:
        """Nobody sees that it stands."""
        if self._members.get(member.number) is member and self._roster.stands(member.number):
            with suppress(PydelveError):  # it ends at this moment
                member.engine.serve(requests.Resume("continue"))

    # -- whose turn it is ----------------------------------------------------------------------------------------------

    def _select(self, number: int) -> None:
        """Look at this one from now on; the one that was, if it stands, has its turn again later."""
        before, self._current = self._current, number
        if before == number:
            return
        self._together.looks_at(number)
        if self._roster.stands(before):
            if self._together.holding:
                self._together.keep(before)
            else:
                self._turns.append(before)
        if number in self._turns:
            self._turns.remove(number)
        for each in self._engine.breakpoints.all():
            self._emit(BreakpointChanged(each))

    def _next_turn(self, *, seen: bool = False) -> None:
        """``seen``: the one that is looked at stands, and need not be looked at any longer."""
        if self._roster.stands(self._current) and not seen:
            return
        while self._turns:
            number = self._turns.pop(0)
            stop = self._members[number].state.stop if number in self._members else None
            if stop is not None:
                self._select(number)
                self._together.present(Stopped(stop, number))
                return

    # -- children ------------------------------------------------------------------------------------------------------

    def _open(self, *, from_now: bool = True) -> None:
        if not self._adoption.door:
            self._adoption.open()
            self._first.follow(self._adoption.door, from_now=from_now)

    def _made(self, number: int) -> Debugger:
        """An engine for a child."""
        engine = self._engine_for(number, ChildOptions(self._engine.current.files))
        engine.breakpoints.take_over(self._engine.breakpoints)
        engine.current.stop_one = self._engine.current.stop_one
        return engine

    # -- events of the engines -----------------------------------------------------------------------------------------

    def _on_event(self, number: int, event: Event) -> None:
        """One engine tells something."""
        member = self._members.get(number)
        if member is None:  # let go of
            return
        if isinstance(event, Stopped):
            event = Stopped(event.stop, number)
            member.told, member.stops = True, member.stops + 1
        elif isinstance(event, Started | Continued | Exited):
            member.told = False
        if not isinstance(event, Logged | Traced | Exited | ChildLeftAlone):
            self._emit_bound(number, event)
        match event:
            case Stopped():
                self._on_stopped(member, stop_event=event)
                self._unseen.look(member)
            case BreakpointChanged(made, _, cleared):
                self._on_breakpoint(number, made, event, cleared=cleared)
            case Started() if number != _FIRST:
                process = member.engine.current.process
                if member.how != "attach":
                    member.how = "fork" if process is not None and process.forked else "exec"
                self._emit(TargetAdded(self._roster.target(member, self._current)))
            case ChildLeftAlone(left):
                self._roster.count_left(left)
                self._emit(replace(event, target=number))
            case Exited():
                if not self._adoption.becomes(member, event):
                    self._ended_for_good(member, event)
            case Continued() | Detached():
                if number == self._current:
                    self._emit(event)
                else:
                    self._together.runs(member)
                if number != self._current and number in self._turns:  # who is about this one only has let it go on
                    self._turns.remove(number)
            case HaltPending() if number != self._current:
                self._together.overdue(member, event)
            case _:
                self._tell(number, event)

    def _tell(self, number: int, event: Event) -> None:
        if isinstance(event, Traced):
            event = self._tracing.counted(number, event)
        if number != _FIRST:
            if isinstance(event, Logged | Traced):
                event = replace(event, target=number)
            elif isinstance(event, Notice):
                event = replace(event, message=f"target {number}: {event.message}")
                if self._views.unseen(number):
                    self._emit_bound(_FIRST, event)
        self._emit(event)

    def _on_stopped(self, member: Member, stop_event: Stopped) -> None:
        if self._together.takes(member, stop_event, self._current):
            return
        if member.number != self._current and self._roster.stands(self._current):
            self._turns.append(member.number)
            self._together.tell_after(TargetWaits(self._roster.target(member, self._current)))
            return
        self._select(member.number)
        self._together.present(stop_event)

    def _on_breakpoint(self, number: int, made: Breakpoint, event: Event, *, cleared: bool) -> None:
        if number == self._current:
            self._emit(event)
        if cleared and number != self._mirroring:  # by a request, or as a temporary one was hit: it goes in all of them
            self._mirror(number, made, cleared=True)

    def _ended_for_good(self, member: Member, event: Exited) -> None:
        number = member.number
        if number in self._turns:
            self._turns.remove(number)
        self._together.gone(number)
        self._tracing.gone(number)
        if number == self._current and self._together.holding and not self._turns:
            self._together.go_on()  # nobody looks at any of them
        self._emit_bound(number, event)
        if number == _FIRST:
            self._emit(event)
            self._post_turn()
        else:
            self._gone(self._roster.leaves(member))

    def _post_turn(self) -> None:
        if self._turns:
            self._loop.post(self._next_turn, urgent=False)

    def _gone(self, gone: Target | None) -> None:
        """A child is no member any more."""
        self._look_at_one_that_is_there()
        if gone is not None:
            self._emit(TargetExited(gone, self._roster.target(self._members[self._current], self._current)))
        self._post_turn()

    def _look_at_one_that_is_there(self) -> None:
        if self._current in self._members:
            return
        self._current = _FIRST
        if self._first.current.state.status in ("ended", "detached"):
            self._current = next((each for each in self._members if each != _FIRST), _FIRST)
