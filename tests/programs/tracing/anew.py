"""Functions that are compiled anew each time; says how much of their code is still there. Again each time it is let go."""

import gc
import weakref

COUNT = 2500
gc.freeze()  # so that events tell, on all versions: functions can't be found
while True:
    breakpoint()
    namespace = {"__name__": "made"}
    exec("def waits():\n    yield 1\n    yield 2", namespace)
    waiting = namespace.pop("waits")()
    next(waiting)
    references = []
    for number in range(COUNT):
        function = eval("lambda number: number + 1", namespace)
        references.append(weakref.ref(function.__code__))
        function(number)
    list(waiting)
    del function, waiting
    left = sum(reference() is not None for reference in references)
    print(left < COUNT // 2, flush=True)
