"""The safe evaluator: expressions over the objects of a target that does not run.

Names, attributes, items, slices, ``len``, ``type``, ``isinstance``, comparisons, ``and``/``or``/``not``, arithmetic,
each on what is stored and on exact built-in types (``operands.py``, ``attributes.py``). Whatever would need the target
to run is refused, with the part of the expression that does and why. What is large is bounded before it is computed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from typing import Any

from pydelve.api.values import Kind
from pydelve.errors import EvaluationError, UnsupportedError
from pydelve.target.cpython.attributes import AttributeReader
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader, TooManyError, TypeInfo
from pydelve.target.cpython.operands import (
    At,
    EvaluationFailed,
    Group,
    Made,
    Named,
    NeedsToRun,
    Operand,
    Operands,
)

_MOST_TEXT = 20_000
_MOST_BITS = 1 << 16
_MOST_SCANNED = 1 << 20
_MOST_MADE = 1 << 20  # characters or elements of what a product or sum gives
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos, ast.USub: operator.neg, ast.Invert: operator.invert,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_REFUSED: dict[type[ast.AST], str] = {
    ast.Call: "a call runs a function; of functions there are len, type, isinstance, abs, bool and id here",
    ast.Lambda: "a lambda is a function",
    ast.ListComp: "a comprehension runs", ast.SetComp: "a comprehension runs", ast.DictComp: "a comprehension runs",
    ast.GeneratorExp: "a generator expression runs",
    ast.JoinedStr: "an f-string calls __format__", ast.NamedExpr: "it assigns", ast.Await: "await runs a coroutine",
    ast.Yield: "yield runs a generator", ast.YieldFrom: "yield runs a generator",
}  # fmt: skip
_BY_IDENTITY = {
    "object", "exception", "class", "function", "module", "code", "generator", "coroutine", "async_generator", "frame",
}  # fmt: skip
_HINT = "help without-control"

Names = Callable[[str], int]
"""Address of what a variable holds; -1: it has no value; 0: there is none of that name."""


class SafeEvaluator:
    """Evaluates in one frame, whose variables ``names`` finds."""

    def __init__(self, objects: ObjectReader, names: Names) -> None:
        self._objects = objects
        self._names = names
        self.operands = Operands(objects)
        self._attributes = AttributeReader(objects, self.operands)
        self._text = ""

    def evaluate(self, text: str) -> Operand:
        """The value of an expression.

        Raises:
            EvaluationError: it is no Python, or would raise.
            UnsupportedError: it would need the target to run.
        """
        self._text = text.strip()
        if len(text) > _MOST_TEXT:
            raise EvaluationError(
                "the expression is too long", why=f"it has {len(text):,} characters", hint="help python"
            )
        try:
            tree = ast.parse(self._text, "<pydelve>", "eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            message = error.msg if isinstance(error, SyntaxError) else str(error)
            raise EvaluationError(f"SyntaxError: {message}") from None
        try:
            return self._of(tree.body)
        except RecursionError:
            raise EvaluationError(
                "the expression is nested too deeply", why="it is evaluated by recursion", hint="help python"
            ) from None

    def _of(self, node: ast.expr) -> Operand:
        """The value of a part; what goes wrong is told with its text."""
        try:
            return self._kinds[type(node)](self, node)
        except KeyError:
            why = _REFUSED.get(type(node), "it is nothing that is looked up")
            raise self._needs_to_run(node, why) from None
        except NeedsToRun as reason:
            raise self._needs_to_run(node, str(reason)) from None
        except EvaluationFailed as error:
            raise EvaluationError(str(error)) from None
        except TooManyError as error:
            raise self._needs_to_run(node, str(error)) from None
        except UnreadableError as error:
            raise EvaluationError(f"{self._source(node)} can't be read", why=str(error)) from None

    def _needs_to_run(self, node: ast.expr, why: str) -> UnsupportedError:
        return UnsupportedError(f"{self._source(node)} can't be told without running the program", why=why, hint=_HINT)

    def _source(self, node: ast.expr) -> str:
        return ast.get_source_segment(self._text, node) or self._text

    # -- the kinds of expressions --------------------------------------------------------------------------------------

    def _constant(self, node: ast.Constant) -> Operand:
        return Made(node.value)

    def _name(self, node: ast.Name) -> Operand:
        address = self._names(node.id)
        if address > 0:
            return At(address)
        if address < 0:
            raise EvaluationFailed(UnboundLocalError(f"local variable {node.id!r} has no value here"))
        raise EvaluationFailed(NameError(f"name {node.id!r} is not defined"))

    def _attribute(self, node: ast.Attribute) -> Operand:
        return self._attributes.get(self._of(node.value), node.attr)

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> Operand:
        kind = _DISPLAYS[type(node)]
        if any(isinstance(element, ast.Starred) for element in node.elts):
            raise NeedsToRun("* iterates")
        return Group(kind, tuple(map(self._of, node.elts)))

    def _dict(self, node: ast.Dict) -> Operand:
        made = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise NeedsToRun("** iterates")
            name = self.operands.plain(self._of(key))
            _computed(hash, name)
            made[name] = self.operands.plain(self._of(value))
        return Made(made)

    def _bool_op(self, node: ast.BoolOp) -> Operand:
        ends_with = isinstance(node.op, ast.Or)
        found = self._of(node.values[0])
        for value in node.values[1:]:
            if self.operands.truth(found) is ends_with:
                return found
            found = self._of(value)
        return found

    def _conditional(self, node: ast.IfExp) -> Operand:
        return self._of(node.body if self.operands.truth(self._of(node.test)) else node.orelse)

    def _unary_op(self, node: ast.UnaryOp) -> Operand:
        operand = self._of(node.operand)
        if isinstance(node.op, ast.Not):
            return Made(not self.operands.truth(operand))
        return Made(_computed(_UNARY[type(node.op)], self.operands.plain(operand)))

    def _binary_op(self, node: ast.BinOp) -> Operand:
        left, right = (self.operands.plain(self._of(side)) for side in (node.left, node.right))
        _check_size(node.op, left, right)
        compute = _BINARY.get(type(node.op))
        if compute is None:
            raise NeedsToRun("@ calls __matmul__")
        return Made(_computed(compute, left, right))

    def _compare(self, node: ast.Compare) -> Operand:
        left = self._of(node.left)
        for how, side in zip(node.ops, node.comparators, strict=True):
            right = self._of(side)
            if not self._compared(how, left, right):
                return Made(False)
            left = right
        return Made(True)

    def _compared(self, how: ast.cmpop, left: Operand, right: Operand) -> bool:
        if isinstance(how, (ast.Is, ast.IsNot)):
            return self.operands.same(left, right) is isinstance(how, ast.Is)
        if isinstance(how, (ast.In, ast.NotIn)):
            return self._contains(right, left) is isinstance(how, ast.In)
        if isinstance(how, (ast.Eq, ast.NotEq)):
            return self._equal(left, right) is isinstance(how, ast.Eq)
        compute = _COMPARE[type(how)]
        return bool(_computed(compute, self.operands.plain(left), self.operands.plain(right)))

    def _contains(self, container: Operand, wanted: Operand) -> bool:
        """By identity of addresses first, as Python does, then by equality of exact built-in types."""
        if isinstance(container, At):
            info = self.operands.type_of(container.address)
            self.operands.refuse_if_defined(info, "__contains__", "__iter__", "__getitem__")
            if info.kind == "dict":
                return self._item_of_dict(container.address, wanted) != 0
            if info.kind in {"list", "tuple", "set", "frozenset"}:
                elements = map(At, self._elements(container.address, info.kind))
                return any(each == wanted or self._equal(each, wanted) for each in elements)
        if isinstance(container, Group):
            return any(each == wanted or self._equal(each, wanted) for each in container.elements)
        return bool(_computed(lambda: self.operands.plain(wanted) in self.operands.plain(container)))

    def _elements(self, address: int, kind: Kind) -> Iterator[int]:
        objects = self._objects
        if kind in {"list", "tuple"}:
            yield from objects.elements(address, kind, _MOST_SCANNED)
            if objects.size(address) > _MOST_SCANNED:
                raise TooManyError
        else:
            yield from objects.set_elements(address)

    def _equal(self, left: Operand, right: Operand) -> bool:
        """What ``==`` gives: that of exact built-in types, and identity where no class says otherwise."""
        if self._is_plain(left) and self._is_plain(right):
            return bool(_computed(operator.eq, self.operands.plain(left), self.operands.plain(right)))
        self._refuse_own_equality(left)
        self._refuse_own_equality(right)
        return left == right

    def _refuse_own_equality(self, operand: Operand) -> None:
        """Refuse an object that says itself what it is equal to."""
        if self._is_plain(operand):
            return
        if isinstance(operand, At):
            info = self.operands.type_of(operand.address)
            self.operands.refuse_if_defined(info, "__eq__")
            if info.kind in _BY_IDENTITY and not (info.kind == "object" and info.static_name not in {"", "object"}):
                return
        name = self.operands.type_name(operand)
        raise NeedsToRun(f"what a {name} is equal to is told by code of its own")

    # -- items ---------------------------------------------------------------------------------------------------------

    def _subscript(self, node: ast.Subscript) -> Operand:
        container = self._of(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                self.operands.plain(self._of(part)) if part is not None else None
                for part in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            return self._sliced(container, slice(*bounds))
        return self._item(container, self._of(node.slice))

    def _item(self, container: Operand, key: Operand) -> Operand:
        if isinstance(container, Group):
            if container.kind == "set":
                raise EvaluationFailed(TypeError("'set' object is not subscriptable"))
            return _computed(operator.getitem, container.elements, self.operands.plain(key))  # type: ignore[no-any-return]
        if isinstance(container, At):
            info = self.operands.type_of(container.address)
            self.operands.refuse_if_defined(info, "__getitem__")
            if info.kind == "dict":
                found = self._item_of_dict(container.address, key)
                if found:
                    return At(found)
                self.operands.refuse_if_defined(info, "__missing__")
                if self._made_in_c(info) != "dict":
                    raise NeedsToRun(f"a {info.name} tells by C code what a key gives that it has not")
                raise EvaluationFailed(KeyError(self.operands.plain(key)))
            if info.kind in {"list", "tuple"}:
                return At(self._item_of_sequence(container.address, info.kind, self.operands.plain(key)))
            if not info.plain:
                raise NeedsToRun(f"{info.name} tells by code of its own what it has there")
        return Made(_computed(operator.getitem, self.operands.plain(container), self.operands.plain(key)))

    def _made_in_c(self, info: TypeInfo) -> str:
        """Name of the first class along its MRO that is made in C."""
        names = (self._objects.type_at(cls).static_name for cls in self._objects.mro(info))
        return next(filter(None, names), "")

    def _item_of_dict(self, address: int, key: Operand) -> int:
        """Address of a dict's value: keys of exact built-in types are compared, others by identity alone."""
        exact = self._is_plain(key)
        wanted = self.operands.plain(key) if exact else None
        _computed(hash, wanted)
        others = [] if exact else [key]
        for key_at, value in self._objects.dict_entries(address):
            if isinstance(key, At) and key.address == key_at:
                return value
            if not self._is_plain(At(key_at)):
                others.append(At(key_at))
            elif exact and self.operands.plain(At(key_at)) == wanted:
                return value
        for other in others:
            self._refuse_own_equality(other)
        return 0

    def _is_plain(self, operand: Operand) -> bool:
        """Is it of an exact built-in type that compares by what it holds?"""
        if not isinstance(operand, At):
            return not isinstance(operand, Named)
        info = self.operands.type_of(operand.address)
        return self.operands.is_as_built_in(info)

    def _item_of_sequence(self, address: int, kind: str, index: Any) -> int:
        size = self._objects.size(address)
        index = _computed(operator.index, index)
        place = index + size if index < 0 else index
        if not 0 <= place < size:
            raise EvaluationFailed(IndexError(f"{kind} index out of range"))
        start = address + self._objects.at["tuple.items"]
        if kind == "list":
            start = self._objects.memory.word(address + self._objects.at["list.items"])
        return self._objects.memory.word(start + 8 * place)

    def _sliced(self, container: Operand, part: slice) -> Operand:
        if isinstance(container, Group):
            return Group(container.kind, _computed(operator.getitem, container.elements, part))
        if isinstance(container, At):
            info = self.operands.type_of(container.address)
            self.operands.refuse_if_defined(info, "__getitem__")
            if info.kind in {"list", "tuple"}:
                places = range(*_computed(part.indices, self._objects.size(container.address)))
                if len(places) > _MOST_MADE:
                    raise NeedsToRun(f"it has more than {_MOST_MADE:,} elements")
                found = (self._item_of_sequence(container.address, info.kind, place) for place in places)
                return Group("list" if info.kind == "list" else "tuple", tuple(map(At, found)))
        return Made(_computed(operator.getitem, self.operands.plain(container), part))

    # -- the functions there are ---------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Operand:
        """Calls of the built-in functions that can be answered, unless the program has its own of that name."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = _FUNCTIONS.get(name)
        if function is None or node.keywords or len(node.args) != function[0]:
            raise NeedsToRun(_REFUSED[ast.Call])
        address = self._names(name)
        if address <= 0 or self.operands.type_of(address).kind not in {"builtin", "class"}:
            raise NeedsToRun(f"{name} is the program's own here")
        return function[1](self, *map(self._of, node.args))

    def _len(self, operand: Operand) -> Operand:
        return Made(self.operands.length(operand))

    def _type(self, operand: Operand) -> Operand:
        if isinstance(operand, At):
            return At(self.operands.type_of(operand.address).address)
        address = self._names(self.operands.type_name(operand))
        if address <= 0:
            raise NeedsToRun("its type has no name here")
        return At(address)

    def _isinstance(self, operand: Operand, cls: Operand) -> Operand:
        if isinstance(cls, Group):
            return Made(any(self.operands.truth(self._isinstance(operand, each)) for each in cls.elements))
        own = self._type(operand)
        if not isinstance(cls, At) or self.operands.type_of(cls.address).static_name != "type":
            raise NeedsToRun("it is no class whose instances are told by their type alone")
        info = self._objects.type_at(own.address if isinstance(own, At) else 0)
        return Made(cls.address in self._objects.mro(info))

    def _abs(self, operand: Operand) -> Operand:
        return Made(_computed(abs, self.operands.plain(operand)))

    def _bool(self, operand: Operand) -> Operand:
        return Made(self.operands.truth(operand))

    def _id(self, operand: Operand) -> Operand:
        if not isinstance(operand, At):
            raise NeedsToRun("it is no object of the program's")
        return Made(operand.address)

    _kinds: dict[type[ast.expr], Callable[[SafeEvaluator, Any], Operand]] = {  # noqa: RUF012
        ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute, ast.Subscript: _subscript,
        ast.Tuple: _display, ast.List: _display, ast.Set: _display, ast.Dict: _dict, ast.BoolOp: _bool_op,
        ast.IfExp: _conditional, ast.UnaryOp: _unary_op, ast.BinOp: _binary_op, ast.Compare: _compare, ast.Call: _call,
    }  # fmt: skip


_DISPLAYS: dict[type[ast.expr], Any] = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}
_FUNCTIONS: dict[str, tuple[int, Callable[..., Operand]]] = {
    "len": (1, SafeEvaluator._len), "type": (1, SafeEvaluator._type), "isinstance": (2, SafeEvaluator._isinstance),
    "abs": (1, SafeEvaluator._abs), "bool": (1, SafeEvaluator._bool), "id": (1, SafeEvaluator._id),
}  # fmt: skip


def _computed(function: Callable[..., Any], *operands: Any) -> Any:
    """What Python's own function gives for values of exact built-in types, with its error as the expression's."""
    try:
        return function(*operands)
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise EvaluationFailed(error) from None


def _check_size(how: ast.operator, left: Any, right: Any) -> None:
    """Refuse what would take long or much memory before it does.

    Raises:
        NeedsToRun: it would.
    """
    if isinstance(how, ast.Mod) and isinstance(left, (str, bytes)):
        raise NeedsToRun("% on a text is formatted by the program")
    numbers = isinstance(left, int) and isinstance(right, int)
    size = 0
    if isinstance(how, ast.Pow) and numbers:
        size = left.bit_length() * max(right, 0)
    elif isinstance(how, ast.LShift) and numbers:
        size = left.bit_length() + max(right, 0)
    elif isinstance(how, ast.Mult) and isinstance(left, int) is not isinstance(right, int):
        sequence, count = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(sequence, (str, bytes, bytearray, list, tuple)) and isinstance(count, int):
            size = len(sequence) * max(count, 0) * _MOST_BITS // _MOST_MADE
    if size > _MOST_BITS:
        raise NeedsToRun("it would be larger than what is computed here")
