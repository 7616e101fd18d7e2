"""Where asyncio's C futures and tasks keep their fields (Modules/_asynciomodule.c), by minor version.

Written by ``tools/asyncio_layouts.py``, which asks the interpreters: do not edit. What is not an offset
says so (_size, _mask); ``node`` is the task's place in the interpreter's lists of tasks.
"""

_MINORS = (9, 10, 11, 12, 13, 14, 15)
_FIELDS: dict[str, tuple[int | None, ...]] = {  # None: that version has none
    "future._size": (144, 152, 128, 128, 104, 112, 112),
    "task._size": (184, 192, 176, 176, 144, 168, 168),
    "future.loop": (16, 16, 16, 16, 16, 16, 16),
    "future.callback": (24, 24, 24, 24, 24, 24, 24),
    "future.callbacks": (40, 40, 40, 40, 40, 40, 40),
    "future.exception": (48, 48, 48, 48, 48, 48, 48),
    "future.state": (80, 88, 88, 88, 96, 104, 104),
    "task.coroutine": (152, 160, 136, 136, 120, 128, 128),
    "task.name": (160, 168, 144, 144, 128, 136, 136),
    "task.must_cancel": (176, 184, 160, 160, 100, 110, 110),
    "task._must_cancel_mask": (1, 1, 1, 1, 4, 4, 4),
    "task.waiter": (144, 152, 128, 128, 112, 120, 120),
    "task.cancels": (None, None, 168, 168, 104, 112, 112),
    "task.node": (None, None, None, None, None, 152, 152),
}
TABLES = {
    minor: {name: place for name, places in _FIELDS.items() if (place := places[at]) is not None}
    for at, minor in enumerate(_MINORS)
}
