"""The OpenRPC document of the session's methods: made from ``api.requests``, their types and docstrings. Pure.

``rpc.discover`` answers with it; ``tools/gen_api.py`` writes ``docs/reference/api.md`` and nothing else knows the
methods.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydelve import __version__
from pydelve.errors import all_errors
from pydelve.rpc import methods
from pydelve.rpc.codec import cached, field_types, required_fields, to_json

Schema = dict[str, Any]
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


@cache
def document() -> Schema:
    """The whole document."""
    schemas: dict[str, Schema] = {}
    made = [_method(name, cls, schemas) for name, cls in methods.REQUESTS.items()]
    notifications = [_notification(name, cls, schemas) for name, cls in methods.EVENTS.items()]
    return {
        "openrpc": "1.2.6",
        "info": {"title": "pydelve", "version": __version__, "description": "One debugging session."},
        "methods": [_authenticate(), *made],
        "components": {"schemas": dict(sorted(schemas.items())), "errors": _errors()},
        "x-notifications": [*notifications, _cut_off()],
    }


def _method(name: str, cls: Any, schemas: dict[str, Schema]) -> Schema:
    about = field_docs(cls)
    required = required_fields(cls)
    result = methods.result_type(cls)
    return {
        "name": name,
        "summary": summary(cls),
        "description": details(cls),
        "paramStructure": "by-name",
        "params": [
            {
                "name": field,
                **({"description": about[field]} if field in about else {}),
                "required": field in required,
                "schema": {**schema(kind, schemas), **_default(cls, field)},
            }
            for field, kind in field_types(cls).items()
        ],
        "result": {"name": "result", "schema": schema(result, schemas)},
        **({"x-urgent": True} if cls.URGENT else {}),
    }


def _authenticate() -> Schema:
    properties = {"pydelve": {"type": "string"}, "stays": {"type": "boolean"}}
    return {
        "name": methods.AUTHENTICATE,
        "summary": "The first message of a connection: required over TCP, with the token; allowed over a unix socket.",
        "description": "target: the only target (Target.id) that all requests and events of this connection are about; "
        "0: whichever is looked at. Refused where there never was such a target. "
        "stays: the session outlives its clients (--accept-multiclient).",
        "paramStructure": "by-name",
        "params": [
            {"name": "token", "required": False, "schema": {"type": "string", "default": ""}},
            {"name": "target", "required": False, "schema": {"type": "integer", "default": 0}},
        ],
        "result": {"name": "result", "schema": {"type": "object", "properties": properties}},
    }


def _notification(name: str, cls: type, schemas: dict[str, Schema]) -> Schema:
    return {"name": name, "summary": summary(cls), "description": details(cls), "params": _object(cls, schemas)}


def _cut_off() -> Schema:
    params = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    about = "The last message to a client that did not read what it was told."
    return {"name": methods.CUT_OFF, "summary": about, "description": "", "params": params}


def _errors() -> dict[str, Schema]:
    return {cls.__name__: {"code": cls.code, "message": summary(cls)} for cls in all_errors()}


def schema(kind: Any, schemas: dict[str, Schema]) -> Schema:
    """The JSON schema of a type; those of dataclasses are put into ``schemas``, and referred to."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is None or kind in _PLAIN:
        return {"type": _PLAIN[type(None) if kind is None else kind]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple and arguments[-1] is ...:
        return {"type": "array", "items": schema(arguments[0], schemas)}
    if origin is tuple:
        items = [schema(argument, schemas) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema(arguments[1], schemas)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema(argument, schemas) for argument in arguments]}
    assert is_dataclass(kind) and isinstance(kind, type), kind
    if kind.__name__ not in schemas:
        schemas[kind.__name__] = {}  # it may hold itself
        schemas[kind.__name__].update(_object(kind, schemas))
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _object(cls: Any, schemas: dict[str, Schema]) -> Schema:
    about = field_docs(cls)
    properties = {
        name: {**schema(kind, schemas), **({"description": about[name]} if name in about else {})}
        for name, kind in field_types(cls).items()
    }
    return {"type": "object", "description": summary(cls), "properties": properties, "required": list(properties)}


def _default(cls: Any, name: str) -> Schema:
    field = next(field for field in fields(cls) if field.name == name)
    if field.default is not MISSING:
        return {"default": to_json(field.default)}
    if field.default_factory is not MISSING:
        return {"default": to_json(field.default_factory())}
    return {}


def summary(cls: type) -> str:
    """The first paragraph of a class's docstring, in one line."""
    return " ".join(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].split()).replace("``", "`")


def details(cls: type) -> str:
    """The other paragraphs."""
    return inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[2].replace("``", "`")


@cached
def field_docs(cls: Any) -> dict[str, str]:
    """The strings below a dataclass's fields, by field."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError):  # no source is installed
        return {}
    found: dict[str, str] = {}
    assert isinstance(body, ast.ClassDef)
    for field, below in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            found[field.target.id] = " ".join(below.value.value.split()).replace("``", "`")
    return found
