"""Printers of numbers and ids: Decimal, Fraction, UUID."""

from __future__ import annotations

from ..interpreter import native
from ..looking.anatomy import int_text, read
from ..printers.shown import Shown, c_class, is_int, own, plain_int

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from typing import Any

_MOST_DIGITS = 200
_FRACTION_DIGITS = 100
# Modules/_decimal/_decimal.c, PyDecObject: a hash, then the mpd_t, whose words hold 19 digits each, lowest first
# (Modules/_decimal/libmpdec/mpdecimal.h, CONFIG_64), and room for four of them.
_SIZE, _FLAGS, _EXPONENT, _DIGITS, _LENGTH, _DATA = 104, 24, 32, 40, 48, 64
_NEGATIVE, _INFINITE, _NAN, _SIGNALLING = 1, 2, 4, 8
_WORD_DIGITS = 19
_SIGN_BIT = 1 << 63


def decimal(obj: Any) -> Shown | None:
    """Read from memory: each C function that makes text of it creates the thread's decimal context."""
    cls = c_class(obj, "decimal.Decimal", "as_tuple", "is_qnan", "adjusted")
    if cls is None:
        return _python_decimal(obj)
    if read(type, "__basicsize__", cls) != _SIZE:
        return None
    address = id(obj)
    flags = native.read_byte(address + _FLAGS)
    exponent = native.read_word(address + _EXPONENT)
    exponent -= (exponent & _SIGN_BIT) << 1
    count, length = native.read_word(address + _DIGITS), native.read_word(address + _LENGTH)
    digits = ""
    if not flags & (_INFINITE | _NAN | _SIGNALLING):
        data, kept = native.read_word(address + _DATA), min(length, _MOST_DIGITS // _WORD_DIGITS)
        words = [native.read_word(data + 8 * index) for index in range(length - 1, length - 1 - kept, -1)]
        digits = "".join(["%019d" % word for word in words])
        digits = digits[kept * _WORD_DIGITS - (count - (length - kept) * _WORD_DIGITS) :]
    special = "Infinity" if flags & _INFINITE else "NaN" if flags & _NAN else "sNaN" if flags & _SIGNALLING else ""
    return Shown("decimal", ("-" if flags & _NEGATIVE else "") + (special or _scientific(digits, exponent, count)))


def _python_decimal(obj: Any) -> Shown | None:
    """Of the class written in Python, ``Lib/_pydecimal.py``."""
    sign, digits, exponent, special = own(obj, "_sign", "_int", "_exp", "_is_special")
    if type(sign) is not int or type(digits) is not str or special is not False or type(exponent) is not int:
        return None
    text = _scientific(digits[:_MOST_DIGITS], exponent, len(digits))
    return Shown("decimal", ("-" if sign else "") + text, hidden=("_sign", "_int", "_exp", "_is_special"))


def _scientific(digits: str, exponent: int, count: int) -> str:
    """As ``Decimal.__str__``; ``digits`` are the first of ``count``."""
    left = exponent + count
    if count > len(digits):
        return f"{digits[0]}.{digits[1:]}...e+{left - 1}  ({count:,} digits)"
    if exponent > 0 or left <= -6:
        fraction = "." + digits[1:] if count > 1 else ""
        return f"{digits[0]}{fraction}E{left - 1:+d}"
    if left <= 0:
        return "0." + "0" * -left + digits
    return digits[:left] + ("." + digits[left:] if exponent else "")


def fraction(obj: Any) -> Shown | None:
    """By its two slots."""
    parts = own(obj, "_numerator", "_denominator")
    if not all(is_int(part) for part in parts):
        return None
    text = "/".join([int_text(plain_int(part), _FRACTION_DIGITS, 0)[0] for part in parts])
    return Shown("fraction", text, hidden=("_numerator", "_denominator"))


def uuid(obj: Any) -> Shown | None:
    """By its number."""
    (number,) = own(obj, "int")
    if type(number) is not int or not 0 <= number < 1 << 128:
        return None
    digits = "%032x" % number
    text = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    return Shown("uuid", text, hidden=("int", "is_safe"))


PRINTERS = {"decimal.Decimal": decimal, "fractions.Fraction": fraction, "uuid.UUID": uuid}
MARKERS: dict[str, Any] = {}
