"""Turns the agent's wire form of values into the frozen types of ``pydelve.api``.

The other side is ``pydelve/agent/looking/inspection.py``, which describes the form. The agent lives in a process that
anything may have happened to, so nothing is taken on trust: what doesn't have the shape that is expected raises
ProtocolError and names the field. Pure: called by the engine's thread, blocks on nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast, get_args

from pydelve.api.target import ExceptionInfo, Frame, RaisedException, ReturnedValue, TestFailure
from pydelve.api.values import Attribute, Evaluation, Examination, Fact, Item, Kind, Limits, Origin, Value, Variable
from pydelve.errors import ProtocolError
from pydelve.target.arming import Armed, Arming, ExceptionArming, Landing, WovenScope
from pydelve.target.interface import CodeReport, LogReport, Stance, StopReport

_KINDS = frozenset(get_args(Kind))
_ORIGINS = frozenset(get_args(Origin))
_SCOPES = ("argument", "local", "cell", "free", "global")
_MAX_DEPTH = 100
"""Levels of values in one answer; the agent opens as many as ``Limits.max_depth`` asks for, which is a handful."""

_FIELDS: dict[str, type] = {
    "type": str, "kind": str, "text": str, "length": int, "items": list, "shown": int, "attributes_cut": bool,
    "handle": int, "address": int, "cycle": bool, "form": str, "facts": dict,
}  # fmt: skip


@contextlib.contextmanager
def reading(operation: str) -> Iterator[None]:
    """What the agent answered is read in here: a shape that no agent of this version sends is told as such."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ProtocolError(
            f"the agent's answer to {operation!r} is malformed", why=f"{type(error).__name__}: {error}"
        ) from error


def to_value(wire: object) -> Value:
    """The value that a wire dict describes.

    Raises:
        ProtocolError: it has a shape that no agent of this version sends.
    """
    return _value(wire, 0)


def to_variable(wire: object) -> Variable:
    """The variable that ``[name, scope, value]`` describes.

    Raises:
        ProtocolError: as :func:`to_value`.
    """
    if type(wire) not in (list, tuple) or len(cast("list[object]", wire)) != 3:
        raise _malformed("a variable is not [name, scope, value]", wire)
    name, scope, value = cast("list[object]", wire)
    if type(name) is not str:
        raise _malformed("a variable's name is not text", name)
    if scope not in _SCOPES:
        raise _malformed("a variable's scope is unknown", scope)
    return Variable(name=name, value=_value(value, 0), scope=cast("Any", scope))


def _value(wire: object, depth: int) -> Value:
    if depth > _MAX_DEPTH:
        raise ProtocolError("the agent sent a malformed value", why=f"more than {_MAX_DEPTH} levels deep")
    if type(wire) is not dict:
        raise _malformed("a value is not a dict", wire)
    for name, field in wire.items():
        expected = _FIELDS.get(name) if type(name) is str else None
        if expected is None:
            raise _malformed("a value has an unknown field", name)
        if type(field) is not expected:
            raise _malformed(f"the field {name!r} of a value is not {expected.__name__}", field)
        if type(field) is int and field < 0:
            raise _malformed(f"the field {name!r} of a value is negative", field)
    for name in ("type", "kind"):
        if name not in wire:
            raise _malformed(f"a value lacks the field {name!r}", wire)
    if wire["kind"] not in _KINDS:
        raise _malformed("a value's kind is unknown", wire["kind"])
    fields = dict(wire)
    fields["items"] = tuple([_item(item, depth + 1) for item in wire.get("items", ())])
    fields["facts"] = tuple([_fact(name, fact) for name, fact in wire.get("facts", {}).items()])
    return Value(**fields)


def to_examination(wire: dict[str, Any], others_ran: bool) -> Examination:
    """The examination that the agent's answer describes (``agent/looking/examination.py``).

    Raises:
        ProtocolError: as :func:`to_value`.
    """
    attributes = []
    for name, origin, owner, value in wire["attributes"]:
        if origin not in _ORIGINS:
            raise _malformed("an attribute's origin is unknown", origin)
        attributes.append(Attribute(str(name), origin, str(owner), None if value is None else to_value(value)))
    return Examination(
        value=to_value(wire["value"]),
        size_bytes=int(wire["size"]),
        referrers=tuple((str(name), int(count)) for name, count in wire["referrers"]),
        attributes=tuple(attributes),
        attributes_cut=bool(wire["cut"]),
        evaluation=Evaluation(None, float(wire["took"]), others_ran),
    )


def _fact(name: object, fact: object) -> tuple[str, Fact]:
    if type(name) is not str:
        raise _malformed("a fact's name is not text", name)
    if type(fact) is list and all(type(part) in (int, str) for part in fact):
        return name, tuple(fact)
    if fact is not None and type(fact) not in (bool, int, float, str):
        raise _malformed(f"the fact {name!r} is not plain", fact)
    return name, cast("Fact", fact)


def _item(wire: object, depth: int) -> Item:
    if type(wire) not in (list, tuple) or len(cast("list[object]", wire)) != 3:
        raise _malformed("an item is not [value, key, name]", wire)
    value, key, name = cast("list[object]", wire)
    if name is not None and type(name) is not str:
        raise _malformed("an item's name is not text", name)
    return Item(value=_value(value, depth), key=None if key is None else _value(key, depth), name=name)


def _malformed(why: str, what: object) -> ProtocolError:
    shown = repr(what)
    return ProtocolError(
        "the agent sent a malformed value", why=f"{why}: {shown[:80]}{'...' if len(shown) > 80 else ''}"
    )


def to_frame(index: int, wire: dict[str, Any]) -> Frame:
    """The api's frame for the agent's (``agent/interpreter/threads.py``: ``describe_frame``)."""
    return Frame(
        index=index,
        function=str(wire["function"]),
        module=str(wire["module"]),
        file=str(wire["file"]),
        line=int(wire["line"]),
        first_line=int(wire["first_line"]),
        library=bool(wire["library"]),
    )


def _exception(wire: dict[str, Any]) -> ExceptionInfo:
    return ExceptionInfo(str(wire["type"]), str(wire["message"]), tuple(map(str, wire["notes"])))


def to_raised(wire: dict[str, Any]) -> RaisedException:
    """An exception with what it is to another one (``agent/service.py``: ``_related``)."""
    if wire["how"] not in ("", "cause", "context", "member"):
        raise ValueError("what an exception is to another is unknown")
    return RaisedException(
        info=_exception(wire["error"]),
        value=to_value(wire["value"]),
        how=wire["how"],
        parent=int(wire["parent"]),
        hidden=bool(wire["hidden"]),
        stack=int(wire["stack"]),
        frames=tuple(to_frame(index, frame) for index, frame in enumerate(wire["frames"])),
        total=int(wire["total"]),
    )


def to_stance(wire: Any) -> Stance:
    """See ``target.ThreadReport``."""
    if wire not in ("", "queued", "frozen", "runs"):
        raise _malformed("a thread's stance is unknown", wire)
    return cast("Stance", wire)


def to_stop(wire: dict[str, Any]) -> StopReport:
    """A stop report for the agent's stopped event (``agent/stops.py``: ``_report``)."""
    returned, exception, task = wire.get("returned"), wire.get("exception"), wire.get("task")
    return StopReport(
        reason=wire["reason"],
        ident=int(wire["ident"]),
        thread_name=str(wire["name"]),
        frames=tuple(to_frame(index, frame) for index, frame in enumerate(wire["frames"])),
        breakpoints=tuple(sorted(int(number) for number in wire["ids"])),
        counts={int(number): int(hits) for number, hits in wire["counts"].items()},
        detail=str(wire["detail"]),
        returned=ReturnedValue(str(returned[0]), to_value(returned[1])) if returned is not None else None,
        exception=None if exception is None else _exception(exception),
        frame=_shown_frame(wire),
        test=None if wire.get("test") is None else _test(wire["test"]),
        interrupted_step=bool(wire["interrupted_step"]),
        task=int(task[0]) if task else 0,
        task_name=str(task[1]) if task else "",
        native_id=int(wire.get("native_id", 0)),
        others_run=bool(wire.get("others_run")),
    )  # fmt: skip


def _shown_frame(wire: dict[str, Any]) -> int:
    index = int(wire.get("frame", 0))
    if index and not 0 <= index < len(wire["frames"]):
        raise _malformed("the frame to look at is none of the stop's", index)
    return index


def _test(wire: dict[str, Any]) -> TestFailure:
    """``agent/exceptions/failing_tests.py``: ``_describe``."""
    if wire["phase"] not in ("setup", "call", "teardown", "collect"):
        raise _malformed("a test's phase is unknown", wire["phase"])
    return TestFailure(
        name=str(wire["name"]),
        phase=wire["phase"],
        parameters=tuple(map(to_variable, wire["parameters"])),
        fixtures=tuple(map(to_variable, wire["fixtures"])),
        captured=tuple(map(str, wire["captured"])),
    )


def to_code(wire: dict[str, Any]) -> CodeReport:
    """The code of a frame (``agent/weaving/bytecode.py``), in the types that JSON has."""
    parts = wire["parts"]
    texts = {name: str(parts[name]) for name in ("name",)}
    numbers = {name: int(parts[name]) for name in ("flags", "firstlineno", "stacksize")}
    names = {
        name: [str(text) for text in parts[name]] for name in ("names", "varnames", "cellvars", "freevars", "consts")
    }
    code = {name: bytes(parts[name]).hex() for name in ("code", "lines", "exceptions")}
    counts = [int(count) for count in parts["counts"]]
    return CodeReport({**texts, **numbers, **names, **code, "counts": counts}, int(wire["lasti"]))


def to_constant(wire: object) -> str | int | float | bytes | bool | None:
    """A key of the program's, of the types that are sent as they are."""
    if wire is not None and type(wire) not in (str, int, float, bytes, bool):
        raise _malformed("a key is no constant", wire)
    return cast("str | int | float | bytes | bool | None", wire)


def to_landing(wire: dict[str, Any]) -> Landing:
    """A landing for the agent's landed event; where it can't be armed, ``how`` is empty."""
    texts = (str(wire[name]) for name in ("how", "why", "unwoven"))
    return Landing(int(wire["id"]), str(wire["file"]), int(wire["line"]), *texts)


def to_armed(wire: Any) -> Armed:
    """What became of a placement, for the agent's state, how, why, and why it is not woven.

    Raises:
        ValueError: the state is unknown.
    """
    state, how, why, unwoven = wire
    if state not in ("armed", "suspended", "refused"):
        raise ValueError("a state is unknown")
    return Armed(state, str(how), str(why), str(unwoven))


def from_scope(scope: WovenScope) -> dict[str, Any]:
    """The wire form of what is woven into a function (``agent/weaving/weaver.py``: ``Weaver.update``)."""
    return {
        "file": scope.file,
        "name": scope.name,
        "line": scope.line,
        "code": scope.code,
        "tags": list(scope.tags),
        "woven": list(scope.woven),
        "refused": list(scope.refused),
    }


def from_arming(breakpoint_id: int, arming: Arming) -> dict[str, Any]:
    """The wire form of one placement (``agent/events/breakpoints.py``: ``Armed``)."""
    unit, hit, after = arming.location.unit, arming.hit_condition, arming.after
    return {
        "id": breakpoint_id,
        "file": arming.location.file,
        "line": unit.line,
        "units": None if arming.units is None else list(arming.units),
        "scope": unit.scope,
        "scope_name": unit.scope_name,
        "scope_line": unit.scope_line,
        "once": arming.once,
        "log": arming.log,
        "thread": arming.thread,
        "task": arming.task,
        "per_task": arming.per_task,
        "temporary": arming.temporary,
        "condition": arming.condition,
        "hit_condition": None if hit is None else [hit.op, hit.count],
        "after": None if after is None else [after.id, after.hits],
    }


def to_logged(wire: dict[str, Any]) -> LogReport:
    """A batch of log messages (``agent/outbox.py``: ``_send``)."""
    groups = []
    for (number, file, line, ident), texts in wire["groups"]:
        if any(type(text) is not str for text in texts):
            raise _malformed("a log message is not text", texts)
        groups.append((int(number), str(file), int(line), int(ident), tuple(texts)))
    return LogReport(int(wire["number"]), int(wire["lost"]), tuple(groups))


def from_exception_arming(arming: ExceptionArming) -> dict[str, Any]:
    """The wire form of a breakpoint on exceptions (``agent/exceptions/raised.py``: ``ArmedException``)."""
    wanted, hit, after = arming.filter, arming.hit_condition, arming.after
    return {
        "when": wanted.when,
        "pattern": wanted.pattern,
        "ignored": list(wanted.ignored),
        "libraries": wanted.libraries,
        "at_raise": wanted.at_raise,
        "unknown": wanted.unknown,
        "condition": arming.condition,
        "hit_condition": None if hit is None else [hit.op, hit.count],
        "after": None if after is None else [after.id, after.hits],
    }


def from_limits(limits: Limits) -> dict[str, int]:
    """The wire form of limits."""
    return {
        "max_text": limits.max_text,
        "max_items": limits.max_items,
        "max_depth": limits.max_depth,
        "max_total": limits.max_total,
    }


def to_fault(wire: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """What failed, and the lines of the traceback (``agent/core.py``: ``is_own_fault``)."""
    return f"{wire['type']}: {wire['message']}", tuple(str(line) for line in wire.get("traceback", ()))
