"""Functions called by number, for conditions and for changing breakpoints meanwhile."""


class Box:
    def __init__(self, value):
        self.value = value
        self.__secret = value * 10

    def show(self, n):
        return n  # @show


limit = 3


def enclosing(base):
    def inner(n):
        m = n + base
        return m  # @inner

    for n in range(5):
        inner(n)


def work(n):
    first = n  # @first
    second = n  # @second
    return first + second  # @third


def active():
    inside = 0
    for n in range(3):
        inside += deep(n)  # @active
    return inside  # @active_end


def deep(n):
    return n  # @deep


class Bad:
    def __bool__(self):
        raise RuntimeError("no truth")


bad = Bad()
start = True  # @start
for n in range(10):
    work(n)
enclosing(1)
box = Box(7)
for n in range(3):
    box.show(n)
active()
for n in range(3):
    work(n)
end = True  # @end
