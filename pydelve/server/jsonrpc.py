"""JSON-RPC 2.0 over the host: the only file that knows jsonrpcserver, which finds the method and makes the response.

Methods are made from ``api.requests.ALL``. On the engine's thread, so that requests of one client are served in their
order and urgent ones in between. jsonrpcserver's own texts never reach a client.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

from pydelve.api.requests import Request
from pydelve.errors import PydelveError
from pydelve.rpc import methods
from pydelve.rpc.codec import Mismatch, from_json, to_json
from pydelve.server.openrpc import document

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it reads its schema by a function of importlib's that is
    from jsonrpcserver import InvalidParams, Result, Success, dispatch_to_serializable

Serve = Callable[[Request[Any], Callable[[Any, PydelveError | None], None]], None]
"""``host.Host.serve``."""
Send = Callable[[Any], None]
"""Takes a response, or a batch of them."""


class _Reply:
    """Stands for the result of a method until it is known, inside jsonrpcserver's response."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.known = False
        self.result: Any = None
        self.error: PydelveError | None = None

    def deliver(self, result: Any, error: PydelveError | None) -> None:
        self.known, self.result, self.error = True, result, error
        self._changed()


class Dispatch:
    """One message: a request, a notification or a batch; ``send`` gets the response when all of it is known."""

    def __init__(self, message: Any, serve: Serve, send: Send) -> None:
        self._serve = serve
        self._send = send
        self._replies: list[_Reply] = []
        self._response: Any = None
        self._made = False
        response = dispatch_to_serializable(
            message, methods=_methods(), context=self, deserializer=lambda made: made, validator=_validate
        )
        if response is None:
            return
        self._response, self._made = response, True
        self._try_to_send()

    def begin(self, request: Request[Any]) -> _Reply:
        """Serve one request."""
        reply = _Reply(self._try_to_send)
        self._replies.append(reply)
        self._serve(request, reply.deliver)
        return reply

    def _try_to_send(self) -> None:
        if not self._made or not all(reply.known for reply in self._replies):
            return
        self._made = False
        response = self._response
        self._send([*map(_final, response)] if isinstance(response, list) else _final(response))


def is_urgent(message: Any) -> bool:
    """May it be served while another request waits? What is wrong in itself may, too."""
    if isinstance(message, list):
        return all(map(is_urgent, message))
    name = message.get("method") if isinstance(message, dict) else None
    cls = methods.REQUESTS.get(name) if isinstance(name, str) else None
    return cls is None or cls.URGENT


def parse_error() -> dict[str, Any]:
    """The response to what is no JSON."""
    error = {"code": methods.PARSE_ERROR, "message": "Parse error", "data": "the body is no JSON in UTF-8"}
    return {"jsonrpc": "2.0", "error": error, "id": None}


def _final(response: dict[str, Any]) -> dict[str, Any]:
    """The response with what is known by now, and errors in our own words."""
    if (error := response.get("error")) is not None:
        return {**response, "error": _own_words(error)}
    reply = response["result"]
    if not isinstance(reply, _Reply):
        return response
    if reply.error is not None:
        return {"jsonrpc": "2.0", "error": methods.error_to_json(reply.error), "id": response["id"]}
    return {**response, "result": to_json(reply.result)}


def _own_words(error: dict[str, Any]) -> dict[str, Any]:
    code = error["code"]
    if code == methods.METHOD_NOT_FOUND:
        return {"code": code, "message": "Method not found", "data": f"{methods.DISCOVER} tells which there are"}
    if code == methods.INVALID_REQUEST:
        why = 'a request is {"jsonrpc": "2.0", "id": ..., "method": ..., "params": {...}}'
        return {"code": code, "message": "Invalid Request", "data": why}
    if code == methods.INVALID_PARAMS:
        return {"code": code, "message": "Invalid params", "data": str(error.get("data", ""))}
    return {"code": code, "message": "Internal error", "data": "this is a bug of pydelve; the log has it"}


def _validate(message: Any) -> None:
    """Is it a request of JSON-RPC 2.0, or a batch of them? jsonrpcserver's own check takes ten times as long.

    Raises:
        ValueError: it is none.
    """
    for each in message if isinstance(message, list) and message else [message]:
        if (
            not isinstance(each, dict)
            or each.get("jsonrpc") != "2.0"
            or not isinstance(each.get("method"), str)
            or not isinstance(each.get("params", {}), dict | list)
            or type(each.get("id")) not in (type(None), int, str, float)
            or not each.keys() <= {"jsonrpc", "method", "params", "id"}
        ):
            raise ValueError("no request")


@cache
def _methods() -> dict[str, Callable[..., Result]]:
    made = {name: _method(name, cls) for name, cls in methods.REQUESTS.items()}
    made[methods.DISCOVER] = _discover
    made[methods.AUTHENTICATE] = _authenticate_again
    return made


def _method(name: str, cls: type[Request[Any]]) -> Callable[..., Result]:
    def method(dispatch: Dispatch, /, *positions: Any, **params: Any) -> Result:
        if positions:
            return InvalidParams(f"parameters of {name} are given by name, as an object")
        try:
            request = from_json(cls, params, name, strict=True)
        except Mismatch as error:
            return InvalidParams(str(error))
        return Success(dispatch.begin(request))

    return method


def _authenticate_again(dispatch: Dispatch, /, *positions: Any, **params: Any) -> Result:
    return InvalidParams("only the first message can be this one")


def _discover(dispatch: Dispatch, /, *positions: Any, **params: Any) -> Result:
    return Success(document())
