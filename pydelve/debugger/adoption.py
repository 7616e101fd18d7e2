"""How children become targets: they call at a door, or are attached to, and are given engines. For ``targets``, on the
engine's thread. See docs/internals/children.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from pydelve.api.attach import AttachOptions
from pydelve.api.events import Event, Exited, Notice
from pydelve.api.requests import FollowChildren
from pydelve.api.target import ExitStatus, TargetInfo
from pydelve.debugger.becoming import Becoming
from pydelve.debugger.engine import Debugger
from pydelve.debugger.loop import Loop
from pydelve.debugger.member import Member
from pydelve.deferred import Deferred
from pydelve.errors import PydelveError, TargetGoneError, TargetStateError, UsageError
from pydelve.records import replace
from pydelve.target.live.kernel import is_debugged_by_us

if TYPE_CHECKING:
    from pydelve.target.live import attach as attaching
    from pydelve.target.live import children
    from pydelve.target.live import door as doors
    from pydelve.target.live.handle import Reached
else:  # where children are followed, or attached to
    attaching = Deferred("pydelve.target.live.attach")
    children = Deferred("pydelve.target.live.children")
    doors = Deferred("pydelve.target.live.door")


class Adoption:
    """One per session."""

    def __init__(
        self,
        members: dict[int, Member],
        loop: Loop,
        make: Callable[[int], Debugger],
        runs: Callable[[Member], None],
        over: Callable[[Member, Exited], None],
    ) -> None:
        """Nobody is awaited.

        Args:
            members: Of the session, where the new ones come in.
            loop: The engine's.
            make: An engine for the target of that number, with the session's breakpoints.
            runs: A forked child has begun.
            over: A target that was to become another program has ended instead.
        """
        self._members = members
        self._loop = loop
        self._make = make
        self._runs = runs
        self._over = over
        self.last = max(members)
        """The highest number that a target was given."""
        self._becoming: dict[int, tuple[Member, Becoming]] = {}
        """By pid: targets that are just becoming another program."""
        self._door: doors.Door | None = None
        self.wanted: re.Pattern[str] | None = None
        """In whose command line this is found; None: all."""

    @property
    def _first(self) -> Member:
        return self._members[min(self._members)]

    @property
    def door(self) -> str:
        """Where children are to call; "" where they are left alone."""
        return self._door.name if self._door is not None else ""

    def open(self) -> None:
        """Await calls."""
        if self._door is None:
            self._door = doors.Door(
                self._loop, self._on_call, lambda: [member.pid for member in self._members.values()]
            )

    def follow(self, request: FollowChildren, tell: Callable[[int, Event], None]) -> None:
        """Have children of all targets call from now on, or none; ``tell`` hears of targets that can't have them.

        Raises:
            UsageError: the pattern is no regular expression.
        """
        try:
            wanted = re.compile(request.pattern) if request.pattern else None
        except re.error as error:
            raise UsageError(
                f"{request.pattern} is no regular expression", why=str(error), hint="target follow on worker"
            ) from error
        self.wanted = wanted
        if request.follow:
            self.open()
        else:
            self.shut()
        for member in list(self._members.values()):  # some may end meanwhile
            try:
                member.engine.follow(self.door)
            except PydelveError as error:
                tell(member.number, Notice(error.message, error.why, error.hint))

    def coming(self, called: Sequence[TargetInfo]) -> int:
        """How many have begun and will call; ``called``: those that have."""
        if self._door is None:
            return 0
        return children.about_to_call(self._door.name, {info.pid: info.argv for info in called})

    def shut(self) -> None:
        """Await none any more."""
        for _, becoming in self._becoming.values():
            becoming.done()
        self._becoming.clear()
        before, self._door = self._door, None
        if before is not None:
            before.close()

    def uncalled(self, pid: int) -> children.Uncalled | None:
        """Children of this process that have not called yet."""
        if self._door is None:
            return None
        return children.Uncalled(pid, self._door.name, {member.pid for member in self._members.values()})

    def becomes(self, member: Member, event: Exited) -> bool:
        """Is its end none, as it becomes another program that will call?"""
        process = member.engine.current.process
        again = process is not None and process.comes_again and self._door is not None
        if event.status.how != "replaced" or not again:
            return False
        becoming = Becoming(member.pid, self._loop, lambda status: self._not_again(member, event, status))
        self._becoming[member.pid] = member, becoming
        return True

    def _on_call(self, caller: doors.Caller) -> None:
        # as a job of its own: a request that waits for the target must have ended before
        self._loop.post(lambda: self._adopt(caller), urgent=False)

    def _adopt(self, caller: doors.Caller) -> None:
        reached = caller.reached
        if self._door is None or (self.wanted is not None and not self.wanted.search(" ".join(reached.argv))):
            reached.close()
            return
        numbers = {each.pid: number for number, each in self._members.items()}
        parent = next((numbers[pid] for pid in caller.ancestors if pid in numbers), 0)
        again, becoming = self._becoming.pop(reached.handle.pid, (None, None))
        if again is not None and becoming is not None:
            becoming.done()
            self._adopt_again(again, reached)
            return
        member = self._new("exec", parent)
        member.engine.adopt(reached)
        if member.how == "fork":  # others come to their first line, and go on from there
            self._runs(member)

    # -- those that are there already ----------------------------------------------------------------------------------

    def begin(self, tell: Callable[[Event], None], *, attach: bool) -> None:
        """The first target was attached to: have its children too, or say that it has some."""
        found = self._unattached()
        if attach:
            self._attach(found, tell)
        elif found:
            count = f"{len(found)} children that are" if len(found) > 1 else "a child that is"
            tell(Notice(f"it has {count} Python, and not debugged", "they were there before", "target attach"))

    def attach_children(self, tell: Callable[[Event], None]) -> None:
        """Children that are no targets become some, as they run; ``tell`` hears of those that can't.

        Raises:
            TargetStateError: there are none.
        """
        found = self._unattached()
        if not found:
            raise TargetStateError(
                "there is no child to attach to", why="all that are Python are targets, or there are none",
                hint="targets",
            )  # fmt: skip
        self._attach(found, tell)

    def _unattached(self) -> list[int]:
        return [pid for pid in children.python_children_of(self._first.pid) if not self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        """Is it a target, or just about to be one: forked from one, with an agent that calls?"""
        return is_debugged_by_us(pid) or any(member.pid == pid for member in self._members.values())

    def _attach(self, pids: Sequence[int], tell: Callable[[Event], None]) -> None:
        for pid in pids:
            self._loop.serve_urgent()  # each may take seconds
            if self._first.engine.current.armable() is None:  # it was let go of, or has ended, meanwhile
                return
            if self._is_ours(pid):
                continue
            numbers = {each.pid: number for number, each in self._members.items()}
            parent = next((numbers[each] for each in doors.ancestors_of(pid) if each in numbers), 0)
            try:
                reached = attaching.attach(AttachOptions(pid, stop=False))
            except TargetGoneError:  # it has ended meanwhile
                continue
            except PydelveError as error:
                tell(Notice(error.message, error.why, error.hint))
                continue
            member = self._new("attach", parent)
            member.engine.adopt(reached, runs=True)
            self._runs(member)

    def _new(self, how: Literal["exec", "attach"], parent: int) -> Member:
        number = self.last + 1
        member = Member(number, how, parent)
        member.engine = self._make(number)
        member.engine.follow(self.door)
        self._members[number] = member
        self.last = number
        return member

    def _adopt_again(self, member: Member, reached: Reached) -> None:
        """Another program is in a target's place, and has called."""
        before = member.state.target
        reached.launched = before is not None and before.launched
        member.engine.adopt(reached)

    def _not_again(self, member: Member, event: Exited, status: ExitStatus | None) -> None:
        """The program that is in its place has ended before it called, or has not called in time."""
        self._becoming.pop(member.pid, None)
        self._over(member, event if status is None else replace(event, status=status))
