"""Run inside a target interpreter by test_evaluation.py: expressions, statements, assignments, conditions in frames."""

# It runs on 3.9 too, and odd code is what it is about.
# ruff: noqa: BLE001, F841, PLC3002, PLW0108, T201, UP031, UP036
# mypy: ignore-errors

import sys

sys.path.insert(0, sys.argv[1])
from pydelve.agent.looking.evaluation import (
    assign,
    compile_condition,
    compile_expression,
    describe_error,
    evaluate_expression,
    execute_statements,
    private_class_of,
    scratch,
)

ROOT_NAMES = set(sys.modules)


def equal(got, wanted):
    assert got == wanted, "\n got    %r\n wanted %r" % (got, wanted)


def ev(text):
    return evaluate_expression(sys._getframe(1), text)


def ex(text):
    return execute_statements(sys._getframe(1), text)


def error_of(action, *args):
    try:
        action(*args)
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def message(text, frame):
    """Type and message of what evaluating raises."""
    described = describe_error(error_of(evaluate_expression, frame, text))
    return described["type"] + ": " + described["message"]


a_global = "global"


# -- expressions -----------------------------------------------------------------------------------
def outer(free):
    def inner(a, b=2):
        local = [1, 2, 3]
        assert free
        if a > 100:
            unset = 1
        equal(ev("a + b"), 3)
        equal(ev("free, a_global, len(local)"), ("free", "global", 3))
        equal(ev("[x * a + b for x in local]"), [3, 4, 5])
        equal(ev("{free: [a for _ in local] for _ in range(1)}"), {"free": [1, 1, 1]})
        equal(ev("(lambda n: n + a)(5)"), 6)
        equal(list(ev("(x + b for x in local if x > a)")), [4, 5])
        equal(ev("(lambda: [(lambda: b)() for _ in local])()"), [2, 2, 2])
        equal(ev("  a +\n   b"), 3)
        equal(ev("[\n  a,\n  b,\n]"), [1, 2])
        equal(ev("a  # comment"), 1)
        equal(ev("a or unset"), 1)
        equal(ev("f'{a}-{b}'"), "1-2")
        equal(sorted(ev("locals()")), ["a", "b", "free", "local"])
        equal(ev("dir()"), ["a", "b", "free", "local"])
        equal(sorted(ev("vars()")), ["a", "b", "free", "local"])
        equal(ev("(a := 50) + a"), 100)
        equal(a, 50)
        equal(ev("[(b := n) for n in range(3)]"), [0, 1, 2])
        equal(b, 2)
        frame = sys._getframe()
        assert message("unset", frame).startswith(("NameError: free variable", "NameError: cannot access free"))
        equal(message("nowhere", frame), "NameError: name 'nowhere' is not defined")
        equal(message("await a", frame), "SyntaxError: 'await' can't be used here: nothing could resume it")
        equal(message("(yield)", frame), "SyntaxError: 'yield' can't be used here: nothing could resume it")
        equal(message("(yield from a)", frame), "SyntaxError: 'yield from' can't be used here: nothing could resume it")
        equal(
            message("[x async for x in a]", frame),
            "SyntaxError: 'async for' can't be used here: nothing could resume it",
        )
        for bad in ("1) + (2", "a\n) + (\nb", "a = 1", "", "a;b", "a\nb", "import os", "a)#", "1) if (0"):
            assert message(bad, frame).startswith(("SyntaxError", "IndentationError")), bad
        assert isinstance(error_of(evaluate_expression, frame, "exit_now()"), SystemExit)
        assert isinstance(error_of(evaluate_expression, frame, "interrupt()"), KeyboardInterrupt)
        return a

    return inner


def exit_now():
    raise SystemExit(3)


def interrupt():
    raise KeyboardInterrupt


outer("free")(1)
equal(ev("[a_global for _ in [1]]"), ["global"])
equal(ev("(made := 4)"), 4)
equal(made, 4)  # noqa: F821

# -- no warning escapes, whatever the filters ------------------------------------------------------
import warnings  # noqa: E402

for action in ("error", "always"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter(action)
        filters = list(warnings.filters)
        equal(ev("1 is 1"), True)
        equal(ev("'\\d'"), "\\d")
        ex("assert (1, 'always')\nx = 5 is 5")
        equal(warnings.filters, filters)
    equal([str(entry.message) for entry in caught], [])


# -- private names ---------------------------------------------------------------------------------
class _Account:
    __rate = 2

    def __init__(self):
        self.__balance = 10

    def method(self):
        def nested():
            return private_class_of(sys._getframe()), self

        equal(private_class_of(sys._getframe()), "_Account")
        equal(nested()[0], "_Account")
        equal(ev("self.__balance * self.__rate"), 20)
        equal(ev("[self.__balance for _ in range(2)]"), [10, 10])
        assign(sys._getframe(), "self.__balance", "self.__balance + 1")
        equal(self.__balance, 11)
        ex("self.__balance += 1\n__own = self.__balance")
        equal(self.__balance, 12)
        equal(scratch.pop("_Account__own"), 12)

    @classmethod
    def on_class(cls):
        return private_class_of(sys._getframe()), ev("cls.__rate")

    @property
    def prop(self):
        return private_class_of(sys._getframe())

    def uses_super(self):
        equal(ev("(__class__, [__class__ for _ in '1'], self._Account__balance)"), (_Account, [_Account], 10))
        return super().__repr__ and ev("super().__init__.__qualname__")

    def without_super(self):
        return ev("__class__")

    equal(private_class_of(sys._getframe()), "_Account")
    body = ev("[n for n in range(2)] + [__rate]")


class Derived(_Account):
    pass


equal(_Account.body, [0, 1, 2])
Derived().method()
equal(Derived.on_class(), ("_Account", 2))
equal(Derived().prop, "_Account")
equal(_Account().uses_super(), "object.__init__")
try:
    _Account().without_super()
except NameError as error:
    equal(str(error), "name '__class__' is not defined")
else:
    raise AssertionError("__class__ was found")


def by_eval(x):
    equal(ev("eval('x'), eval('x + 1', {'x': 5}), [eval('x') for _ in '1']"), (x, 6, [x]))
    ex("exec('y = x + 1; seen.append(y)')")
    # what this module's own code is compiled with: no __future__
    spaces = {}
    equal(ev("exec('def f(x: int): pass', spaces), eval(' spaces')"), (None, spaces))
    equal(spaces["f"].__annotations__, {"x": int})


seen = []
by_eval(2)
equal(seen, [3])
ex("exec('a_new_global = 4')")
equal(a_new_global, 4)  # noqa: F821
equal(private_class_of(sys._getframe()), "")
equal(private_class_of((lambda: sys._getframe())()), "")


# -- statements ------------------------------------------------------------------------------------
def statements(x):
    y = 1
    cell = 2

    def inner():
        return cell

    ex("x = 10\ny += x")
    equal((x, y), (10, 11))
    ex("cell = [y for _ in range(2)]")
    equal(inner(), [11, 11])
    ex("def helper(n):\n    return n + y\nnew = helper(1)")
    equal(ev("new"), 12)
    equal(ev("helper(new)"), 23)
    ex("new += 1")
    equal(scratch["new"], 13)
    ex("import itertools as it, sys\nfrom collections import deque")
    equal(ev("it.__name__, deque.__name__, sys.__name__"), ("itertools", "deque", "sys"))
    ex("for i, (j, *k) in [(1, (2, 3))]: pass\nwith open('/dev/null') as f: pass")
    equal(ev("i, j, k, f.closed"), (1, 2, [3], True))
    ex("try:\n    1 / 0\nexcept ZeroDivisionError as y:\n    x = str(y)")
    equal(x, "division by zero")
    ex("z: int = 3\ny: 'str' = 4")
    equal((y, scratch["z"]), (4, 3))
    ex("global a_global\na_global = 'changed'")
    equal(a_global, "changed")
    ex("a_list = []\nclass Local:\n    value = y\na_list.append(Local.value)")
    equal(ev("a_list"), [4])
    ex("del new")
    assert "new" not in scratch
    ex("# nothing")
    error = error_of(ex_in, sys._getframe(), "x = 'kept'\nraise KeyError('k')")
    equal((type(error), x), (KeyError, "kept"))
    equal(
        str(error_of(ex_in, sys._getframe(), "del x")),
        "can't delete the local variable 'x' of a function from outside it",
    )
    for bad in ("return 1", "yield", "await x", "nonlocal x", "x = ", "break", "from os import *"):
        found = describe_error(error_of(ex_in, sys._getframe(), bad))
        equal(found["type"], "SyntaxError")
    if sys.version_info >= (3, 10):
        ex("match [1, 2]:\n    case [first, *others]: pass")
        equal(ev("first, others"), (1, [2]))


def shares_cells():
    count = 0

    def bump():
        nonlocal count
        count += 1
        return count

    ex("bump()\nassert count == 1\nseen = count")
    equal((count, scratch.pop("seen")), (1, 1))
    equal(ev("bump(), count, (lambda: count)()"), (2, 2, 2))
    ex("count = 10\nbump()")
    equal(count, 11)
    return count


shares_cells()


def traced():
    count = 0
    plain = 1

    def bump():
        nonlocal count
        count += 1

    plain = 2
    return count, plain


def tracer(frame, event, arg):
    if event == "line" and frame.f_lineno == traced.__code__.co_firstlineno + 9:
        execute_statements(frame, "bump()\nplain = 5")
        evaluate_expression(frame, "bump()")
    return tracer if frame.f_code is traced.__code__ else None


sys.settrace(tracer)
try:
    result = traced()
finally:
    sys.settrace(None)
equal(result, (2, 5))


def ex_in(frame, text):
    execute_statements(frame, text)


statements(0)
scratch.clear()
ex("module_made = 5\ndef module_function():\n    return module_made")
equal((module_made, module_function(), module_function.__qualname__), (5, 5, "module_function"))  # noqa: F821
ex("del module_made")
assert "module_made" not in globals()


class Body:
    x = 1
    ex("x = 2\ny = [x for _ in range(2)]")
    ex("import math")
    del math  # noqa: F821
    z = ev("x + len(y)")


equal((Body.x, Body.y, Body.z), (2, [2, 2], 4))


# -- assignment ------------------------------------------------------------------------------------
class Thing:
    pass


def assigns(local):
    thing, items = Thing(), [1, 2, 3]
    frame = sys._getframe()
    equal(assign(frame, "local", "local + 1"), 2)
    equal(local, 2)
    equal(assign(frame, "thing.attribute", "[x for x in items]"), [1, 2, 3])
    equal(thing.attribute, [1, 2, 3])
    assign(frame, "items[0]", "local")
    assign(frame, "items[1:]", "[8, 9]")
    equal(items, [2, 8, 9])
    assign(frame, "local, *items", "'abc'")
    equal((local, items), ("a", ["b", "c"]))
    assign(frame, "a_global", "'again'")
    equal(a_global, "again")
    assign(frame, "fresh", "7")
    equal((scratch, ev("fresh")), ({"fresh": 7}, 7))
    for target in ("1", "f()", "a = b", "x: int", "a == b", "x; y", "", "x\ny", "None", "(lambda: 1)"):
        equal(type(error_of(assign, frame, target, "1")), SyntaxError)
    equal(type(error_of(assign, frame, "thing.x.y", "1")), AttributeError)


assigns(1)
scratch.clear()


# -- conditions ------------------------------------------------------------------------------------
class Boolless:
    def __getattribute__(self, name):
        raise AssertionError("touched")


def loop(condition):
    untouched = Boolless()
    results = []
    for n in range(5):
        results.append(condition(sys._getframe()))
        if n == 2:
            late = True
    return results, untouched is not None and late


equal(loop(compile_condition("n % 2 == 0", loop.__code__))[0], [True, False, True, False, True])
equal(loop(compile_condition("n > 2 and late", loop.__code__))[0], [False, False, False, True, True])
equal(type(error_of(loop, compile_condition("late", loop.__code__))), NameError)
equal(type(error_of(loop, compile_condition("1 / 0", loop.__code__))), ZeroDivisionError)
equal(loop(compile_condition("any(n == k for k in (1, 2))", loop.__code__))[0], [False, True, True, False, False])
equal(loop(compile_condition("a_global", loop.__code__))[0], ["again"] * 5)
equal(type(error_of(compile_condition, "n ==", loop.__code__)), SyntaxError)
equal(type(error_of(compile_condition, "await n", loop.__code__)), SyntaxError)


class Guarded:
    def __init__(self):
        self.__level = 3

    def method(self):
        return compile_condition("self.__level == 3", sys._getframe().f_code)(sys._getframe())


equal(Guarded().method(), True)
module_condition = compile_condition("a_global == 'again'", sys._getframe().f_code)
equal(module_condition(sys._getframe()), True)
equal(compile_expression("n + late + other", loop.__code__, ("n", "late", "results")).co_freevars, ("late", "n"))


# -- errors ----------------------------------------------------------------------------------------
class Broken(Exception):
    def __str__(self):
        raise SystemExit


def raises():
    raise Broken


described = describe_error(error_of(evaluate_expression, sys._getframe(), "raises()"))
equal((described["type"], described["message"]), ("__main__.Broken", "<its __str__ raised SystemExit>"))
line = raises.__code__.co_firstlineno + 1
equal(
    described["traceback"][-2:],
    ['File "<pydelve>", line 1, in <expression>', 'File "%s", line %d, in raises' % (__file__, line)],
)
assert not [entry for entry in described["traceback"] if "pydelve/agent/" in entry and "probe" not in entry], described
described = describe_error(error_of(evaluate_expression, sys._getframe(), "1 +* 2"))
equal((described["type"], described["traceback"][-2:]), ("SyntaxError", ["1 +* 2", "   ^"]))
print("fine")
