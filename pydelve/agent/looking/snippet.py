"""Compiles a piece of Python for use in a frame: finds its names, and makes code for any set of variables.

The text is parsed once, and its tree goes into the tree of a template: text pasted into text could break out of its
place. The compiler itself settles which name means what. Runs nothing: ``evaluation.py`` does, and is its only user.
"""

from __future__ import annotations

import sys

from ..interpreter.quiet import FILENAME, quietly

TYPE_CHECKING = False
if TYPE_CHECKING:  # files of the standard library, which the agent doesn't import
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType
    from typing import Any

_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST
FUTURE_FLAGS = 0x1FE0000  # Include/cpython/compile.h: CO_FUTURE_DIVISION to CO_FUTURE_ANNOTATIONS
_Code = type((lambda: None).__code__)
VALUE = "_pydelve_value"
"""Name by which the tree of an assignment's target refers to the new value."""


_BUSY = "_pydelve_busy"
_PLAIN: tuple[str, ...] = ("  return None",)
# texts that begin with a null stand for attributes of a Guard, and other objects
_GUARDED = (
    f"  if {_BUSY}:",
    "   return '\\0otherwise'(...)",
    "  try:",
    f"   {_BUSY} = True",
    "   return True if None else False",
    "  except '\\0error':",
    "   return '\\0failed'()",
    "  finally:",
    f"   {_BUSY} = '\\0asking'",
)


class Guard:
    """What surrounds an expression that functions of the program ask, where any operator may run such functions again.

    That must cost next to nothing. So a variable says that it is being asked, but not by whom: ``otherwise`` finds out.
    """

    __slots__ = ("asking", "busy", "failed", "otherwise")

    def __init__(self, busy: Any, asking: list[int]) -> None:
        """``busy``: the variable's cell, shared by all; ``asking``: what is in it while nobody asks, best empty."""
        self.busy, self.asking = busy, asking
        self.failed: Callable[[], bool] = bool
        """Called where it raises, in the handler."""
        self.otherwise: Callable[..., bool] = bool
        """Called in place of it, with the same, where anybody asks already."""


def is_asking(frame: FrameType | None) -> bool:
    """Is this frame within an expression that a ``Guard`` surrounds?"""
    while frame is not None:
        if frame.f_code.co_freevars == (_BUSY,):
            return True
        frame = frame.f_back
    return False


class Snippet:
    """A text parsed once, which gives code for any set of variables.

    ``plain``: statements compiled as a module's, which in a module's frame they are. ``names``: all that it may look
    up. ``bound``: what it assigns or deletes at its own level. ``globals``: declared ``global``.
    """

    def __init__(self, text: str, mode: str, frame_code: CodeType, private_class: str):
        self.frame_code = frame_code
        # in the template's class it would be that class: it is the frame's variable, or nobody knows it
        own_class = ["__class__"] if "__class__" in text and "__class__" in frame_code.co_freevars else []
        self.private_class = private_class if own_class or "__class__" not in text else ""
        self._flags = frame_code.co_flags & FUTURE_FLAGS
        self._mode = mode
        self._deleted: list[str] = []
        self.plain: CodeType | None = None
        self.globals: list[str] = []
        self.bound: list[str] = []
        self._codes: dict[Any, CodeType] = {}
        self._body = self._parse(text)
        for node in self._body:
            self._find_bound(node, False)
        self.bound = list(dict.fromkeys(self._mangle(name) for name in self.bound))
        self._check_alone(text)
        # compiled alone, what it looks up is in co_names, and what it assigns are its own variables
        self.names = tuple(dict.fromkeys(_names_in(self.code_for(())) + self.bound + own_class))

    def code_for(
        self,
        parameters: tuple[str, ...],
        nonlocals: list[str] | tuple[str, ...] = (),
        globals_: list[str] | tuple[str, ...] = (),
        as_parameters: bool = False,
    ) -> CodeType:
        """Code whose free variables are those of ``parameters`` that are used (or whose arguments they all are)."""
        key = (parameters, tuple(nonlocals), tuple(globals_), as_parameters)
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = self._compile(*key)
        return code

    def guarded_code(self, parameters: tuple[str, ...], guard: Guard) -> CodeType:
        """Code of an expression that gives True or False; its one free variable is the guard's."""
        lines = [line.replace("...", ", ".join(parameters)) for line in _GUARDED]
        code = self._compile(parameters, (_BUSY,), (), True, lines)
        given = {
            "\0otherwise": guard.otherwise, "\0failed": guard.failed, "\0asking": guard.asking, "\0error": Exception,
        }  # fmt: skip
        constants = [given.get(each, each) if type(each) is str else each for each in code.co_consts]
        return code.replace(co_consts=tuple(constants))

    def variables(self) -> set[str]:
        """Names that stand in it for variables, its own among them, and not for attributes."""
        todo, found = list(self._body), set()
        while todo:
            node = todo.pop()
            if type(node).__name__ == "Name":
                found.add(node.id)
            todo += [child for _, child in _children(node)]
        return found

    def refuse_deleting(self, names: list[str]) -> None:
        """Refuse ``del`` of a function's local: nothing outside the function can do that."""
        for name in self._deleted:
            if self._mangle(name) in names:
                raise SyntaxError("can't delete the local variable '" + name + "' of a function from outside it")

    def _compile(
        self, parameters: Any, nonlocals: Any, globals_: Any, as_parameters: bool, ends: Sequence[str] = _PLAIN
    ) -> CodeType:
        name = "expression" if self._mode == "eval" else "statements"
        inner, outer = (parameters, nonlocals) if as_parameters else ((), parameters)
        lines = ["def pydelve_scope(" + ", ".join(outer) + "):", " def " + name + "(" + ", ".join(inner) + "):"]
        if nonlocals:
            lines.append("  nonlocal " + ", ".join(nonlocals))
        if globals_:
            lines.append("  global " + ", ".join(globals_))
        lines += ends
        if self.private_class:
            lines = ["class " + self.private_class + ":"] + [" " + line for line in lines]
        tree: Any = _compile("\n".join(lines), "exec", _ONLY_AST)
        node = tree.body[0]
        while node.name != name or type(node).__name__ != "FunctionDef" or type(node.body[0]).__name__ == "FunctionDef":
            node = node.body[0]
        node.name = "<" + name + ">"
        if self._mode == "eval":
            if ends is _PLAIN:
                node.body[-1].value = self._body[0]
            else:
                node.body[-1].body[-1].value.test = self._body[0]
        else:
            node.body[-1:] = self._body
        return _code_named(_compile(tree, "exec", self._flags), node.name)

    def _parse(self, text: str) -> list[Any]:
        if self._mode == "exec":
            body: list[Any] = _compile(text, "exec", _ONLY_AST).body
            return body or self._parse("pass")
        if self._mode == "target":
            return self._parse_target(text)
        return [_parse_expression(text)]

    def _parse_target(self, text: str) -> list[Any]:
        refusal = SyntaxError("cannot assign to this: " + text.strip())
        try:
            body: list[Any] = _compile(text.strip() + " = " + VALUE, "exec", _ONLY_AST).body
        except SyntaxError:
            raise refusal from None
        if len(body) != 1 or type(body[0]).__name__ != "Assign" or len(body[0].targets) != 1:
            raise refusal
        return body

    def _check_alone(self, text: str) -> None:
        """Refuse what our template would let pass but a function of ours can't do: return, yield, await."""
        found = _find_suspending(self._body)
        if found:
            raise SyntaxError("'" + found + "' can't be used here: nothing could resume it")
        if self._mode == "exec":
            self.plain = _compile(text, "exec", self._flags)

    def _mangle(self, name: str) -> str:
        owner = self.private_class.lstrip("_")
        return "_" + owner + name if owner and name[:2] == "__" and name[-2:] != "__" else name

    def _find_bound(self, node: Any, in_comprehension: bool) -> None:
        """Collect the names that a node assigns in its own scope."""
        kind = type(node).__name__
        if kind in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            self.bound.append(node.name)
            return
        if kind == "Lambda":
            return
        if kind == "Global":
            self.globals.extend(self._mangle(name) for name in node.names)
        elif kind == "Name" and type(node.ctx).__name__ != "Load" and not in_comprehension:
            self.bound.append(node.id)
            if type(node.ctx).__name__ == "Del":
                self._deleted.append(node.id)
        elif kind == "alias":
            self.bound.append(node.asname or node.name.partition(".")[0])
        elif kind in ("ExceptHandler", "MatchAs", "MatchStar") and node.name:
            self.bound.append(node.name)
        elif kind == "MatchMapping" and node.rest:
            self.bound.append(node.rest)
        elif kind == "AnnAssign":
            node.simple = 0  # as if the name stood in parentheses: else `x: int = 1` may not be nonlocal or global
        for field, child in _children(node):
            self._find_bound(child, kind == "comprehension" and field == "target")


def _parse_expression(text: str) -> Any:
    """The tree of an expression; over several lines also without the parentheses that a file would need."""
    stripped = text.strip()
    try:
        return _compile(stripped, "eval", _ONLY_AST).body
    except SyntaxError:
        if "\n" not in stripped:
            raise
        tree: Any = _compile("(" + stripped + "\n)", "eval", _ONLY_AST).body
        # `1) + (2` would pass: the text's own parentheses must balance, which they do where it is one element of a list
        if len(_compile("[" + stripped + "\n]", "eval", _ONLY_AST).body.elts) != 1:
            raise
        return tree


def _compile(source: Any, mode: str, flags: int) -> Any:
    """``compile`` without its warnings, which would go to the program's stderr, or raise under ``-W error``."""
    return quietly(compile, source, FILENAME, mode, flags, True, **_MODULE_NAME)


# from 3.15 warnings of compile go by a module's name, before by the file's
_MODULE_NAME: dict[str, Any] = {"module": FILENAME} if sys.version_info >= (3, 15) else {}


def _children(node: Any) -> list[tuple[str, Any]]:
    """(field, child node) of a syntax tree's node."""
    found = []
    for field in node._fields:
        value = getattr(node, field, None)
        children = value if type(value) is list else [value]
        found += [(field, child) for child in children if hasattr(child, "_fields")]
    return found


def _find_suspending(nodes: list[Any]) -> str:
    """The keyword of what would make our function a generator or a coroutine; "" where there is none."""
    for node in nodes:
        kind = type(node).__name__
        if kind in _SUSPENDING:
            return _SUSPENDING[kind]
        if kind == "comprehension" and node.is_async:
            return "async for"
        if kind not in ("FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda"):
            found = _find_suspending([child for _, child in _children(node)])
            if found:
                return found
    return ""


_SUSPENDING = {
    "Await": "await", "Yield": "yield", "YieldFrom": "yield from", "AsyncFor": "async for", "AsyncWith": "async with",
}  # fmt: skip


def nested_codes(code: CodeType) -> list[CodeType]:
    """Code of the functions, classes and comprehensions that stand directly in it."""
    return [constant for constant in code.co_consts if type(constant) is _Code]


def _code_named(code: CodeType, name: str) -> CodeType:
    """The innermost-first code of that name: ours is the only one, or encloses the others."""
    todo = [code]
    while todo:
        found = todo.pop(0)
        if found.co_name == name:
            return found
        todo.extend(nested_codes(found))
    raise AssertionError(name)


def _names_in(code: CodeType) -> list[str]:
    """All names that code, and what is nested in it, may look up outside itself."""
    found = list(code.co_names)
    for inner in nested_codes(code):
        found += _names_in(inner)
    return found
