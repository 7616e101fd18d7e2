"""Calls: nested, recursive, decorated, by callbacks, from expressions, for stepping."""
import functools
import operator


def inner(a):
    return a + 1  # @inner


def middle(a):
    b = inner(a)  # @mid_call
    return b * 2  # @mid_end


def outer():
    first = middle(1)  # @out_call
    second = middle(inner(first))  # @out_nested
    return first, second  # @out_end


def factorial(n):
    if n < 2:  # @fac_if
        return 1  # @fac_one
    rest = factorial(n - 1)  # @fac_call
    return n * rest  # @fac_end


def wrapping(function):
    @functools.wraps(function)
    def wrapper(*args):
        result = function(*args)  # @wrap_call
        return result  # @wrap_end

    return wrapper


@wrapping
def wrapped(a):
    return a * 3  # @wrapped


@functools.lru_cache(maxsize=None)
def cached(a):
    return a * 4  # @cached


def decorated():
    a = wrapped(1)  # @dec_user
    b = cached(2)  # @dec_cache
    c = cached(2)  # @dec_again
    return a, b, c  # @dec_end


def key(a):
    return -a  # @key


def callbacks():
    found = sorted([1, 2], key=key)  # @cb_sorted
    found = list(map(key, found))  # @cb_map
    found = functools.reduce(operator.add, found)  # @cb_library
    twice = lambda a: a * 2  # @cb_lambda
    found = twice(found)  # @cb_call
    found = functools.partial(inner, 5)()  # @cb_partial
    return found  # @cb_end


def closing():
    def nested(a):  # @clo_def
        b = a + extra  # @clo_body
        return b  # @clo_return

    extra = 1  # @clo_extra
    return nested(1)  # @clo_end


def library():
    found = operator.attrgetter("real")(3)  # @lib_c
    text = textwrap.dedent("  a")  # @lib_call
    return text, found  # @lib_end


def one_line(a): b = a + 1; return b  # fmt: skip  # @one_line


doubled = lambda a: a * 2  # @one_lambda


import textwrap  # @import

outer()  # @call_outer
outer()  # @call_outer_again
factorial(3)  # @call_factorial
decorated()  # @call_decorated
callbacks()  # @call_callbacks
closing()  # @call_closing
library()  # @call_library
library()  # @call_library_all
one_line(1)  # @call_one_line
doubled(2)  # @call_one_lambda
done = True  # @done
