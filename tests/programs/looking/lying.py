# Any code of theirs that runs is said.


def told(name):
    def method(*args, **kwargs):
        print("ran", name)
        raise RuntimeError(name)

    return method


SPECIAL = ("__repr__", "__len__", "__eq__", "__hash__", "__bool__", "__iter__", "__getattribute__", "__getattr__")


class Meta(type):
    __eq__ = told("the metaclass's __eq__")
    __hash__ = told("the metaclass's __hash__")
    __getattribute__ = told("the metaclass's __getattribute__")


class Lying(metaclass=Meta):
    __slots__ = ("cell", "__dict__")
    vars().update({name: told(name) for name in SPECIAL})
    __class__ = property(told("__class__"))


class Holding:
    """Has them in its class, where methods are looked for."""

    inner = Lying()

    def method(self, of=inner):
        pass


class Failing(OSError):
    __slots__ = ("what",)


Named = type("Na\x1b[31mmed", (), {})


def work(lying, name):
    holding, failing, named = Holding(), Failing(2, "no"), Named()
    failing.what = lying
    table = {1: lying}
    named.__dict__["k\x1b]0;title\x07"] = 1
    return name  # @work


work(Lying(), "first")
work(Lying(), "second")
print("done")
