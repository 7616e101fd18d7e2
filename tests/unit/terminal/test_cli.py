"""The command line: its words, its refusals in full, the streams it opens, and a whole session in script mode."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pydelve import __version__
from pydelve.api.events import Continued, Exited, Started, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, Detach, GetSource, Resume
from pydelve.api.target import ExitStatus
from pydelve.cli import debug
from pydelve.cli.importing import importing
from pydelve.cli.launching import Launch, read_words
from pydelve.cli.main import main
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import SUBCOMMANDS, import_late, overview_lines
from pydelve.errors import TargetError, UsageError
from pydelve.terminal.messages import error_lines

from .fake import RUNNING, SOURCE, TARGET, FakeTransport, breakpoint_, stop

_THERE_ARE = f"there are {', '.join(SUBCOMMANDS)}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with ``bank.py`` in it, and a home of its own."""
    here = tmp_path / "work"
    here.mkdir()
    (here / "bank.py").write_text("pass\n")
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return here


def three(what: str, why: str, hint: str) -> str:
    """A message in its three parts."""
    return f"{what}\n  why: {why}\n  try: {hint}"


def refusal(*words: str) -> str:
    with pytest.raises(UsageError) as caught:
        read_words(words)
    assert caught.value.exit_status == 2
    return "\n".join(error_lines(caught.value))


class TestWords:
    def test_all_options(self, folder: Path) -> None:
        (folder / "cmds").write_text("break 3\n")
        words = "--python python3 --cwd . --env A=1 --env B=x=y --redirect stdin:in --init cmds --continue --log=l"
        launch = read_words([*words.split(), "bank.py", "--", "-x", "--"])
        assert os.access(launch.python, os.X_OK)
        assert launch == Launch(
            False, str(folder / "bank.py"), ("-x", "--"), launch.python, str(folder), {"A": "1", "B": "x=y"},
            {"stdin": "in"}, ("break 3\n",), True, "l",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("words", "program", "arguments"),
        [
            ("bank.py", "bank.py", ()),
            ("bank.py a --continue", "bank.py", ("a", "--continue")),
            ("-- bank.py a", "bank.py", ("a",)),
            ("--log bank.py", "bank.py", ()),
            ("bank.py -- -m x", "bank.py", ("-m", "x")),
            ("bank.py -m", "bank.py", ("-m",)),
            ("-m http.server 8000", "http.server", ("8000",)),
            ("-m http.server -- --bind ::1", "http.server", ("--bind", "::1")),
        ],
    )
    def test_program_and_arguments(self, folder: Path, words: str, program: str, arguments: tuple[str, ...]) -> None:
        launch = read_words(words.split())
        assert (launch.module, launch.program, launch.arguments) == ("-m" in words.split()[:1], program, arguments)

    def test_a_folder_of_a_virtual_environment_is_an_interpreter(self, folder: Path) -> None:
        python = folder / "venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("")
        python.chmod(0o755)
        assert read_words(["--python", "venv", "bank.py"]).python == str(python)

    def test_a_folder_with_main_is_a_program(self, folder: Path) -> None:
        (folder / "app").mkdir()
        (folder / "app" / "__main__.py").write_text("")
        assert read_words(["app"]).program == "app"


class TestRefusals:
    @pytest.mark.parametrize(
        ("words", "parts"),
        [
            (
                "",
                ("there is no program to debug", "neither a script nor -m MODULE was given", "pydelve debug script.py"),
            ),
            (
                "ban.py",
                ("there is no script ban.py", "{cwd} has no such file; near are bank.py", "pydelve debug bank.py"),
            ),
            ("zzz", ("there is no script zzz", "{cwd} has no such file", "ls .")),
            ("no/such/x.py", ("there is no script no/such/x.py", "there is no folder no/such", "ls no")),
            (
                "bank.py -m http.server",
                (
                    "a script and a module were given",
                    "bank.py is a script, -m http.server a module",
                    "pydelve debug -m http.server, or pydelve debug bank.py -- -m http.server",
                ),
            ),
            (
                "-m ./bank.py",
                ("'./bank.py' is no name of a module", "-m takes a dotted name, not a path", "pydelve debug ./bank.py"),
            ),
            ("-m", ("-m needs MODULE", "nothing follows it", "pydelve help debug")),
            (
                "--pyton x bank.py",
                (
                    "pydelve debug has no option --pyton",
                    "options of the program come after its name",
                    "pydelve debug --python PATH",
                ),
            ),
            (
                "--foo bank.py",  # as long as --log, and like it in its minuses alone
                (
                    "pydelve debug has no option --foo",
                    "options of the program come after its name",
                    "pydelve help debug",
                ),
            ),
            ("--continue=1 bank.py", ("--continue takes no value", "it was given '1'", "pydelve help debug")),
            ("--cwd a --cwd b bank.py", ("--cwd was given twice", "'a' and 'b'", "leave one away")),
            ("--cwd nowhere bank.py", ("--cwd nowhere is no folder", "there is no such folder", "ls .")),
            ("--cwd bank.py bank.py", ("--cwd bank.py is no folder", "it is a file", "ls .")),
            ("--env A bank.py", ("--env A sets nothing", "it is NAME=VALUE", "--env A=VALUE")),
            (
                "--redirect sdtin:x bank.py",
                (
                    "--redirect sdtin:x connects nothing",
                    "it is stdin, stdout or stderr, a colon and a file; 'sdtin' is no stream",
                    "--redirect stdin:x",
                ),
            ),
            (
                "--redirect stdin bank.py",
                ("--redirect stdin connects nothing", "it is STREAM:FILE", "--redirect stdin:FILE"),
            ),
            (
                "--redirect stdin:a --redirect stdin:b bank.py",
                ("stdin is redirected twice", "to a and b", "leave one away"),
            ),
            ("--init cmds bank.py", ("there is no init file cmds", "{cwd} has no such file", "ls .")),
            ("--init / bank.py", ("the init file / can't be read", "Is a directory", "ls -l /")),
            (
                "--python nopython9 bank.py",
                (
                    "there is no interpreter nopython9",
                    "no folder of PATH has it",
                    "pydelve debug --python /path/to/python ...",
                ),
            ),
            (
                "--python ./none bank.py",
                ("there is no interpreter ./none", "no such file", "pydelve debug --python /path/to/python ..."),
            ),
            ("--python ./bank.py bank.py", ("./bank.py can't be run", "it is not executable", "ls -l ./bank.py")),
        ],
    )
    def test_words(self, folder: Path, words: str, parts: tuple[str, str, str]) -> None:
        assert refusal(*words.split()) == three(*parts).format(cwd=folder)

    def test_a_module_may_be_called_like_a_file(self, folder: Path) -> None:
        assert read_words(["-m", "bank.py"]).program == "bank.py"

    def test_a_folder_without_main(self, folder: Path) -> None:
        (folder / "app").mkdir()
        (folder / "app" / "run.py").write_text("")
        assert refusal("app") == (
            "app is a folder without __main__.py\n  why: Python runs a folder by that file\n"
            "  try: pydelve debug app/run.py"
        )

    def test_an_unreadable_script(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may read everything
        assert refusal("bank.py") == (
            "bank.py can't be read\n  why: its permissions don't allow it\n  try: ls -l bank.py"
        )


class TestMain:
    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        for words in (["version"], ["--version"], ["-V"]):
            assert main(words) == 0
            assert capsys.readouterr().out.startswith(f"pydelve {__version__} (on Python 3.")

    def test_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        for words in ([], ["help"], ["--help"], ["-h"]):
            assert main(words) == 0
            assert capsys.readouterr().out == "\n".join(overview_lines()) + "\n"
        for name, (_, summary) in SUBCOMMANDS.items():
            assert main(["help", name]) == main([name, "--help"]) == 0
            once = capsys.readouterr().out
            assert once[: len(once) // 2] == once[len(once) // 2 :]
            assert once.startswith(f"pydelve {name}: {summary}\n")

    @pytest.mark.parametrize(
        ("words", "parts"),
        [
            (
                "debgu",
                (
                    "debgu is no subcommand of pydelve",
                    _THERE_ARE,
                    "pydelve debug",
                ),
            ),
            (
                "bank.py",
                ("bank.py is no subcommand of pydelve", "a program is debugged by debug", "pydelve debug bank.py"),
            ),
            ("connect", ("pydelve connect needs one address", "none was given", "pydelve help connect")),
            ("connect a b", ("pydelve connect needs one address", "it was given a b", "pydelve help connect")),
            ("core one two", ("pydelve core needs one core file", "it was given one two", "pydelve core core.4711")),
            (
                "--zzz",
                ("--zzz is no option of pydelve", _THERE_ARE, "pydelve help"),
            ),
            (
                "help verson",
                (
                    "there is no subcommand verson",
                    _THERE_ARE,
                    "pydelve help version",
                ),
            ),
        ],
    )
    def test_wrong_words(self, words: str, parts: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(words.split()) == 2
        assert capsys.readouterr() == ("", f"pydelve: {three(*parts)}\n")

    def test_our_own_bug(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(words: Sequence[str]) -> Launch:
            raise ZeroDivisionError("division by zero")

        monkeypatch.setattr(debug, "open_session", broken)
        assert main(["debug", "bank.py"]) == 70
        log = folder.parent / "state" / "pydelve" / "pydelve.log"
        assert capsys.readouterr().err == (
            "internal error while running pydelve debug: ZeroDivisionError: division by zero\n"
            f"  why: a bug in pydelve, not in your program; its traceback is in {log}\n"
            "  try: please report it with that file\n"
        )
        assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert log.read_text().rstrip().endswith("ZeroDivisionError: division by zero")


@dataclass
class Engine:
    """Stands for ``open_session``: remembers the options, gives out the transport."""

    transport: FakeTransport = field(default_factory=FakeTransport)
    options: LaunchOptions | None = None

    def open_session(self, options: LaunchOptions) -> FakeTransport:
        self.options = options
        return self.transport


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    engine.transport.events.extend([Started(TARGET), Stopped(stop("entry"))])
    engine.transport.on(GetSource, SOURCE)
    engine.transport.on(Detach)
    engine.transport.on(CreateBreakpoint, breakpoint_())
    engine.transport.on(Resume, RUNNING, [Continued(), Exited(ExitStatus("exited", 3))])
    monkeypatch.setattr(debug, "open_session", engine.open_session)
    return engine


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives pydelve its standard input."""

    def type_(text: str) -> None:
        monkeypatch.setattr(debug, "input_lines", lambda: iter(text.splitlines(keepends=True)))

    return type_


START = """\
process 1234 started: bank.py --fast (CPython 3.13.0)
> entry, /home/ann/bank.py:9 in Account.withdraw, thread 1 (MainThread)
     7:          if amount > self.balance:
     8:              raise ValueError('too much')
=>   9:          self.balance -= amount
    10:          return self.balance
    11:
"""


class TestScriptMode:
    def test_a_session(
        self, folder: Path, engine: Engine, type_in: Callable[[str], None], capfd: pytest.CaptureFixture[str]
    ) -> None:
        type_in("# a comment\n\nb 9\nc\n")
        assert main(["debug", "bank.py", "x"]) == 0
        assert capfd.readouterr() == (
            START + "breakpoint 1 at /home/ann/bank.py:9 in Account.withdraw\nprocess 1234 exited with status 3\n", "",
        )  # fmt: skip
        options = engine.options
        assert options is not None
        assert options == LaunchOptions("script", "bank.py", ("x",), stdin_fd=options.stdin_fd, follow=True)
        assert options.stdin_fd >= 0
        assert engine.transport.closed

    def test_the_end_of_input_leaves_as_exit_does(
        self, folder: Path, engine: Engine, type_in: Callable[[str], None]
    ) -> None:
        type_in("")
        main(["debug", "bank.py"])
        assert engine.transport.calls[-1] == Detach(kill=True)

    def test_nothing_runs_after_exit(self, folder: Path, engine: Engine, type_in: Callable[[str], None]) -> None:
        type_in("exit\nc\n")
        main(["debug", "bank.py"])
        assert engine.transport.calls[-1] == Detach(kill=True)

    def test_init_runs_first_and_then_continue(
        self, folder: Path, engine: Engine, type_in: Callable[[str], None], capfd: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "cmds").write_text("break 9\n")
        type_in("c")
        assert main(["debug", "--init", "cmds", "--continue", "bank.py"]) == 0
        assert capfd.readouterr().out == (
            START + "breakpoint 1 at /home/ann/bank.py:9 in Account.withdraw\nprocess 1234 exited with status 3\n"
            "continue needs a stopped program\n  why: process 1234 exited with status 3\n  try: restart\n"
        )
        assert engine.options is not None
        assert engine.options.stop_at_entry

    def test_continue_without_init_does_not_stop_at_entry(
        self, folder: Path, engine: Engine, type_in: Callable[[str], None]
    ) -> None:
        type_in("")
        main(["debug", "--continue", "-m", "bank"])
        assert engine.options is not None
        assert (engine.options.kind, engine.options.stop_at_entry) == ("module", False)

    def test_a_target_that_does_not_start(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def refuse(options: LaunchOptions) -> FakeTransport:
            raise TargetError("python2 is too old", why="it is 2.7", hint="--python python3")

        monkeypatch.setattr(debug, "open_session", refuse)
        assert main(["debug", "bank.py"]) == 1
        assert capsys.readouterr().err == "pydelve: python2 is too old\n  why: it is 2.7\n  try: --python python3\n"

    def test_log(
        self, folder: Path, engine: Engine, type_in: Callable[[str], None], capfd: pytest.CaptureFixture[str]
    ) -> None:
        type_in("help exit\n")
        assert main(["debug", "--log=my.log", "bank.py"]) == 0
        assert capfd.readouterr().err == f"log: {folder / 'my.log'}\n"
        assert (folder / "my.log").read_text().rstrip().endswith("[MainThread] command exit")
        assert main(["debug", "--log=no/my.log", "bank.py"]) == 2
        assert capfd.readouterr().err == (
            "pydelve: can't write the log no/my.log\n  why: No such file or directory\n"
            "  try: pydelve debug --log=FILE ...\n"
        )


class TestLateImports:
    def test_what_fails_on_the_thread_is_told_later(self) -> None:
        before = sys.getswitchinterval()
        with importing("pydelve.cli.nothing"):
            assert sys.getswitchinterval() < before
        assert sys.getswitchinterval() == before
        with pytest.raises(ModuleNotFoundError):
            import_late("pydelve.cli.nothing")

    @pytest.mark.parametrize(
        ("module", "heavy"),
        [
            ("pydelve.cli.main", {"asyncio", "logging", "prompt_toolkit", "pygments", "pydelve.api", "pydelve.server"}),
            ("pydelve.cli.debug", {"prompt_toolkit", "pygments", "psutil", "jsonrpcserver", "asyncio"}),
            ("pydelve.cli.from_input", {"prompt_toolkit", "pygments", "psutil", "jsonrpcserver", "asyncio"}),
        ],
    )
    def test_nothing_heavy_is_imported(self, module: str, heavy: set[str]) -> None:
        code = f"import sys; sys.path[:0] = {sys.path!r}; import {module}; print(*sys.modules)"
        ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
        assert heavy & set(ran.stdout.split()) == set()


class TestStreams:
    def test_defaults(self) -> None:
        streams = Streams({})
        assert os.path.samestat(os.fstat(streams.stdin_fd), os.stat(os.devnull))
        assert (streams.stdout_fd, streams.stderr_fd, streams.terminal) == (-1, -1, False)
        streams.close()

    def test_terminal_with_a_redirected_stream(self, tmp_path: Path) -> None:
        streams = Streams({"stdout": str(tmp_path / "out")}, terminal_fd=2)
        assert (streams.stdin_fd, streams.stderr_fd, streams.terminal) == (2, 2, True)
        streams.close()

    def test_one_file_for_both_outputs_has_one_position(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        streams = Streams({"stdout": str(path), "stderr": str(path)})
        os.write(streams.stdout_fd, b"one ")
        os.write(streams.stderr_fd, b"two")
        assert path.read_text() == "one two"
        streams.rewind()
        assert path.read_text() == ""
        streams.close()
        streams.close()

    def test_rewind_reads_the_input_again(self, tmp_path: Path) -> None:
        (tmp_path / "in").write_text("text")
        streams = Streams({"stdin": str(tmp_path / "in")})
        assert os.read(streams.stdin_fd, 10) == b"text"
        streams.rewind()
        assert os.read(streams.stdin_fd, 10) == b"text"
        streams.close()

    def test_a_file_that_can_not_be_opened(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            Streams({"stdin": str(tmp_path / "none")})
        assert error_lines(caught.value) == [
            f"stdin can't be connected to {tmp_path / 'none'}",
            "  why: No such file or directory",
            "  try: --redirect stdin:FILE",
        ]
