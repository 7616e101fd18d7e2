"""The Debug Adapter Protocol over a client of pydelve: translates, never decides.

Called by ``pydelve.cli.dap``. May import ``pydelve.client``, ``api``, ``rpc``, ``errors`` and, for values and the
command line of the debug console, ``terminal``.

Threads, and what each may do:

- *reader* (the caller's of :meth:`adapter.Adapter.receive`): takes messages; answers what may not wait (pause, cancel,
  disconnect, terminate).
- *worker*: all other requests, one after the other, in their order.
- *events*: takes the debugger's events, and tells the editor. While the worker serves a request that lets the program
  go on, it waits, so that the response comes before the stop.
"""
