"""The api's types become JSON and come back; what is not of a type is refused by name."""

from __future__ import annotations

import math
import signal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydelve.api import requests
from pydelve.api.breakpoints import HitCondition
from pydelve.api.values import Value
from pydelve.errors import all_errors
from pydelve.rpc import methods
from pydelve.rpc.codec import Mismatch, dumps, from_json, loads, to_json
from tests.unit.rpc.shapes import values

_MANY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def test_numbers_that_have_names() -> None:
    assert dumps(to_json(requests.SendSignal(signal.SIGTERM))) == b'{"number":15}'


def test_every_request_is_a_method() -> None:
    found = {each for each in vars(requests).values() if isinstance(each, type) and issubclass(each, requests.Request)}
    assert found - {requests.Request} == {*requests.ALL}


@pytest.mark.parametrize("cls", requests.ALL, ids=methods.name_of)
@_MANY
@given(data=st.data())
def test_every_request_comes_back_as_it_was(cls: Any, data: st.DataObject) -> None:
    request = data.draw(values(cls))
    assert from_json(cls, loads(dumps(to_json(request))), "request", strict=True) == request


@pytest.mark.parametrize("cls", requests.ALL, ids=methods.name_of)
@settings(_MANY, max_examples=8)
@given(data=st.data())
def test_every_result_comes_back_as_it_was(cls: Any, data: st.DataObject) -> None:
    kind = methods.result_type(cls)
    result = data.draw(values(kind))
    assert from_json(kind, loads(dumps(to_json(result))), "result", strict=False) == result


@pytest.mark.parametrize("name", methods.EVENTS)
@settings(_MANY, max_examples=8)
@given(data=st.data())
def test_every_event_comes_back_as_it_was(name: str, data: st.DataObject) -> None:
    event = data.draw(values(methods.EVENTS[name]))
    message = loads(dumps(methods.event_to_json(event)))
    assert (message["jsonrpc"], message["method"]) == ("2.0", name)
    assert methods.event_from_json(name, message["params"]) == event


@pytest.mark.parametrize("cls", all_errors(), ids=lambda cls: cls.__name__)
def test_every_error_comes_back_as_it_was(cls: Any) -> None:
    error = cls("what", why="why", hint="hint")
    for name in vars(error).keys() - {"message", "why", "hint"}:
        setattr(error, name, ("one", "two"))
    made = methods.error_from_json(loads(dumps(methods.error_to_json(error))))
    assert (type(made), vars(made)) == (cls, vars(error))


def test_a_value_that_holds_values_and_odd_numbers() -> None:
    value = Value(
        "f", "float", facts=(("worst", math.inf), ("next", 1e300), ("size", 3), ("shape", (1, "n")), ("name", "inf"))
    )
    again = from_json(Value, loads(dumps(to_json(value))), "value", strict=False)
    assert again.facts == value.facts


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ([], "params is an array, and must be an object"),
        ({}, "params lacks location"),
        ({"location": 3}, "params.location is a whole number, and must be a string"),
        ({"location": "a", "temporary": 1}, "params.temporary is a whole number, and must be true or false"),
        ({"location": "a", "frame_line": True}, "params.frame_line is true or false, and must be a whole number"),
        ({"location": "a", "frame_line": 1e3}, "params.frame_line is a number, and must be a whole number"),
        ({"location": "a", "frame_line": 2**63}, "params.frame_line is a number of more than 64 bits"),
        ({"location": "a", "hit_condition": {"op": "=="}}, "params.hit_condition lacks count"),
        ({"location": "a", "hit_condition": []}, "params.hit_condition is an array, and must be an object"),
        ({"location": "a", "where": "b"}, "params has no 'where'; it has "),
    ],
)
def test_what_is_not_of_the_type_is_refused_by_name(data: Any, why: str) -> None:
    with pytest.raises(Mismatch) as caught:
        from_json(requests.CreateBreakpoint, data, "params", strict=True)
    assert str(caught.value).startswith(why)


def test_a_client_passes_over_what_it_does_not_know() -> None:
    assert from_json(HitCondition, {"op": "==", "count": 1, "new": 2}, "it", strict=False) == HitCondition("==", 1)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"NaN", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Mismatch, match=r"^it is no JSON in UTF-8$"):
        loads(body)
