"""Stands still by itself, unbound variables, a loop that only a halt ends."""

import sys
import threading


def late(flag):
    print("in")  # @late_start
    if flag:  # @late_if
        unset = 1
        print(unset)
    return flag  # @late_return


def spin(box):
    while not box:  # @spin
        pass
    return box[0]


def wait(event):
    event.wait()  # @wait


late(False)
box = []
helper = threading.Thread(target=wait, args=(threading.Event(),), daemon=True)
helper.start()
print("ready", file=sys.stderr)  # @ready
spin(box)
