"""Records of calls, made with as little work as Python allows: what runs in the program's threads of a ``CallStream``.

A record is a few items at the end of one flat list: a code, the thread, the time, then a generator's key, then values.
The code is the function's index times eight and the kind; code 0 says which task the thread is in from here on. A
value is itself where it is an ``int``, ``float``, ``bool``, short ``str`` or None, which stay what they are; of
anything else the text is made at once, as UTF-8 bytes; b"" is no value. ``calls/stream.py`` sends the list,
``target/live/call_assembly.py`` makes of it what there is to tell.
"""

from __future__ import annotations

import gc
import sys
import time
from _thread import _local
from _weakref import ref as weak_reference  # not the module: the interpreter empties it at the end

from ..calls.brief import Brief
from ..calls.greenlets import per_greenlet
from ..looking.anatomy import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType
    from typing import Any


CALL, RETURN, RAISE, PROPAGATE, YIELD, AWAIT, RESUME, THROW = range(8)
_WRAPPED = "async_generator_wrapped_value"  # what an asynchronous generator yields, as against awaits
_ASYNCIO = "_asyncio"
CHUNK = 4_096
"""So many items, and the list is looked after: not more than the processor's cache holds with what they consist of."""
MISSING = object()
"""In place of an argument that there is none of."""
NONE_GIVEN = b" "  # in place of a first argument
_WITH_VALUE = (YIELD, THROW)
_BIGGEST = (1 << 30) - 1  # an int of one digit: compared fast, and small to send
_class_name = vars(type)["__name__"].__get__
_clock, _getframe, _len = time.perf_counter, sys._getframe, len  # taken before the program can replace them


def yielded(value: object, sure: bool = False) -> list[object]:
    """What an asynchronous generator yields, alone in a list; none where it, or a coroutine, awaits.

    ``sure``: it does not.
    """
    if _class_name(type(value)) == _WRAPPED:
        return gc.get_referents(value)[:1]  # it has nothing but the value: Objects/genobject.c
    return [value] if sure else []


class PerThread(_local):
    """What is known of the calling thread; made anew for each that comes here."""

    index: int
    task: int
    """Number of the task that was told last."""
    seen: Callable[[], object]
    """The task object that was looked at last, and its number."""
    seen_index: int

    def __init__(self, register: Callable[[bool], int]) -> None:
        """``register`` gives the thread its index, or, where it is asked for that, the current greenlet."""
        self.register = register
        self.index = register(False)
        self.task = self.seen_index = 0
        self.seen = bool  # called, gives what is no task


per_greenlet(PerThread, "index", lambda local: local.register(True))


def items_of(brief: Brief | None, most: int, classes_only: bool) -> Callable[[object], Any]:
    """What makes an item of a value; ``most``: characters of text, ``classes_only``: objects are shown by class."""
    if brief is None:
        return lambda value: b""
    text_of, plain, boolean, absent = brief.text, float, bool, MISSING
    known: dict[int, tuple[Any, bytes]] = {}  # id(class): a weak reference to it, the text of its instances
    string, integer, encode, identity = str, int, str.encode, id

    def item(value: Any) -> Any:
        kind = type(value)
        if kind is string:
            return value if _len(value) <= most else encode(text_of(value), "utf-8", "surrogatepass")
        if value is None or kind is boolean or kind is plain:
            return value
        if kind is integer and -_BIGGEST <= value <= _BIGGEST:
            return value
        if value is absent:
            return b""
        found = known.get(identity(kind))
        if found is not None and found[0]() is kind:
            return found[1]
        text = encode(text_of(value), "utf-8", "surrogatepass")
        if classes_only and kind_of(value) == "object":
            known[identity(kind)] = weak_reference(kind), text
        return text

    return item


class Recorder:
    """The functions that make records. Attributes are closures: none costs a look-up more than it must."""

    def __init__(
        self,
        items: list[Any],
        attend: Callable[[], None],
        local: PerThread,
        item: Callable[[object], Any],
        shows: bool,
        retask: Callable[[], None],
    ) -> None:
        """``attend`` looks after the list, ``retask`` tells the thread's task if it is another one."""
        self.items, self._attend, self._local, self._item = items, attend, local, item
        self._shows, self._retask = shows, retask
        self.chunk = CHUNK
        """So many items, and the list is looked after."""
        self.most = 0
        """So many characters of a text are shown, which is an item itself."""
        self.paused: list[bool] = []
        """Not empty: no records are made."""
        self.idle: list[bool] = []
        """Not empty: the list is looked after at once, as nobody knows yet that there is something in it."""
        self.is_own_fault: Callable[[BaseException], bool] = lambda error: False

    def make(self) -> None:
        """The functions, with what the attributes are now."""
        self.left = self._make_left()
        self.switched = self._make_switched()

    def _make_left(self) -> Callable[[int, object], None]:
        extend, local, item, attend = self.items.extend, self._local, self._item, self._attend
        paused, idle, chunk, items, shows = self.paused, self.idle, self.chunk, self.items, self._shows

        def left(code: int, value: object) -> None:
            if paused:
                return
            now = _clock()
            if shows:
                extend((code, local.index, now, item(value)))
            else:
                extend((code, local.index, now))
            if idle or _len(items) >= chunk:
                attend()

        return left

    def _make_switched(self) -> Callable[..., None]:
        extend, local, item, attend = self.items.extend, self._local, self._item, self._attend
        paused, idle, chunk, items, shows = self.paused, self.idle, self.chunk, self.items, self._shows
        retask, modules = self._retask, sys.modules

        def switched(code: int, key: int, *values: object) -> None:
            """It yields, awaits or goes on; ``values``: what is yielded or thrown in."""
            if paused:
                return
            now = _clock()
            if code & 7 >= RESUME and _ASYNCIO in modules:
                retask()
            if shows and values:
                extend((code, local.index, now, key, item(values[0])))
            elif shows and code & 7 in _WITH_VALUE:
                extend((code, local.index, now, key, b""))
            else:
                extend((code, local.index, now, key))
            if idle or _len(items) >= chunk:
                attend()

        return switched

    def make_returned(self, codes: dict[int, int]) -> Callable[[CodeType, int, object], None]:
        """The callback of ``sys.monitoring`` for returns; ``codes``: of the records, by id of the functions' code."""
        extend, local, item, attend = self.items.extend, self._local, self._item, self._attend
        paused, idle, chunk, items, shows = self.paused, self.idle, self.chunk, self.items, self._shows
        integer, string, most, big, low, length = int, str, self.most, _BIGGEST, -_BIGGEST, len
        clock, identity, is_own_fault = _clock, id, self.is_own_fault

        def on_return(code: CodeType, offset: int, value: Any) -> None:
            try:
                if paused:
                    return
                now = clock()
                if shows:
                    kind = type(value)
                    if (
                        (kind is not integer or not low <= value <= big)
                        and (kind is not string or length(value) > most)
                        and value is not None
                    ):
                        value = item(value)
                    extend((codes[identity(code)], local.index, now, value))
                else:
                    extend((codes[identity(code)], local.index, now))
                if idle or length(items) >= chunk:
                    attend()
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        return on_return

    # -- for one function, as its own code calls them ------------------------------------------------------------------

    def hooks(self, code: int, awaits: bool) -> tuple[Callable[..., None], ...]:
        """What ``splicing.Calls`` consists of, but for ``begins``."""
        return (self._returns(code), *self._switches(code, awaits))

    def hooks_of_builtin(self, code: int, count: int) -> tuple[Callable[..., None], Callable[[int], None]]:
        """``matching.Builtin.begins`` and ``ends``; ``count``: one, where first arguments are shown, or none."""
        extend, local, item, attend = self.items.extend, self._local, self._item, self._attend
        paused, idle, chunk, items = self.paused, self.idle, self.chunk, self.items
        retask, modules = self._retask, sys.modules
        nothing, none_given = ((b"",) if self._shows else ()), ((NONE_GIVEN,) if count else ())

        def begins(*first: object) -> None:
            if paused:
                return
            if _ASYNCIO in modules:
                retask()
            shown = (item(first[0]),) if first and count else none_given
            extend((code, local.index, _clock(), *shown))
            if idle or _len(items) >= chunk:
                attend()

        def ends(how: int) -> None:
            if paused:
                return
            extend((code + how, local.index, _clock(), *nothing))
            if idle or _len(items) >= chunk:
                attend()

        return begins, ends

    def begins(self, code: int, count: int) -> Callable[..., None]:
        """What is called where the function begins, with so many values; any that is not there is ``MISSING``."""
        extend, local, item, attend = self.items.extend, self._local, self._item, self._attend
        paused, idle, chunk, items = self.paused, self.idle, self.chunk, self.items
        integer, string, most, big, low, length = int, str, self.most, _BIGGEST, -_BIGGEST, len
        clock, retask, modules, is_own_fault = _clock, self._retask, sys.modules, self.is_own_fault

        # what most values are is seen to here, and not in ``item``: a call costs more than all of it
        def begins_with_one(value: Any) -> None:
            try:
                if paused:
                    return
                if _ASYNCIO in modules:
                    retask()
                kind = type(value)
                if (kind is not integer or not low <= value <= big) and (kind is not string or length(value) > most):
                    value = item(value)
                extend((code, local.index, clock(), value))
                if idle or length(items) >= chunk:
                    attend()
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        def begins_with_two(first: Any, second: Any) -> None:
            try:
                if paused:
                    return
                if _ASYNCIO in modules:
                    retask()
                kind = type(first)
                if (kind is not integer or not low <= first <= big) and (kind is not string or length(first) > most):
                    first = item(first)
                kind = type(second)
                if (kind is not integer or not low <= second <= big) and (kind is not string or length(second) > most):
                    second = item(second)
                extend((code, local.index, clock(), first, second))
                if idle or length(items) >= chunk:
                    attend()
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        def begins(*values: Any) -> None:
            try:
                if paused:
                    return
                if _ASYNCIO in modules:
                    retask()
                shown = [
                    value
                    if (type(value) is integer and low <= value <= big)
                    or (type(value) is string and length(value) <= most)
                    else item(value)
                    for value in values
                ]
                extend((code, local.index, clock(), *shown))
                if idle or length(items) >= chunk:
                    attend()
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        return begins_with_one if count == 1 else begins_with_two if count == 2 else begins

    def _returns(self, code: int) -> Callable[..., None]:
        extend, local, item, attend = self.items.extend, self._local, self._item, self._attend
        paused, idle, chunk, items, shows = self.paused, self.idle, self.chunk, self.items, self._shows
        integer, string, most, big, low, length = int, str, self.most, _BIGGEST, -_BIGGEST, len
        clock, is_own_fault = _clock, self.is_own_fault
        code += RETURN

        def returns(value: Any) -> None:
            try:
                if paused:
                    return
                now = clock()
                if shows:
                    kind = type(value)
                    if (
                        (kind is not integer or not low <= value <= big)
                        and (kind is not string or length(value) > most)
                        and value is not None
                    ):
                        value = item(value)
                    extend((code, local.index, now, value))
                else:
                    extend((code, local.index, now))
                if idle or length(items) >= chunk:
                    attend()
            except BaseException as error:
                if not is_own_fault(error):
                    raise

        return returns

    def _switches(self, code: int, waits: bool) -> tuple[Callable[..., None], ...]:
        left, switched, is_own_fault = self.left, self.switched, self.is_own_fault

        def guarded(function: Callable[..., None]) -> Callable[..., None]:
            def called(*values: object) -> None:
                try:
                    function(*values)
                except BaseException as error:
                    if not is_own_fault(error):
                        raise

            return called

        def raises() -> None:
            error = sys.exc_info()[1]
            traceback = error.__traceback__ if error is not None else None
            left(code + (RAISE if traceback is None or traceback.tb_next is None else PROPAGATE), error)

        def yields(value: object) -> None:
            shown = yielded(value, sure=True) if waits else [value]
            switched(code + YIELD, id(_getframe(2)), *shown)

        def awaits() -> None:
            switched(code + AWAIT, id(_getframe(2)))

        def resumes() -> None:
            switched(code + RESUME, id(_getframe(2)))

        def thrown() -> None:
            switched(code + THROW, id(_getframe(2)), sys.exc_info()[1])

        return tuple([guarded(function) for function in (raises, yields, awaits, resumes, thrown)])
