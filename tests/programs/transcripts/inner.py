"""Lambdas and comprehensions: bodies that a breakpoint on their line is not about."""


def double(number):
    return 2 * number


def keyed(rows):
    rows = sorted(rows, key=lambda row: -row)
    both = list(map(lambda left, right: left - right, rows, rows)), (lambda: 7)()
    total = sum(double(row) for row in rows)
    later = sum(
        double(row)
        for row in rows
    )
    listed = [double(row) for row in rows]
    return both, total, later, listed


handlers = {"a": lambda value: value + 1}
keyed([1, 3, 2])
handlers["a"](4)
print("end")
