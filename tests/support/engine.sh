#!/usr/bin/env bash
# Docker engines of the tests' own, beside whatever runs on this machine: their own data, socket, bridge and
# containerd, all under the work folder; nothing of another engine is read or changed.
#
#   engine.sh up classic|modern       starts it if need be; prints its DOCKER_HOST and nothing else
#   engine.sh down classic|modern     removes its containers and stops it (its images stay for the next time)
#   engine.sh client classic|modern   prints the path of a docker client that this engine talks to
#   engine.sh status                  one line each
#
#   classic  the distribution's dockerd (Debian 12: 20.10, API 1.41)   bridge clawtest0  172.30.20.0/24
#   modern   Debian testing's dockerd (API 1.51 or later)              bridge clawtest1  172.30.28.0/24
#            sees the machine's files except /usr, which is Debian testing's
#
# Networks made by hand get 172.30.22.0/23 (classic) and 172.30.30.0/23 (modern), sixteen each.
# The engines do not write firewall rules: the forwarding that they need is set here, by address, and taken away again.
#
# Environment:
#   CLAWDOCTOR_TEST_DOCKER_HOST   use this engine as the classic one: up only verifies it, down leaves it alone
#   CLAWDOCTOR_TEST_DIR           the work folder (~/.cache/clawdoctor-tests)
#   CLAWDOCTOR_TEST_SUITE         where modern comes from (forky)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

choose() {
  KIND=$1
  case $KIND in
    classic) BRIDGE=clawtest0 NET=172.30.20 POOL=172.30.22.0/23 ;;
    modern) BRIDGE=clawtest1 NET=172.30.28 POOL=172.30.30.0/23 ;;
    *) wrong ;;
  esac
  DIR=$WORK/$KIND SOCKET=$WORK/$KIND/docker.sock TREE=$WORK/modern/tree
}

given() { [ "$KIND" = classic ] && [ -n "${CLAWDOCTOR_TEST_DOCKER_HOST:-}" ]; }
url() { if given; then echo "$CLAWDOCTOR_TEST_DOCKER_HOST"; else echo "unix://$SOCKET"; fi; }
ask() { curl -fsS --max-time 5 --unix-socket "$SOCKET" "http://engine/$1"; }
client() { if [ "$KIND" = modern ]; then echo "$DIR/bin/docker"; else docker_client "$(url)"; fi; }

# ---- modern's programs ------------------------------------------------------------------------------------------

modern_programs() {
  a_debian "${CLAWDOCTOR_TEST_SUITE:-forky}" "$TREE" docker.io docker-cli containerd runc iptables tini ca-certificates ||
    die "no modern engine: see $TREE.log"
  rm -rf "$WORK/debs/${CLAWDOCTOR_TEST_SUITE:-forky}"
  # a client of the same age, run by the loader and libraries it was made with
  mkdir -p "$DIR/bin"
  printf '#!/bin/sh\nexec "%s/lib64/ld-linux-x86-64.so.2" --library-path "%s/lib/x86_64-linux-gnu" --argv0 docker "%s/bin/docker" "$@"\n' \
    "$TREE/usr" "$TREE/usr" "$TREE/usr" >"$DIR/bin/docker.new"
  chmod 755 "$DIR/bin/docker.new"
  mv "$DIR/bin/docker.new" "$DIR/bin/docker"
}

# The hierarchies of cgroup v1 that this machine has and does not mount. With one of them containerd reads none
# ("cannot find cgroup mount destination"): no stats, no oom events.
unmounted_cgroups() {
  local names
  while IFS=: read -r _ names _; do
    case $names in '' | name=*) continue ;; esac
    grep -Eq -- " - cgroup .*[ ,]$names(,|\$)" /proc/self/mountinfo || echo "$names"
  done </proc/self/cgroup
}

# Runs COMMAND in a mount namespace of its own in which these CGROUPS are mounted, /usr is that of TREE, if any, and all
# else is the machine's, so that binds of any path mean the same to both engines.
# shellcheck disable=SC2016 # meant for the inner shell
in_own=(unshare --mount --propagation slave bash -euc '
  for names in $1; do
    mkdir -p "/sys/fs/cgroup/$names"
    mount -t cgroup -o "$names" cgroup "/sys/fs/cgroup/$names"
  done
  tree=$2
  shift 2
  if [ -n "$tree" ]; then
    mount --bind "$tree/etc/alternatives" /etc/alternatives
    mount --bind "$tree/etc/ld.so.cache" /etc/ld.so.cache
    mount --bind "$tree/usr" /usr
  fi
  exec "$@"' in-own)

# ---- the bridge and its way out ---------------------------------------------------------------------------------

# The bridge says which work folder it serves: with two of them, one must not take the other's network away.
serves_another() {
  local owner
  owner=$(cat "/sys/class/net/$BRIDGE/ifalias" 2>/dev/null) || return 1
  [ -n "$owner" ] && [ "$owner" != "$DIR" ] && alive "$owner/dockerd.pid" >/dev/null
}

bridge_up() {
  local other
  ! serves_another || die "$BRIDGE serves the engine of $(cat "/sys/class/net/$BRIDGE/ifalias"): stop that one first"
  other=$(ip -4 -o addr show to "$NET.0/24" | awk -v ours="$BRIDGE" '$2 != ours { print $2 }')
  [ -z "$other" ] || die "$NET.0/24 is taken by $other"
  ip link show "$BRIDGE" >/dev/null 2>&1 || ip link add "$BRIDGE" type bridge
  ip addr replace "$NET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up alias "$DIR"
  rules add || say "iptables refused: containers of $KIND reach this machine only"
  if [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 0 ]; then
    : >"$WORK/.forwarding-was-off"
    echo 1 >/proc/sys/net/ipv4/ip_forward || say "no forwarding: containers of $KIND reach this machine only"
  fi
}

bridge_down() {
  ! serves_another || return 0
  rules delete || true
  if ip link show "$BRIDGE" >/dev/null 2>&1; then ip link del "$BRIDGE"; fi
  # forwarding goes back to off when we set it and no engine is left to want it
  if [ -e "$WORK/.forwarding-was-off" ] && ! pidof dockerd >/dev/null; then
    echo 0 >/proc/sys/net/ipv4/ip_forward || true
    rm -f "$WORK/.forwarding-was-off"
  fi
}

rules() { # add|delete
  local range mark=(-m comment --comment "clawdoctor-test-$KIND")
  for range in "$NET.0/24" "$POOL"; do
    rule "$1" nat POSTROUTING -s "$range" ! -d "$range" "${mark[@]}" -j MASQUERADE || return 1
    rule "$1" filter FORWARD -s "$range" "${mark[@]}" -j ACCEPT || return 1
    rule "$1" filter FORWARD -d "$range" -m conntrack --ctstate RELATED,ESTABLISHED "${mark[@]}" -j ACCEPT || return 1
  done
}
rule() { # add|delete TABLE CHAIN SPEC...
  local verb=$1 table=$2
  shift 2
  case $verb in
    add) iptables -w -t "$table" -C "$@" 2>/dev/null || iptables -w -t "$table" -I "$@" ;;
    delete) while iptables -w -t "$table" -D "$@" 2>/dev/null; do :; done ;;
  esac
}

# ---- up and down ------------------------------------------------------------------------------------------------

answers() { ask _ping && [ "$(ask _ping)" = OK ]; }
runs() { alive "$DIR/dockerd.pid" >/dev/null && answers >/dev/null 2>&1; }

up() {
  if given; then
    local found
    need docker
    found=$(docker_client "$(url)") || die "CLAWDOCTOR_TEST_DOCKER_HOST=$(url) does not answer"
    DOCKER_HOST=$(url) "$found" info >/dev/null 2>&1 || die "CLAWDOCTOR_TEST_DOCKER_HOST=$(url): docker info fails"
    return
  fi
  ! runs || return 0
  [ "$(uname -sm)" = "Linux x86_64" ] || die "only for Linux x86_64: set CLAWDOCTOR_TEST_DOCKER_HOST"
  [ "$(id -u)" = 0 ] || die "starting an engine takes root: set CLAWDOCTOR_TEST_DOCKER_HOST"
  [ ${#SOCKET} -lt 100 ] || die "$SOCKET is too long for a socket: set CLAWDOCTOR_TEST_DIR to a shorter path"
  need curl ip iptables jq unshare pidof ps docker
  stop_all
  mkdir -p "$DIR"
  local inside=() cgroups
  cgroups=$(unmounted_cgroups)
  if [ "$KIND" = modern ]; then
    if [ ! -L /lib ] || [[ $WORK/ == /usr/* ]]; then die "modern needs a merged /usr, and its work folder outside of it"; fi
    modern_programs
    inside=("${in_own[@]}" "$cgroups" "$TREE")
  else
    need dockerd containerd runc docker-init
    [ -z "$cgroups" ] || inside=("${in_own[@]}" "$cgroups" "")
  fi
  bridge_up

  cat >"$DIR/containerd.toml" <<CONFIG
version = 2
root = "$DIR/containerd"
state = "$DIR/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$DIR/containerd.sock"
CONFIG
  jq -n --arg pool "$POOL" --arg mark "$LABEL" '{
    iptables: false, ip6tables: false, labels: [$mark], "default-address-pools": [{base: $pool, size: 27}],
    "shutdown-timeout": 5 }' >"$DIR/daemon.json"
  launch "$DIR/containerd.pid" "$DIR/containerd.log" "${inside[@]}" containerd --config "$DIR/containerd.toml"
  wait_for 60 "$DIR/containerd.pid" test -S "$DIR/containerd.sock" || failed containerd

  # dockerd sees the files that its containerd sees
  [ ${#inside[@]} -eq 0 ] || inside=(nsenter "--mount=/proc/$(alive "$DIR/containerd.pid")/ns/mnt" --)
  launch "$DIR/dockerd.pid" "$DIR/dockerd.log" env -u DOCKER_HOST -u DOCKER_CONTEXT -u NOTIFY_SOCKET -u LISTEN_FDS \
    "${inside[@]}" dockerd --config-file "$DIR/daemon.json" --host "unix://$SOCKET" --group root --pidfile "$DIR/run/docker.pid" \
    --data-root "$DIR/data" --exec-root "$DIR/run/docker" --bridge "$BRIDGE" \
    --containerd "$DIR/containerd.sock" --containerd-namespace clawdoctor-test --containerd-plugins-namespace clawdoctor-test-plugins
  wait_for 60 "$DIR/dockerd.pid" answers || failed dockerd
}

failed() {
  tail -n 15 "$DIR/$1.log" >&2
  stop_all
  die "$KIND did not come up: see $DIR/$1.log"
}

stop_all() {
  local cli id
  if runs && cli=$(client); then
    for id in $(DOCKER_HOST=$(url) "$cli" ps -aq); do DOCKER_HOST=$(url) "$cli" rm -fv "$id" >/dev/null || true; done
  fi
  stop "$DIR/dockerd.pid" 30
  stop "$DIR/containerd.pid" 15
  [ -d "$DIR" ] || return 0
  sweep
  bridge_down
}

# What a daemon that was killed leaves behind: shims (known by the socket of our containerd) with their containers,
# mounts below our folder, and state that a later boot would misread.
sweep() {
  local shim target
  for shim in $(pgrep -f -- "^[^ ]*containerd-shim[^ ]* .*-address $DIR/containerd.sock( |\$)" || true); do
    pkill -KILL -P "$shim" || true
    kill -KILL "$shim" 2>/dev/null || true
  done
  for target in $(findmnt -rno TARGET | grep -F "$DIR/" | sort -r || true); do umount -l "$target" || true; done
  rm -rf --one-file-system "$DIR/run" "$SOCKET" "$DIR/containerd.sock" "$DIR/containerd.sock.ttrpc"
}

status() {
  local version
  for KIND in classic modern; do
    choose "$KIND"
    if given; then
      echo "$KIND: given $(url)"
    elif runs; then
      version=$(ask version | jq -r '"\(.Version) API \(.ApiVersion)"')
      echo "$KIND: up $(url) $version images=$(ask images/json | jq length) containers=$(ask 'containers/json?all=1' | jq length)"
    else
      echo "$KIND: down"
    fi
  done
}

case ${1:-} in
  -h | --help | help) help ;;
  status) status ;;
  up)
    choose "${2:-}"
    take_lock "engine-$KIND"
    up
    url
    ;;
  down)
    choose "${2:-}"
    given || { take_lock "engine-$KIND" && stop_all; }
    ;;
  client)
    choose "${2:-}"
    client || die "$KIND does not answer: engine.sh up $KIND"
    ;;
  *) wrong ;;
esac
