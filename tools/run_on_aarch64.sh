#!/usr/bin/env bash
# run_on_aarch64.sh DEST [ARGUMENT...]: runs pytest with these arguments on an emulated aarch64 machine. CI does not run it.
#
# The machine is qemu's, with Debian's kernel, and CPython 3.13, 3.14 and 3.15 of Debian's unstable suite. All of it, with this
# checkout, is the kernel's first file system, in memory: nothing is kept, and there is no network. What is unpacked into DEST
# (600 MB) is used again. A test that attaches takes half a minute: give it time by --timeout, and name the tests you want:
#
#     tools/run_on_aarch64.sh ~/.cache/pydelve-tests/aarch64 --timeout 600 tests/e2e/test_attach.py -k each_way_in
#
# Needs: what debian_packages.sh does, cpio, python3 with pip, qemu-system-aarch64 (Debian: qemu-system-arm).
set -euo pipefail
if [ $# -lt 1 ]; then
    echo "usage: run_on_aarch64.sh DEST [ARGUMENT...]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd -P)
mkdir -p "$1"
dest=$(cd "$1" && pwd -P)
shift
for tool in cpio qemu-system-aarch64; do
    command -v "$tool" > /dev/null || { echo "run_on_aarch64: $tool is not installed" >&2; exit 1; }
done

export PYDELVE_DEBIAN_ARCHITECTURE=arm64
if [ ! -e "$dest/kernel" ]; then
    "$here/debian_packages.sh" stable "$dest/kernel-tree" "$dest/apt-kernel" linux-image-cloud-arm64
    cp "$dest"/kernel-tree/boot/vmlinuz-* "$dest/kernel"
    rm -rf "$dest/kernel-tree"
fi
if [ ! -e "$dest/pythons.cpio" ]; then
    "$here/debian_packages.sh" sid "$dest/tree" "$dest/apt" busybox-static python3.13 python3.14 python3.15
    rm -rf "$dest"/tree/usr/share/{doc,locale,man,i18n}
    for folder in bin sbin lib; do [ -e "$dest/tree/$folder" ] || ln -s "usr/$folder" "$dest/tree/$folder"; done
    mkdir -p "$dest"/tree/{proc,sys,dev,tmp,root,project}
    (cd "$dest/tree" && find . -print0 | cpio --null --create --format newc --quiet) > "$dest/pythons.cpio"
fi
if [ ! -e "$dest/site" ]; then # without jsonrpcserver, which is needed where a socket is served only
    python3 -m pip install -q --target "$dest/site" --only-binary=:all: --python-version 3.13 --platform any \
        --platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64 \
        prompt-toolkit psutil pygments hypothesis pytest pytest-timeout
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/project" "$work/root/usr/local/lib/python3.13"
cp "$here/run_on_aarch64_init.sh" "$work/root/init"
cp -r "$dest/site" "$work/root/usr/local/lib/python3.13/dist-packages"
git -C "$here/.." ls-files -z --cached --others --exclude-standard adapters docs examples pydelve tests pyproject.toml README.md |
    (cd "$here/.." && cpio --null --pass-through --make-directories --quiet "$work/root/project")
printf '%q ' "$@" > "$work/root/arguments"
(cd "$work/root" && find . -print0 | cpio --null --create --format newc --quiet) > "$work/project.cpio"
cat "$dest/pythons.cpio" "$work/project.cpio" > "$work/initrd"
qemu-system-aarch64 -M virt -cpu "${PYDELVE_AARCH64_CPU:-cortex-a72}" -m 3G -smp 2 -nic none -nographic -no-reboot \
    -kernel "$dest/kernel" -initrd "$work/initrd" -append "console=ttyAMA0 rdinit=/init quiet panic=-1" < /dev/null |
    tr -d '\r' | tee "$work/console"
exit "$(sed -n 's/^run_on_aarch64: pytest ended with //p' "$work/console" | grep . || echo 1)"
