"""Addresses and tokens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydelve.errors import UsageError
from pydelve.rpc.addresses import Address, parse_address, read_token, socket_folder, take_token


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("unix:/run/a.sock", Address(path="/run/a.sock"), "unix:/run/a.sock"),
        ("/run/a.sock", Address(path="/run/a.sock"), "unix:/run/a.sock"),
        ("127.0.0.1:4711", Address(host="127.0.0.1", port=4711), "127.0.0.1:4711"),
        (":0", Address(host="127.0.0.1", port=0), "127.0.0.1:0"),
        ("[::1]:4711", Address(host="::1", port=4711), "[::1]:4711"),
    ],
)
def test_addresses(text: str, address: Address, shown: str) -> None:
    assert (parse_address(text), str(address)) == (address, shown)


@pytest.mark.parametrize("text", ["", "4711", "unix:", "host:port", "host:70000", "unix:/" + "a" * 107, "a:²"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_a_token_of_a_file_must_be_secret(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(UsageError, match="can't be read"):
        read_token(str(path))
    path.write_text(" abc\n", encoding="ascii")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="is no secret"):
        read_token(str(path))
    path.chmod(0o600)
    assert read_token(str(path)) == "abc"
    path.write_text("\n", encoding="ascii")
    with pytest.raises(UsageError, match="is empty"):
        read_token(str(path))


def test_the_environment_loses_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDELVE_TOKEN", "abc")
    assert (take_token(), take_token(), "PYDELVE_TOKEN" in os.environ) == ("abc", "", False)


def test_the_folder_for_sockets_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = socket_folder()
    assert (folder, os.stat(folder).st_mode & 0o777) == (str(tmp_path / "pydelve"), 0o700)
    os.chmod(folder, 0o755)
    with pytest.raises(UsageError, match="is not ours alone"):
        socket_folder()
