"""Printers of the ``datetime`` family, by the C classes' own fields."""

from __future__ import annotations

from ..looking.anatomy import type_name
from ..printers.shown import Shown, c_call, c_class, c_get

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from typing import Any

_DAY_S = 86_400
_SECOND_US = 1_000_000


def date(obj: Any) -> Shown | None:
    """``2026-01-31``."""
    cls = c_class(obj, "datetime.date", "isoformat")
    return None if cls is None else Shown("time", _date_text(cls, obj))


def datetime(obj: Any) -> Shown | None:
    """``2026-01-31 10:00:00.5+01:00``."""
    cls = c_class(obj, "datetime.datetime", "isoformat")
    dates = c_class(obj, "datetime.date", "isoformat")
    if cls is None or dates is None:
        return None
    return Shown("time", _date_text(dates, obj) + " " + _clock_text(cls, obj))


def clock_time(obj: Any) -> Shown | None:
    """``10:00:00.5``."""
    cls = c_class(obj, "datetime.time", "isoformat")
    return None if cls is None else Shown("time", _clock_text(cls, obj))


def duration(obj: Any) -> Shown | None:
    """All of it in nanoseconds; how to say that is the other side's choice."""
    total = _total_us(obj)
    return None if total is None else Shown("duration", facts={"total_ns": 1000 * total}, hidden=_DURATION)


def zone(obj: Any) -> Shown | None:
    """``UTC``, ``UTC+01:00``, and its name where it has another."""
    text = _fixed_zone_text(obj)
    return Shown("time", text) if text else None


def zone_info(obj: Any) -> Shown | None:
    """Its key."""
    key = _zone_key(obj)
    return Shown("time", key, hidden=("key",)) if key else None


def _date_text(cls: Any, obj: Any) -> str:
    return "%04d-%02d-%02d" % tuple([c_get(cls, name, obj) for name in ("year", "month", "day")])


def _clock_text(cls: Any, obj: Any) -> str:
    text = "%02d:%02d:%02d" % tuple([c_get(cls, name, obj) for name in ("hour", "minute", "second")])
    microseconds = c_get(cls, "microsecond", obj)
    if microseconds:
        text += ("." + "%06d" % microseconds).rstrip("0")
    zone = c_get(cls, "tzinfo", obj)
    if zone is not None:
        fixed = _fixed_zone_text(zone)
        key = fixed or _zone_key(zone) or "<" + type_name(type(zone)) + ">"
        text += fixed[3:] if fixed[3:4] in ("+", "-") else " " + key
    return text + (" (fold)" if c_get(cls, "fold", obj) else "")


def _fixed_zone_text(obj: Any) -> str:
    cls = c_class(obj, "datetime.timezone", "__getinitargs__")
    if cls is None:
        return ""
    offset, *name = c_call(cls, "__getinitargs__", obj)
    total = _total_us(offset) or 0
    hours, minutes = divmod(abs(total) // _SECOND_US // 60, 60)
    seconds = abs(total) // _SECOND_US % 60
    text = "UTC"
    if total:
        text += ("-" if total < 0 else "+") + "%02d:%02d" % (hours, minutes) + (":%02d" % seconds if seconds else "")
    return text + (" (" + name[0] + ")" if name and type(name[0]) is str else "")


def _zone_key(obj: Any) -> str:
    cls = c_class(obj, "zoneinfo.ZoneInfo", "utcoffset")
    key = c_get(cls, "key", obj) if cls is not None else None
    return key if type(key) is str else ""


_DURATION = ("days", "seconds", "microseconds")


def _total_us(obj: Any) -> int | None:
    cls = c_class(obj, "datetime.timedelta", "total_seconds")
    if cls is None:
        return None
    days, seconds, microseconds = [c_get(cls, name, obj) for name in _DURATION]
    return int((days * _DAY_S + seconds) * _SECOND_US + microseconds)


PRINTERS = {
    "datetime.datetime": datetime, "datetime.date": date, "datetime.time": clock_time, "datetime.timedelta": duration,
    "datetime.timezone": zone, "zoneinfo.ZoneInfo": zone_info,
}  # fmt: skip
MARKERS: dict[str, Any] = {}
