"""Completion and signatures on a stopped program, of every version: what is offered, and that none of its code runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CompleteExpression, Evaluate, GetSignature
from tests.e2e.live import LiveSession
from tests.e2e.on_terminal import PROMPT, OnTerminal
from tests.interpreters import Interpreter

Program = Callable[[str], Path]


@pytest.fixture
def session(python: Interpreter, program: Program) -> Iterator[LiveSession]:
    """Stopped in ``main``."""
    path = program("looking/completing.py")
    options = LaunchOptions("script", str(path), python=python.path, cwd=str(path.parent), stop_at_entry=False)
    with LiveSession(options) as live:
        assert live.wait_stop().reason == "breakpoint-call"
        yield live


def offered(session: LiveSession, text: str) -> dict[str, str]:
    """Text and what it is."""
    found = session.call(CompleteExpression(text))
    assert text.endswith(found.typed)
    return {candidate.text: candidate.about for candidate in found.candidates}


def test_names(session: LiveSession) -> None:
    names = offered(session, "a")
    assert {"account": "completing.Account", "argument": "argument", "abs": "builtin"}.items() <= {
        name: about.replace("__main__", "completing") for name, about in names.items()
    }.items()
    assert {"and", "as", "assert", "async", "await"} <= names.keys()
    assert offered(session, "GLOB") == {"GLOBAL": "int", "globals": "builtin"}
    assert "unbound" not in offered(session, "unboun")
    assert offered(session, "glbl") == {"GLOBAL": "int", "globals": "builtin"}
    _nothing_ran(session)


def test_attributes(session: LiveSession) -> None:
    found = offered(session, "account.")
    kinds = {name: found[name] for name in ("owner", "balance", "_secret", "limit", "unset", "rate", "total", "trap")}
    assert kinds == {
        "owner": "str", "balance": "int", "_secret": "int", "limit": "dict", "unset": "", "rate": "float",
        "total": "property", "trap": "property",
    }  # fmt: skip
    assert {name: found[name] for name in ("withdraw", "make", "plain", "__init__")} == {
        "withdraw": "function", "make": "method", "plain": "method", "__init__": "function",
    }  # fmt: skip
    assert offered(session, "Account.ra") == {
        "rate": "float", "trap": "__main__.Trap", "withdraw": "function", "__format__": "builtin",
    }  # fmt: skip
    assert "popleft" in offered(session, "queue.pop")
    assert offered(session, "collections.dequ")["deque"] == "class"
    assert "upper" in offered(session, "account.owner.up")
    assert "upper" in offered(session, "'text'.up")
    assert offered(session, "rows[0].own") == {"owner": "str"}
    assert offered(session, "rows[1]['deep']['er'].own") == {"owner": "str"}
    assert offered(session, "table[key].own") == {"owner": "str"}
    assert "append" in offered(session, "account.limit['daily'].app")
    for unknown in ("account.total.", "account.trap.", "account.nothing.", "nobody.", "transfer(1).", "rows[9]."):
        assert offered(session, unknown) == {}, unknown
    _nothing_ran(session)


def test_keys(session: LiveSession) -> None:
    assert offered(session, "table[") == {
        "'apple']": "__main__.Account", "'apricot']": "int", "3]": "str", '"it\'s"]': "int",
    }  # fmt: skip
    assert offered(session, "table['ap") == {"apple']": "__main__.Account", "apricot']": "int"}
    assert offered(session, "table[\"it'") == {"it's\"]": "int"}
    assert offered(session, "account.limit['") == {"daily']": "list"}
    assert offered(session, "rows[") == {"0]": "", "1]": "", "-1]": ""}
    assert offered(session, "queue[") == {"0]": "", "1]": "", "-1]": ""}
    assert offered(session, "account[") == {}
    assert len(offered(session, "many['")) == 1000
    assert list(offered(session, "many['99"))[:4] == ["99']", "990']", "991']", "992']"]
    _nothing_ran(session)


def signature(session: LiveSession, text: str) -> str:
    """As the prompt's hint, the current parameter in brackets."""
    found = session.call(GetSignature(text))
    if found is None:
        return ""
    parameters = [f"<{text}>" if at == found.current else text for at, text in enumerate(found.parameters)]
    return f"{found.name.rpartition('.')[2]}({', '.join(parameters)})"


def test_signatures(session: LiveSession) -> None:
    assert signature(session, "account.withdraw(") == "withdraw(<amount>, *, fee=0, note=None)"
    assert signature(session, "account.withdraw(1, fee=") == "withdraw(amount, *, <fee=0>, note=None)"
    assert signature(session, "Account.withdraw(") == "withdraw(<self>, amount, *, fee=0, note=None)"
    assert signature(session, "account.make('ann', 1, ") == "make(owner, <*rest>, **more)"
    assert signature(session, "Account.make(x=") == "make(owner, *rest, <**more>)"
    assert signature(session, "account.plain(1, ") == "plain(a, <b=()>, c=..., d=print)"
    assert signature(session, "Account(") == "Account(<owner>, balance=0)"
    assert signature(session, "Point(1, ") == "Point(x, <y=0>)"
    assert signature(session, "transfer(account, ") == "transfer(source, <target>, amount=1)"
    assert signature(session, "trap(1, loud=") == "Trap(volume, *, <loud=False>)"
    assert signature(session, "sorted(rows, key=") == "sorted(iterable, /, *, <key=None>, reverse=False)"
    assert signature(session, "account.owner.split(',', ") == "split(sep=None, <maxsplit=-1>)"
    for unknown in ("account.total(", "nobody(", "1(", "account(", "rows[0].nothing("):
        assert signature(session, unknown) == "", unknown
    _nothing_ran(session)


def _nothing_ran(session: LiveSession) -> None:
    value = session.call(Evaluate("list(ran)")).value
    assert value is not None
    assert value.length == 0, value


@pytest.fixture
def person(python: Interpreter, program: Program) -> Iterator[OnTerminal]:
    """At a prompt, stopped in ``main``."""
    path = program("looking/completing.py")
    with OnTerminal(["debug", "--python", python.path, "--continue", path.name], path.parent) as terminal:
        terminal.wait_prompt()
        yield terminal


_HINT = " \x7f"
"""Asks for the parameters again."""


def _ends(person: OnTerminal, *lines: str, again: str = "") -> None:
    """Wait until the screen ends with these lines, blank ones aside: room that a menu took stays for a while."""
    person.wait(lambda: tuple(line for line in person.lines if line)[-len(lines) :] == lines, f"end {lines}", again)


def test_tab_completes_and_hints_show_the_parameters(person: OnTerminal) -> None:
    person.keys("p acc\t")
    _ends(person, f"{PROMPT} p account", again="\t")
    person.keys(".wi\t")
    _ends(person, f"{PROMPT} p account.withdraw", again="\t")
    person.keys("(")
    _ends(person, f"{PROMPT} p account.withdraw(", "Account.withdraw(amount, *, fee=0, note=None)", again=_HINT)
    person.keys("7)")
    _ends(person, f"{PROMPT} p account.withdraw(7)")
    person.keys("\r")
    _ends(person, "7", PROMPT)
    person.keys("p table['ap\t")
    person.wait(lambda: any("apricot']" in line for line in person.lines), "a menu of keys", "\t")
    person.keys("\t\t\r")
    person.wait_line("2")
    person.wait_prompt()
    person.keys("thread \t")
    _ends(person, f"{PROMPT} thread 1", again="\t")
    person.keys("\x03")
    person.wait_prompt()


def test_lines_go_on_and_pasted_lines_are_taken_apart(person: OnTerminal) -> None:
    person.keys("for row in range(2):\r")
    _ends(person, f"{PROMPT} for row in range(2):", "      ...")
    person.keys("print('row', row)\r")
    _ends(person, "      ...     print('row', row)", "      ...")
    person.keys("\r")
    _ends(person, "row 0", "row 1", PROMPT)
    person.keys("print [1,\r")
    _ends(person, f"{PROMPT} print [1,", "      ...")
    person.keys("2]\r")
    _ends(person, "[1, 2]", PROMPT)
    person.keys("\x1b[200~p 'first'\nif key:\n    print('second')\n\np 'third'\x1b[201~")
    _ends(person, "      ... p 'third'")
    person.keys("\r")
    _ends(person, "'first'", "second", "'third'", PROMPT)


def test_history_is_searched_and_keys_are_vis_where_wanted(person: OnTerminal) -> None:
    person.command("p 'one'")
    person.command("p 'two'")
    person.keys("\x12one")
    person.wait(lambda: person.lines[-1] == "(reverse-i-search)`one': p 'one'", "the line found")
    person.keys("\r")
    _ends(person, f"{PROMPT} p 'one'")
    person.keys("\r")
    _ends(person, "'one'", PROMPT)
    person.command("config keys vi")
    person.keys("p 12\x1bxi3\r")  # Escape, x takes the 2 away, i puts a 3 before the 1
    _ends(person, "31", PROMPT)


def test_a_long_answer_stops_after_each_screenful(python: Interpreter, program: Program) -> None:
    path = program("looking/completing.py")
    words = ["debug", "--python", python.path, "--continue", path.name]
    question = "-- more: Space page, Enter line, a all, q quit --"
    with OnTerminal(words, path.parent, rows=20) as person:
        person.wait_prompt()
        person.keys("p -full list(range(400))\r")
        person.wait(lambda: person.lines[-1] == question, "the question")
        before = person.lines[-2]
        person.keys("\r")
        person.wait(
            lambda: person.lines[-1] == question and person.lines[-2] not in {before, question}, "one more line"
        )
        person.keys("\x1b[Aqp 5\r")  # cursor up is no key of the pager's; what follows its answer is the prompt's
        _ends(person, "5", PROMPT)
        assert not any("399" in line for line in person.lines)
        person.keys("p -full list(range(400))\r")
        person.wait(lambda: person.lines[-1] == question, "the question")
        person.keys("a")
        _ends(person, "]", PROMPT)
        person.keys("config pager no\r")
        person.wait(lambda: f"{PROMPT} config pager no" in person.lines and person.lines[-1] == PROMPT, "a prompt")
        person.keys("p -full list(range(400))\r")
        _ends(person, "]", PROMPT)
