#!/usr/bin/env bash
# get_editors.sh DEST: puts Emacs with dape, and Helix, under DEST, for tests/e2e/test_editors.py.
#
# They are Debian's packages, unpacked and not installed, each with the C library that it wants: see debian_packages.sh. A second
# run with everything in place returns at once.
#
# Needs: apt-get, dpkg-deb. About 40 s and 400 MB.
set -euo pipefail

dest=$(realpath -m "${1:?usage: get_editors.sh DEST}")
mkdir -p "$dest"

get() { # get NAME SUITE PROGRAM PACKAGE...
    local name=$1 suite=$2 program=$3 tree=$dest/$1
    shift 3
    if [ ! -e "$tree/complete" ]; then
        rm -rf "$tree"
        echo "get_editors: fetching $* from Debian $suite"
        "$(dirname "$0")/debian_packages.sh" "$suite" "$tree" "$dest/apt" "$@"
        "$tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$tree/usr/lib/x86_64-linux-gnu" "$tree/usr/bin/$program" --version > /dev/null
        touch "$tree/complete"
    fi
    echo "get_editors: $name is in $tree"
}

get emacs "${PYDELVE_EMACS_SUITE:-trixie}" emacs-nox emacs-nox elpa-dape
get helix "${PYDELVE_HELIX_SUITE:-forky}" hx hx
rm -rf "$dest/apt"
