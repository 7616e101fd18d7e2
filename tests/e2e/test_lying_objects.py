"""Objects that lie about their class, equality and hash, and names with control characters, in a whole session: none of
the program's code runs for looking, setting breakpoints or completing, and nothing of it reaches the terminal.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.session import Session
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
Marker = Callable[[Path], dict[str, int]]

VERSION_DEPENDENT = ("size: ", "referrers: ", "1 method of BaseException", "2 methods of BaseException")
EXPECTED = r"""
process <pid> started: lying.py (CPython <version>)
> entry, lying.py:4 in <module>, thread 1 (MainThread)
     2:
     3:
=>   4:  def told(name):
     5:      def method(*args, **kwargs):
     6:          print("ran", name)
breakpoint 1 at lying.py:48 in work
> breakpoint 1, lying.py:48 in work, thread 1 (MainThread)
    46:      table = {1: lying}
    47:      named.__dict__["k\x1b]0;title\x07"] = 1
=>* 48:      return name  # @work
    49:
    50:
lying = <__main__.Lying 0x<addr>> {cell: (not assigned)}
name = 'first'
holding = <__main__.Holding 0x<addr>>
failing = __main__.Failing(2, 'no') {what: <__main__.Lying 0x<addr>> {cell: (not assigned)}}
named = <__main__.Na\x1b[31mmed 0x<addr>> {k\x1b]0;title\x07: 1}
table = {1: <__main__.Lying 0x<addr>> {cell: (not assigned)}}
{1: <__main__.Lying 0x<addr>> {cell: (not assigned)}}
<class __main__.Holding>
<method Holding.method(self, of=...) of __main__.Holding at lying.py:32>
<__main__.Holding 0x<addr>>
type: __main__.Holding
attributes:
  inner  class __main__.Holding  <__main__.Lying 0x<addr>> {cell: (not assigned)}
1 method of __main__.Holding: method
<class __main__.Holding>
type: class __main__.Holding
attributes:
  inner  class __main__.Holding  <__main__.Lying 0x<addr>> {cell: (not assigned)}
1 method of __main__.Holding: method
__main__.Failing(2, 'no') {what: <__main__.Lying 0x<addr>> {cell: (not assigned)}}
type: __main__.Failing, 2 elements
attributes:
  what                slot of __main__.Failing   <__main__.Lying 0x<addr>> {cell: (not assi...
  errno               slot of OSError            2
  strerror            slot of OSError            'no'
  filename            slot of OSError            None
  filename2           slot of OSError            None
  characters_written  computed of OSError        (not run)
  args                computed of BaseException  (not run)
__main__.Lying
breakpoint 2 at lying.py:52 in <module>
cleared breakpoint 1 at lying.py:48 in work
breakpoint 3 at lying.py:48 in work
> breakpoint 2, lying.py:52 in <module>, thread 1 (MainThread)
    50:
    51:  work(Lying(), "first")
=>* 52:  work(Lying(), "second")
    53:  print("done")
> breakpoint 3 (before the step ended), lying.py:48 in work, thread 1 (MainThread)
    46:      table = {1: lying}
    47:      named.__dict__["k\x1b]0;title\x07"] = 1
=>* 48:      return name  # @work
    49:
    50:
done
process <pid> exited with status 0
""".lstrip()


def test_none_of_their_code_runs(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("looking/lying.py")
    line = marker(script)["work"]
    finished = Session(python, script.parent).debug(
        script.name,
        f"break {line}",
        "continue",
        "locals",
        "print table",
        "print Holding",
        "print holding.method",
        "examine holding",
        "examine Holding",
        "examine failing",
        "whatis lying",
        f"break {line + 4}",
        "clear 1",
        f"break {line}",
        "continue",
        "next",
        "continue",
    )  # fmt: skip
    told = [line for line in finished.lines if not line.startswith(VERSION_DEPENDENT)]
    assert told == EXPECTED.splitlines()
