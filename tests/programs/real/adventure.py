"""Asks at the terminal, by input(), until it is told to stop."""

import sys

gold = 0
print("terminal" if sys.stdin.isatty() else "no terminal")
while True:
    answer = input("how much? ")
    if answer == "quit":
        break
    gold += int(answer)  # @add
    print("gold:", gold)
print("bye with", gold)
sys.exit(3)
