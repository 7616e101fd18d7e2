#!/usr/bin/env bash
# get_pythons.sh DEST: puts CPython 3.13, 3.14 and 3.15 under DEST, as DEST/venv-3.X/bin/python with pip in each.
#
# They come from the packages of Debian's unstable suite, by the mirror that this machine's own apt uses, and run on an older
# Debian because each brings its C library along: the executable's interpreter and search path are pointed at the unpacked one.
# Nothing outside DEST is changed: apt works on a state of its own. A second run with everything in place returns at once.
#
# Needs: apt-get, dpkg-deb, patchelf, python3. About 20 s and 90 MB.
#   PYDELVE_DEBIAN_SUITE   another suite (testing moves slower)
#   PYDELVE_PYTHON_MINORS  another choice of versions ("3.14 3.15")
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: get_pythons.sh DEST" >&2
    exit 2
fi
mkdir -p "$1"
dest=$(cd "$1" && pwd -P)
suite=${PYDELVE_DEBIAN_SUITE:-sid}
read -r -a minors <<< "${PYDELVE_PYTHON_MINORS:-3.13 3.14 3.15}"

works() { # works MINOR: is there a running interpreter of that version, with pip?
    [ "$("$dest/venv-$1/bin/python" -c 'import pip, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$1" ]
}

missing=()
for minor in "${minors[@]}"; do works "$minor" || missing+=("$minor"); done
if [ ${#missing[@]} -eq 0 ]; then
    echo "get_pythons: ${minors[*]} are in $dest already"
    exit 0
fi

for tool in apt-get dpkg-deb patchelf python3; do
    if ! command -v "$tool" > /dev/null; then
        echo "get_pythons: $tool is not installed (on Debian, as root: apt-get install $tool)" >&2
        exit 1
    fi
done

tree=$dest/$suite
echo "get_pythons: fetching ${missing[*]} from Debian $suite"
"$(dirname "$0")/debian_packages.sh" "$suite" "$tree" "$dest/apt" python3-pip-whl "${missing[@]/#/python}"

machine=$(uname -m)-linux-gnu
loader=$(find -L "$tree/usr" -maxdepth 2 -name 'ld-linux-*.so.*' -print -quit)
wheels=$tree/usr/share/python-wheels
pip_wheel=$(find "$wheels" -name 'pip-*.whl' -print -quit)
for minor in "${missing[@]}"; do
    program=$tree/usr/bin/python$minor
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$tree/usr/lib/$machine" "$program"
    rm -f "$tree/usr/lib/python$minor/EXTERNALLY-MANAGED"
    "$program" -m venv --clear --without-pip "$dest/venv-$minor"
    PYTHONPATH=$pip_wheel "$dest/venv-$minor/bin/python" -m pip install -q --no-index --find-links "$wheels" pip
    if ! works "$minor"; then
        echo "get_pythons: CPython $minor was unpacked into $dest but does not run" >&2
        exit 1
    fi
    "$dest/venv-$minor/bin/python" -c 'import platform, sys; print("get_pythons:", platform.python_version(), sys.executable)'
done
