"""A question to the person at the terminal. On the main thread, between two prompts."""

from __future__ import annotations


def confirm(question: str) -> bool:
    """Yes by Enter alone, y and yes, and by Ctrl-D, as it leaves the prompt, too. All else is no, and Ctrl-C: a command
    that was typed ahead kills nothing.
    """
    try:
        return input(f"{question} [Y/n] ").strip().lower() in {"", "y", "yes"}
    except EOFError:
        print()
        return True
    except KeyboardInterrupt:
        print()
        return False
