"""Every kind of code that a breakpoint may be set in; each marker's expected stops are in test_breakpoints.py."""
import asyncio
import atexit
import functools
import signal
import threading
import weakref
import _thread


def generator():
    for i in range(2):
        yield i  # @generator


async def coroutine():
    await asyncio.sleep(0)
    return 1  # @coroutine


def outer():
    def nested():
        return 1  # @nested

    return nested() + nested()


class Body:
    value = 1  # @class_body

    @property
    def prop(self):
        return 2  # @property

    def __del__(self):
        gone = True  # @del


def wrapping(function):
    @functools.wraps(function)
    def wrapper():
        return function()  # @wrapper

    return wrapper


@wrapping
def decorated():
    return 3  # @decorated


@functools.lru_cache(maxsize=None)
def cached():
    return 4  # @cached


double = lambda a: a * 2  # @lambda


def one_line(): return 5  # @one_line


def recursive(n):
    if n:
        recursive(n - 1)
    return n  # @recursive


def on_signal(number, frame):
    seen = True  # @signal


def at_exit():
    seen = True  # @atexit


def on_gone(reference):
    seen = True  # @weakref


def in_thread():
    return 6  # @thread


def in_raw_thread():
    seen = True  # @raw_thread
    raw_done.release()


def raising():
    try:
        raise KeyError
    except KeyError:  # @except
        return 7  # @handler
    finally:
        seen = True  # @finally


def sort_key(a):
    return -a  # @callback


atexit.register(at_exit)
list(generator())
loop = asyncio.new_event_loop()
loop.run_until_complete(coroutine())
loop.close()
outer()
body = Body()
body.prop
reference = weakref.ref(body, on_gone)
del body
decorated()
cached()
cached()
double(1)
one_line()
recursive(2)
signal.signal(signal.SIGUSR1, on_signal)
signal.raise_signal(signal.SIGUSR1)
thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
raw_done = _thread.allocate_lock()
raw_done.acquire()
_thread.start_new_thread(in_raw_thread, ())
raw_done.acquire()
raising()
sorted([1, 2], key=sort_key)
for n in range(3):
    total = n  # @module_loop
made_file = __file__.replace("places", "made")
with open(made_file) as file:
    exec(compile(file.read(), made_file, "exec"))
end = True  # @end
