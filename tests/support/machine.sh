#!/usr/bin/env bash
# A bare Debian machine as far as a program in it can tell: files, processes, mounts and a name of its own, root and
# an ordinary user who may use sudo, no service manager, and nothing of Docker's, Node's or OpenClaw's. The network
# is this machine's, and so is the way to the registries of Debian and of npm.
#
#   machine.sh up FOLDER PROGRAM     makes it below FOLDER (which is not there yet) and starts it; PROGRAM is found
#                                    there as /usr/local/bin/clawdoctor
#   machine.sh run FOLDER USER COMMAND...
#                                    runs a command in it as root or claw, with that user's home and usual PATH
#   machine.sh down FOLDER           ends all that runs in it and removes it
#
# Packages that were fetched once are kept below the work folder for the next machine. An engine that is installed in
# it keeps away from this machine's firewall and bridges, and has its data in FOLDER.
#
# Environment: CLAWDOCTOR_TEST_DIR   the work folder (~/.cache/clawdoctor-tests)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

BASE=$WORK/machine/base-1 # bump when it is made in another way
KEPT=$WORK/machine/kept

base() {
  [ ! -e "$BASE" ] || return 0
  mkdir -p "$WORK/machine"
  a_debian bookworm "$BASE" ca-certificates sudo || die "no Debian tree"
  rm -rf "$WORK/debs/bookworm"
}

# How this machine asks registries: addresses, proxies and whom it trusts. Nothing that says who asks.
network_of_this_machine() { # TREE
  local tree=$1 file name
  cp -L /etc/resolv.conf /etc/hosts "$tree/etc/"
  echo 127.0.1.1 bare >>"$tree/etc/hosts"
  echo "deb $(debian_archive) bookworm main" >"$tree/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(http|https|ftp)::' >"$tree/etc/apt/apt.conf.d/10network" || true
  mkdir -p "$tree/usr/local/share/ca-certificates"
  cp -rL /usr/local/share/ca-certificates/. "$tree/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
  : >"$tree/etc/machine-environment"
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS SSL_CERT_FILE; do
    [ -n "${!name:-}" ] || continue
    printf '%s=%s\n' "$name" "${!name}" >>"$tree/etc/machine-environment"
    file=${!name}
    if [ -f "$file" ] && [ ! -e "$tree$file" ]; then install -D -m 644 "$file" "$tree$file"; fi
  done
  printf 'npm_config_registry=%s\n' "$(npm config get registry)" >>"$tree/etc/machine-environment"
}

furnish() { # TREE PROGRAM
  local tree=$1
  # what is written here is gone in a minute
  echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/unsafe-io"
  install -D -m 644 /dev/stdin "$tree/etc/docker/daemon.json" <<'JSON'
{"bridge": "none", "iptables": false, "ip6tables": false, "ip-forward": false, "shutdown-timeout": 5}
JSON
  # The init script raises limits, which not even root may do on some virtual machines, and ends where it cannot.
  if ! (ulimit -n 1048576 && ulimit -u unlimited) 2>/dev/null; then
    install -m 644 /dev/stdin "$tree/etc/apt/apt.conf.d/90limits" <<'APT'
DPkg::Post-Invoke {"if [ -e /etc/init.d/docker ]; then sed -i 's/^[[:space:]]*ulimit .*/:/' /etc/init.d/docker; fi";};
APT
  fi
  chroot "$tree" useradd --create-home --uid 1000 --shell /bin/bash claw
  install -m 440 /dev/stdin "$tree/etc/sudoers.d/claw" <<<'claw ALL=(ALL) NOPASSWD: ALL'
  install -D -m 755 /dev/null "$tree/usr/local/bin/clawdoctor"
  mkdir -p "$tree/var/cache/npm" "$KEPT/apt/partial" "$KEPT/npm-root" "$KEPT/npm-claw"
  chown 1000:1000 "$KEPT/npm-claw"
}

# The first process there: it mounts, says that it is ready, and collects whoever is left without a parent.
# shellcheck disable=SC2016 # meant for the inner shell
FIRST='
  tree=$1 program=$2 kept=$3 ready=$4
  exec 3>"$ready"
  hostname bare
  mount --bind "$tree" "$tree"
  mount -t proc proc "$tree/proc"
  mount --rbind /sys "$tree/sys"
  mount --rbind /dev "$tree/dev"
  mount -t tmpfs -o mode=755 tmpfs "$tree/run"
  mkdir -m 1777 "$tree/run/lock"
  mount --bind "$program" "$tree/usr/local/bin/clawdoctor"
  mount --bind "$kept/apt" "$tree/var/cache/apt/archives"
  mount --bind "$kept" "$tree/var/cache/npm"
  cd "$tree"
  mkdir -p .former
  pivot_root . .former
  cd /
  umount -l /.former
  rmdir /.former
  echo ready >&3
  exec 3>&-
  while :; do sleep 3600 & wait $!; done'

up() { # FOLDER PROGRAM
  local folder=$1 tree=$1/root
  [ ! -e "$folder" ] || die "there is something at $folder already"
  [ "$(id -u)" = 0 ] || die "a machine takes root"
  need unshare npm
  mkdir -p "$folder"
  (take_lock machine && base && cp -a --reflink=auto "$BASE" "$tree")
  network_of_this_machine "$tree"
  furnish "$tree"
  launch "$folder/pid" "$folder/log" unshare --mount --uts --ipc --pid --fork --kill-child --propagation private \
    bash -euc "$FIRST" first "$tree" "$(realpath "$2")" "$KEPT" "$folder/ready"
  wait_for 20 "$folder/pid" grep -q ready "$folder/ready" || { tail "$folder/log" >&2 && down "$folder" && die "did not start"; }
}

# Its first process, as this machine counts.
first_of() { pgrep -P "$(alive "$1/pid")" | head -n 1; }

run() { # FOLDER USER COMMAND...
  local first home=/root words=() line
  first=$(first_of "$1") || die "$1 does not run"
  [ "$2" = root ] || home=/home/$2
  while read -r line; do words+=("$line"); done <"$1/root/etc/machine-environment"
  words+=("HOME=$home" "USER=$2" LANG=C.UTF-8 "npm_config_cache=/var/cache/npm/npm-$2")
  if [ "$2" = root ]; then words+=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
  else words+=("PATH=$home/.npm-global/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"); fi
  exec nsenter --target "$first" --mount --uts --ipc --pid --root --wd="/proc/$first/root$home" \
    setpriv --reuid "$2" --regid "$2" --init-groups --reset-env env -i "${words[@]}" "${@:3}"
}

down() { # FOLDER
  local first
  [ -e "$1" ] || return 0
  # all that runs there ends with its first process, and all that is mounted there with the last one
  if first=$(first_of "$1"); then kill -KILL "$first"; fi
  stop "$1/pid" 5
  rm -rf --one-file-system "$1"
}

case ${1:-} in
  -h | --help | help) help ;;
  up) [ $# -eq 3 ] || wrong; up "$2" "$3" ;;
  run) [ $# -ge 4 ] || wrong; run "${@:2}" ;;
  down) [ $# -eq 2 ] || wrong; down "$2" ;;
  *) wrong ;;
esac
