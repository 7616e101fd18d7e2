"""``pydelve trace``: shows the calls of functions while a program runs, as strace shows system calls."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack

from pydelve import log
from pydelve.api.attach import AttachOptions
from pydelve.api.events import Event, Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import Resume, SetStopUncaught, StartTracing
from pydelve.api.target import ExitStatus
from pydelve.cli.headless_options import Headless
from pydelve.cli.launching import Launch
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import import_late
from pydelve.cli.trace_options import HELP, Trace, read_words
from pydelve.cli.trace_output import TraceOutput, remark
from pydelve.client import Client
from pydelve.debugger.views import FIRST, View
from pydelve.errors import TargetError
from pydelve.server.host import Host
from pydelve.server.pipe import open_session
from pydelve.terminal.messages import part_lines
from pydelve.terminal.strip import Strip
from pydelve.terminal.theme import Theme, wants_color
from pydelve.terminal.trace_book import Book
from pydelve.terminal.trace_flame import TraceFlame
from pydelve.terminal.trace_json import TraceJson
from pydelve.terminal.trace_lines import TraceLines, end_line
from pydelve.terminal.trace_perfetto import TracePerfetto
from pydelve.terminal.trace_stats import TraceStats
from pydelve.terminal.tracing import CUT_OFF, Place, Sink, Tracer

__all__ = ["HELP", "run"]

_LOST, _SIGNALLED = 1, 128
_WOVEN = ("3.9.", "3.10.", "3.11.")


def run(words: Sequence[str]) -> int:
    """Trace one program; gives back its exit status, and 0 where it runs on."""
    trace = read_words(words)
    log_path = log.configure(trace.log or None, verbose=trace.log is not None)
    if trace.log is not None:
        print(f"log: {log_path}", file=sys.stderr)
    if trace.headless is not None:
        return exit_status(_serve(trace, trace.headless))
    with ExitStack() as cleanup:
        path = trace.flame or trace.output
        output = TraceOutput(path, "--flame" if trace.flame else "--output")
        cleanup.callback(output.close)
        return _trace(trace, output, cleanup)


def _trace(trace: Trace, output: TraceOutput, cleanup: ExitStack) -> int:
    book = Book(children=trace.options.children)
    sink = _sink(trace, book, output, cleanup)
    place = Place(output.write, remark, lambda: output.broken)
    if trace.launch is None:
        client = _client(_attach_options(trace), cleanup)
        tracer = Tracer(client, trace.options, book, sink, place)
        ended = tracer.attached(trace.seconds)
    else:
        client = _client(_launch_options(trace.launch, trace, cleanup), cleanup)
        tracer = Tracer(client, trace.options, book, sink, place)
        ended = tracer.launched(trace.seconds)
    output.write(sink.end())
    output.close()
    if not trace.json:
        nothing = not book.calls and not output.broken and (ended is None or ended.clean)
        place.remarks("\n".join([end_line(book), *(_nothing(trace, tracer.python) if nothing else [])]))
    if ended is not None and not (ended.clean or ended.told):
        place.remarks(f"the program {CUT_OFF}")
    return exit_status(ended) or int(output.broken)


def _nothing(trace: Trace, python: str) -> list[str]:
    """Why no call was told of, and what to try."""
    launch, options = trace.launch, trace.options
    others = [
        option
        for option, given in (
            ("--when", options.condition), ("--exclude", options.exclude), ("--file", options.files),
            ("--just-my-code", options.own_code), ("--slower-than", options.slower_than_s),
            ("--sample", options.sample > 1),
        )
        if given
    ]  # fmt: skip
    why = f"no function was called whose module.qualname matches {options.pattern}"
    why += f", or {', '.join(others)} left all calls out" if others else ""
    script = "" if launch is None or launch.module else os.path.basename(launch.program)
    if script and os.path.splitext(script)[0] in options.pattern:
        why += f"; the module of {script} itself is __main__"
    if python.startswith(_WOVEN):
        why += "; what exec or eval makes meanwhile is not seen before Python 3.12"
    which = f"-p {trace.pid}" if launch is None else f"{'-m ' * launch.module}{launch.program}"
    return part_lines(why, f"pydelve trace --stats . {which}, for the names of what is called")


def _serve(trace: Trace, headless: Headless) -> ExitStatus | None:
    """Have clients told; a program that is started stands at its first line until one of them lets it go."""
    with ExitStack() as cleanup:
        launch = trace.launch
        options = _attach_options(trace) if launch is None else _launch_options(launch, trace, cleanup)
        stood, gone = threading.Event(), threading.Event()

        def note(event: Event) -> None:
            if isinstance(event, Exited):
                gone.set()
            if isinstance(event, Stopped | Exited):
                stood.set()

        def begin(host: Host) -> None:
            view = View(note, FIRST, looks=False)
            if launch is not None:
                host.post(lambda: host.listen(view, greet=True), urgent=True)
                stood.wait()
                if gone.is_set():
                    raise TargetError(
                        "the program ended before its first line", why="Python could not begin it, and has said why"
                    )
                host.call(SetStopUncaught(stop=False), view)
            host.call(StartTracing(trace.options), view)
            if launch is not None and launch.continue_:
                host.call(Resume("continue"), view)
            host.post(lambda: host.leave(view), urgent=True)

        ended: ExitStatus | None = import_late("pydelve.cli.headless").run(headless, options, begin)
        return ended


def _sink(trace: Trace, book: Book, output: TraceOutput, cleanup: ExitStack) -> Sink:
    if trace.json:
        return TraceJson(book)
    if trace.perfetto:
        return TracePerfetto(book)
    if trace.flame:
        return TraceFlame(book, trace.options.pattern if trace.flame.endswith(".svg") else "")
    terminal = not trace.output and sys.stderr.isatty()
    theme = Theme(wants_color(os.environ, terminal=terminal))
    if trace.stats:
        if terminal and os.environ.get("TERM", "dumb") != "dumb":
            return TraceStats(book, theme, live=_strip(output, cleanup))
        return TraceStats(book, theme)
    return TraceLines(book, theme, whole=trace.options.slower_than_s > 0)


def _strip(output: TraceOutput, cleanup: ExitStack) -> Strip:
    """Rows of the terminal, which it has back however this ends."""
    strip = Strip(output.draw, lambda: os.get_terminal_size(sys.stderr.fileno()))
    cleanup.callback(strip.close)

    def end(signum: int, _: object) -> None:
        strip.close()
        signal.signal(signum, signal.SIG_DFL)
        signal.raise_signal(signum)

    for signum in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(signum) is signal.SIG_DFL:
            signal.signal(signum, end)
    return strip


def exit_status(ended: ExitStatus | None) -> int:
    """The program's; as a shell's where a signal ended it; 0 where it runs on."""
    if ended is None or ended.how in {"gone", "replaced"}:
        return 0
    if ended.how == "lost":
        return _LOST
    return ended.status if ended.how == "exited" else _SIGNALLED + ended.status


def _client(options: LaunchOptions | AttachOptions, cleanup: ExitStack) -> Client:
    transport = open_session(options)
    cleanup.callback(transport.close)
    return Client(transport)


def _attach_options(trace: Trace) -> AttachOptions:
    children = trace.options.children
    return AttachOptions(trace.pid, stop=False, follow=children, children=children)


def _launch_options(launch: Launch, trace: Trace, cleanup: ExitStack) -> LaunchOptions:
    streams = Streams(launch.redirects)
    cleanup.callback(streams.close)
    return LaunchOptions(
        kind="module" if launch.module else "script",
        program=launch.program,
        arguments=launch.arguments,
        follow=trace.options.children,
        python=launch.python,
        cwd=launch.cwd,
        environment=launch.environment,
        stdin_fd=streams.stdin_fd if "stdin" in launch.redirects else -1,  # nobody else reads it
        stdout_fd=streams.stdout_fd,
        stderr_fd=streams.stderr_fd,
    )
