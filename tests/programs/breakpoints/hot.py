"""Counts: each line's independent count is `N` or as its comment in test_breakpoints.py says."""


def body(n):
    total = 0  # @once
    for i in range(n):  # @for
        total += i  # @in_for
    while total > 0:  # @while
        total -= n  # @in_while
    if total and (  # @if
        total < 5
    ):
        total = 1  # @in_if
    with Managed() as m:  # @with
        total = [  # @list
            a
            for a in range(3)
        ]
    total = sum(a for a in range(3))  # @genexpr
    total = (  # @multi
        total
        + 1
    )
    try:
        total = int("x")  # @raises
    except ValueError:  # @except
        total = 2
    finally:
        total = 3  # @finally
    return total  # @return


class Managed:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False  # @exit


for round in range(4):
    body(10)
end = True  # @end
