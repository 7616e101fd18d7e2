"""A server with threads, under load by clients of its own that check every answer; tells of itself when asked.

Lines on standard input: ``facts`` prints one line of JSON; the end of the input ends it, with status 0 if no answer was
wrong.
"""

import gc
import hashlib
import json
import os
import socket
import sys
import threading
import time

WORKERS = 6
counts = [0] * WORKERS
errors = []
ends = threading.Event()


def respond(line):
    digest = hashlib.sha256(line).hexdigest()  # @inside
    return digest.encode() + b"\n"


def serve(connection):
    with connection, connection.makefile("rwb", buffering=0) as stream:
        for line in stream:
            stream.write(respond(line))


def ask(number, connection):
    with connection, connection.makefile("rwb", buffering=0) as stream:
        while not ends.is_set():
            line = b"%d %d\n" % (number, counts[number])
            stream.write(line)
            if stream.readline() != hashlib.sha256(line).hexdigest().encode() + b"\n":
                errors.append(line.decode())
            counts[number] += 1
            time.sleep(0.001)


def facts():
    gc.collect()  # an agent that has left is garbage until then
    names = []
    for name in os.listdir("/proc/self/fd"):
        try:
            names.append(os.readlink("/proc/self/fd/" + name))
        except OSError:
            continue
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {
        "answered": sum(counts),
        "errors": errors,
        "threads": len(os.listdir("/proc/self/task")),
        "files": len([name for name in names if "/libffi." not in name]),
        "modules": len(sys.modules),
        "agents": sum(type(each).__name__ == "Agent" for each in gc.get_objects()),
        "memory": pages * 4096,
    }


threads = []
for number in range(WORKERS):
    one, other = socket.socketpair()
    threads.append(threading.Thread(target=serve, args=(one,)))
    threads.append(threading.Thread(target=ask, args=(number, other)))
for thread in threads:
    thread.start()
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(facts()), flush=True)
ends.set()
for thread in threads:
    thread.join()
sys.exit(bool(errors))
