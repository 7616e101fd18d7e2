"""Names on the wire: requests are methods, events are notifications, errors are errors; all derived from the api. Pure.

``CreateBreakpoint`` is ``create_breakpoint``; its fields are the parameters, by name.
"""

from __future__ import annotations

import re
import sys
from typing import Any, get_args

from pydelve.api import events, requests
from pydelve.errors import ProtocolError, PydelveError, all_errors
from pydelve.rpc.codec import Mismatch, cached, from_json, to_json

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
AUTHENTICATE = "authenticate"
DISCOVER = "rpc.discover"
CUT_OFF = "cut_off"


def name_of(cls: type) -> str:
    """``create_breakpoint`` for ``CreateBreakpoint``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


REQUESTS: dict[str, type[requests.Request[Any]]] = {name_of(cls): cls for cls in requests.ALL}
EVENTS: dict[str, type[Any]] = {name_of(cls): cls for cls in get_args(events.Event)}
_ERRORS = {cls.code: cls for cls in all_errors()}


@cached
def result_type(cls: Any) -> Any:
    """The type of a request's result: what its base is subscripted with."""
    for base in getattr(cls, "__orig_bases__", ()):
        for argument in get_args(base):
            text = getattr(argument, "__forward_arg__", None)
            return eval(text, vars(sys.modules[cls.__module__])) if text else argument  # our own annotations
    raise TypeError(f"{cls.__name__} has no result")


def event_to_json(event: events.Event) -> dict[str, Any]:
    """The notification that tells of an event."""
    return {"jsonrpc": "2.0", "method": name_of(type(event)), "params": to_json(event)}


def event_from_json(method: str, params: Any) -> events.Event | None:
    """The event of a notification; None where it is one that we don't know.

    Raises:
        ProtocolError: it is malformed.
    """
    cls = EVENTS.get(method)
    if cls is None:
        return None
    try:
        event: events.Event = from_json(cls, params, method, strict=False)
    except Mismatch as error:
        raise ProtocolError(f"the event {method} is malformed", why=str(error)) from error
    return event


def error_to_json(error: PydelveError) -> dict[str, Any]:
    """``error`` of a response."""
    data = {
        "family": error.family,
        **{name: to_json(value) for name, value in vars(error).items() if name != "message"},
    }
    return {"code": error.code, "message": error.message, "data": data}


def error_from_json(error: Any) -> PydelveError:
    """The error that a response tells of, of the class that was raised."""
    if not isinstance(error, dict):
        return ProtocolError("an error is malformed", why="it is no object")
    data = error.get("data")
    details = data if isinstance(data, dict) else {"why": data} if isinstance(data, str) else {}
    cls = _ERRORS.get(error.get("code", 0))
    if cls is None:
        return ProtocolError(str(error.get("message", "")), why=str(details.get("why", "")))
    made = cls(str(error.get("message", "")), why=str(details.get("why", "")), hint=str(details.get("hint", "")))
    for name in vars(made):
        if isinstance(details.get(name), list):
            setattr(made, name, tuple(map(str, details[name])))
    return made
