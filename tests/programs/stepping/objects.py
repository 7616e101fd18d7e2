"""Classes, properties and special methods, statements of many shapes, for stepping."""


class Base:
    kind = "base"  # @base_body

    def __init__(self, a):
        self.a = a  # @init


class Thing(Base):
    def __init__(self, a):
        super().__init__(a)  # @thing_super
        self.b = 1  # @thing_b

    @property
    def twice(self):
        return self.a * 2  # @prop

    @property
    def both(self): return self.a + self.b  # @one_line_def

    def __getattr__(self, name):
        return name  # @getattr

    def __add__(self, other):
        return self.a + other  # @add

    def __len__(self):
        return 3  # @len

    def __call__(self):
        return "called"  # @dunder_call


def uses():
    thing = Thing(1)  # @us_make
    value = thing.twice  # @us_prop
    value = thing.both  # @us_both
    value = thing.other  # @us_getattr
    value = thing + 1  # @us_add
    value = len(thing)  # @us_len
    value = thing()  # @us_call
    return value  # @us_end


def makes_class():
    class Local:  # @mc_class
        x = 1  # @mc_x
        y = x + 1  # @mc_y

    return Local.y  # @mc_end


def f(a=0, b=0):
    return a + b  # @f


def shapes():
    value = f(  # @sh_multi
        f(1),
        f(2),
    )
    if (  # @sh_if
        value
        and f(0) == 0
    ):
        value = 1; value = 2  # @sh_two
    if value: value = 3  # @sh_one_if
    text = [  # @sh_text
        "a",
    ]
    value = (value  # @sh_paren
             + 1)
    assert value, (  # @sh_assert
        "no")
    del text  # @sh_del
    return (  # @sh_return
        value
    )


uses()  # @call_uses
uses()  # @call_uses_step
makes_class()  # @call_class
makes_class()  # @call_class_step
shapes()  # @call_shapes
done = True  # @done
