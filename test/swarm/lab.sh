#!/usr/bin/env bash
# A real, self-contained Docker Swarm of several nodes on one machine.
#
#   lab.sh NAME up N [MANAGERS]   starts N nodes; the first of them manage the Swarm (default: 1)
#   lab.sh NAME down              ends everything and leaves nothing behind
#   lab.sh NAME socket I          prints the path of node I's engine
#   lab.sh NAME exec I COMMAND... runs a command inside of node I
#   lab.sh NAME kill-node I       a power cut: cable out, then SIGKILL to every process of the node
#   lab.sh NAME start-node I      boots it again: its disk is kept
#   lab.sh NAME kill-engine I     SIGKILL to dockerd and its containerd; containers run on
#   lab.sh NAME start-engine I    starts dockerd again
#   lab.sh NAME partition I       cable out: the node runs on, cut off from all others
#   lab.sh NAME heal I            cable in again
#
# A node is a network, mount, pid, uts and ipc namespace whose first process is docker-init; killing that ends the node. Its
# bridge lies in a namespace of its own, since the host's iptables would drop what crosses it. A node has no default route.
# Kernels without IPVS have neither the routing mesh nor virtual addresses. NAME is 1 to 8 of a-z and 0-9. Needs root.
#
#   LAB_NET=10.79.0     the /24 of the nodes: node I is .I, the host .254
#   LAB_DATA            where disks lie; no overlay
#   LAB_TLS             a folder with ca.pem, nI.pem and nI.key: engines listen on port 2376 with TLS
#   LAB_HEARTBEAT=1s    the heartbeat; a silent node counts as down after two to three of them
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

fail() { echo "lab: $*" >&2; exit 1; }

SELF=$(readlink -f "${BASH_SOURCE[0]}")
LAB=${1:-}; shift || true
[[ $LAB =~ ^[a-z][a-z0-9]{0,7}$ ]] || fail "a name is 1 to 8 of a-z and 0-9"
RUN=/run/$LAB
[ ! -s "$RUN/settings" ] || . "$RUN/settings"    # those of `up`
NET=${LAB_NET:-10.79.0}
DATA=${LAB_DATA:-${TMPDIR:-/tmp}/swarm-$LAB}
HEARTBEAT=${LAB_HEARTBEAT:-1s}
CGROUP=swarm-$LAB SWITCH=$LAB-sw

ns() { echo "$LAB-n$1"; }
address() { echo "$NET.$1"; }
engine() { local i=$1; shift; timeout 60 docker -H "unix://$RUN/n$i.sock" "$@"; }
nodes() { cat "$RUN/nodes" 2>/dev/null || true; }
# until_ok SECONDS COMMAND...: runs it every tenth of a second until it succeeds
until_ok() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ "$SECONDS" -lt "$end" ] || return 1; sleep 0.1; done
}

# Processes are kept as "pid starttime", so that a reused pid is never signalled.
starttime() { local s; s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; s=${s##*) }; set -- $s; [ "$1" != Z ] && echo "${20}"; }
remember() { echo "$2 $(starttime "$2")" >"$1"; disown "$2" 2>/dev/null || true; }
alive() {
  local p t; [ -s "$1" ] && read -r p t <"$1" || return 1
  [ -n "$t" ] && [ "$(starttime "$p")" = "$t" ] && echo "$p"
}
gone() { ! alive "$1" >/dev/null; }
signal() { local p; p=$(alive "$2") && kill "-$1" "$p" 2>/dev/null || true; }
child() { pgrep -P "$1" | head -n 1; }

cgroup_roots() { awk '$3 ~ /^cgroup2?$/ && $2 ~ "^/sys/fs/cgroup" {print $2}' /proc/self/mounts | sort -u; }
join_cgroup() {
  local c
  for c in memory cpuacct pids; do
    [ -d "/sys/fs/cgroup/$c" ] || continue
    mkdir -p "/sys/fs/cgroup/$c/$CGROUP/n$1"
    echo "$BASHPID" >"/sys/fs/cgroup/$c/$CGROUP/n$1/cgroup.procs"
  done
}
remove_cgroup() {
  local r n
  for n in 1 2 3 4 5 6 7 8 9 10; do
    for r in $(cgroup_roots); do
      [ -d "$r/$1" ] && find "$r/$1" -depth -type d -exec rmdir {} \; 2>/dev/null
    done
    for r in $(cgroup_roots); do [ -d "$r/$1" ] && { sleep 0.2; continue 2; }; done
    return 0
  done
  return 1
}

switch_up() {
  ip netns add "$SWITCH"
  ip -n "$SWITCH" link set lo up
  ip netns exec "$SWITCH" sh -c 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ -e "$f" ] && echo 0 >"$f"; done; true'
  ip -n "$SWITCH" link add br0 type bridge
  ip -n "$SWITCH" link set br0 up
  ip link add "$LAB-host" type veth peer name phost netns "$SWITCH"
  ip -n "$SWITCH" link set phost master br0 up
  ip addr add "$NET.254/24" dev "$LAB-host"
  ip link set "$LAB-host" up
}
cable_in() {
  local n; n=$(ns "$1")
  ip netns add "$n"
  ip -n "$n" link set lo up
  ip -n "$SWITCH" link add "p$1" type veth peer name eth0 address "02:79:00:00:00:$(printf %02x "$1")" netns "$n"
  ip -n "$SWITCH" link set "p$1" master br0 up
  ip -n "$n" addr add "$(address "$1")/24" dev eth0
  ip -n "$n" link set eth0 up
}
cable_away() {
  ip -n "$SWITCH" link del "p$1" 2>/dev/null || true
  ip netns del "$(ns "$1")" 2>/dev/null || true
}

# The first process of a node, inside of its new namespaces.
machine_main() {
  [ $$ = 1 ] || fail "__machine is for the first process of a node"
  local i=$1 d=$DATA/n$1 m resolv
  hostname "n$i"
  mount --make-rprivate /
  # This copy of the mount table must not pin foreign mounts, so only those that a node needs stay.
  awk '{print $5}' /proc/self/mountinfo | tac | while read -r m; do
    m=$(printf %b "$m")
    case $DATA/:$RUN/ in "$m"/*|*:"$m"/*) continue ;; esac
    case $m in
      /|/proc|/sys|/sys/fs/cgroup*|/dev|/dev/*|/usr|/usr/*|/etc|/etc/*|/bin|/sbin|/lib*) ;;
      *) umount -l "$m" 2>/dev/null || true ;;
    esac
  done
  resolv=$(readlink -f /etc/resolv.conf)
  mkdir -p "$d/hold"
  # A /run of its own, as after a boot; only the folder of the sockets is shared.
  mount -n --bind "$RUN" "$d/hold"
  mount -n -t tmpfs -o mode=755 tmpfs /run
  mkdir -p "$RUN" /run/lock
  mount --move "$d/hold" "$RUN"
  # The sysfs of this network namespace, with the cgroups kept.
  mount --rbind /sys/fs/cgroup "$d/hold"
  mount -t sysfs sysfs /sys
  mount --rbind "$d/hold" /sys/fs/cgroup
  umount -R -l "$d/hold"
  # An engine key of its own, and a resolver that refuses at once.
  mkdir -p "$d/etc-docker"
  [ -d /etc/docker ] && mount --bind "$d/etc-docker" /etc/docker
  echo "nameserver $(address "$i")" >"$d/resolv.conf"
  [ -e "$resolv" ] || { mkdir -p "${resolv%/*}"; : >"$resolv"; }
  mount --bind "$d/resolv.conf" "$resolv"
  echo ready >"$RUN/n$i.ready"
  exec docker-init -- sleep infinity
}
machine_start() {
  local i=$1 p
  rm -f "$RUN/n$i.ready"
  ( exec 9>&-; join_cgroup "$i"
    exec setsid nsenter --net="/run/netns/$(ns "$i")" -- \
      unshare --mount --uts --ipc --pid --fork --kill-child --mount-proc -- \
      env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 LAB_NET="$NET" LAB_DATA="$DATA" \
        bash "$SELF" "$LAB" __machine "$i"
  ) </dev/null >>"$DATA/n$i/machine.log" 2>&1 &
  p=$!
  remember "$RUN/n$i.unshare" "$p"
  until_ok 30 test -e "$RUN/n$i.ready" || fail "node $i did not start: $(tail -n 3 "$DATA/n$i/machine.log")"
  remember "$RUN/n$i.init" "$(child "$p")"
}
engine_start() {
  local i=$1 p
  p=$(alive "$RUN/n$i.init") || fail "node $i is off"
  rm -f "$RUN/n$i.sock"
  ( exec 9>&-; join_cgroup "$i"
    exec setsid nsenter -t "$p" -m -u -i -n -p -- \
      env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
      dockerd --data-root "$DATA/n$i/data" --exec-root /run/docker --pidfile /run/docker.pid \
        -H "unix://$RUN/n$i.sock" -H unix:///var/run/docker.sock --exec-opt native.cgroupdriver=cgroupfs \
        --cgroup-parent "/$CGROUP/n$i/c" --dns "$(address "$i")" --insecure-registry "$NET.0/24" --shutdown-timeout 5 \
        $([ ! -d "$DATA/tls" ] || echo "-H tcp://0.0.0.0:2376 --tlsverify --tlscacert $DATA/tls/ca.pem --tlscert $DATA/tls/n$i.pem --tlskey $DATA/tls/n$i.key")
  ) </dev/null >>"$DATA/n$i/engine.log" 2>&1 &
  remember "$RUN/n$i.nsenter" $!
}
answers_or_ended() { curl -fsS --max-time 2 --unix-socket "$RUN/n$1.sock" http://d/_ping || gone "$RUN/n$1.nsenter"; }
engine_wait() {
  local i=$1 p
  until_ok 120 answers_or_ended "$i" && alive "$RUN/n$i.nsenter" >/dev/null ||
    fail "engine $i does not run: $(tail -n 5 "$DATA/n$i/engine.log")"
  p=$(alive "$RUN/n$i.nsenter") && remember "$RUN/n$i.dockerd" "$(child "$p")"
}
machine_kill() {
  local i f
  for i; do signal KILL "$RUN/n$i.init"; signal KILL "$RUN/n$i.unshare"; done
  for i; do
    for f in "$RUN/n$i".{init,unshare,nsenter}; do
      [ -e "$f" ] || continue
      until_ok 10 gone "$f" || { signal KILL "$f"; until_ok 10 gone "$f" || echo "lab: a process of node $i will not end" >&2; }
      rm -f "$f"
    done
    rm -f "$RUN/n$i".{sock,ready,dockerd}
  done
}

# The image of the tests, with one image id on all nodes.
image_up() {
  local i folder=$DATA/bb
  mkdir -p "$folder"/{bin,tmp,etc}
  cp "$(command -v busybox)" "$folder/bin/busybox"
  for i in $("$folder/bin/busybox" --list); do [ "$i" = busybox ] || ln -sf busybox "$folder/bin/$i"; done
  tar -C "$folder" -c . | engine 1 import -c 'CMD ["/bin/sh"]' - berth-test/busybox:1 >/dev/null
  engine 1 save berth-test/busybox:1 >"$DATA/image.tar"
  for i in $(nodes | grep -vx 1); do engine "$i" load -q -i "$DATA/image.tar" >/dev/null; done
  rm -rf "$DATA/image.tar" "$folder"
}
all_ready() { [ "$(engine 1 node ls --format '{{.Status}}' | grep -c Ready)" = "$1" ]; }

up() {
  local n=${1:-} m=${2:-1} i token join
  [[ $n =~ ^[1-9]$ ]] || fail "up N, from 1 to 9"
  [ "$(id -u)" = 0 ] || fail "needs root"
  for i in ip dockerd docker docker-init nsenter unshare setsid setpriv curl flock busybox pgrep; do
    command -v "$i" >/dev/null || fail "needs $i"
  done
  [ ! -e "$RUN" ] && [ ! -e "$DATA" ] || fail "$RUN or $DATA is there: down first"
  [ -z "$(ip -4 route show "$NET.0/24")" ] || fail "$NET.0/24 is in use: LAB_NET names another"
  trap 'trap - EXIT; echo "lab: up failed" >&2; tail -n 4 "$DATA"/n*/engine.log >&2 || true; down; exit 1' EXIT
  mkdir -p "$RUN" "$DATA"; : >"$RUN/.lab"; : >"$DATA/.lab"
  [ -z "${LAB_TLS:-}" ] || cp -r "$LAB_TLS" "$DATA/tls"
  # Intermediate resources that did not exist before are removed.
  for i in /etc/docker /run/netns /run/mount; do [ -e "$i" ] || echo "$i"; done >"$RUN/made"
  mkdir -p /etc/docker
  printf 'LAB_NET=%q\nLAB_DATA=%q\n' "$NET" "$DATA" >"$RUN/settings"
  seq 1 "$n" >"$RUN/nodes"
  switch_up
  for i in $(nodes); do mkdir -p "$DATA/n$i"; cable_in "$i"; machine_start "$i"; engine_start "$i"; done
  for i in $(nodes); do engine_wait "$i"; done
  image_up
  engine 1 swarm init --advertise-addr "$(address 1)" --listen-addr "$(address 1):2377" \
    --dispatcher-heartbeat "$HEARTBEAT" >/dev/null
  for i in $(nodes | tail -n +2); do
    join=worker; [ "$i" -gt "$m" ] || join=manager
    token=$(engine 1 swarm join-token -q "$join")
    engine "$i" swarm join --token "$token" --advertise-addr "$(address "$i")" \
      --listen-addr "$(address "$i"):2377" "$(address 1):2377" >/dev/null
  done
  until_ok 120 all_ready "$n" || fail "not all nodes are ready"
  trap - EXIT
}

down() {
  local i d left=
  machine_kill $( { nodes; ls "$RUN" 2>/dev/null | sed -n 's/^n\([0-9]*\)\.init$/\1/p'; } | sort -un)
  for d in $(ip netns list | awk '{print $1}' | grep -E "^$LAB-(sw|n[0-9]+)$" || true); do
    for i in $(ip netns pids "$d" 2>/dev/null); do kill -9 "$i" 2>/dev/null || true; done
    until_ok 10 sh -c "[ -z \"\$(ip netns pids $d)\" ]" || echo "lab: processes are left in $d" >&2
  done
  ip link del "$LAB-host" 2>/dev/null || true
  for d in $(ip netns list | awk '{print $1}' | grep -E "^$LAB-(sw|n[0-9]+)$" || true); do ip netns del "$d" || true; done
  remove_cgroup "$CGROUP" || left+=" cgroups:$CGROUP"
  for d in $(cat "$RUN/made" 2>/dev/null); do
    [ -z "$(ls "$d" 2>/dev/null)" ] || continue
    [ "$d" != /run/netns ] || umount "$d" 2>/dev/null || true
    rmdir "$d" 2>/dev/null || true
  done
  for d in "$DATA" "$RUN"; do
    # Only what `up` has marked.
    [ -e "$d/.lab" ] || continue
    for i in 1 2 3 4 5; do
      find "$d" -xdev -mindepth 1 -maxdepth 1 ! -name .lab -exec rm -rf --one-file-system {} + 2>/dev/null && rm -rf "$d" && break
      sleep 0.3
    done
    [ ! -e "$d" ] || left+=" $d"
  done
  ip netns list | grep -qE "^$LAB-(sw|n[0-9]+)( |$)" && left+=" netns"
  grep -qE " ($DATA|$RUN)(/| )" /proc/self/mountinfo && left+=" mounts"
  [ -z "$left" ] || fail "left behind:$left"
}

kill_engine() {
  local p children
  p=$(alive "$RUN/n$1.dockerd") || fail "engine $1 does not run"
  children=$(for k in $(cat "/proc/$p/task/"*/children 2>/dev/null); do
    [ "$(cat "/proc/$k/comm")" = containerd ] && echo "$k"; done) || true
  kill -9 "$p" $children
  until_ok 10 gone "$RUN/n$1.nsenter" || fail "dockerd $p will not end"
  rm -f "$RUN/n$1.sock"
}

verb=${1:-}; shift || true
case $verb in
  __machine) machine_main "$@" ;;
  up) up "$@" ;;
  down) down ;;
  socket) echo "$RUN/n$1.sock" ;;
  exec) i=$1; shift
    p=$(alive "$RUN/n$i.init") || fail "node $i is off"
    exec nsenter -t "$p" -m -u -i -n -p -- setpriv --pdeathsig KILL env -u DOCKER_HOST -u DOCKER_CONTEXT "$@" ;;
  partition) ip -n "$SWITCH" link set "p$1" down ;;
  heal) ip -n "$SWITCH" link set "p$1" up ;;
  kill-node)
    # The cable first, so that no process says goodbye.
    ip -n "$SWITCH" link set "p$1" down
    machine_kill "$1"; cable_away "$1"; remove_cgroup "$CGROUP/n$1" || true ;;
  start-node) cable_away "$1"; cable_in "$1"; machine_start "$1"; engine_start "$1"; engine_wait "$1" ;;
  kill-engine) kill_engine "$1" ;;
  start-engine) engine_start "$1"; engine_wait "$1" ;;
  *) sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//;p}' "$SELF"; exit 2 ;;
esac
