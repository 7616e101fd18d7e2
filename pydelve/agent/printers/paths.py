"""Printers of ``pathlib`` paths."""

from __future__ import annotations

from ..looking.anatomy import class_mro, type_name
from ..printers.shown import Shown, own, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from typing import Any

_MOST_TEXT = 4096  # PATH_MAX of linux/limits.h: what is longer names no file
_NAMES = (
    "_str", "_raw_paths", "_parts", "_drv", "_root", "_tail_cached",
    "_pparts", "_cached_cparts", "_hash", "_str_normcase_cached", "_parts_normcase_cached", "_lines_cached",
    "_accessor", "_flavour", "_path", "_info", "_raw_path", "_resolving",
)  # fmt: skip


def path(obj: Any) -> Shown | None:
    """Its text where it was made already, else from what it was made of; nothing is stored in it.

    Up to 3.11 it keeps its parts (``_parts``, the anchor first), from 3.12 on what it was given (``_raw_paths``).
    """
    text, raw, parts, drive, root = own(obj, *_NAMES[:5])
    backslashes = any(type_name(cls).endswith(".PureWindowsPath") for cls in class_mro(type(obj)))
    separator = "\\" if backslashes else "/"
    if type(text) is not str:
        if type(raw) is list:
            text = _joined(_texts(raw), separator)
        elif type(parts) is list and type(drive) is str and type(root) is str:
            found = _texts(parts)
            text = drive + root + separator.join(found[1:]) if drive or root else separator.join(found)
        else:
            return None
    return Shown("path", shortened(text, _MOST_TEXT) or ".", hidden=_NAMES)


def _texts(parts: list[Any]) -> list[str]:
    return [part for part in parts[:_MOST_TEXT] if type(part) is str]


def _joined(parts: list[str], separator: str) -> str:
    """As the path will be written once it is normalised; drives of Windows are not looked into."""
    start = max([index for index, part in enumerate(parts) if part[:1] == separator] or [0])
    whole = shortened(separator.join([part for part in parts[start:] if part]), _MOST_TEXT)
    if separator == "\\":
        return whole.replace("/", "\\")
    slashes = len(whole) - len(whole.lstrip("/"))
    root = "//" if slashes == 2 else "/" if slashes else ""
    return root + "/".join([part for part in whole.split("/") if part not in ("", ".")])


PRINTERS = {"pathlib.PurePath": path, "pathlib._local.PurePath": path}
MARKERS: dict[str, Any] = {}
