"""Library frames between the program's own; a module with data, and with more names than a listing shows."""

import contextlib

LIMIT = 3
TABLE = {"a": 1}
globals().update({f"name_{index:03}": index for index in range(120)})


class Job:
    """A class, so that types has one."""

    steps = 0

    def clean(self, what, times=2):
        done = []
        for number in range(times):
            done.append((what, number))
            self.steps += 1
        return done


def main():
    job = Job()

    def inner():
        return job.clean("desk")

    stack = contextlib.ExitStack()
    stack.callback(inner)
    stack.close()
    return job


main()
