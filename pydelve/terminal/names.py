"""Names as people want to see them: short paths, the nearest of several words, numbers with their noun. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


_PACKAGES = {"site-packages", "dist-packages"}


def short_path(path: str, cwd: str, *, library: bool = False) -> str:
    """``path`` relative to ``cwd`` where it is below it; a library's from its package on; else as it is.

    What is below ``cwd`` and yet a library's, as in a virtual environment in the project's folder, is told by
    ``library``.
    """
    root = cwd.rstrip("/") + "/"
    if not library and path.startswith(root) and len(path) > len(root):
        return path[len(root) :]
    parts = path.split("/")
    for at in range(len(parts) - 2, 0, -1):
        if parts[at + 1] and (parts[at] in _PACKAGES or _is_standard_library(parts[at])):
            return "/".join(parts[at + 1 :])
    return path


def _is_standard_library(folder: str) -> bool:
    return folder.startswith("python3.") and folder[8:].removesuffix("t").isdecimal()


def nearest(word: str, words: Iterable[str], *, count: int = 1) -> list[str]:
    """The words most like ``word``, best first; none where nothing is near. The minuses of options make none alike."""
    import difflib  # noqa: PLC0415  for mistakes only

    bare = word.lstrip("-")
    known = {other.lstrip("-"): other for other in sorted(set(words))}
    found = difflib.get_close_matches(bare, known, n=count, cutoff=0.6)
    if len(found) < count and len(word) >= 2 and bare:
        found += [other for other in known if other.startswith(bare) and other not in found]
    return [known[other] for other in found[:count]]


def counted(number: int, noun: str) -> str:
    """``1 frame``, ``2 frames``, ``1,000 frames``; nouns with a plural in s only."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
