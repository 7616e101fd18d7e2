"""``python -m bench``: runs the cases and prints, or writes, their figures."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.cases import CASES, Setting
from bench.dap import debugpy_python, debugpy_version
from bench.measure import Result
from tests.interpreters import MINORS, find_interpreters

_PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "performance.md"


def main(words: Sequence[str] | None = None) -> int:
    """Run; gives back 1 where a limit was missed."""
    options = _options(words)
    found = find_interpreters()
    wanted = options.python.replace(",", " ").split() or (["3.13"] if options.quick else list(found))
    results: list[Result] = []
    failed: list[str] = []
    begin, versions = time.monotonic(), []
    for minor in wanted:
        if minor not in found:
            print(f"CPython {minor}: not found")
            continue
        interpreter = found[minor]
        versions.append(interpreter.version)
        # debugpy beside us on two versions: one with sys.settrace, one with sys.monitoring
        debugpy = debugpy_python(interpreter.path, interpreter.version) if minor in options.debugpy else ""
        if debugpy:
            print(f"debugpy {debugpy_version(debugpy)} on CPython {interpreter.version}")
        with tempfile.TemporaryDirectory() as folder:
            rounds = options.rounds or (3 if options.quick else 5)
            setting = Setting(
                interpreter.path, interpreter.version, Path(folder).resolve(), rounds, options.quick, debugpy
            )
            for name in options.case or CASES:
                since = time.monotonic()
                for case in CASES[name]:
                    try:
                        made = case(setting)
                    except (RuntimeError, OSError, subprocess.SubprocessError) as error:  # the others are worth having
                        failed.append(f"{name} on {interpreter.version} did not run: {error}")
                        print(failed[-1], flush=True)
                        continue
                    for result in made if isinstance(made, list) else [made]:
                        results.append(result)
                        print(report.as_text(result), flush=True)
                print(f"  ({name} took {time.monotonic() - since:.0f} s)", flush=True)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = "load average {:.1f}, {:.1f}, {:.1f}".format(*os.getloadavg())
    print(f"{machine}; {load}; {time.monotonic() - begin:.0f} s")
    if options.save:
        results = report.joined(Path(options.save), results)
    if options.write:
        _PAGE.write_text(report.as_page(results, machine, load), encoding="utf-8")
    return 0 if all(result.kept for result in results) and not failed else 1


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="pydelve beside plain Python, pdb and debugpy")
    parser.add_argument("--quick", action="store_true", help="one interpreter, few rounds: under a minute")
    parser.add_argument(
        "--python", default="", metavar="3.X[,3.Y]", help=f"target versions (default: {' '.join(MINORS)})"
    )
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this one; may be repeated")
    parser.add_argument("--rounds", type=int, default=0, help="measurements of each (default: 5; quick: 3)")
    parser.add_argument("--debugpy", default="3.11,3.13", metavar="3.X[,3.Y]", help="versions where debugpy runs too")
    parser.add_argument("--save", default="", metavar="FILE", help="join the figures to those of earlier runs in FILE")
    parser.add_argument("--write", action="store_true", help="write the figures to docs/reference/performance.md")
    options = parser.parse_args(words)
    options.debugpy = () if options.quick else tuple(options.debugpy.replace(",", " ").split())
    return options


if __name__ == "__main__":
    raise SystemExit(main())
