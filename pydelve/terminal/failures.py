"""A test that failed under pytest, as text: what it was given, and that its output was captured. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydelve.api.target import TestFailure
from pydelve.api.values import Variable
from pydelve.terminal.values import is_cut, render_within

_VALUE_LINES = 4


def failure_lines(test: TestFailure, width: int) -> list[str]:
    """Parameters, fixtures, and that there is captured output; then what continuing means."""
    own = [fixture for fixture in test.fixtures if fixture.name != "request" and not fixture.name.startswith("_")]
    lines = [*_given("parameter", test.parameters, width), *_given("fixture", own, width)]
    if test.captured:
        titles = ", ".join(title.removeprefix("Captured ") for title in test.captured)
        lines.append(f"  output: {titles}; captured shows it")
    lines.append("post-mortem: continue goes on with the tests")
    return lines


def _given(what: str, variables: Sequence[Variable], width: int) -> Iterator[str]:
    for variable in variables:
        label = f"  {what} {variable.name} = "
        text, shortened = render_within(variable.value, _VALUE_LINES, width=width, used=len(label))
        yield label + text + (", ..." if shortened and not is_cut(variable.value) else "")
