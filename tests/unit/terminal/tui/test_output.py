"""The program's output as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydelve.terminal.tui.output import ProgramOutput


def fed(*pieces: bytes) -> ProgramOutput:
    output = ProgramOutput()
    for piece in pieces:
        output.feed(piece)
    return output


def text(output: ProgramOutput) -> list[str]:
    return ["".join(part for _, part in line) for line in output.lines]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (b"", []),
        (b"one\r\ntwo", ["one", "two"]),
        (b"one\r\n", ["one"]),
        (b"one\r\n\r\n", ["one", ""]),
        (b"10%\r20%\r100%\r\n", ["100%"]),
        (b"longer\rshort\x1b[K\r\n", ["short"]),
        (b"longer\x1b[2K\rgone\r\n", ["gone"]),
        (b"abc\b\bX", ["aXc"]),
        (b"a\tb", ["a       b"]),
        (b"one\r\ntwo\x1b[A\rONE\x1b[B!", ["ONE", "two!"]),
        (b"ab\x1b[5Gx\x1b[2Dy\x1b[3Cz", ["ab yx  z"]),
        (b"old\r\n\x1b[H\x1b[2Jnew", ["new"]),
        ("naïve 日本".encode(), ["naïve 日本"]),
        (b"\xff\xfe", ["\ufffd\ufffd"]),
        (b"\x1b]0;a title\x07text\x1b]8;;http://x\x1b\\link", ["textlink"]),
        (b"\x07\x00bell\x1b(B\x1b=", ["bell"]),
    ],
)
def test_lines(written: bytes, lines: list[str]) -> None:
    assert text(fed(written)) == lines


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("0", ""), ("1;31", "bold fg:ansired"), ("31;1;22", "fg:ansired"),
        ("4;7;9;3", "italic underline reverse strike"),
        ("97;44", "bg:ansiblue fg:ansiwhite"), ("38;5;196", "fg:#ff0000"), ("48;5;244", "bg:#808080"),
        ("38;2;1;2;300", "fg:#0102ff"), ("38;5;9", "fg:ansibrightred"), ("31;39", ""), ("41;49", ""),
        ("105", "bg:ansibrightmagenta"),
        ("38;9", ""),
    ],
)  # fmt: skip
def test_colours(codes: str, style: str) -> None:
    assert fed(f"\x1b[{codes}mx".encode()).lines == [[(style, "x")]]


def test_the_whole_screen() -> None:
    output = fed(b"before\r\n\x1b[?1049h\x1b[2Jdrawn")
    assert (output.full_screen, text(output), bytes(output.replay)) == (
        True, ["before"], b"\x1b[?1049h\x1b[2Jdrawn",
    )  # fmt: skip
    output.feed(b"more\x1b[?1049lafter")
    assert (output.full_screen, text(output), bytes(output.replay)) == (False, ["before", "after"], b"")


def test_a_new_run_begins_with_a_line_of_its_own() -> None:
    output = fed(b"begun \x1b[31m\x1b[?1049hhalf\x1b[")
    output.clear()
    output.feed(b"new")
    assert (output.full_screen, output.lines) == (False, [[("", "begun")], [("", "new")]])


def test_it_keeps_the_last_lines_only() -> None:
    output = fed(b"".join(b"%d\r\n" % number for number in range(12_000)))
    lines = text(output)
    assert (len(lines) <= 10_200, lines[-1]) == (True, "11999")


@given(st.lists(st.sampled_from([
    b"a", "é".encode(), b"\xe6\x97", b"\xa5", b"\x1b", b"\x1b[", b"31", b";", b"m", b"\r", b"\n", b"\t", b"\b",
    b"\x1b]0;t\x07",
    b"K", b"A", b"\x1b[?1049h", b"\x1b[?1049l", b"12345",
]), max_size=40), st.data())  # fmt: skip
def test_it_does_not_matter_where_pieces_are_cut(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))
    once, twice = fed(whole), fed(whole[:cut], whole[cut:])
    assert (once.lines, once.full_screen, once.replay) == (twice.lines, twice.full_screen, twice.replay)


@given(st.binary(max_size=300))
def test_anything_can_be_written(data: bytes) -> None:
    assert all(part.isprintable() for line in fed(data).lines for _, part in line)
