"""Classes that record whatever of theirs is run; for the probes that look at objects."""

# It runs on 3.9 too.
# ruff: noqa: UP031
# mypy: ignore-errors

import sys

ran = []


DUNDERS = [
    "__repr__",
    "__str__",
    "__bytes__",
    "__format__",
    "__lt__",
    "__le__",
    "__eq__",
    "__ne__",
    "__gt__",
    "__ge__",
    "__hash__",
    "__bool__",
    "__getattr__",
    "__getattribute__",
    "__dir__",
    "__len__",
    "__length_hint__",
    "__getitem__",
    "__missing__",
    "__iter__",
    "__next__",
    "__reversed__",
    "__contains__",
    "__int__",
    "__float__",
    "__complex__",
    "__index__",
    "__instancecheck__",
    "__subclasscheck__",
    "__call__",
    "__enter__",
    "__exit__",
    "__abs__",
    "__neg__",
    "__add__",
    "__radd__",
    "__sub__",
    "__mul__",
    "__rshift__",
    "__lshift__",
    "__and__",
    "__or__",
    "__get__",
    "__set__",
    "__delete__",
    "__reduce__",
    "__reduce_ex__",
    "__sizeof__",
    "__copy__",
    "__deepcopy__",
    "__fspath__",
    "__await__",
    "__aiter__",
    "__anext__",
    "__buffer__",
    "__getstate__",
    "__divmod__",
    "__mod__",
    "items",
    "keys",
    "values",
    "get",
    "append",
    "bit_length",
    "as_integer_ratio",
]


def trap(name):
    def method(self, *args, **kwargs):
        ran.append(name)
        raise SystemExit(name)

    return method


body = {name: trap(name) for name in DUNDERS}
body["__class__"] = property(trap("__class__"))
meta_body = {name: trap("meta " + name) for name in DUNDERS if name not in ("__get__", "__set__", "__delete__")}
meta_body["__class__"] = property(trap("meta __class__"))
meta_body.update({name: property(trap("meta " + name)) for name in ("__name__", "__mro__", "__dict__", "__bases__")})
Meta = type("Meta", (type,), meta_body)


_HARMLESS = ("__repr__", "__str__", "__eq__", "__hash__", "__len__", "__iter__", "__instancecheck__", "__bool__")


def trapped(base, **extra):
    meta = Meta
    if type(base) is not type:  # another metaclass reads attributes of the classes it makes
        meta = type("Meta", (type(base),), {name: value for name, value in meta_body.items() if name in _HARMLESS})
    return type.__call__(meta, "Trap" + base.__name__.title(), (base,), dict(body, __module__="traps", **extra))


def make(cls, base, *args):
    return base.__new__(cls, *args)


class Watch:
    """A ``with`` block in which no Python code but the agent's may run: neither the program's nor a library's."""

    def __init__(self, ours):
        self._ours = ours

    def __enter__(self):
        sys.setprofile(self._note)

    def __exit__(self, *error):
        sys.setprofile(None)

    def _note(self, frame, event, argument):
        name = frame.f_code.co_filename
        if event == "call" and not name.startswith(self._ours) and frame.f_code is not Watch.__exit__.__code__:
            ran.append("%s:%d %s" % (name, frame.f_code.co_firstlineno, frame.f_code.co_name))
