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

# The mirror: the first one named in the deb822 file, or else in the one-line format.
mirror=$(awk '$1 == "URIs:" { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2> /dev/null || true)
if [ -z "$mirror" ]; then
    mirror=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\//) { print $i; exit } }' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null || true)
fi
if [ -z "$mirror" ]; then
    echo "get_pythons: no Debian mirror in /etc/apt (is this Debian?)" >&2
    exit 1
fi

work=$dest/apt
tree=$dest/$suite
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$tree"
: > "$work/status" # no package counts as installed: everything down to the C library is fetched
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$work/sources.list"
cat > "$work/apt.conf" << CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::State::extended_states "$work/extended_states";
Dir::Cache "$work/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Post-Invoke "";
APT::Update::Post-Invoke-Success "";
DPkg::Post-Invoke "";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Debug::NoLocking "true";
CONF
run_apt() { APT_CONFIG=$work/apt.conf DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 "$@"; }

echo "get_pythons: fetching ${missing[*]} from Debian $suite"
run_apt update
run_apt install -y --download-only python3-pip-whl "${missing[@]/#/python}" > /dev/null
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$tree"; done

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
rm -rf "$work/cache"
