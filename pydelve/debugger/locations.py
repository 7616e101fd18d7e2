"""What a location means in a program: from a LocSpec to files, lines and units.

Looks at files and at what the target said about itself (:class:`TargetFiles`); talks to no target and changes
nothing. Code that isn't imported yet resolves too, from its file. Called by the engine, on its thread; the finding of
files and functions is in ``pydelve.debugger.searching``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from pydelve import locspec
from pydelve.api.breakpoints import Location, Unit
from pydelve.debugger.inner_code import inner_locations
from pydelve.debugger.searching import Found, Search, TargetFiles
from pydelve.debugger.sources import FunctionInfo, SourceFile, Sources
from pydelve.errors import LocationError

__all__ = ["TargetFiles", "resolve", "resolve_inner"]

_MOST_LISTED = 10


def _no_library(path: str) -> bool:
    return False


def resolve(
    spec: locspec.LocSpec,
    context_file: str,
    context_line: int,
    files: TargetFiles,
    sources: Sources,
    is_library: Callable[[str], bool] = _no_library,
) -> tuple[Location, ...]:
    """Find the place, or for a pattern the places, that a location means.

    Args:
        spec: From ``pydelve.locspec.parse``.
        context_file: File of the selected frame, which lines and offsets are about; "" means the main file.
        context_line: Its current line; 0 where there is none.
        files: What the target said about its modules and folders.
        sources: Read through, and added to.
        is_library: Whether a file belongs to the standard library or to installed packages.

    Returns:
        One location; for a pattern one or more: main file first, then by module and line.

    Raises:
        LocationError: nothing fits, or several things do; then ``candidates`` lists them as locations.
    """
    resolver = _Resolver(
        context_file or files.main_file, context_line, Search(files, sources, is_library, context_file)
    )
    match spec:
        case locspec.FileLine(path, line):
            return (resolver.file_line(path, line),)
        case locspec.Line(line):
            return (resolver.line(resolver.context(), line),)
        case locspec.Offset(offset):
            return (resolver.offset(offset),)
        case locspec.Function():
            return (resolver.function(spec),)
        case locspec.Pattern(regexp):
            return resolver.pattern(regexp)


def resolve_inner(
    spec: locspec.LocSpec,
    context_file: str,
    context_line: int,
    files: TargetFiles,
    sources: Sources,
    is_library: Callable[[str], bool] = _no_library,
) -> tuple[Location, ...]:
    """Find the lambdas and comprehensions on the line that a location means; as :func:`resolve`."""
    resolver = _Resolver(
        context_file or files.main_file, context_line, Search(files, sources, is_library, context_file)
    )
    match spec:
        case locspec.FileLine(path, line):
            return inner_locations(resolver.source_named(path, line), line)
        case locspec.Line(line):
            return inner_locations(resolver.context(), line)
        case locspec.Offset(offset) if context_line > 0:
            return inner_locations(resolver.context(), context_line + offset)
        case _:
            place = resolve(spec, context_file, context_line, files, sources, is_library)[0]
            return inner_locations(sources.load(place.file), place.unit.line)


class _Resolver:
    """One resolution: the search and where the user stands."""

    def __init__(self, context_file: str, context_line: int, search: Search) -> None:
        self._context_file = context_file
        self._context_line = context_line
        self._search = search

    def context(self) -> SourceFile:
        """The file that a bare line is about."""
        if not self._context_file:
            raise LocationError("there is no current file", why="no frame is selected", hint="break FILE:LINE")
        special = self._context_file.startswith("<")  # "<string>" is no path: the refusal names it as it is
        return self._search.sources.load(self._context_file if special else os.path.realpath(self._context_file))

    def file_line(self, path: str, line: int) -> Location:
        return self.line(self.source_named(path, line), line)

    def source_named(self, path: str, line: int) -> SourceFile:
        """The one file of that name; ``line`` is for messages."""
        found = self._search.files_named(path)
        if len(found) > 1:
            shown = tuple(sorted(f"{self._search.shown(each)}:{line}" for each in found))
            raise _ambiguous(f"{path}:{line}", shown, ", ".join(shown))
        if not found:
            known = {os.path.basename(each): each for each in self._search.user_files()}
            close = _nearest(os.path.basename(path), list(known))
            hint = f"did you mean: break {self._search.shown(known[close[0]])}:{line}" if close else self._example()
            raise LocationError(f'no file matches "{path}"', why=self._search.where_files_were_sought(), hint=hint)
        return self._search.sources.load(found[0])

    def line(self, source: SourceFile, line: int, function: FunctionInfo | None = None) -> Location:
        """The unit on a line; a refusal looks for lines near it, inside ``function`` where one is given."""
        unit = source.unit_at(line)
        if unit is None:
            raise self._no_statement(source, line, function)
        return _location(source, unit)

    def offset(self, offset: int) -> Location:
        source = self.context()
        if self._context_line <= 0:
            raise LocationError(
                f"{offset:+d} is relative to the current line, and there is none", why="no frame is selected",
                hint=f"break {self._search.shown(source.path)}:{abs(offset) or 1}",
            )  # fmt: skip
        line = self._context_line + offset
        if line < 1:
            raise LocationError(
                f"there is no line {line} in {self._search.shown(source.path)}",
                why=f"{offset:+d} counts from the current line, {self._context_line}",
                hint=f"break {self._search.shown(source.path)}:1",
            )
        return self.line(source, line)

    def function(self, spec: locspec.Function) -> Location:
        if spec.file:
            found = self._functions_in_file(spec)
        else:
            found = self._search.functions_named(spec.name)
        if not found and spec.line is not None and not spec.file and self._is_file(spec.name):
            return self.file_line(self._is_file(spec.name), spec.line)
        if not found:
            raise self._no_function(spec)
        if spec.line is not None:
            return self._line_in(found, spec, spec.line)
        places = {(each.source.path, each.info.body): each for each in found if each.info.body}
        if not places:
            raise self._dropped(found[0])
        if len(places) > 1:
            raise self._several(str(spec), list(places.values()))
        only = next(iter(places.values()))
        assert only.info.body is not None
        return _location(only.source, only.info.body)

    def pattern(self, regexp: str) -> tuple[Location, ...]:
        compiled = re.compile(regexp)
        searched = self._search.user_functions()
        found = [
            each
            for each in searched
            if not each.info.is_class and each.info.body and compiled.search(f"{each.module}.{each.info.qualname}")
        ]
        if not found:
            raise LocationError(
                f"no function matches /{regexp}/",
                why=f"it was looked for in {len(searched)} functions and classes of the program's own loaded modules",
                hint=self._example(),
            )
        unique: dict[tuple[str, Unit], Location] = {}
        for each in found:
            assert each.info.body is not None
            unique.setdefault((each.source.path, each.info.body), _location(each.source, each.info.body))
        return tuple(unique.values())

    def _functions_in_file(self, spec: locspec.Function) -> list[Found]:
        paths = self._search.files_named(spec.file)
        if len(paths) > 1:
            shown = tuple(
                sorted(str(locspec.Function(spec.name, spec.line, self._search.shown(each))) for each in paths)
            )
            raise _ambiguous(str(spec), shown, ", ".join(shown))
        if not paths:
            raise LocationError(
                f'no file matches "{spec.file}"', why=self._search.where_files_were_sought(), hint=f"break {spec.name}"
            )
        return self._search.functions_in(paths[0], spec.name)

    def _is_file(self, name: str) -> str:
        """What ``name`` in ``name:12`` means as a file: a module's, or a script's without an ending; "" for nothing."""
        module = self._search.module_file(name)
        if module:
            return module
        return name if self._search.files_named(name) else ""

    def _line_in(self, found: Sequence[Found], spec: locspec.Function, line: int) -> Location:
        inside = [each for each in found if each.info.first_line <= line <= each.info.end_line]
        if len({(each.source.path, each.info.first_line) for each in inside}) > 1:
            raise self._several(str(spec), inside)
        if not inside:
            first = found[0]
            reach = ", ".join(f"{each.info.first_line} to {each.info.end_line}" for each in found)
            hint = f"break {first.info.qualname}:{first.info.body_line or first.info.def_line}"
            raise LocationError(f"line {line} is not in {spec.name}", why=f"it spans lines {reach}", hint=hint)
        return self.line(inside[0].source, line, inside[0].info)

    def _example(self) -> str:
        """A command that works, where there is nothing near to suggest."""
        first = next((each for each in self._search.user_functions() if each.info.body), None)
        return f"break {self._search.shown(first.source.path)}:{first.info.body_line}" if first else "list"

    def _no_statement(self, source: SourceFile, line: int, function: FunctionInfo | None) -> LocationError:
        shown = self._search.shown(source.path)
        count = len(source.lines)
        within = (function.first_line, function.end_line) if function else None
        near = source.nearest_lines(line, within=within)
        if source.problem:
            return LocationError(f"no statements are known in {shown}", why=f"it does not parse: {source.problem}")
        hint = "list"
        if near:
            best = min(near, key=lambda each: (abs(each - line), -each))
            width = len(str(near[-1]))
            listing = "\n".join(f"  {each:>{width}}  {source.line_text(each)}" for each in near)
            hint = f"break {shown}:{best}\nlines near it that have a statement:\n{listing}"
        if line > count:
            why = f"{shown} has {count} line{'' if count == 1 else 's'}"
            return LocationError(f"there is no line {line} in {shown}", why=why, hint=hint)
        return LocationError(f"no statement on line {line} of {shown}", why=_why_no_unit(source, line), hint=hint)

    def _no_function(self, spec: locspec.Function) -> LocationError:
        known = self._search.known_names()
        name = spec.name
        last = name.rpartition(".")[2]
        close = _nearest(name, known) or [each for each in known if _nearest(last, [each.rpartition(".")[2]], 0.75)]
        hint = f"did you mean: break {close[0]}" if close else self._example()
        return LocationError(
            f'no function or class matches "{spec}"', why=self._search.where_names_were_sought(name), hint=hint
        )

    def _dropped(self, found: Found) -> LocationError:
        place = f"{self._search.shown(found.source.path)}:{found.info.def_line}"
        return LocationError(
            f"{found.info.qualname} at {place} never comes into being",
            why="Python drops code that can't be reached",
            hint="list " + place,
        )

    def _several(self, text: str, found: Sequence[Found]) -> LocationError:
        described: dict[tuple[str, int], str] = {}
        for each in found:
            key = (self._search.shown(each.source.path), each.info.body_line or each.info.def_line)
            described[key] = f"{key[0]}:{key[1]} is {each.info.qualname}, defined on line {each.info.def_line}"
        order = sorted(described)
        listed = [described[key] for key in order[:_MOST_LISTED]]
        if len(order) > _MOST_LISTED:
            listed.append(f"and {len(order) - _MOST_LISTED} more")
        return _ambiguous(text, tuple(f"{path}:{line}" for path, line in order), "; ".join(listed))


def _ambiguous(text: str, candidates: tuple[str, ...], why: str) -> LocationError:
    return LocationError(
        f'"{text}" is ambiguous: {len(candidates)} places match',
        why=why,
        hint=f"break {candidates[0]}",
        candidates=candidates,
    )


def _location(source: SourceFile, unit: Unit) -> Location:
    return Location(source.path, unit, unit.scope)


def _why_no_unit(source: SourceFile, line: int) -> str:
    text = source.line_text(line)
    if not text:
        return "the line is blank"
    around = source.unit_around(line)
    if around:
        return f"it continues the statement that starts on line {around.line}"
    if text.startswith("#"):
        return "it is a comment"
    keyword = re.match(r"(else|finally|global|nonlocal)\b", text)
    if keyword:
        return f"`{keyword[1]}` itself runs nothing"
    return "Python makes no code for it: a docstring, a bare annotation, or code that can't be reached"


def _nearest(word: str, words: Sequence[str], likeness: float = 0.6) -> list[str]:
    """The word most like ``word``, if any is."""
    import difflib  # noqa: PLC0415  for mistakes only

    return difflib.get_close_matches(word, words, n=1, cutoff=likeness)
