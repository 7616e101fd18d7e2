"""Views to draw: one stop as people see it, and whatever hypothesis thinks of."""

from __future__ import annotations

from hypothesis import strategies as st

from pydelve.api.target import ExceptionInfo, Frame, SourceText
from pydelve.terminal.tui.model import PANES, Overlay, Row, Snapshot, View
from tests.unit.terminal.fake import BANK, CWD, FRAMES, SOURCE, breakpoint_, thread

ROWS = (
    Row(("self",), "<bank.Account> {owner: 'ann'}", mark="-"),
    Row(("self", ".owner"), "'ann'"),
    Row(("amount",), "1", changed=True),
)
SNAPSHOT = Snapshot(
    "stopped", "step, bank.py:9 in Account.withdraw, thread 1 (MainThread)", "bank.py --fast  process 1234", CWD,
    BANK, 9, SOURCE, "", FRAMES, 3, 0, 1, (thread(), thread(2, "worker", "frozen", "futex")),
    (breakpoint_(), breakpoint_(2, "main", 13, enabled=False, condition="x > 1", hits=3)), ROWS, None, 1,
)  # fmt: skip


def stopped_view() -> View:
    """A stop in ``withdraw``, a little output, one command."""
    view = View(color=False)
    view.take(SNAPSHOT)
    view.output.feed(b"hello\r\nworld")
    view.say("(pydelve) next\n> step, bank.py:9 in Account.withdraw, thread 1 (MainThread)\n")
    return view


_texts = st.text(st.characters(), max_size=60)
_paths = st.lists(_texts, min_size=1, max_size=4).map(tuple)
_rows = st.lists(st.builds(Row, _paths, _texts, st.booleans(), st.sampled_from(("+", "-", ""))), max_size=30)
_sources = st.builds(SourceText, _texts, st.lists(_texts, max_size=80).map(tuple), st.booleans())
_frames = st.lists(
    st.builds(
        Frame, st.integers(0, 500), _texts, _texts, _texts, st.integers(0, 10**6), st.integers(0, 10**6), st.booleans()
    ),
    max_size=20,
)


@st.composite
def views(draw: st.DrawFn) -> View:
    """Any view: strange names, wide characters, control characters, lone surrogates, nothing at all."""
    source = draw(st.none() | _sources)
    frames = tuple(draw(_frames))
    snapshot = Snapshot(
        draw(st.sampled_from(("starting", "running", "stopped", "ended"))), draw(_texts), draw(_texts), CWD,
        source.path if source else "", draw(st.integers(0, 100)), source, draw(_texts), frames,
        draw(st.integers(len(frames), 10**6)), draw(st.integers(0, 25)), 1,
        tuple(thread(number, draw(_texts)) for number in range(draw(st.integers(0, 12)))),
        tuple(breakpoint_(number, draw(_texts)) for number in range(draw(st.integers(0, 12)))),
        tuple(draw(_rows)), draw(st.none() | st.builds(ExceptionInfo, _texts, _texts)), 1,
    )  # fmt: skip
    view = View(color=False)
    view.take(snapshot)
    view.output.feed(draw(st.binary(max_size=400)))
    for text in draw(st.lists(_texts, max_size=5)):
        view.say(text)
    view.focus = draw(st.sampled_from(PANES))
    view.share = draw(st.integers(20, 70))
    view.busy = draw(_texts)
    for _ in range(draw(st.integers(0, 3))):
        view.move(draw(st.integers(-100, 100)))
    if draw(st.booleans()):
        view.overlay = Overlay(draw(_texts), draw(st.lists(_texts, min_size=1, max_size=50)), draw(st.integers(0, 99)))
    return view
