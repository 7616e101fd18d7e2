"""Runs Python that a person typed, in a frame: expressions, statements, assignments, and breakpoints' conditions.

The opposite of ``inspection.py``: this may run any code of the target, so only a person's request, or a condition that
a person set, leads here. Policy is the caller's: deadlines, who runs meanwhile, and catching what comes out
(``SystemExit`` and ``KeyboardInterrupt`` included: the engine catches BaseException and reports it as an error of the
evaluation).

How names work: the text becomes the body of a function inside a function whose parameters are those of the frame's
locals that it uses, all of it, for a method, inside a class of the right name. So the compiler itself finds the names,
mangles ``__private`` ones, and makes them visible in nested lambdas and comprehensions; a local that is unset is an
empty cell and raises NameError at its use only. The frame's own cells are shared, others hold copies: those that differ
afterwards are written back to the frame. ``snippet.py`` compiles.

Names that statements create in a function have no slot there: they are kept in ``scratch``, which later evaluations of
the same session see, after the frame's own locals and before globals (in a module's frame: after its globals).

Called by the thread that owns the frame while it is stopped.
"""

from __future__ import annotations

import sys

from ..interpreter.quiet import FILENAME
from ..looking import fastlocals
from ..looking.callers import caller_of
from ..looking.fastlocals import UNBOUND
from ..looking.snippet import FUTURE_FLAGS, VALUE, Guard, Snippet, nested_codes

TYPE_CHECKING = False
if TYPE_CHECKING:  # files of the standard library, which the agent doesn't import
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

scratch: dict[str, object] = {}
"""Names made by evaluations that no frame has a place for; it goes with the agent."""

_Function: Any = type(lambda: None)
_Cell: Any = fastlocals.cell_type
_MODULE = "<module>"
_HAS_QUALNAME = sys.version_info >= (3, 11)


# -- what the engine calls ---------------------------------------------------------------------------------------------


def evaluate_expression(frame: FrameType, text: str) -> object:
    """The value of an expression in a frame. May be several lines. ``:=`` assigns to the frame's local.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
        BaseException: whatever it raises.
    """
    return _run_in_frame(frame, Snippet(text, "eval", frame.f_code, private_class_of(frame)))


def execute_statements(frame: FrameType, text: str) -> None:
    """Run statements in a frame; what they assign to its locals is there afterwards, also where they raise.

    A new name becomes a global in a module's frame, an entry of the namespace in a class body's, and in a function's
    frame, which has no place for it, goes to ``scratch``, seen by later evaluations but not by the program. Globals are
    assigned to by ``global``.

    Raises:
        SyntaxError: they don't compile, await or yield, or delete a function's local, which can't be done from outside.
        BaseException: whatever they raise.
    """
    _run_in_frame(frame, Snippet(text, "exec", frame.f_code, private_class_of(frame)))


def assign(frame: FrameType, target_text: str, expression_text: str) -> object:
    """``target = expression``; gives the new value.

    A name means a local of the frame, else an existing scratch name, else an existing global, else a new name as in
    :func:`execute_statements`.

    Raises:
        SyntaxError: the target is nothing that can be assigned to, or one of both doesn't compile.
        BaseException: what evaluating or storing raises.
    """
    private_class = private_class_of(frame)
    snippet = Snippet(target_text, "target", frame.f_code, private_class)
    value = evaluate_expression(frame, expression_text)
    snippet.globals.extend(name for name in snippet.bound if _is_only_global(frame, name))
    _run_in_frame(frame, snippet, {VALUE: value})
    return value


def compile_expression(
    text: str, frame_code: CodeType, names: tuple[str, ...] | list[str], private_class: str = ""
) -> CodeType:
    """Code of a function without parameters that gives the expression's value.

    Its ``co_freevars`` are those of ``names`` that the expression uses.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
    """
    return Snippet(text, "eval", frame_code, private_class).code_for(tuple(names))


def compile_condition(text: str, code: CodeType, private_class: str | None = None) -> Callable[[FrameType], object]:
    """A function from a frame of ``code`` to the condition's value, cheap to call: it reads only the names it uses.

    ``:=`` in a condition stays inside it, and ``scratch`` is not looked at. The function raises what the condition
    raises. Without ``private_class`` it is told from the code (3.11+) or the first frame.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
    """
    if private_class is None and _HAS_QUALNAME:
        private_class = _class_in_qualname(code)
    snippet = Snippet(text, "eval", code, private_class or "")
    looks_at_frames = not _FRAME_BUILTINS.keys().isdisjoint(snippet.names)
    if fastlocals.is_function(code) and not looks_at_frames:
        return _FunctionCondition(snippet, text, private_class is None)
    return lambda frame: _run_in_frame(frame, snippet)


def condition_of_parameters(
    text: str,
    code: CodeType,
    parameters: list[str],
    namespace: dict[str, Any] | None,
    guard: Callable[[Callable[..., object]], Guard],
) -> tuple[Callable[..., bool], tuple[str, ...]] | None:
    """The same as a function of some of the parameters of ``code``, and their names; None where it reads more than
    parameters and globals, which are ``namespace``, if they are known. It gives True or False; ``guard`` makes what
    surrounds it, given the same without that.

    Raises:
        SyntaxError: it is no expression, or awaits or yields.
    """
    if "__" in text and not _HAS_QUALNAME:  # see compile_condition
        return None
    found = compile_condition(text, code)
    return found.of_parameters(parameters, namespace, guard) if isinstance(found, _FunctionCondition) else None


class _FunctionCondition:
    """A condition in a function: called with a frame."""

    def __init__(self, snippet: Snippet, text: str, finds_class: bool):
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

    def of_parameters(
        self, parameters: list[str], namespace: dict[str, Any] | None, guard: Callable[[Callable[..., object]], Guard]
    ) -> tuple[Callable[..., bool], tuple[str, ...]] | None:
        """See ``condition_of_parameters``."""
        if self._code.co_freevars or not all(name in parameters for name in self._names):
            return None
        if namespace is None:
            if not self._snippet.variables() <= set(self._names):
                return None
            namespace = {}
        made = guard(_Function(self._code, namespace, self._code.co_name))
        code = self._snippet.guarded_code(self._names, made)
        return _Function(code, namespace, code.co_name, None, (made.busy,)), self._names

    def __call__(self, frame: FrameType) -> object:
        if self._finds_class:
            self._finds_class = False
            self._snippet = Snippet(self._text, "eval", frame.f_code, private_class_of(frame))
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


def run_with(frame: FrameType, snippet: Snippet, extra: dict[str, object]) -> object:
    """The value of an expression in a frame, with ``extra`` names of ours; they win over globals."""
    return _run_in_frame(frame, snippet, extra)


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
    if cls is SyntaxError or cls is IndentationError:
        lines += _syntax_lines(error)
    return {"type": name, "message": message, "traceback": lines}


def problem_of(error: BaseException, of_message: bool) -> dict[str, Any]:
    """:func:`describe_error` of what a breakpoint's condition, or the message of a logpoint, raised."""
    return {**describe_error(error), "of_message": of_message}


# -- running -----------------------------------------------------------------------------------------------------------


def _run_in_frame(frame: FrameType, snippet: Snippet, extra: dict[str, object] | None = None) -> object:
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
    cells = {name: fastlocals.cell_of(frame, name) or _new_cell(values.get(name, UNBOUND)) for name in parameters}
    function = _Function(code, frame.f_globals, code.co_name, None, _cells(frame, code, cells))
    try:
        return function()
    finally:
        fastlocals.settle(frame)
        for name in new:
            _write_back(frame, name, values.get(name, UNBOUND), cells[name], is_function)


def _new_cell(value: object) -> Any:
    return _Cell() if value is UNBOUND else _Cell(value)


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


# Built-in functions that look at their caller's frame, and would see ours: made to mean the frame that is asked about;
# and ``frame``, which is ours, unless the program has a name like it.


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


def _spaces_of(frame: FrameType, spaces: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """Globals and locals for ``eval`` and ``exec``: those that were given, else the frame's."""
    return spaces or (() if named else (frame.f_globals, _locals_of(frame)))


def _compiled(source: Any, mode: str, frame: FrameType) -> Any:
    """A text as ``eval`` and ``exec`` compile it in the frame; by themselves they would take ``__future__`` from us."""
    if type(source) is not str:
        return source
    flags = frame.f_code.co_flags & FUTURE_FLAGS
    return compile(source.lstrip(" \t") if mode == "eval" else source, "<string>", mode, flags, True)


exception: list[BaseException] = []
"""What the stop is about, where that is one: ``exc``, unless the program has a name like it."""

_FRAME_BUILTINS: dict[str, Callable[[FrameType], Any]] = {
    "exc": lambda frame: exception[0] if exception else UNBOUND,
    "super": _super_of,
    "frame": lambda frame: lambda index=1: caller_of(frame, index),
    "eval": lambda frame: (
        lambda source, *spaces, **named: eval(
            _compiled(source, "eval", frame), *_spaces_of(frame, spaces, named), **named
        )
    ),
    "exec": lambda frame: (
        lambda source, *spaces, **named: exec(
            _compiled(source, "exec", frame), *_spaces_of(frame, spaces, named), **named
        )
    ),
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
    return class_in_qualname(code.co_qualname)  # type: ignore[attr-defined,unused-ignore]


def class_in_qualname(qualname: str) -> str:
    """``Account`` for ``Account.withdraw.<locals>.inner``: the class whose private names a function's code mangles."""
    parts = str.split(qualname, ".")
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
        for function in functions_of(value):
            if _contains(function.__code__, code):
                return True
    return False


def functions_of(value: Any) -> list[Any]:
    """The functions in an entry of a class's dict: a plain one, or what the built-in wrappers hold."""
    if type(value) is staticmethod or type(value) is classmethod:
        value = value.__func__
    found = [value.fget, value.fset, value.fdel] if type(value) is property else [value]
    return [function for function in found if type(function) is _Function]


def _contains(outer: CodeType, code: CodeType) -> bool:
    return outer is code or any(_contains(inner, code) for inner in nested_codes(outer))


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
