"""Says more at its end than a debugger takes that does not read. Its argument: a folder to meet in."""

import os
import sys
import time

folder = sys.argv[1]


def say(number):
    return number  # @said


with open(folder + "/pid.part", "w") as file:
    file.write(str(os.getpid()))
os.rename(folder + "/pid.part", folder + "/pid")
while not os.path.exists(folder + "/go"):
    time.sleep(0.01)
for number in range(12000):
    say(number)
