"""Layout tables of CPython's structures, one module a version; ``INDEX`` says which there are.

Written by ``tools/gen_layouts.sh`` from CPython's own headers, for 64-bit Linux builds with a GIL: do not edit. Micro
versions that share a table's ``sizeof(_PyRuntimeState)`` share the table.
"""

INDEX = (
    ((3, 15, 2), 346560, "cpython_3_15_2"),
    ((3, 14, 10), 316616, "cpython_3_14_10"),
    ((3, 13, 18), 283408, "cpython_3_13_18"),
    ((3, 13, 0), 283320, "cpython_3_13_0"),
    ((3, 12, 1), 459944, "cpython_3_12_1"),
    ((3, 11, 7), 166688, "cpython_3_11_7"),
    ((3, 10, 13), 672, "cpython_3_10_13"),
    ((3, 9, 18), 656, "cpython_3_9_18"),
)
"""(version, ``sizeof(_PyRuntimeState)``, module), newest first."""
