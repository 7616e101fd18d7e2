"""JSON-RPC: what a message makes of a request, and what comes back; nothing of jsonrpcserver's own words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydelve.api.requests import GetState, Halt, ListBreakpoints, Request
from pydelve.api.target import State
from pydelve.errors import LocationError
from pydelve.rpc import methods
from pydelve.rpc.codec import dumps
from pydelve.server.jsonrpc import Dispatch, is_urgent
from pydelve.server.openrpc import document
from tests.unit.rpc.shapes import JSON, TEXT


class Engine:
    """Answers nothing by itself."""

    def __init__(self) -> None:
        self.requests: list[Request[Any]] = []
        self.delivers: list[Any] = []
        self.sent: list[Any] = []

    def serve(self, request: Request[Any], deliver: Any) -> None:
        self.requests.append(request)
        self.delivers.append(deliver)

    def take(self, message: Any) -> None:
        Dispatch(message, self.serve, self.sent.append)


def request(method: str, number: Any = 1, /, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def error(code: int, message: str, data: str, number: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message, "data": data}, "id": number}


def test_a_request_and_its_answer_whenever_it_comes() -> None:
    engine = Engine()
    engine.take(request("halt", "a", wait=True))
    assert (engine.requests, engine.sent) == ([Halt(wait=True)], [])
    engine.delivers[0](State("stopped"), None)
    result = {"status": "stopped", "target": None, "stop": None, "exit": None}
    assert engine.sent == [{"jsonrpc": "2.0", "result": result, "id": "a"}]


def test_an_error_has_its_code_and_its_parts() -> None:
    engine = Engine()
    engine.take(request("find_locations", location="work"))
    engine.delivers[0](None, LocationError("no work", why="none", hint="funcs", candidates=("worker",)))
    data = {"family": "locspec", "why": "none", "hint": "funcs", "candidates": ["worker"]}
    assert engine.sent == [{"jsonrpc": "2.0", "error": {"code": 1400, "message": "no work", "data": data}, "id": 1}]


def test_a_notification_is_served_and_not_answered() -> None:
    engine = Engine()
    engine.take({"jsonrpc": "2.0", "method": "get_state"})
    engine.delivers[0](State("running"), None)
    assert (engine.requests, engine.sent) == ([GetState()], [])


def test_a_batch_is_answered_when_all_of_it_is_known() -> None:
    engine = Engine()
    engine.take([request("get_state", 1), request("nothing", 2), request("list_breakpoints", 3)])
    assert engine.requests == [GetState(), ListBreakpoints()]
    engine.delivers[1]((), None)
    assert engine.sent == []
    engine.delivers[0](None, LocationError("no"))
    assert [answer["id"] for answer in engine.sent[0]] == [1, 2, 3]
    assert [answer.get("result") for answer in engine.sent[0]] == [None, None, []]


_WRONG: list[Any] = [[], {}, 3, "a", None, [[]], {**request("get_state"), "jsonrpc": "1.0"}, {"jsonrpc": "2.0"}]


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (request("nothing"), error(-32601, "Method not found", "rpc.discover tells which there are")),
        (
            {**request("get_state"), "params": [1]},
            error(-32602, "Invalid params", "parameters of get_state are given by name, as an object"),
        ),
        (
            request("get_state", dispatch=1),
            error(-32602, "Invalid params", "get_state has no 'dispatch'; it has nothing"),
        ),
        (request("expand"), error(-32602, "Invalid params", "expand lacks handle")),
        (request("authenticate"), error(-32602, "Invalid params", "only the first message can be this one")),
        *(
            (
                wrong,
                error(
                    -32600, "Invalid Request",
                    'a request is {"jsonrpc": "2.0", "id": ..., "method": ..., "params": {...}}', None,
                ),
            )
            for wrong in _WRONG
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_our_words(message: Any, answer: Any) -> None:
    engine = Engine()
    engine.take(message)
    assert (engine.sent, engine.requests) == ([answer], [])


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {"method": st.sampled_from(sorted(methods.REQUESTS)) | TEXT},
        optional={"jsonrpc": st.just("2.0") | JSON, "id": JSON, "params": JSON},
    )
    | JSON
)
def test_any_message_is_served_or_answered_and_nothing_is_raised(message: Any) -> None:
    engine = Engine()
    is_urgent(message)
    engine.take(message)
    dumps(engine.sent)
    for answer in engine.sent if not isinstance(message, list) else []:
        assert answer["error"]["code"] in (-32600, -32601, -32602) or "result" in answer


@pytest.mark.parametrize("name", sorted(methods.REQUESTS))
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_any_parameters_are_served_or_refused(name: str, data: st.DataObject) -> None:
    params = {
        param["name"]: JSON for method in document()["methods"] if method["name"] == name for param in method["params"]
    }
    engine = Engine()
    engine.take(request(name, **data.draw(st.fixed_dictionaries({}, optional=params))))
    if engine.sent:
        assert engine.sent[0]["error"]["code"] == -32602
        assert engine.sent[0]["error"]["data"].startswith(name)
    else:
        assert [type(made) for made in engine.requests] == [methods.REQUESTS[name]]


def test_discovery_tells_of_every_request_and_event() -> None:
    engine = Engine()
    engine.take(request("rpc.discover"))
    found = engine.sent[0]["result"]
    dumps(found)
    assert [method["name"] for method in found["methods"]] == ["authenticate", *methods.REQUESTS]
    assert [event["name"] for event in found["x-notifications"]] == [*methods.EVENTS, "cut_off"]
    refs = {part.split('"')[0] for part in dumps(found).decode().split("#/components/schemas/")[1:]}
    assert refs <= found["components"]["schemas"].keys()
    assert all(method["summary"] for method in found["methods"])
