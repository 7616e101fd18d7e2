"""Two threads that wait while the main one is looked at; the places they wait at don't depend on chance."""

import _thread
import threading


def wait_for(gate, arrived):
    secret = f"{threading.current_thread().name} was here"
    (arrived.release(), gate.acquire())
    print(secret)


def main():
    gates = [_thread.allocate_lock(), _thread.allocate_lock()]
    workers = []
    for number, gate in enumerate(gates):
        arrived = _thread.allocate_lock()
        arrived.acquire()
        gate.acquire()
        worker = threading.Thread(target=wait_for, args=(gate, arrived), name=f"worker-{number}")
        workers.append(worker)
        worker.start()
        arrived.acquire()
    for gate, worker in zip(gates, workers):
        gate.release()
        worker.join()


main()
