"""Examples in docstrings, one wrong, one that raises."""


def half(x):
    """
    >>> half(4)
    3.0
    """
    return x / 2


def bad(x):
    """
    >>> bad(4)
    1
    """
    return x / 0  # @raises
