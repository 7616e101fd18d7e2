"""gevent: orders as greenlets, one that waits for good, and greenlets that are stepped over their waits."""

import gevent
from gevent.event import Event


def wait(seconds):
    gevent.sleep(seconds)
    return seconds


def order(number):
    total = number  # @order
    total += wait(0.001 * number)
    total += wait(0)
    return total


def forever(event):
    event.wait()


def main():
    event = Event()
    waiting = gevent.spawn(forever, event)
    orders = [gevent.spawn(order, number) for number in range(20)]
    gevent.joinall(orders)
    event.set()
    waiting.join()
    print("done")


main()
