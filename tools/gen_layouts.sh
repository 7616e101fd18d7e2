#!/usr/bin/env bash
# gen_layouts.sh INCLUDE...: writes pydelve/target/cpython/layouts/ from the headers of one or more CPythons.
#
# An INCLUDE is the folder with Python.h and internal/, as in python -c "import sysconfig; print(sysconfig.get_paths()['include'])";
# on Debian it comes with the package libpython3.X-dev, which need not be installed (dpkg-deb -x): its folder is given, and the one
# that holds the machine's pyconfig.h is found beside it. Each becomes one module named for its version, and the table
# of contents (INDEX) is written anew from all modules. Needs a C compiler (CC, or cc).
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: gen_layouts.sh INCLUDE..." >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd -P)
layouts=$here/../pydelve/target/cpython/layouts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for include in "$@"; do
    "${CC:-cc}" -w -I"$include" -I"$include/internal" -I"$include/.." -o "$work/gen" "$here/gen_layouts.c"
    "$work/gen" > "$work/layout.py"
    name=$(sed -n 's/^VERSION = (\([0-9]*\), \([0-9]*\), \([0-9]*\))$/cpython_\1_\2_\3/p' "$work/layout.py")
    mv "$work/layout.py" "$layouts/$name.py"
    echo "gen_layouts: $name"
done

{
    cat << 'PY'
"""Layout tables of CPython's structures, one module a version; ``INDEX`` says which there are.

Written by ``tools/gen_layouts.sh`` from CPython's own headers, for 64-bit Linux builds with a GIL: do not edit. Micro
versions that share a table's ``sizeof(_PyRuntimeState)`` share the table.
"""

INDEX = (
PY
    grep -H '"runtime._size"' "$layouts"/cpython_*.py |
        sed -n 's/.*\/\(cpython_\([0-9]*\)_\([0-9]*\)_\([0-9]*\)\)\.py:.*: \([0-9]*\),$/    ((\2, \3, \4), \5, "\1"),/p' |
        sort -t, -k2,2nr -k3,3nr
    printf ')\n"""(version, ``sizeof(_PyRuntimeState)``, module), newest first."""\n'
} > "$layouts/__init__.py"
