#!/bin/bash
# The first process of the machine that cgroup-v2.sh boots: brings up Docker on cgroup v2, records the kernel's files, runs the
# tests, and turns the machine off.
set -uo pipefail
export PATH=/berth/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root BERTH_ENGINE_SETUP=never
say() { echo "prove: $(cut -d' ' -f1 /proc/uptime) s: $*"; }

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
busybox ip link set lo up
cd /berth || exit 1

# dockerd waits 15 seconds for its own containerd, which is too short if every instruction is translated.
containerd >/berth/results/containerd.log 2>&1 &
until [ -S /run/containerd/containerd.sock ]; do sleep 1; done
dockerd --containerd /run/containerd/containerd.sock >/berth/results/dockerd.log 2>&1 &
until docker version >/dev/null 2>&1; do sleep 1; done
say "kernel $(uname -r), $(docker info -f '{{.ServerVersion}} cgroup {{.CgroupVersion}} {{.CgroupDriver}} {{.Driver}}')"
say recording
node test/fixtures/record-cgroup-v2.ts results/cgroup-v2.json
sync
docker load -q -i results/images.tar
say testing
xargs node node_modules/tap/dist/esm/run.mjs --jobs=1 --timeout=1500 <results/tests >results/tap.txt 2>&1
echo $? >results/status
say "the tests ended with $(cat results/status)"
sync
busybox poweroff -f
