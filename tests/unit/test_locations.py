"""What locations mean in a small program: every rule, every refusal with its full text, and completion."""

from __future__ import annotations

import json.decoder
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pydelve.api.breakpoints import Unit
from pydelve.debugger.completion import complete_location
from pydelve.debugger.locations import TargetFiles, resolve
from pydelve.debugger.sources import Sources
from pydelve.errors import LocationError
from pydelve.locspec import parse

MAIN = '''\
import bank


def run(count):
    """Run it."""
    # a comment
    total = (
        count
    )

    return total


def twice():
    return lambda: 1


if __name__ == "__main__":
    run(3)
else:
    pass
'''
BANK = '''\
class Account:
    """An account."""

    limit = 3

    def withdraw(self, amount):
        def check():
            return amount
        return check()

    @property
    def balance(self):
        return self._balance

    @balance.setter
    def balance(self, value):
        self._balance = value


def one_line(): return 1


def twice():
    pass
'''
SHOP = """\
class Cart:
    def add(self):
        return 1


def helper():
    pass


class A:
    def helper(self):
        pass
"""
LATER = "def start():\n    return 1\n"
LIBRARY = "class Client:\n    def send(self):\n        return 1\n"
NEAR = "lines near it that have a statement:"
NOT_FOUND = "no loaded module's file ends so, nor any file below X"
NO_PREFIX = "it was looked for in the program's 3 loaded modules; library functions need their module's name in front"


class Program:
    """A program on disk, and what its target would say about itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        for name, text in {
            "app.py": MAIN,
            "bank.py": BANK,
            "shop/cart.py": SHOP,
            "later.py": LATER,
            "pkg/__init__.py": "",
            "pkg/later.py": LATER,
            "lib/site-packages/web/client.py": LIBRARY,
            "lib/site-packages/web/hidden.py": LIBRARY,
            ".git/zzhidden.py": LATER,
            "myvenv/pyvenv.cfg": "",
            "myvenv/inside.py": LATER,
            "broken.py": "def f(:\n",
            "script": "x = 1\n",
        }.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.files = TargetFiles(
            main_file=self.path("app.py"),
            modules={
                "__main__": self.path("app.py"),
                "bank": self.path("bank.py"),
                "shop.cart": self.path("shop/cart.py"),
                "web.client": self.path("lib/site-packages/web/client.py"),
                "native": self.path("native.so"),
            },
            search_path=(str(self.folder), os.path.dirname(os.path.dirname(json.decoder.__file__))),
            cwd=str(self.folder),
        )
        self.sources = Sources()
        self.context_file = ""
        self.context_line = 0

    def path(self, name: str) -> str:
        return str(self.folder / name)

    @staticmethod
    def is_library(path: str) -> bool:
        return "site-packages" in path

    def __call__(self, text: str) -> list[str]:
        """``file:line scope`` of each place."""
        found = resolve(
            parse(text), self.context_file, self.context_line, self.files, self.sources, is_library=self.is_library
        )
        assert all(each.function == each.unit.scope and os.path.isabs(each.file) for each in found)
        return [f"{os.path.relpath(each.file, self.folder)}:{each.unit.line} {each.unit.scope}" for each in found]

    def refusal(self, text: str) -> tuple[str, str, str]:
        with pytest.raises(LocationError) as caught:
            self(text)
        error = caught.value
        where = str(self.folder)
        return (error.message.replace(where, "X"), error.why.replace(where, "X"), error.hint.replace(where, "X"))

    def candidates(self, text: str) -> tuple[str, ...]:
        with pytest.raises(LocationError) as caught:
            self(text)
        return caught.value.candidates

    def complete(self, prefix: str) -> tuple[str, ...]:
        return complete_location(prefix, self.context_file, self.files, self.sources, self.is_library)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_location_is_whole(program: Program) -> None:
    (found,) = resolve(parse("withdraw"), "", 0, program.files, program.sources)
    assert found.file == program.path("bank.py")
    assert found.unit == Unit(7, 7, "definition", "Account.withdraw", 6, "withdraw")
    assert found.function == "Account.withdraw"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app.py:7", "app.py:7 run"),
        ("./app.py:7", "app.py:7 run"),
        ("cart.py:3", "shop/cart.py:3 Cart.add"),
        ("shop/cart.py:3", "shop/cart.py:3 Cart.add"),
        ("web/client.py:3", "lib/site-packages/web/client.py:3 Client.send"),
        ("pkg/later.py:2", "pkg/later.py:2 start"),
        ("later.py:2", "later.py:2 start"),
        ("script:1", "script:1 <module>"),
        ("bank:4", "bank.py:4 Account"),
        ("shop.cart:3", "shop/cart.py:3 Cart.add"),
        ("pkg.later:2", "pkg/later.py:2 start"),
        ("one_line", "bank.py:20 one_line"),
        ("run", "app.py:7 run"),
        ("app.run", "app.py:7 run"),
        ("__main__.run", "app.py:7 run"),
        ("Account", "bank.py:4 Account"),
        ("Account.withdraw", "bank.py:7 Account.withdraw"),
        ("bank.Account.withdraw", "bank.py:7 Account.withdraw"),
        ("withdraw.check", "bank.py:8 Account.withdraw.<locals>.check"),
        ("withdraw.<locals>.check", "bank.py:8 Account.withdraw.<locals>.check"),
        ("withdraw:8", "bank.py:8 Account.withdraw.<locals>.check"),
        ("Account.balance:17", "bank.py:17 Account.balance"),
        ("bank.py:twice", "bank.py:24 twice"),
        ("bank.py:Account.withdraw:9", "bank.py:9 Account.withdraw"),
        ("twice", "app.py:15 twice"),  # main file first
        ("bank.twice", "bank.py:24 twice"),
        ("helper", "shop/cart.py:7 helper"),  # the full name wins over the end of one
        ("A.helper", "shop/cart.py:12 A.helper"),
        ("cart.helper", "shop/cart.py:7 helper"),
        ("web.client.Client.send", "lib/site-packages/web/client.py:3 Client.send"),
        ("client.Client", "lib/site-packages/web/client.py:2 Client"),
        ("pkg.later.start", "pkg/later.py:2 start"),
        ("later.start", "later.py:2 start"),
    ],
)
def test_one_place(program: Program, text: str, found: str) -> None:
    assert program(text) == [found]


def test_absolute_paths_and_links(program: Program) -> None:
    assert program(f"{program.path('later.py')}:2") == ["later.py:2 start"]
    (program.folder / "link.py").symlink_to("later.py")
    assert program("link.py:2") == ["later.py:2 start"]


def test_a_library_function_that_is_not_imported(program: Program) -> None:
    (found,) = resolve(parse("json.decoder.JSONDecoder.decode"), "", 0, program.files, program.sources)
    assert found.file == os.path.realpath(json.decoder.__file__)
    assert found.unit.scope == "JSONDecoder.decode"


def test_a_module_in_a_zip_file(program: Program) -> None:
    archive = program.path("app.zip")
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("zipped.py", "def inside():\n    return 1\n")
    program.files = TargetFiles(program.files.main_file, program.files.modules, (archive,), program.files.cwd)
    assert program("zipped.inside") == ["app.zip/zipped.py:2 inside"]
    assert program("app.zip/zipped.py:2") == ["app.zip/zipped.py:2 inside"]


def test_lines_and_offsets_count_from_the_frame(program: Program) -> None:
    assert program("7") == ["app.py:7 run"]  # no frame: the main file
    program.context_file, program.context_line = program.path("bank.py"), 8
    assert program("9") == ["bank.py:9 Account.withdraw"]
    assert program("+1") == ["bank.py:9 Account.withdraw"]
    assert program("-1") == ["bank.py:7 Account.withdraw"]
    assert program("+0") == ["bank.py:8 Account.withdraw.<locals>.check"]
    assert program.refusal("-8") == (
        "there is no line 0 in bank.py", "-8 counts from the current line, 8", "break bank.py:1",
    )  # fmt: skip
    program.context_file = "<string>"
    assert program.refusal("9")[:2] == (
        "no source for <string>", "the code was made from a string, not read from a file",
    )  # fmt: skip


def test_the_context_file_comes_before_other_modules(program: Program) -> None:
    program.files = TargetFiles("", program.files.modules, (), program.files.cwd)
    assert program.candidates("start") == ()
    program.context_file = program.path("pkg/later.py")
    assert program("start") == ["pkg/later.py:2 start"]


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (
            "app.py:6",
            (
                "no statement on line 6 of app.py",
                "it is a comment",
                (f"break app.py:7\n{NEAR}\n"
 "   1  import bank\n   4  def run(count):\n   7  total = (\n  11  return total"),
            ),
        ),
        (
            "app.py:8",
            (
                "no statement on line 8 of app.py",
                "it continues the statement that starts on line 7",
                (f"break app.py:7\n{NEAR}\n"
 "   4  def run(count):\n   7  total = (\n  11  return total\n  14  def twice():"),
            ),
        ),
        (
            "bank.py:2000",
            (
                "there is no line 2000 in bank.py",
                "bank.py has 24 lines",
                (f"break bank.py:24\n{NEAR}\n"
 "  17  self._balance = value\n  20  def one_line(): return 1\n  23  def twice():\n  24  pass"),
            ),
        ),
        (
            "run:10",
            (
                "no statement on line 10 of app.py",
                "the line is blank",
                f"break app.py:11\n{NEAR}\n   4  def run(count):\n   7  total = (\n  11  return total",
            ),
        ),
        ("run:14", ("line 14 is not in run", "it spans lines 4 to 11", "break run:7")),
        ("broken.py:1", ("no statements are known in broken.py", "it does not parse: line 1: invalid syntax", "")),
        (
            "pkg/__init__.py:1",
            ("there is no line 1 in pkg/__init__.py", "pkg/__init__.py has 0 lines", "list"),
        ),
        (
            "bnak.py:3",
            (
                'no file matches "bnak.py"',
                NOT_FOUND,
                "did you mean: break bank.py:3",
            ),
        ),
        ("zzz/qqq.py:3", ('no file matches "zzz/qqq.py"', NOT_FOUND, "break app.py:7")),
        ("hidden.py:3", ('no file matches "hidden.py"', NOT_FOUND, "break app.py:7")),
        ("zzhidden.py:1", ('no file matches "zzhidden.py"', NOT_FOUND, "break app.py:7")),
        ("inside.py:1", ('no file matches "inside.py"', NOT_FOUND, "break app.py:7")),
        ("/none.py:3", ("can't read /none.py", "there is no such file", "list")),
        (
            "withdrew",
            (
                'no function or class matches "withdrew"',
                NO_PREFIX,
                "did you mean: break Account.withdraw",
            ),
        ),
        (
            "bank.Qqqqq.zzzzz",
            (
                'no function or class matches "bank.Qqqqq.zzzzz"',
                "it was looked for in the program's 3 loaded modules, in library modules and on the import path",
                "break app.py:7",
            ),
        ),
        (
            "send",
            (
                'no function or class matches "send"',
                NO_PREFIX,
                "break app.py:7",
            ),
        ),
        (
            "/nowhere$/",
            (
                "no function matches /nowhere$/",
                "it was looked for in 14 functions and classes of the program's own loaded modules",
                "break app.py:7",
            ),
        ),
    ],
)  # fmt: skip
def test_refusals(program: Program, text: str, refusal: tuple[str, str, str]) -> None:
    assert program.refusal(text) == refusal


def test_why_a_line_has_no_statement(program: Program) -> None:
    assert program.refusal("app.py:20")[1] == "`else` itself runs nothing"
    assert program.refusal("app.py:5")[1] == (
        "Python makes no code for it: a docstring, a bare annotation, or code that can't be reached"
    )


def test_a_property_lists_getter_and_setter(program: Program) -> None:
    assert program.refusal("balance") == (
        '"balance" is ambiguous: 2 places match',
        "bank.py:13 is Account.balance, defined on line 12; bank.py:17 is Account.balance, defined on line 16",
        "break bank.py:13",
    )
    assert program.candidates("Account.balance") == ("bank.py:13", "bank.py:17")
    assert [program(each) for each in program.candidates("balance")] == [
        ["bank.py:13 Account.balance"],
        ["bank.py:17 Account.balance"],
    ]


def test_ambiguous_files_and_functions(program: Program) -> None:
    (program.folder / "deep/er").mkdir(parents=True)
    (program.folder / "deep/twin.py").write_text(LATER)
    (program.folder / "deep/er/twin.py").write_text(LATER)
    assert program.refusal("twin.py:2") == (
        '"twin.py:2" is ambiguous: 2 places match',
        "deep/er/twin.py:2, deep/twin.py:2",
        "break deep/er/twin.py:2",
    )
    assert program.candidates("twin.py:start") == ("deep/er/twin.py:start", "deep/twin.py:start")
    assert program("er/twin.py:2") == ["deep/er/twin.py:2 start"]
    modules = {"one": program.path("deep/twin.py"), "two": program.path("deep/er/twin.py")}
    program.files = TargetFiles(program.files.main_file, modules, (), program.files.cwd)
    assert program.candidates("start") == ("deep/er/twin.py:2", "deep/twin.py:2")
    assert program("two.start") == ["deep/er/twin.py:2 start"]


def test_unreachable_definition(program: Program) -> None:
    (program.folder / "app.py").write_text("if 0:\n    def never(): pass\n")
    assert program.refusal("never") == (
        "never at app.py:2 never comes into being", "Python drops code that can't be reached", "list app.py:2",
    )  # fmt: skip


def test_pattern_finds_functions_of_the_program_only(program: Program) -> None:
    assert program("/./") == [
        "app.py:7 run",
        "app.py:15 twice",
        "bank.py:7 Account.withdraw",
        "bank.py:8 Account.withdraw.<locals>.check",
        "bank.py:13 Account.balance",
        "bank.py:17 Account.balance",
        "bank.py:20 one_line",
        "bank.py:24 twice",
        "shop/cart.py:3 Cart.add",
        "shop/cart.py:7 helper",
        "shop/cart.py:12 A.helper",
    ]
    assert program("/^bank\\..*w/") == [
        "bank.py:7 Account.withdraw", "bank.py:8 Account.withdraw.<locals>.check", "bank.py:24 twice",
    ]  # fmt: skip
    assert program("/^__main__\\.run$/") == ["app.py:7 run"]


def test_the_walk_is_bounded(program: Program) -> None:
    folder = program.folder / "many"
    folder.mkdir()
    for index in range(2000):
        (folder / f"f{index}.txt").touch()
    (program.folder / "zz").mkdir()
    (program.folder / "zz/unreached.py").write_text(LATER)
    assert program.refusal("unreached.py:1")[0] == 'no file matches "unreached.py"'
    assert program("zz/unreached.py:2") == ["zz/unreached.py:2 start"]


def test_completion(program: Program) -> None:
    assert program.complete("b") == ("balance", "bank.py:")
    assert program.complete("Account.w") == ("Account.withdraw", "Account.withdraw.check")
    assert program.complete("withdraw.") == ("withdraw.check",)
    assert program.complete("bank.A") == (
        "bank.Account", "bank.Account.balance", "bank.Account.withdraw", "bank.Account.withdraw.check",
    )  # fmt: skip
    assert program.complete("bank.py:t") == ("bank.py:twice",)
    assert program.complete("shop/") == ("shop/cart.py:",)
    assert program.complete("./l") == ("./later.py:", "./lib/")
    assert program.complete("cart") == ("cart.py:",)
    assert program.complete("ACCOUNT.W") == (  # held, whatever its case
        "Account.withdraw", "Account.withdraw.check", "bank.Account.withdraw", "bank.Account.withdraw.check",
    )  # fmt: skip
    assert program.complete("drw") == ("Account.withdraw", "Account.withdraw.check", "withdraw", "withdraw.check")
    assert program.complete("bank.py:chk") == ("bank.py:Account.withdraw.check",)
    assert program.complete("Cli") == ()  # a library's
    assert program.complete("none/such/") == ()
    assert program.complete("\0/") == ()
    assert all(
        program(word.removesuffix(":") + (":1" if word.endswith(":") else "")) for word in program.complete("tw")
    )


def test_completion_is_limited_and_sorted(program: Program) -> None:
    (program.folder / "app.py").write_text("".join(f"def f{index}(): pass\n" for index in range(500)))
    words = program.complete("")
    assert len(words) == 200
    assert list(words) == sorted(words)


def test_completion_never_raises(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: str) -> None:
        raise RuntimeError(path)

    monkeypatch.setattr(program.sources, "load", fail)
    assert program.complete("r") == ()


def test_every_candidate_of_a_completion_resolves(program: Program) -> None:
    complete: Callable[[str], tuple[str, ...]] = program.complete
    for word in complete(""):
        if not word.endswith(":") and word != "Account.balance":
            assert len(program(word)) == 1
