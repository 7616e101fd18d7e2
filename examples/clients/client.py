#!/usr/bin/env python3
"""A client of a session that listens: sets a breakpoint, and shows the locals at each of its hits.

    pydelve debug --headless examples/bank.py
    python examples/clients/client.py ADDRESS bank.py:22

ADDRESS is what the listening line says; for HOST:PORT, the token is taken from PYDELVE_TOKEN.
"""

import sys

from pydelve.api.events import Output
from pydelve.api.requests import CreateBreakpoint, GetVariables, Resume
from pydelve.client import connect
from pydelve.errors import PydelveError


def main(address, location):
    with connect(address) as session:
        point = session.call(CreateBreakpoint(location))
        while True:
            state = session.call(Resume("continue", wait=True))
            show_output(session)
            if state.status != "stopped":
                print(f"the program {state.exit.how}, status {state.exit.status}")
                return
            if point.id in state.stop.breakpoints:
                frame = state.stop.frames[0]
                found = session.call(GetVariables("locals"))
                shown = ", ".join(f"{each.name} = {each.value.text or each.value.type}" for each in found)
                print(f"{frame.function}, line {frame.line}: {shown}")


def show_output(session):
    """What the program has written until now: all events that wait are older than the answer."""
    while (event := session.next_event(0)) is not None:
        if isinstance(event, Output):
            print(event.text, end="")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except PydelveError as error:
        sys.exit(str(error))
