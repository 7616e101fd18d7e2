"""Run inside a target interpreter by test_handlers.py: what is said of handlers, against what they then do.

Each case is called with an exception that it raises somewhere within. Just before, it is foretold whether the case will
let it out; then it is raised. "caught" and "passes" must come true; "unknown" is right where the case says so.
"""

# Odd code is what it is about.
# ruff: noqa: B007, B905, PERF401, PERF402, B012, E722, T201, UP031, BLE001
# mypy: ignore-errors

import contextlib
import io
import sys
import threading

sys.path.insert(0, sys.argv[1])
import opcode

from pydelve.agent.exceptions import handlers
from pydelve.agent.exceptions.handlers import CAUGHT, PASSES, UNKNOWN

for name, number in zip(handlers.NAMES.split(), handlers.NUMBERS[handlers._VERSION].split()):
    real = opcode.opmap.get(name, opcode.opmap.get(name.replace("JUMP_IF", "JUMP_FORWARD_IF"), -1))
    assert real == (-1 if number == "-" else int(number)), (name, real, number)


class Own(Exception):
    pass


class OwnToo(Own):
    pass


class Names:
    Own = Own
    both = (KeyError, Own)


class Quiet:
    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.left = True


class Swallows(Quiet):
    def __exit__(self, kind, value, traceback):
        return kind is Own


class AsyncQuiet:
    async def __aenter__(self):
        return self

    async def __aexit__(self, *details):
        self.left = True


@contextlib.contextmanager
def plain():
    try:
        yield
    finally:
        done.append(1)


@contextlib.contextmanager
def catching():
    try:
        yield
    except Own:
        done.append(2)


done = []
foretold = []
CASES = []


def case(expected, error=Own):
    def register(function):
        CASES.append((function, expected, error))
        return function

    return register


def boom(error):
    """Foretell, from here outwards to the case's own frame, and raise."""
    frame, said = sys._getframe(0), PASSES
    while frame.f_code.co_name != "run":
        said = handlers.outcome(frame, error)
        if said != PASSES:
            break
        frame = frame.f_back
    foretold.append(said)
    raise error


@case(PASSES)
def nothing(error):
    boom(error)


@case(CAUGHT)
def simple(error):
    try:
        boom(error)
    except Own:
        return 1


@case(CAUGHT, OwnToo)
def base_class(error):
    try:
        boom(error)
    except Names.Own as caught:
        return caught


@case(PASSES)
def others(error):
    try:
        boom(error)
    except KeyError:
        return 1
    except (ValueError, OSError) as caught:
        return caught


@case(CAUGHT)
def second(error):
    try:
        boom(error)
    except KeyError:
        return 1
    except (ValueError, Names.Own) as caught:
        del caught
    return 2


@case(CAUGHT)
def constant_tuple(error):
    try:
        boom(error)
    except Names.both:
        return 1


@case(CAUGHT)
def local_class(error):
    mine = Own
    try:
        boom(error)
    except mine:
        return 1


@case(CAUGHT)
def free_class(error):
    mine = Own

    def inner():
        try:
            boom(error)
        except mine:
            return 1

    return inner()


@case(UNKNOWN)
def computed(error):
    try:
        boom(error)
    except type(error):
        return 1


@case(CAUGHT)
def bare(error):
    try:
        boom(error)
    except:
        return 1


@case(PASSES)
def logged(error):
    try:
        boom(error)
    except Own as caught:
        done.append(caught.args)
        raise


@case(CAUGHT)
def another(error):
    try:
        try:
            boom(error)
        except Own as caught:
            raise KeyError from caught
    except KeyError:
        return 1


@case(UNKNOWN)
def perhaps(error):
    try:
        boom(error)
    except Own as caught:
        if caught.args:
            raise
        return 1


@case(CAUGHT)
def branches(error):
    try:
        boom(error)
    except Own as caught:
        if caught.args:
            return 1
        for _ in range(3):
            done.append(3)
    return 2


@case(PASSES)
def at_last(error):
    try:
        boom(error)
    finally:
        done.append(4)


@case(CAUGHT)
def at_last_return(error):
    try:
        boom(error)
    finally:
        return 1


@case(CAUGHT)
def around_finally(error):
    try:
        try:
            boom(error)
        finally:
            done.append(5)
    except Own:
        return 1


@case(PASSES)
def from_else(error):
    try:
        done.append(6)
    except Own:
        return 1
    else:
        boom(error)


@case(PASSES)
def from_a_handler(error):
    try:
        raise KeyError
    except KeyError:
        boom(error)


@case(CAUGHT)
def from_a_handler_inside(error):
    try:
        try:
            raise KeyError
        except KeyError as first:
            boom(error)
            del first
    except Own:
        return 1


@case(PASSES)
def quiet_manager(error):
    with Quiet():
        boom(error)


@case(UNKNOWN)
def swallowing_manager(error):
    with Swallows():
        boom(error)


@case(CAUGHT)
def suppressed(error):
    with contextlib.suppress(KeyError, Own):
        boom(error)


@case(PASSES)
def not_suppressed(error):
    with contextlib.suppress(KeyError):
        boom(error)


@case(PASSES)
def managers(error):
    with io.StringIO() as text, threading.Lock(), plain(), contextlib.closing(text):
        boom(error)


@case(CAUGHT)
def generator_manager(error):
    with Quiet(), catching() as found:
        boom(error)
    return found


@case(CAUGHT)
def in_a_loop(error):
    for _ in range(2):
        with plain():
            try:
                for number in (1, 2):
                    boom(error)
            except Own:
                continue
    return 1


def numbers(error):
    try:
        yield 1
        boom(error)
    finally:
        done.append(7)


@case(PASSES)
def from_a_generator(error):
    for number in numbers(error):
        done.append(number)


@case(CAUGHT)
def around_a_generator(error):
    try:
        return list(numbers(error))
    except Own:
        return 1


async def leaf(error):
    boom(error)


async def with_async(error):
    async with AsyncQuiet():
        await leaf(error)


async def catches(error):
    try:
        await with_async(error)
    except Own:
        return 1


def driven(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


@case(PASSES)
def from_coroutines(error):
    coroutine = with_async(error)
    coroutine.send(None)


@case(CAUGHT)
def around_coroutines(error):
    return driven(catches(error))


@case(UNKNOWN)
def groups(error):
    namespace = {"boom": boom, "Own": Own}
    exec("def run_it(error):\n    try:\n        boom(error)\n    except* Own:\n        pass\n", namespace)
    return namespace["run_it"](error)


def run(function, error):
    foretold.clear()
    try:
        function(error)
    except Exception:
        return PASSES
    return CAUGHT


wrong = []
for function, expected, kind in CASES:
    happened = run(function, kind("x"))
    said = foretold[0]
    if said != expected or (said != UNKNOWN and said != happened):
        wrong.append("%s: said %s, expected %s, was %s" % (function.__name__, said, expected, happened))
print("\n".join(wrong) or "fine, %d cases" % len(CASES))
