"""The file of settings: what is read, refused, written; and values as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydelve import config_file
from pydelve.config import Settings
from pydelve.errors import UsageError

CHANGED = Settings(
    list_lines=9, colors="never", confirm_exit=False, evaluation_timeout_s=2.5,
    aliases=(("pn", 'print -n "3"'),), substitute_path=(("/b", "/home/ä\n"), ("/a", "/c")),
)  # fmt: skip
TEXT = """\
# Settings of pydelve, written by its command config -save.
list-lines = 9
evaluation-timeout-s = 2.5
colors = "never"
confirm-exit = false

[aliases]
"pn" = "print -n \\"3\\""

[substitute-path]
"/b" = "/home/ä\\n"
"/a" = "/c"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "pydelve" / "config.toml"


def test_no_file_means_the_defaults(file: Path) -> None:
    assert (config_file.path(), config_file.load()) == (str(file), (Settings(), ()))


def test_what_is_saved_is_loaded_again(file: Path) -> None:
    assert config_file.save(CHANGED) == str(file)
    assert file.read_text(encoding="utf-8") == TEXT
    assert config_file.load() == (CHANGED, ())
    assert [each.name for each in file.parent.iterdir()] == ["config.toml"]


def test_the_defaults_are_not_written(file: Path) -> None:
    config_file.save(Settings())
    assert file.read_text(encoding="utf-8") == TEXT.split("list-lines", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("text", "message", "why"),
    [
        ("width = 'x'", "width can't be 'x'", "it is a whole number, 20 or more"),
        ("width = true", "width can't be True", "it is a whole number, 20 or more"),
        ("width = 5", "width can't be 5", "it is a whole number, 20 or more"),
        ("colors = 'red'", "colors can't be 'red'", "it is one of auto, always, never"),
        ("stop-targets = 'ALL'", "stop-targets can't be 'ALL'", "it is one of one, all"),
        ("confirm-exit = 1", "confirm-exit can't be 1", "it is yes or no"),
        ("evaluation-timeout-s = nan", "evaluation-timeout-s can't be nan", "it is a number above 0"),
        ("aliases = 3", "aliases is no table of texts", "it has pairs, as [aliases]"),
        ("[aliases]\nx = 3", "aliases is no table of texts", "it has pairs, as [aliases]"),
    ],
)
def test_a_value_that_can_not_be_is_refused_with_the_files_name(file: Path, text: str, message: str, why: str) -> None:
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        config_file.load()
    assert (refused.value.message, refused.value.why) == (f"{file}: {message}", why)


def test_a_damaged_file_is_refused_and_can_be_saved_over(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("width = ", encoding="utf-8")
    with pytest.raises(UsageError, match=r"can't read .*config\.toml"):
        config_file.load()
    config_file.save(CHANGED)
    assert config_file.load() == (CHANGED, ())


def test_unknown_keys_are_told_and_never_lost(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("later = 1\nlist-lines = 3\n", encoding="utf-8")
    assert config_file.load() == (Settings(list_lines=3), ("later",))
    with pytest.raises(UsageError, match="has later, which this pydelve does not know"):
        config_file.save(CHANGED)
    assert file.read_text(encoding="utf-8") == "later = 1\nlist-lines = 3\n"


def test_a_folder_that_can_not_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/dev/null/nowhere")
    with pytest.raises(UsageError, match=r"can't write /dev/null/nowhere/pydelve/config\.toml"):
        config_file.save(CHANGED)


@pytest.mark.parametrize("text", ["yes", "on", "true", "1", "TRUE"])
def test_yes_is_typed_in_many_ways(text: str) -> None:
    assert config_file.with_text(Settings(confirm_exit=False), "confirm-exit", text) == Settings()


def test_every_setting_of_a_few_words_has_its_choices() -> None:
    """What a type lists is all that is taken, and what is completed."""
    found = {key: config_file.choices(key) for key in config_file.KEYS if isinstance(config_file.default(key), str)}
    assert found == {
        "colors": ("auto", "always", "never"),
        "keys": ("emacs", "vi"),
        "step-skip": (),
        "attach-method": ("auto", "thread", "pending", "pep768"),
        "stop": ("all", "one"),
        "stop-targets": ("one", "all"),
        "exception-ignore": (),
        "exception-unknown": ("stop", "confirm-later"),
    }


@pytest.mark.parametrize("key", config_file.KEYS)
def test_every_setting_has_a_summary_and_a_default_that_it_can_have(key: str) -> None:
    assert config_file.summary(key)
    known = config_file.default(key)
    assert config_file.with_value(Settings(), key, known) == Settings()
    if not config_file.is_table(key):
        assert config_file.with_text(Settings(), key, config_file.as_typed(known)) == Settings()
