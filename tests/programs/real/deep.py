"""A recursion of 900 frames."""


def descend(depth):
    if depth == 0:
        return 0  # @bottom
    below = descend(depth - 1)
    return below + 1


print("depth", descend(900))
