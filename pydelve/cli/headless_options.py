"""The options of ``--headless``: where a session is served, and who may connect. Starts nothing."""

from __future__ import annotations

import contextlib
import sys

from pydelve.cli.options import Option, Words
from pydelve.errors import UsageError
from pydelve.records import dataclass
from pydelve.rpc.addresses import Address, parse_address, read_token, take_token

HEADLESS = (
    Option("--headless", "serve the session to clients, which pydelve connect is one of, and have no prompt here"),
    Option("--listen", "where (headless): unix:PATH or HOST:PORT (default: a unix socket of its own)", "ADDRESS"),
    Option("--accept-multiclient", "go on when the last client has left (headless)"),
    Option(
        "--token-file", "file with the token for HOST:PORT (headless; default: PYDELVE_TOKEN, or a new one)", "FILE"
    ),
    Option("--allow-remote", "let HOST:PORT be one that other machines reach (headless)"),
)


@dataclass(frozen=True, slots=True)
class Headless:
    """How to serve a session, checked."""

    address: Address | None
    """None: a unix socket of its own."""
    stays: bool
    token: str


def read_headless(parsed: Words, command: str) -> Headless | None:
    """What the options say; None without ``--headless``.

    Raises:
        UsageError: they don't fit.
    """
    if parsed.last("--headless") is None:
        for option in HEADLESS[1:]:
            if option.name in parsed.values:
                raise UsageError(
                    f"{option.name} needs --headless", why="there is nobody to connect to",
                    hint=f"pydelve {command} --headless {option.label} ...",
                )  # fmt: skip
        return None
    for prompts in ("--init", "--tui"):
        if prompts in parsed.values:
            raise UsageError(
                f"{prompts} has no place with --headless", why="it is the prompt's, which is elsewhere",
                hint=f"pydelve connect {prompts} ... ADDRESS",
            )  # fmt: skip
    return read_listening(parsed)


def read_listening(parsed: Words) -> Headless:
    """Where to listen, and for whom.

    Raises:
        UsageError: as :func:`read_headless`.
    """
    listen = parsed.last("--listen")
    address = parse_address(listen) if listen is not None else None
    token = _token(parsed.last("--token-file"), address)
    if address is not None and not address.path:
        _check_host(address.host, allowed="--allow-remote" in parsed.values)
    return Headless(address, "--accept-multiclient" in parsed.values, token)


def _token(path: str | None, address: Address | None) -> str:
    from_environment = take_token()
    if path is None:
        return from_environment
    if address is None or address.path:
        raise UsageError(
            "--token-file has no use on a unix socket", why="who connects is known by the user's number",
            hint="--listen 127.0.0.1:0 --token-file FILE",
        )  # fmt: skip
    return read_token(path)


def _check_host(host: str, *, allowed: bool) -> None:
    """Refuse what other machines reach, or warn of it where that is wanted."""
    from ipaddress import ip_address  # noqa: PLC0415  a millisecond of everybody's first prompt

    loopback = host == "localhost"
    with contextlib.suppress(ValueError):
        loopback = loopback or ip_address(host).is_loopback
    if loopback:
        return
    why = "whoever connects with the token can run anything as you, and what passes can be read on the way"
    if not allowed:
        raise UsageError(
            f"{host} can be reached from other machines", why=why,
            hint="--listen 127.0.0.1:PORT and a tunnel (ssh -L), or --allow-remote",
        )  # fmt: skip
    print(f"pydelve: warning: {host} can be reached from other machines: {why}", file=sys.stderr)
