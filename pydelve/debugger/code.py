"""What a program is made of, as clients ask for it: modules, functions and classes, instructions."""

from __future__ import annotations

import re

from pydelve.api import requests
from pydelve.api.code import Definition, Disassembly, Module
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.disassembly import disassemble_code, disassemble_source
from pydelve.debugger.searching import Found, Search
from pydelve.errors import LocationError, TargetStateError


class Code:
    """Serves what is asked about the code of the current target. Runs none of it."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def handlers(self) -> Handlers:
        """What is served here."""
        return {
            requests.GetModules: self._get_modules,
            requests.GetDefinitions: self._get_definitions,
            requests.Disassemble: self._disassemble,
        }

    def _search(self) -> Search:
        return self._current.files.search(self._current.armable())

    def _get_modules(self, request: requests.GetModules) -> tuple[Module, ...]:
        modules = self._search().files.modules
        known = [Module(name, file, self._current.files.is_library(file)) for name, file in sorted(modules.items())]
        return tuple(module for module in known if request.libraries or not module.library)

    def _get_definitions(self, request: requests.GetDefinitions) -> tuple[Definition, ...]:
        try:
            pattern = re.compile(request.pattern)
        except re.error as error:
            raise LocationError(f"{request.pattern!r} is no regular expression", why=str(error)) from error
        search = self._search()
        if request.file:
            source = search.sources.load(request.file)
            found = [Found("", source, info) for info in source.functions]
        else:
            found = search.user_functions()
            if request.libraries:
                found += search.library_functions(request.module)
        return tuple(
            Definition(
                each.info.qualname, each.module, each.source.path, each.info.first_line, each.info.end_line,
                each.info.is_class,
            )
            for each in found
            if request.kind == "any" or each.info.is_class == (request.kind == "class")
            if pattern.search(f"{each.module}.{each.info.qualname}")
        )  # fmt: skip

    def _disassemble(self, request: requests.Disassemble) -> Disassembly:
        current = self._current
        info = current.state.target
        if info is None:
            raise TargetStateError(
                "no program was started yet", why="its interpreter tells the instructions", hint="continue"
            )
        if not request.location:
            process = current.stopped()
            frame = current.frame(request.thread, request.frame)
            if frame is None:
                raise TargetStateError("there is no such frame", why="the stack is not that deep", hint="stack")
            report = process.code(current.ident(request.thread), request.frame)
            return disassemble_code(info.executable, report, frame)
        files = current.files
        place = files.resolve(request.location, request.frame_file, request.frame_line, current.armable())[0]
        return disassemble_source(info.executable, files.sources.load(place.file).text, place)
