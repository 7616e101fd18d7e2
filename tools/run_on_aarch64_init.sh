#!/bin/busybox sh
# The first and only program of the machine of run_on_aarch64.sh: mounts what Linux wants, runs pytest, switches off.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mkdir -p /dev/pts /dev/shm
/bin/busybox mount -t devpts pts /dev/pts
/bin/busybox mount -t tmpfs tmp /dev/shm
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /bin # a shell, above all; what is there already stays
/bin/busybox ip link set lo up
export PATH=/usr/bin:/bin:/sbin:/usr/sbin HOME=/root TERM=dumb LANG=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1
cd /project
eval "python3.13 -m pytest -p no:cacheprovider $(/bin/busybox cat /arguments)"
echo "run_on_aarch64: pytest ended with $?"
/bin/busybox poweroff -f
