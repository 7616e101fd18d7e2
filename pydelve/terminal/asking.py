"""A question to the person at the terminal. On the main thread, between two prompts."""

from __future__ import annotations


def confirm(question: str) -> bool:
    """Yes, unless the answer begins with n; Ctrl-D is yes, as it leaves the prompt, too; Ctrl-C is no."""
    try:
        return not input(f"{question} [Y/n] ").strip().lower().startswith("n")
    except EOFError:
        print()
        return True
    except KeyboardInterrupt:
        print()
        return False
