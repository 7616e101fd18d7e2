"""Classes and functions with parameters for types, which have code of their own around them."""


class Plain:
    pass


def base():
    return Plain  # @base


def make_class():
    class Box[T]:  # @mg_class
        x: int = 2  # @mg_x

        def get(self) -> T:  # @mg_method
            return self.x

    return Box.x  # @mg_end


def make_function():
    def first[T](items: list[T]) -> T:  # @mf_def
        return items[0]  # @mf_body

    return first([3])  # @mf_call


def make_based():
    class Based[T](base()):  # @mb_class
        pass  # @mb_pass

    return Based.__name__  # @mb_end


make_class()  # @call_class
make_class()  # @call_class_next
make_function()  # @call_function
make_based()  # @call_base
print("done")  # @done
