"""Every kind of function that a breakpoint is woven into; what it prints must not depend on that."""
import asyncio
import functools
import importlib
import inspect
import pickle
import sys
import threading
import traceback


def decorated_with(factor):
    def wrap(function):
        @functools.wraps(function)
        def wrapper(*args):
            result = function(*args)  # @wrapper
            return result * factor
        return wrapper
    return wrap


class Base:
    def go(self, n):
        return n


class Child(Base):
    __secret = 3

    def __init__(self):
        self.__count = 0

    @decorated_with(2)
    def go(self, n):
        """With a docstring."""
        self.__count += n + self.__secret  # @method
        return super().go(self.__count)

    @classmethod
    def make(cls, n):
        made = cls()  # @classmethod
        made.n = n
        return made

    @staticmethod
    def add(a, b=1, *rest, c, **more):
        total = a + b + sum(rest) + c + sum(more.values())  # @staticmethod
        return total

    @property
    def double(self):
        value = self.n * 2  # @property
        return value

    @double.setter
    def double(self, value):
        self.n = value // 2  # @setter


def outer(k):
    seen = []

    def inner(n):
        nonlocal k
        seen.append(n * k)  # @closure
        k += 1
        return seen[-1], len(seen)

    return inner


def generator(n):
    for i in range(n):
        got = yield i  # @generator
        if got:
            n = got


async def coroutine(n):
    total = 0
    for i in range(n):
        await asyncio.sleep(0)
        total += i  # @coroutine
    return total


async def async_generator(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i  # @async_generator


async def gather():
    found = [i async for i in async_generator(3)]
    return found, await asyncio.gather(*(coroutine(n) for n in range(4)))


def flow(n):
    for i in range(n):
        try:
            if i == 1:
                continue  # @continue
            if i == 3:
                raise ValueError(i)  # @raise
            with open("/dev/null") as null:
                null.read(); i += 0  # @with
        except ValueError as error:
            caught = str(error)  # @except
        else:
            pass
        finally:
            i = i * 2  # @finally
        while True:
            break  # @break
    assert n, "nothing"  # @assert
    return (
        n, i,
        caught,
    )


def recursive(n):
    below = recursive(n - 1) if n else 0  # @recursive
    return below + n


def comprehensions(n):
    squares = [i * i for i in range(n)]; pairs = {i: (lambda: i)() for i in squares}  # @comprehension
    return squares, pairs, sorted(x for x in {*squares})


def defaults(a, b=(1, 2), *, c={"k": 1.5}):
    constant = (1, 2, "text", -0.0, b"bytes", frozenset({1}))  # @constants
    return constant, b is defaults.__defaults__[0], a, c


def fails(n):
    value = [1, 2, 3]
    return value[0] + value[n] * undefined(n)  # @fails


def deep(n):
    if n:
        return deep(n - 1)  # @deep
    return fails(1)


def in_thread(n, out):
    total = 0
    for i in range(n):
        total += i  # @thread
    out.append(total)


def unset(flag):
    if flag:
        here = 1
    flag = not flag  # @unset
    return flag


def ready():
    return breakpoint() if sys.argv[1:] else None  # @ready


def describe(function):
    """What can be seen of a function's code from outside."""
    code = function.__code__
    lines = sorted({line for _, _, line in code.co_lines() if line}) if hasattr(code, "co_lines") else []
    names = code.co_varnames, code.co_freevars, code.co_cellvars, code.co_argcount, code.co_flags, code.co_name
    columns = {place for place in code.co_positions() if None not in place} if hasattr(code, "co_positions") else {}
    source = inspect.getsource(function), inspect.signature(function)
    return source, code.co_firstlineno, lines, names, sorted(columns)


def tell(*values):
    print(*values, flush=True)


before_closure, before_generator, before_partial = outer(10), generator(4), functools.partial(recursive, 5)
next(before_generator)
bound, made = Child().go, Child.make(7)
before_coroutine = coroutine(3)
in_main = []
ready()
for number in range(3):
    tell(bound(number), made.double, Child.add(1, 2, 3, c=4, d=5), before_closure(number), outer(2)(3))
    made.double = number
tell(list(before_generator), list(generator(3)), before_partial())
sender = generator(2)
tell(next(sender), sender.send(4), list(sender))
tell(asyncio.run(gather()), asyncio.run(before_coroutine))
tell(flow(5), comprehensions(4), defaults(1), unset(True), unset(False))
for function, argument in ((fails, 1), (fails, 7), (deep, 3), (flow, 0)):
    try:
        function(argument)
    except Exception:
        tell(traceback.format_exc())
out = []
threads = [threading.Thread(target=in_thread, args=(1000, out)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
tell(out)
sys.path.insert(0, __file__.rpartition("/")[0])
import late
tell(late.late(1))
late = importlib.reload(late)
tell(late.late(2))
for function in (Child.go, Child.make, Child.add, outer, generator, flow, comprehensions, defaults, fails, late.late):
    tell(describe(function))
tell(pickle.loads(pickle.dumps(recursive)) is recursive, pickle.loads(pickle.dumps(Child.add)) is Child.add)
