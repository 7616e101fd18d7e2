"""Runs Python that a person typed, in a frame: expressions, statements, assignments, and breakpoints' conditions.

The opposite of ``inspection.py``: this may run any code of the target, so only a person's request, or a condition that
a person set, leads here. Policy is the caller's: deadlines, who runs meanwhile, and catching what comes out
(``SystemExit`` and ``KeyboardInterrupt`` included: the engine catches BaseException and reports it as an error of the
evaluation).

How names work: the text becomes the body of a function inside a function whose parameters are those of the frame's
locals that it uses, all of it, for a method, inside a class of the right name. So the compiler itself finds the names,
mangles ``__private`` ones, and makes them visible in nested lambdas and comprehensions; a local that is unset is an
empty cell and raises NameError at its use only. Cells that differ afterwards are written back to the frame. The tree of
the text is put into a template's tree; no text is pasted into text.

Names that statements create in a function have no slot there: they are kept in ``scratch``, which later evaluations of
the same session see, after the frame's own locals and before globals (in a module's frame: after its globals).

Called by the thread that owns the frame while it is stopped.
"""

from __future__ import annotations

import _warnings
import sys

from . import fastlocals
from .fastlocals import UNBOUND

TYPE_CHECKING = False
if TYPE_CHECKING:  # files of the standard library, which the agent doesn't import
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

FILENAME = "<pydelve>"
"""``co_filename`` of what is evaluated."""
scratch: dict[str, object] = {}
"""Names made by evaluations that no frame has a place for; the engine clears it when a session ends."""

_Function: Any = type(lambda: None)
_Code = type((lambda: None).__code__)
_Cell: Any = fastlocals.cell_type
_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST
_FUTURE_FLAGS = 0x1FE0000  # Include/cpython/compile.h: CO_FUTURE_DIVISION to CO_FUTURE_ANNOTATIONS
_MODULE = "<module>"
_HAS_QUALNAME = sys.version_info >= (3, 11)


# -- what the engine calls ---------------------------------------------------------------------------------------------


def evaluate_expression(frame: FrameType, text: str) -> object:
    """The value of an expression in a frame. May be several lines. ``:=`` assigns to the frame's local.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
        BaseException: whatever it raises.
    """
    return _run_in_frame(frame, _Snippet(text, "eval", frame.f_code, private_class_of(frame)))


def execute_statements(frame: FrameType, text: str) -> None:
    """Run statements in a frame; what they assign to its locals is there afterwards, also where they raise.

    A new name becomes a global in a module's frame, an entry of the namespace in a class body's, and in a function's
    frame, which has no place for it, goes to ``scratch``, seen by later evaluations but not by the program. Globals are
    assigned to by ``global``.

    Raises:
        SyntaxError: they don't compile, await or yield, or delete a function's local, which can't be done from outside.
        BaseException: whatever they raise.
    """
    _run_in_frame(frame, _Snippet(text, "exec", frame.f_code, private_class_of(frame)))


def assign(frame: FrameType, target_text: str, expression_text: str) -> object:
    """``target = expression``; gives the new value.

    A name means a local of the frame, else an existing scratch name, else an existing global, else a new name as in
    :func:`execute_statements`.

    Raises:
        SyntaxError: the target is nothing that can be assigned to, or one of both doesn't compile.
        BaseException: what evaluating or storing raises.
    """
    private_class = private_class_of(frame)
    snippet = _Snippet(target_text, "target", frame.f_code, private_class)
    value = evaluate_expression(frame, expression_text)
    snippet.globals.extend(name for name in snippet.bound if _is_only_global(frame, name))
    _run_in_frame(frame, snippet, {_VALUE: value})
    return value


def compile_expression(
    text: str, frame_code: CodeType, names: tuple[str, ...] | list[str], private_class: str = ""
) -> CodeType:
    """Code of a function without parameters that gives the expression's value.

    Its ``co_freevars`` are those of ``names`` that the expression uses.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
    """
    return _Snippet(text, "eval", frame_code, private_class).code_for(tuple(names))


def compile_condition(text: str, code: CodeType, private_class: str | None = None) -> Callable[[FrameType], object]:
    """A function from a frame of ``code`` to the condition's value, cheap to call: it reads only the names it uses.

    ``:=`` in a condition stays inside it, and ``scratch`` is not looked at. The function raises what the condition
    raises. Without ``private_class`` it is told from the code (3.11+) or the first frame.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
    """
    if private_class is None and _HAS_QUALNAME:
        private_class = _class_in_qualname(code)
    snippet = _Snippet(text, "eval", code, private_class or "")
    if fastlocals.is_function(code):
        return _FunctionCondition(snippet, text, private_class is None)
    return lambda frame: _run_in_frame(frame, snippet)


class _FunctionCondition:
    """A condition in a function: called with a frame."""

    def __init__(self, snippet: _Snippet, text: str, finds_class: bool):
        self._snippet = snippet
        self._text = text
        # a private name needs the class, which before 3.11 only a frame can tell
        self._finds_class = finds_class and "__" in text
        self._globals: Any = None
        self._prepare()

    def _prepare(self) -> None:
        slots = [name for name, _ in fastlocals.variable_names(self._snippet.frame_code)]
        self._names = tuple(name for name in self._snippet.names if name in slots)
        self._read = fastlocals.values_reader(self._snippet.frame_code, self._names)
        self._code = self._snippet.code_for(self._names, as_parameters=True)

    def __call__(self, frame: FrameType) -> object:
        if self._finds_class:
            self._finds_class = False
            self._snippet = _Snippet(self._text, "eval", frame.f_code, private_class_of(frame))
            self._prepare()
        if frame.f_globals is not self._globals:
            self._globals = frame.f_globals
            # free variables can only be `__class__` here, whose cell stays empty: see _cells
            cells = tuple([_Cell() for _ in self._code.co_freevars])
            self._function = _Function(self._code, self._globals, self._code.co_name, None, cells)
        values = self._read(frame) if self._names else ()
        for value in values:
            if value is UNBOUND:  # only its use raises, which needs cells
                return _run_in_frame(frame, self._snippet)
        return self._function(*values)


def describe_error(error: BaseException) -> dict[str, Any]:
    """``{"type", "message", "traceback"}`` of what an evaluation raised; never raises.

    Runs the target's code for one thing only: ``str(error)``. The traceback is a list of lines, outermost first,
    without our own frames; of a SyntaxError it ends with the line and the place in it.
    """
    cls = type(error)
    try:
        message = str.__str__(str(error))
    except BaseException as broken:  # noqa: BLE001 - a __str__ may raise anything; that it did is told
        message = "<its __str__ raised " + type.__dict__["__qualname__"].__get__(type(broken)) + ">"
    name = type.__dict__["__qualname__"].__get__(cls)
    module = type.__dict__["__module__"].__get__(cls)
    if type(module) is str and module != "builtins":
        name = module + "." + name
    lines = _traceback_lines(error)
    if cls in (SyntaxError, IndentationError):
        lines += _syntax_lines(error)
    return {"type": name, "message": message, "traceback": lines}


# -- running -----------------------------------------------------------------------------------------------------------


def _run_in_frame(frame: FrameType, snippet: _Snippet, extra: dict[str, object] | None = None) -> object:
    """Run a snippet on the frame's variables and write back what it changed; ``extra`` are names of ours."""
    is_function = fastlocals.is_function(frame.f_code)
    namespace = None if is_function else fastlocals.raw_namespace(frame)
    in_module = namespace is frame.f_globals
    values = {name: _look_up(frame, namespace, name, in_module) for name in snippet.names}
    values.update(extra or {})
    if in_module and snippet.plain is not None and all(value is UNBOUND for value in values.values()):
        exec(snippet.plain, frame.f_globals)
        return None
    new = [name for name in snippet.bound if name not in snippet.globals]
    declared = list(snippet.globals)
    if in_module:
        slots = [name for name, _ in fastlocals.variable_names(frame.f_code)]
        declared += [name for name in new if name not in slots or values.get(name, UNBOUND) is UNBOUND]
    new = [name for name in new if name not in declared]
    if is_function:
        snippet.refuse_deleting([name for name, _ in fastlocals.variable_names(frame.f_code)])
    bound_values = [name for name in values if values[name] is not UNBOUND or _has_slot(frame, name)]
    parameters = tuple(dict.fromkeys([name for name in bound_values if name not in declared] + new))
    code = snippet.code_for(parameters, nonlocals=new, globals_=declared)
    cells = {name: _Cell() if values.get(name, UNBOUND) is UNBOUND else _Cell(values[name]) for name in parameters}
    function = _Function(code, frame.f_globals, code.co_name, None, _cells(frame, code, cells))
    try:
        return function()
    finally:
        for name in new:
            _write_back(frame, name, values.get(name, UNBOUND), cells[name], is_function)


def _look_up(frame: FrameType, namespace: Any, name: str, in_module: bool) -> object:
    """The value that a name has before globals are looked at, or UNBOUND."""
    value: object = UNBOUND
    if _has_slot(frame, name):
        value = fastlocals.reader(frame)(name)
    if value is UNBOUND and namespace is not None and not in_module:
        try:
            value = namespace[name]
        except KeyError:
            value = UNBOUND
    shadowed = _has_slot(frame, name) or (in_module and (name in frame.f_globals or name in frame.f_builtins))
    if value is UNBOUND and name in scratch and not shadowed:
        value = scratch[name]
    if value is UNBOUND and name in _FRAME_BUILTINS and not _has_slot(frame, name) and name not in frame.f_globals:
        return _FRAME_BUILTINS[name](frame)
    return value


# Built-in functions that look at their caller's frame, and would see ours: made to mean the frame that is asked about.


def _super_of(frame: FrameType) -> object:
    defined_in = fastlocals.read_local(frame, "__class__") if _has_slot(frame, "__class__") else UNBOUND
    if not frame.f_code.co_argcount or defined_in is UNBOUND:
        return UNBOUND
    first: Any = fastlocals.read_local(frame, frame.f_code.co_varnames[0])
    cls: Any = defined_in
    return lambda *arguments: super(*arguments) if arguments else super(cls, first)


def _locals_of(frame: FrameType) -> Any:
    """What ``locals()`` means: the namespace itself, or a new dict of a function's variables."""
    if not fastlocals.is_function(frame.f_code):
        return fastlocals.raw_namespace(frame)
    return {name: value for name, _, value in fastlocals.read_locals(frame) if value is not UNBOUND}


_FRAME_BUILTINS: dict[str, Callable[[FrameType], Any]] = {
    "super": _super_of,
    "locals": lambda frame: lambda: _locals_of(frame),
    "vars": lambda frame: lambda *arguments: vars(*arguments) if arguments else _locals_of(frame),
    "dir": lambda frame: lambda *arguments: dir(*arguments) if arguments else sorted(_locals_of(frame)),
}


def _has_slot(frame: FrameType, name: str) -> bool:
    code = frame.f_code
    return name in code.co_varnames or name in code.co_cellvars or name in code.co_freevars


def _is_only_global(frame: FrameType, name: str) -> bool:
    return (
        fastlocals.is_function(frame.f_code)
        and not _has_slot(frame, name)
        and name not in scratch
        and name in frame.f_globals
    )


def _cells(frame: FrameType, code: CodeType, cells: dict[str, Any]) -> tuple[Any, ...]:
    """The closure; ``__class__``, which the compiler adds beside ``super``, may be in it unasked."""
    return tuple([cells[name] if name in cells else _Cell() for name in code.co_freevars])


def _write_back(frame: FrameType, name: str, before: object, cell: Any, is_function: bool) -> None:
    after = fastlocals.cell_contents(cell)
    if after is before:
        return
    if is_function and not _has_slot(frame, name):
        if after is UNBOUND:
            scratch.pop(name, None)
        else:
            scratch[name] = after
    elif after is not UNBOUND:
        fastlocals.write_local(frame, name, after)
    elif not is_function:
        fastlocals.unbind_local(frame, name)
    # else: `except ... as name` has unset it: a function's slot keeps what it held


# -- compiling ---------------------------------------------------------------------------------------------------------

_VALUE = "_pydelve_value"


class _Snippet:
    """A text parsed once, which gives code for any set of variables.

    ``plain``: statements compiled as a module's, which in a module's frame they are. ``names``: all that it may look
    up. ``bound``: what it assigns or deletes at its own level. ``globals``: declared ``global``.
    """

    def __init__(self, text: str, mode: str, frame_code: CodeType, private_class: str):
        self.frame_code = frame_code
        self.private_class = private_class
        self._flags = frame_code.co_flags & _FUTURE_FLAGS
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
        self.names = tuple(dict.fromkeys(_names_in(self.code_for(())) + self.bound))

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

    def refuse_deleting(self, names: list[str]) -> None:
        """Refuse ``del`` of a function's local: nothing outside the function can do that."""
        for name in self._deleted:
            if self._mangle(name) in names:
                raise SyntaxError("can't delete the local variable '" + name + "' of a function from outside it")

    def _compile(self, parameters: Any, nonlocals: Any, globals_: Any, as_parameters: bool) -> CodeType:
        name = "expression" if self._mode == "eval" else "statements"
        inner, outer = (", ".join(parameters), "") if as_parameters else ("", ", ".join(parameters))
        lines = ["def pydelve_scope(" + outer + "):", " def " + name + "(" + inner + "):"]
        if nonlocals:
            lines.append("  nonlocal " + ", ".join(nonlocals))
        if globals_:
            lines.append("  global " + ", ".join(globals_))
        lines.append("  return None")
        if self.private_class:
            lines = ["class " + self.private_class + ":"] + [" " + line for line in lines]
        tree: Any = _compile("\n".join(lines), "exec", _ONLY_AST)
        node = tree.body[0]
        while node.name != name or type(node).__name__ != "FunctionDef" or type(node.body[0]).__name__ == "FunctionDef":
            node = node.body[0]
        node.name = "<" + name + ">"
        if self._mode == "eval":
            node.body[-1].value = self._body[0]
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
            body: list[Any] = _compile(text.strip() + " = " + _VALUE, "exec", _ONLY_AST).body
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
    """``compile`` without its warnings, which would go to the program's stderr, or raise under ``-W error``.

    Only the interpreter's filters can silence them. The one that is put first for the time of the call fits none but
    warnings about our own file name, so that other threads' warnings, or a copy of the list that one takes meanwhile,
    stay what they were. (Swapping the list, or ``catch_warnings``, would be seen by everybody.) The C code reads the
    list each time, so no version number needs to change (Python/_warnings.c: get_filter).
    """
    filters = _warning_filters()
    filters.insert(0, _QUIET)
    try:
        return _in_own_context(source, mode, flags)
    finally:
        for index, entry in enumerate(filters):
            if entry is _QUIET:
                del filters[index]
                break


# from 3.15 warnings of compile go by a module's name, before by the file's
_MODULE_NAME: dict[str, Any] = {"module": FILENAME} if sys.version_info >= (3, 15) else {}
_QUIET = ("ignore", None, Warning, FILENAME, 0)


def _warning_filters() -> list[Any]:
    """The list that the C code looks at: that of the ``warnings`` module where it is loaded."""
    module: Any = sys.modules.get("warnings")
    found = getattr(module, "filters", None) if type(module) is type(sys) else None
    return found if type(found) is list else _warnings.filters


def _in_own_context(source: Any, mode: str, flags: int) -> Any:
    if _new_context is None:
        return compile(source, FILENAME, mode, flags, True)
    return _new_context().run(compile, source, FILENAME, mode, flags, True, **_MODULE_NAME)


_new_context: Any = None
if sys.version_info >= (3, 14):  # filters may also be in the context, and go first there (Python/_warnings.c)
    from _contextvars import Context

    _new_context = Context


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


def _nested(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if type(constant) is _Code]


def _code_named(code: CodeType, name: str) -> CodeType:
    """The innermost-first code of that name: ours is the only one, or encloses the others."""
    todo = [code]
    while todo:
        found = todo.pop(0)
        if found.co_name == name:
            return found
        todo.extend(_nested(found))
    raise AssertionError(name)


def _names_in(code: CodeType) -> list[str]:
    """All names that code, and what is nested in it, may look up outside itself."""
    found = list(code.co_names)
    for inner in _nested(code):
        found += _names_in(inner)
    return found


# -- the class that private names belong to ----------------------------------------------------------------------------


def private_class_of(frame: FrameType) -> str:
    """Name of the class whose body the frame's code stands in, as the compiler mangles ``__names`` with it; else "".

    Runs no code of the target.
    """
    code = frame.f_code
    if not fastlocals.is_function(code):
        return "" if code.co_name == _MODULE or not code.co_name.isidentifier() else code.co_name
    if _HAS_QUALNAME:
        return _class_in_qualname(code)
    return _class_in_arguments(frame)


def _class_in_qualname(code: CodeType) -> str:
    """``Account`` for ``Account.withdraw.<locals>.inner``."""
    if not fastlocals.is_function(code):
        return "" if code.co_name == _MODULE or not code.co_name.isidentifier() else code.co_name
    parts = code.co_qualname.split(".")  # type: ignore[attr-defined,unused-ignore]
    parts.pop()
    while parts:
        part = parts.pop()
        if part != "<locals>":
            return str(part)
        parts.pop()  # the function that these are the locals of
    return ""


def _class_in_arguments(frame: FrameType) -> str:
    """Before 3.11: a class along the MRO of the first argument (or ``self``, ``cls``, ``__class__``) with it."""
    code = frame.f_code
    names = list(code.co_varnames[: 1 if code.co_argcount else 0])
    names += [name for name in ("self", "cls", "__class__") if _has_slot(frame, name)]
    for name in names:
        value = fastlocals.read_local(frame, name)
        for owner in (value, type(value)):
            if issubclass(type(owner), type):
                for cls in type.__dict__["__mro__"].__get__(owner) or ():
                    if _defines(cls, code):
                        return str(type.__dict__["__name__"].__get__(cls))
    return ""


def _defines(cls: type, code: CodeType) -> bool:
    for value in list(type.__dict__["__dict__"].__get__(cls).values()):
        for function in _functions_of(value):
            if _contains(function.__code__, code):
                return True
    return False


def _functions_of(value: Any) -> list[Any]:
    """The functions in an entry of a class's dict: a plain one, or what the built-in wrappers hold."""
    if type(value) is staticmethod or type(value) is classmethod:
        value = value.__func__
    found = [value.fget, value.fset, value.fdel] if type(value) is property else [value]
    return [function for function in found if type(function) is _Function]


def _contains(outer: CodeType, code: CodeType) -> bool:
    return outer is code or any(_contains(inner, code) for inner in _nested(outer))


# -- errors ------------------------------------------------------------------------------------------------------------


def _traceback_lines(error: BaseException) -> list[str]:
    lines = []
    own = describe_error.__code__.co_filename.rpartition("/")[0] + "/"
    own = globals().get("AGENT_PREFIX", own)
    entry = BaseException.__dict__["__traceback__"].__get__(error)
    while entry is not None:
        code = entry.tb_frame.f_code
        if not code.co_filename.startswith(own):
            name = code.co_qualname if _HAS_QUALNAME and code.co_filename != FILENAME else code.co_name
            lines.append('File "' + code.co_filename + '", line ' + str(entry.tb_lineno) + ", in " + name)
        entry = entry.tb_next
    return lines


def _syntax_lines(error: Any) -> list[str]:
    """The line that does not compile, and a caret under the place."""
    text, offset = error.text, error.offset
    if type(text) is not str:
        return []
    text = text.rstrip("\n")
    return [text, " " * (offset - 1) + "^"] if type(offset) is int and 0 < offset <= len(text) + 1 else [text]
