"""Where a session listens: ``unix:PATH`` (or a path), ``HOST:PORT``, ``[HOST]:PORT``; and its token."""

from __future__ import annotations

import os
import stat

from pydelve.errors import UsageError
from pydelve.records import dataclass

TOKEN_VARIABLE = "PYDELVE_TOKEN"
_MAX_PATH_BYTES = 107
"""``sun_path`` of ``struct sockaddr_un``, less the final zero."""


@dataclass(frozen=True, slots=True)
class Address:
    """A unix socket (``path``) or a TCP port."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """The address in a text.

    Raises:
        UsageError: there is none.
    """
    path = text.removeprefix("unix:")
    if path != text or "/" in text:
        if not path or len(os.fsencode(path)) > _MAX_PATH_BYTES or "\0" in path:
            raise UsageError(
                f"{text} is no address", why=f"the path of a socket has 1 to {_MAX_PATH_BYTES} bytes",
                hint="unix:/run/user/1000/my.sock",
            )  # fmt: skip
        return Address(path=os.path.abspath(path))
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise UsageError(
            f"{text} is no address", why="it is unix:PATH or HOST:PORT", hint="127.0.0.1:4711, or unix:/tmp/my.sock"
        )
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return Address(host=host or "127.0.0.1", port=int(port))


def socket_folder() -> str:
    """The folder for sockets without a name: ours, 0700, made where it is missing.

    Raises:
        UsageError: what is there is not ours alone.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    base = runtime if os.path.isabs(runtime) and os.path.isdir(runtime) else "/tmp"
    folder = os.path.join(base, "pydelve" if base == runtime else f"pydelve-{os.geteuid()}")
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(
            f"can't make the folder {folder}", why=os.strerror(error.errno or 0), hint="--listen unix:PATH"
        ) from error
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UsageError(
            f"the folder {folder} is not ours alone", why="others could put a socket of theirs there",
            hint=f"rm -r {folder}, or --listen unix:PATH",
        )  # fmt: skip
    return folder


def read_token(path: str) -> str:
    """The token in a file that only we can read.

    Raises:
        UsageError: others can read it, or it holds none.
    """
    try:
        with open(path, encoding="ascii") as file:
            found = os.fstat(file.fileno())
            token = file.read(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is no ASCII text"
        raise UsageError(f"the token file {path} can't be read", why=why, hint=f"ls -l {path}") from error
    if found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o077:
        raise UsageError(
            f"the token file {path} is no secret", why="others can read or write it", hint=f"chmod 600 {path}"
        )
    if not token:
        raise UsageError(
            f"the token file {path} is empty", why="it holds the token", hint=f"openssl rand -hex 32 > {path}"
        )
    return token


def take_token() -> str:
    """The token of the environment, which loses it: no process that we start shall have it. "" where there is none."""
    return os.environ.pop(TOKEN_VARIABLE, "").strip()
