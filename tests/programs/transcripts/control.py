"""Calls in calls, a loop, a handler of a signal: for jump, call, signal and stepping into one function."""

import signal


class Account:
    def __init__(self, balance):
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount
        return self.balance


def double(number):
    return 2 * number


def on_signal(number, frame):
    print("got", signal.Signals(number).name)


def pay(account, amounts):
    paid = 0
    for amount in amounts:
        paid = account.deposit(double(amount))
    total = max(map(double, [paid, 1]))
    print("paid", total)
    return total


def main():
    signal.signal(signal.SIGUSR1, on_signal)
    retries = 3
    account = Account(10)
    pay(account, [1, 2, 3])
    print("done", retries)


main()
