#!/usr/bin/env bash
# Real engines beside the machine's own. Each has its own Debian and network namespace, on a copy that is removed with it.
#
#   lab.sh debian SUITE          makes the Debian that engines of a suite run in; once, some minutes, 900 MB
#   lab.sh up NAME SUITE KIND    starts an engine; KIND: graph or containerd (Docker's two image stores), podman
#   lab.sh fresh NAME SUITE KIND NODE   lets scripts/setup.mjs install and start it in a bare Debian
#   lab.sh log NAME             prints its output so far
#   lab.sh run NAME COMMAND...   runs a command in the engine's network, with DOCKER_HOST set
#   lab.sh change NAME SUITE KIND   starts another engine in its place, behind the same socket and on the same data
#   lab.sh down NAME             ends it and removes its resources
#
# NAME is 1 to 8 of a-z and 0-9. Only a fresh Debian can reach other networks. Needs root on Debian.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
# Kept over a reboot, since it takes minutes to create, but safe to delete. An overlay cannot lie on an overlay.
LAB=${BERTH_LAB_DIR:-/var/cache/berth-lab}
READY_WITHIN_S=60
FRESH_WITHIN_S=240
REPOSITORY=$(cd "$(dirname "$0")/../.." && pwd)

fail() { echo "lab: $*" >&2; exit 1; }

in_lab() {
  [[ ${1:-} =~ ^[a-z][a-z0-9]{0,7}$ ]] || fail "a name is 1 to 8 of a-z and 0-9"
  ENGINE=$LAB/engines/$1 ROOT=$LAB/engines/$1/root NETNS=berth-$1
}

lives() { [ -s "$ENGINE/pid" ] && kill -0 "$(cat "$ENGINE/pid")" 2>/dev/null; }
socket() { echo "$ROOT/run/engine.sock"; }

debian() {
  local suite=$1 packages=docker.io,ca-certificates,iptables,git,procps,podman,crun,catatonit,netavark,aardvark-dns,nftables
  [ "$suite" = bookworm ] && packages+=,containernetworking-plugins || packages+=,docker-cli,docker-buildx
  make_debian "$suite" "$suite" --include="$packages"
}

make_debian() {
  local folder=$1 suite=$2; shift 2
  [ ! -f "$LAB/$folder/.made" ] || return 0
  [ "$(id -u)" = 0 ] || fail "needs root"
  command -v debootstrap >/dev/null || fail "needs debootstrap"
  mkdir -p "$LAB"
  [ "$(stat -f -c %T "$LAB")" != overlayfs ] || fail "$LAB lies on an overlay; BERTH_LAB_DIR names another folder"
  exec 9>"$LAB/$folder.lock"; flock 9
  [ ! -f "$LAB/$folder/.made" ] || return 0
  # Suites newer than this debootstrap are made as all new ones are.
  local script=/usr/share/debootstrap/scripts/$suite
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  rm -rf --one-file-system "${LAB:?}/$folder"
  debootstrap --variant=minbase "$@" "$suite" "$LAB/$folder" "$(mirror)" "$script" >"$LAB/$folder.log" 2>&1 ||
    fail "no Debian $suite: $(tail -n 1 "$LAB/$folder.log")"
  touch "$LAB/$folder/.made"
}

mirror() {
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    grep -ohE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' '
}

up() {
  in_lab "$1"
  debian "$2"
  down "$1"
  make_network
  launch "$@"
}

change() {
  in_lab "$1"
  debian "$2"
  end
  rm -rf --one-file-system "$ENGINE"/{root,upper,work}
  launch "$@"
}

make_network() {
  ip netns add "$NETNS"
  ip -n "$NETNS" link set lo up
}

launch() {
  local name=$1 suite=$2 kind=$3 command
  lay_out_root "$suite"
  write_settings "$name" "$suite" "$kind"
  command='dockerd --host=unix:///run/engine.sock'
  [ "$kind" != podman ] || command='podman system service --time=0 unix:///run/engine.sock'
  start_in_root "exec $command"
  await_answer "$READY_WITHIN_S"
}

# The setup finds only the packages of Node, which are never missing.
fresh() {
  local name=$1 suite=$2 kind=$3 node=$4
  in_lab "$name"
  make_debian "fresh-$suite" "$suite"
  down "$name"
  make_network
  lay_out_root "fresh-$suite"
  write_settings "$name" "$suite" "$kind"
  mkdir -p "$ROOT$REPOSITORY"
  mount --bind "$REPOSITORY" "$ROOT$REPOSITORY"
  cp -aL /etc/apt/apt.conf.d/. "$ROOT/etc/apt/apt.conf.d/"
  cp -L --remove-destination /etc/resolv.conf "$ROOT/etc/resolv.conf"
  ln -s docker.sock "$(socket)"
  slirp4netns --configure --disable-host-loopback --netns-type=path "/run/netns/$NETNS" tap0 >"$ENGINE/network.log" 2>&1 </dev/null &
  echo $! >"$ENGINE/network.pid"
  start_in_root "cd '$REPOSITORY' && '$node' scripts/setup.mjs --dev && echo ready >/run/set-up && exec sleep infinity"
  await_answer "$FRESH_WITHIN_S"
  await "$FRESH_WITHIN_S" 'it is not set up' test -e "$ROOT/run/set-up"
}

# A process that ends there takes all its children with it.
start_in_root() {
  setsid ip netns exec "$NETNS" unshare --mount --pid --fork --kill-child sh -c "
    cd '$ROOT' && pivot_root . old && umount -l /old && mount -t proc proc /proc && $1" \
    >"$ENGINE/log" 2>&1 </dev/null &
  echo $! >"$ENGINE/pid"
}

lay_out_root() {
  mkdir -p "$ENGINE"/{root,upper,work,docker,containers}
  mount -t overlay overlay -o "lowerdir=$LAB/$1,upperdir=$ENGINE/upper,workdir=$ENGINE/work" "$ROOT"
  mount --make-private "$ROOT"
  mount -t proc proc "$ROOT/proc"
  for shared in sys dev; do mount --rbind "/$shared" "$ROOT/$shared"; mount --make-rprivate "$ROOT/$shared"; done
  mount -t tmpfs tmpfs "$ROOT/run"
  for kept in docker containers; do
    mkdir -p "$ROOT/var/lib/$kept"
    mount --bind "$ENGINE/$kept" "$ROOT/var/lib/$kept"
  done
  mkdir -p "$ROOT"/{old,etc/docker,etc/containers}
}

write_settings() {
  local store='"containerd-snapshotter": false'
  [ "$3" != containerd ] || store='"containerd-snapshotter": true'
  # Docker 20.10 refuses a feature that it does not know.
  [ "$2" != bookworm ] || store='"buildkit": true'
  echo "{\"features\": {$store}, \"cgroup-parent\": \"/berth-lab-$1\"}" >"$ROOT/etc/docker/daemon.json"
  # If rlimits cannot be raised, Podman's own defaults prevent the start of containers. It retries each failing pull and push
  # several times, for minutes in all of the tests.
  printf '%s\n' '[containers]' 'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]' \
    '[engine]' 'cgroup_manager = "cgroupfs"' 'retry = 0' >"$ROOT/etc/containers/containers.conf"
  # As Docker does by itself.
  mkdir -p "$ROOT/etc/containers/registries.conf.d"
  printf '%s\n' '[[registry]]' 'location = "127.0.0.1"' 'insecure = true' \
    >"$ROOT/etc/containers/registries.conf.d/loopback.conf"
}

await_answer() {
  await "$1" 'no answer' curl -sf --max-time 5 --unix-socket "$(socket)" http://engine/_ping
}

await() {
  local end=$((SECONDS + $1)) complaint=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    lives || fail "the engine ended: $(tail -n 3 "$ENGINE/log")"
    ((SECONDS < end)) || fail "$complaint in time: $(tail -n 3 "$ENGINE/log")"
    sleep 0.2
  done
}

run() {
  in_lab "$1"; shift
  lives || fail "that engine is not up"
  exec nsenter --net="/run/netns/$NETNS" env DOCKER_HOST="unix://$(socket)" BERTH_ENGINE_SETUP=never "$@"
}

log() {
  in_lab "$1"
  cat "$ENGINE/log"
}

# Including all its mounts.
end() {
  [ ! -s "$ENGINE/network.pid" ] || kill "$(cat "$ENGINE/network.pid")" 2>/dev/null || true
  if lives; then
    kill "$(cat "$ENGINE/pid")"
    for _ in $(seq 100); do lives || break; sleep 0.1; done
    ! lives || kill -9 "$(cat "$ENGINE/pid")"
  fi
  awk -v root="$ENGINE/" 'index($2, root) == 1 {print $2}' /proc/mounts | sort -r | while read -r mounted; do
    umount -l "$mounted"
  done
}

down() {
  in_lab "$1"
  end
  [ ! -e "/run/netns/$NETNS" ] || ip netns del "$NETNS"
  rm -rf --one-file-system "$ENGINE"
}

case ${1:-} in
  debian | up | fresh | log | run | change | down) "$@" ;;
  *) sed -n '2,12p' "$0" | cut -c3-; exit 1 ;;
esac
