"""CPython's structures, read from memory: threads, frames, locals and values, with no code run in the target.

Nothing here knows where the bytes come from: a :class:`pydelve.target.cpython.memory.Memory` gives them, of a live
process or another source. Layouts are in ``layouts``; ``layout`` chooses among them. Any thread may use these modules,
one reader each.
"""
