"""The engine: one debugging session, whatever front end asks and whatever target is behind it.

Threads, and what each may do:

- The *engine's thread* (``server.host`` starts it) owns everything here and in ``target``: it runs
  :class:`loop.Loop`, serves requests one at a time, and hears the target's events. Nothing here has a lock because
  nothing here is touched by another.
- *Clients' threads* post requests through the server and wait; the urgent ones (halt, interrupt, state, signal, detach)
  are served even while the engine waits for the target in the middle of another.
"""
