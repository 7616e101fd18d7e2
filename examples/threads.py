"""Workers that never finish: one of them waits for ever, and every other one waits for it.

    pydelve debug examples/threads.py

The program prints three lines and hangs. Let it, then look:

    continue
    Ctrl-C                   halts the program where it is: every thread at once
    threads                  what is each one doing?
    thread 2                 make the first worker the current one ...
    stack                    ... and see what it waits for
    frame 2
    locals                   which lock does it want, which one does it hold?

(The numbers of threads and frames are those that ``threads`` and ``stack`` show; the lock that a worker wants is the
other's, and the other wants this one's.)
"""

import threading


class Shelf:
    """A place for parcels, with a lock of its own."""

    def __init__(self, name, parcels):
        self.name = name
        self.parcels = parcels
        self.lock = threading.Lock()


def move(source, target, ready):
    """Carry one parcel from shelf to shelf, holding both."""
    with source.lock:
        ready.wait()  # both workers have their first lock now: the bad moment, made certain
        print(f"{threading.current_thread().name}: wants {target.name}", flush=True)
        with target.lock:
            target.parcels.append(source.parcels.pop())


def main():
    left, right = Shelf("left", ["lamp"]), Shelf("right", ["clock"])
    ready = threading.Barrier(2)
    workers = [
        threading.Thread(target=move, args=(left, right, ready), name="to-the-right", daemon=True),
        threading.Thread(target=move, args=(right, left, ready), name="to-the-left", daemon=True),
    ]
    for worker in workers:
        worker.start()
    print("main: waiting for the workers", flush=True)
    for worker in workers:
        worker.join()
    print("done:", left.parcels, right.parcels)


if __name__ == "__main__":
    main()
