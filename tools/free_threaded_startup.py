"""Start-up of the interpreters of ``tools/get_free_threaded.sh``: what ``python`` does, as far as tests need it."""

import os
import runpy
import sys
from types import CodeType

_ISOLATED = ("-I", "-S")


def init() -> None:
    """Called first: it is a plain interpreter, no frozen program."""
    sys.frozen = False  # type: ignore[attr-defined]


def run(*_: object) -> None:
    """Called next: read the command line and run what it names."""
    import ctypes  # noqa: PLC0415  as late as in python itself

    python = ctypes.pythonapi
    python.PyInterpreterState_Get.restype = ctypes.c_void_p
    python._PyInterpreterState_SetRunningMain(ctypes.c_void_p(python.PyInterpreterState_Get()))
    os.__file__ = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "lib", "os.py")
    arguments, isolated = sys.argv[1:], False
    while arguments and arguments[0] in ("-u", "-B", "-E", "-s", *_ISOLATED):
        isolated |= arguments.pop(0) in _ISOLATED
    if not isolated:
        sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
        import site  # noqa: PLC0415  the same

        site.main()
    if arguments[:1] == ["-c"]:
        _run(compile(arguments[1], "<string>", "exec"), ["-c", *arguments[2:]], "")
    elif arguments[:1] == ["-m"]:
        sys.argv = arguments[1:]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments:
        with open(arguments[0], "rb") as file:
            code = compile(file.read(), arguments[0], "exec")
        sys.modules["__main__"].__file__ = arguments[0]
        _run(code, arguments, os.path.dirname(os.path.abspath(arguments[0])))


def _run(code: CodeType, argv: list[str], folder: str) -> None:
    sys.argv = argv
    sys.path.insert(0, folder)
    exec(code, sys.modules["__main__"].__dict__)
