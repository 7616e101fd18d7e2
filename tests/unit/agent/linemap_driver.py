"""Run cases under real LINE events and count the arrivals that the line map accepts. Runs on every target interpreter.

``python linemap_driver.py LINEMAP CASES`` prints one JSON object: by case name, by unit line, the accepted hits, null
where the line has no code. CASES is a file of programs, each begun by ``# case: NAME`` and, where its syntax is newer
than 3.9, ``# since: 3.N`` on the next line.
Also ``--opcodes`` (where the table differs from the interpreter) and ``--speed``.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
import time
from types import CodeType
from typing import Any


def load(path: str) -> Any:
    """Import the module alone: its package needs nothing, but the target's Python may be older than the debugger's."""
    spec = importlib.util.spec_from_file_location("linemap", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Units(ast.NodeVisitor):
    """Units by scope: ``(co_name, co_firstlineno)`` -> ``[(line, end_line, kind)]``."""

    def __init__(self) -> None:
        self.scopes: dict[tuple[str, int], list[tuple[int, int, str]]] = {("<module>", 0): []}
        self.scope: tuple[str, int] = ("<module>", 0)

    def add(self, line: int, end_line: int, kind: str) -> None:
        self.scopes[self.scope].append((line, end_line, kind))

    def header(self, node: Any, kind: str, *parts: Any) -> None:
        """A compound statement: its header ends where the last of its expressions does."""
        ends = [node.lineno] + [part.end_lineno for part in parts if part is not None]
        self.add(node.lineno, max(ends), kind)

    def visit(self, node: ast.AST) -> None:
        kind = type(node).__name__
        if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            self.definition(node)
            return
        if kind in ("For", "AsyncFor"):
            self.header(node, "loop", node.target, node.iter)  # type: ignore[attr-defined]
        elif kind in ("While", "If"):
            self.header(node, "loop" if kind == "While" else "block", node.test)  # type: ignore[attr-defined]
        elif kind in ("With", "AsyncWith"):
            parts = [part for item in node.items for part in (item.context_expr, item.optional_vars)]  # type: ignore[attr-defined]
            self.header(node, "with", *parts)
        elif kind in ("Try", "TryStar"):
            self.header(node, "block")
        elif kind == "Match":
            self.header(node, "block", node.subject)  # type: ignore[attr-defined]
        elif kind == "ExceptHandler":
            self.header(node, "except", node.type)  # type: ignore[attr-defined]
        elif kind == "match_case":
            first, last = node.pattern, node.guard or node.pattern  # type: ignore[attr-defined]
            self.add(first.lineno, last.end_lineno, "case")
        elif isinstance(node, ast.stmt):
            assert node.end_lineno is not None
            self.add(node.lineno, node.end_lineno, "simple")
        if isinstance(node, (ast.stmt, ast.mod)) or kind in ("ExceptHandler", "match_case"):
            self.generic_visit(node)

    def definition(self, node: Any) -> None:
        for decorator in node.decorator_list:
            self.add(decorator.lineno, decorator.end_lineno, "decorator")
        self.add(node.lineno, max(node.lineno, node.body[0].lineno - 1), "definition")
        outer = self.scope
        first = min([node.lineno] + [decorator.lineno for decorator in node.decorator_list])
        self.scope = (node.name, first)
        self.scopes[self.scope] = []
        for statement in node.body:
            self.visit(statement)
        self.scope = outer


def codes_of(code: CodeType) -> list[CodeType]:
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += codes_of(constant)
    return found


def drive(coroutine: Any) -> Any:
    """Run a coroutine to its end, answering None to whatever it awaits."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        return stop.value


class Counter:
    """Counts accepted arrivals by unit line."""

    def __init__(self, maps: dict[CodeType, Any], lines: list[int]) -> None:
        self.maps = {id(code): line_map for code, line_map in maps.items()}
        self.keep = list(maps)
        self.hits = dict.fromkeys(lines, 0)
        self.previous: dict[int, tuple[Any, int]] = {}
        self.raw: list[tuple[str, int, int, int]] = []

    def event(self, code: CodeType, frame: Any) -> None:
        line_map = self.maps[id(code)]
        offset = frame.f_lasti
        previous = self.previous.get(id(frame), (None, -1))[1]
        self.previous[id(frame)] = (frame, offset)  # keeps the frame: no other gets its id
        line = line_map.unit_at(offset, previous)
        self.raw.append((code.co_name, frame.f_lineno, offset, line))
        if line:
            assert line_map.has_code(line) and line_map.arrives(offset, line)
            self.hits[line] += 1

    def start(self, code: CodeType, offset: int) -> None:
        line = self.maps[id(code)].entry
        self.raw.append((code.co_name, -1, offset, line))
        if line:
            assert self.maps[id(code)].has_code(line)
            self.hits[line] += 1

    def run(self, code: CodeType, namespace: dict[str, Any]) -> None:
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            events = monitoring.events
            monitoring.use_tool_id(4, "linemap")
            monitoring.register_callback(4, events.LINE, lambda code, line: self.event(code, sys._getframe(1)))
            monitoring.register_callback(4, events.PY_START, self.start)
            for watched in self.keep:
                monitoring.set_local_events(4, watched, events.LINE | events.PY_START)
            try:
                exec(code, namespace)
            finally:
                for watched in self.keep:
                    monitoring.set_local_events(4, watched, 0)
                monitoring.free_tool_id(4)
        else:

            def trace(frame: Any, event: str, argument: object) -> Any:
                if id(frame.f_code) not in self.maps:
                    return None
                silent = self.maps[id(frame.f_code)].silent
                if event == "line":
                    self.event(frame.f_code, frame)
                elif event == "exception" and silent:
                    frame.f_trace_opcodes = True
                elif event == "opcode":
                    frame.f_trace_opcodes = False
                    if frame.f_lasti in silent and self.previous[id(frame)][1] != frame.f_lasti:
                        self.event(frame.f_code, frame)
                return trace

            sys.settrace(trace)
            try:
                exec(code, namespace)
            finally:
                sys.settrace(None)


def run_case(linemap: Any, name: str, source: str, verbose: bool) -> dict[int, int | None]:
    tree = ast.parse(source)
    units = Units()
    units.visit(tree)
    code = compile(source, "<%s>" % name, "exec")
    maps = {}
    for each in codes_of(code):
        key = (each.co_name, 0 if each is code else each.co_firstlineno)
        maps[each] = linemap.LineMap(each, units.scopes.get(key, ()))
    lines = sorted({line for scope in units.scopes.values() for line, _, _ in scope})
    counter = Counter(maps, lines)
    counter.run(code, {"__name__": "case", "drive": drive})
    if verbose:
        for item in counter.raw:
            print(*item, file=sys.stderr)
    return {
        line: hits if any(each.has_code(line) for each in maps.values()) else None
        for line, hits in counter.hits.items()
    }


def repeated(line: str) -> str:
    """``statement N  # times: T``: T statements on the line, N counted up. Makes code that needs EXTENDED_ARG."""
    statement, marked, times = line.partition("  # times: ")
    if not marked:
        return line
    indent = statement[: len(statement) - len(statement.lstrip())]
    return indent + "; ".join(statement.strip().replace("N", str(1000 + n)) for n in range(int(times.split()[0])))


def cases_of(path: str) -> list[tuple[str, str]]:
    """Each program keeps the file's line numbers: the lines before it are left empty."""
    cases = []
    with open(path) as file:
        lines = file.read().split("\n")
    starts = [at for at, line in enumerate(lines) if line.startswith("# case: ")] + [len(lines)]
    for start, end in zip(starts, starts[1:]):
        since = lines[start + 1].partition("# since: 3.")[2]
        if sys.version_info >= (3, int(since or 9)):
            cases.append((lines[start][8:], "\n" * start + "\n".join(map(repeated, lines[start:end]))))
    return cases


def check_opcodes(linemap: Any) -> dict[str, Any]:
    """Where the table differs from the interpreter's own (pseudo-instructions, above 255, never appear in code)."""
    import opcode

    real = {name: opcode.opmap.get(name, -1) for name in linemap.OPCODES}
    return {
        name: (number, real[name])
        for name, number in linemap.OPCODES.items()
        if number != (real[name] if real[name] < 256 else -1)
    }


def speed(linemap: Any) -> dict[str, float]:
    body = "".join("    for x%d in a:\n        if x%d:\n            b = x%d + f(a)\n" % (n, n, n) for n in range(100))
    source = "def f(a):\n" + body
    units = Units()
    units.visit(ast.parse(source))
    code = next(each for each in codes_of(compile(source, "<speed>", "exec")) if each.co_name == "f")
    scope = units.scopes[("f", 1)]
    best = min(_timed(lambda: linemap.LineMap(code, scope)) for _ in range(7))
    line_map = linemap.LineMap(code, scope)
    lookups = min(_timed(lambda: [line_map.arrives(at, 2) for at in range(2000)]) for _ in range(7)) / 2000
    size = sum(1 for at in range(0, len(code.co_code), 2) if code.co_code[at])
    return {"instructions": size, "build_ms": best * 1e3, "arrives_ns": lookups * 1e9}


def _timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(arguments: list[str]) -> None:
    linemap = load(arguments[0])
    if arguments[1] == "--opcodes":
        result: Any = check_opcodes(linemap)
    elif arguments[1] == "--speed":
        result = speed(linemap)
    else:
        wanted = arguments[2:]
        result = {}
        for name, source in cases_of(arguments[1]):
            if not wanted or name in wanted:
                result[name] = run_case(linemap, name, source, bool(wanted))
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
