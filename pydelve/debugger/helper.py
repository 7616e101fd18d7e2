"""Asks the target's own interpreter something, in a process of its own: isolated, for a moment, with a limit.

For what only that version of Python knows. Runs nothing of the program. Called on the engine's thread, which it blocks.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

_TIMEOUT_S = 15.0
_MAX_OUTPUT_BYTES = 64 << 20


class HelperFailed(Exception):
    """The interpreter gave no answer; the text says why."""


def ask(python: str, script: Path, content: bytes, what: str) -> Any:
    """What ``script``, given ``content`` on standard input, says in JSON; ``what`` is the verb for errors.

    Raises:
        HelperFailed: it can't be started, fails, or says nothing usable.
    """
    command = [python, "-I", "-S", "-E", str(script)]
    try:
        # A session of its own: Ctrl-C at the prompt is not meant for it.
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=_TIMEOUT_S, check=False, start_new_session=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise HelperFailed(f"{python} could not be asked to {what}: {reason}") from error
    if done.returncode != 0 or len(done.stdout) > _MAX_OUTPUT_BYTES:
        raise HelperFailed(f"{python} failed to {what} (exit status {done.returncode})")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise HelperFailed(f"{python} gave no usable answer when asked to {what}") from error
