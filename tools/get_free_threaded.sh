#!/usr/bin/env bash
# get_free_threaded.sh DEST: puts free-threaded builds of CPython 3.13, 3.14 and 3.15 under DEST, as
# DEST/free-threaded-3.13t/app/python and so on, for tests/e2e/test_free_threaded.py. CI does not run it.
#
# Each is the interpreter that is inside the wheel of freeze-core, with the standard library of the same minor version that
# tools/get_pythons.sh has unpacked into DEST, and a start-up file of our own (tools/free_threaded_startup.py). It takes the options
# -u -B -I -S -E -s, a script, -c and -m. Needs: tools/get_pythons.sh DEST first, python3 with pip, unzip.
set -euo pipefail
if [ $# -ne 1 ]; then
    echo "usage: get_free_threaded.sh DEST" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd -P)
dest=$(cd "$1" && pwd -P)
tree=$dest/${PYDELVE_DEBIAN_SUITE:-sid}
for spec in 3.13:cp313t:0.6.1 3.14:cp314t:0.8.1 3.15:cp315t:0.8.1; do
    IFS=: read -r minor abi version <<< "$spec"
    out=$dest/free-threaded-${minor}t
    scratch=$(mktemp -d)
    python3 -m pip download -q --no-deps -d "$scratch" --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 \
        --python-version "$minor" --implementation cp --abi "$abi" --only-binary=:all: "freeze-core==$version"
    (cd "$scratch" && unzip -q ./*.whl)
    rm -rf "$out"
    mkdir -p "$out/app"
    cp -r "$tree/usr/lib/python$minor" "$out/app/lib"
    rm -rf "$out/app/lib/lib-dynload"
    cp "$scratch"/freeze_core/bases/console-cpython-* "$out/app/python"
    cp "$scratch"/freeze_core/lib/*.so "$out/app/lib/"
    cp -r "$scratch"/freeze_core.libs "$out/"
    cp "$here/free_threaded_startup.py" "$out/app/lib/__startup__.py"
    cp "$here/free_threaded_startup.py" "$out/app/lib/__init__python.py"
    rm -rf "$scratch"
    "$out/app/python" -c 'import sys; print("get_free_threaded:", sys.version.split()[0] + sys.abiflags, sys.executable)'
done
