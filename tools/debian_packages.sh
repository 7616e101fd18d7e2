#!/usr/bin/env bash
# debian_packages.sh SUITE TREE WORK PACKAGE...: unpacks packages of a suite of Debian, and all that they need, below TREE.
#
# They come by the mirror that this machine's own apt uses. Nothing is installed, and nothing outside TREE and WORK is
# changed: apt works on a state of its own, in WORK, for which no package is there yet, the C library included.
#
# Needs: apt-get, dpkg-deb.
#   PYDELVE_DEBIAN_ARCHITECTURE  another one than this machine's (arm64)
set -euo pipefail

if [ $# -lt 4 ]; then
    echo "usage: debian_packages.sh SUITE TREE WORK PACKAGE..." >&2
    exit 2
fi
suite=$1 tree=$2 work=$3
shift 3

# The mirror: the first one named in the deb822 file, or else in the one-line format.
mirror=$(awk '$1 == "URIs:" { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2> /dev/null || true)
if [ -z "$mirror" ]; then
    mirror=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\//) { print $i; exit } }' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null || true)
fi
if [ -z "$mirror" ]; then
    echo "debian_packages: no Debian mirror in /etc/apt (is this Debian?)" >&2
    exit 1
fi

architecture=${PYDELVE_DEBIAN_ARCHITECTURE:-$(dpkg --print-architecture)}
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$tree"
: > "$work/status" # no package counts as installed: everything down to the C library is fetched
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" > "$work/sources.list"
cat > "$work/apt.conf" << CONF
APT::Architecture "$architecture";
APT::Architectures "$architecture";
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

run_apt update
run_apt install -y --download-only "$@" > /dev/null
for package in "$work"/cache/archives/*.deb; do dpkg-deb -x "$package" "$tree"; done
rm -rf "$work/cache"
