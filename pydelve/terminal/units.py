"""Sizes and times as people say them. Pure."""

from __future__ import annotations

_SIZES = ("KiB", "MiB", "GiB", "TiB")
_SECOND_NS = 1_000_000_000
_MINUTE_NS, _HOUR_NS, _DAY_NS = 60 * _SECOND_NS, 3600 * _SECOND_NS, 86_400 * _SECOND_NS
_FRACTIONS = ((1_000_000, "ms"), (1000, "us"), (1, "ns"))


def size_text(size_bytes: int) -> str:
    """``96 B``, ``1.5 KiB``, ``7.6 MiB``."""
    size, unit = float(size_bytes), "B"
    for larger in _SIZES:
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size_bytes} B" if unit == "B" else f"{size:.{1 if size < 100 else 0}f} {unit}"


def duration_text(total_ns: int) -> str:
    """``3 days 2 h``, ``1 min 4.5 s``, ``20 ms``; every part that is not 0 is said."""
    sign, left = ("-" if total_ns < 0 else ""), abs(total_ns)
    days, left = divmod(left, _DAY_NS)
    hours, left = divmod(left, _HOUR_NS)
    minutes, left = divmod(left, _MINUTE_NS)
    parts = [f"{days:,} day{'' if days == 1 else 's'}"] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    if left >= _SECOND_NS:
        parts.append(f"{_decimal(left, _SECOND_NS)} s")
    elif left:
        size, unit = next(fraction for fraction in _FRACTIONS if left >= fraction[0])
        parts.append(f"{_decimal(left, size)} {unit}")
    return sign + " ".join(parts) if parts else "0 s"


def _decimal(count: int, unit: int) -> str:
    """``count / unit`` without zeros at its end."""
    whole, rest = divmod(count, unit)
    digits = str(rest + unit)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
