#!/usr/bin/env bash
# Proves Berth on cgroup v2 from a machine that mounts v1: boots Debian's kernel and Docker in qemu, with cgroup v2 alone, and
# runs test files there. Without /dev/kvm qemu translates every instruction, which takes at least ten times as long. Needs
# Debian, root, 6 GB of disk, 4 GB of memory, and the packages qemu-system-x86, debootstrap, e2fsprogs, busybox-static.
#
#   test/engines/cgroup-v2.sh [TEST FILE...]     default: the statistics
#   CGROUP_VM_DATA=/var/tmp/cgroup-vm            keeps the Debian for the next run
#   CGROUP_VM_SUITE=forky                        the suite of Debian
#   CGROUP_VM_KVM=no                             for a paravirtual KVM, which starts only guests that support it
#
# Writes to $CGROUP_VM_DATA/results: console.log, tap.txt, and cgroup-v2.json, the fixture of the unit tests.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
DATA=${CGROUP_VM_DATA:-/var/tmp/cgroup-vm} SUITE=${CGROUP_VM_SUITE:-forky}
HERE=$(cd "$(dirname "$0")/../.." && pwd)
ROOT=$DATA/$SUITE
TESTS=("$@")
[ $# -gt 0 ] || TESTS=(test/docker/stats.test.ts test/docker/stats-sources.test.ts)

die() { echo "cgroup-v2: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "run it as root"
for program in qemu-system-x86_64 debootstrap mke2fs debugfs docker busybox; do
  command -v "$program" >/dev/null || die "$program is missing"
done
mkdir -p "$DATA"

make_root() {
  echo "cgroup-v2: making Debian $SUITE (once, some minutes)"
  [ -e "/usr/share/debootstrap/scripts/$SUITE" ] || ln -s sid "/usr/share/debootstrap/scripts/$SUITE"
  rm -rf --one-file-system "$ROOT"
  debootstrap --variant=minbase --include=docker.io,docker-cli,iptables,ca-certificates,git,procps,kmod "$SUITE" "$ROOT" \
    >"$DATA/debootstrap.log" 2>&1 || die "debootstrap failed: $(tail -n 2 "$DATA/debootstrap.log")"
  # Unpacked only: installed, the kernel would want a boot loader's files. Its NVMe and ext4 are built in.
  chroot "$ROOT" apt-get install -y --download-only --no-install-recommends linux-image-cloud-amd64 >/dev/null
  for package in "$ROOT"/var/cache/apt/archives/linux-{binary,image,modules}-*.deb; do
    [ ! -e "$package" ] || dpkg -x "$package" "$ROOT"
  done
  chroot "$ROOT" depmod "$(basename "$ROOT"/usr/lib/modules/*)"
  touch "$ROOT/.made"
}
[ -e "$ROOT/.made" ] || make_root
cp "$(command -v busybox)" "$ROOT/usr/bin/busybox"
install -m 755 "$HERE/test/engines/cgroup-v2-guest.sh" "$ROOT/usr/local/sbin/prove"
kernel=$(find "$ROOT/boot" "$ROOT"/usr/lib/modules/*/ -maxdepth 1 -name 'vmlinuz*' | head -n 1)

rm -rf "$ROOT/berth" "$DATA/results"; mkdir -p "$ROOT/berth/results" "$DATA/results"
(cd "$HERE" && { git ls-files -z --cached --others --exclude-standard; printf 'node_modules\0.tap\0'; } |
  tar --null -T - -cf -) | tar -C "$ROOT/berth" -xf -
printf '%s\n' "${TESTS[@]}" >"$ROOT/berth/results/tests"
docker save base-api-server:latest berth/node:24-local -o "$ROOT/berth/results/images.tar"
rm -f "$DATA/disk.img"
mke2fs -q -t ext4 -O ^has_journal -d "$ROOT" "$DATA/disk.img" 8G
rm -rf "$ROOT/berth"

accelerate=(-accel "tcg,thread=multi" -cpu max)
[ ! -w /dev/kvm ] || [ "${CGROUP_VM_KVM:-yes}" = no ] || accelerate=(-accel kvm -cpu host)
qemu-system-x86_64 "${accelerate[@]}" -smp 2 -m 4096 -display none -monitor none -no-reboot -nic none \
  -kernel "$kernel" -append "root=/dev/nvme0n1 rw console=ttyS0 quiet panic=-1 init=/usr/local/sbin/prove" \
  -drive "file=$DATA/disk.img,format=raw,if=none,id=disk" -device nvme,serial=disk,drive=disk \
  -serial "file:$DATA/results/console.log"

for name in tap.txt cgroup-v2.json status; do
  debugfs -R "dump /berth/results/$name $DATA/results/$name" "$DATA/disk.img" 2>/dev/null
done
[ -s "$DATA/results/status" ] || die "the machine came to no end: see $DATA/results/console.log"
tail -n 25 "$DATA/results/tap.txt"
exit "$(cat "$DATA/results/status")"
