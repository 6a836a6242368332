# shellcheck shell=bash
# What the scripts of this folder share: the work folder, installing what is missing, and processes that can be
# stopped again without ever hitting a stranger. Sourced, never run.

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# shellcheck disable=SC2034 # for those who source this
SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=${CLAWDOCTOR_TEST_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/clawdoctor-tests}
mkdir -p "$WORK"
WORK=$(cd "$WORK" && pwd -P)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# The head comment of a script is its help.
help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"; }
wrong() {
  help >&2
  exit 2
}

# One at a time per name. Whatever is left running must be started with LOCK_FD closed (see launch).
LOCK_FD=9
take_lock() {
  eval "exec $LOCK_FD>\"\$WORK/.lock-\$1\""
  flock "$LOCK_FD"
}

# ---- programs and the packages that bring them -----------------------------------------------------------------

# program → Debian package. All that the test command ever uses stands here, so that bare.sh needs no list.
declare -A PACKAGE=(
  [dockerd]=docker.io [docker]=docker.io [debootstrap]=debootstrap [docker-registry]=docker-registry
  [dnsmasq]=dnsmasq-base [iptables]=iptables [ip]=iproute2 [tmux]=tmux [hyperfine]=hyperfine [jq]=jq [socat]=socat
  [shellcheck]=shellcheck [curl]=curl [git]=git [cc]=gcc [python3]=python3 [npm]=npm [ps]=procps
  [unshare]=util-linux [setpriv]=util-linux [strace]=strace
)

# Programs of their package that are not on PATH, or files rather than programs.
installed() {
  case $1 in
    busybox-static) [ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 ;;
    docker-init) command -v docker-init >/dev/null || command -v tini >/dev/null ;;
    ca-certificates) [ -s /etc/ssl/certs/ca-certificates.crt ] ;;
    debian-archive-keyring) [ -r /usr/share/keyrings/debian-archive-keyring.gpg ] ;;
    libc6-dev) [ -e /usr/include/stdio.h ] ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}
package_of() {
  case $1 in
    docker-init) echo tini ;;
    *) echo "${PACKAGE[$1]:-$1}" ;;
  esac
}

# need NAME...: installs the packages of the names that are not there; silent and quick when all are.
need() {
  local name missing=() packages=()
  for name in "$@"; do installed "$name" || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  for name in "${missing[@]}"; do packages+=("$(package_of "$name")"); done
  mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    die "not here: ${missing[*]} (on Debian: packages ${packages[*]}); installing them takes root and apt-get"
  fi
  say "installing ${packages[*]}"
  (apt_install "${packages[@]}") || { sleep 3 && (apt_install "${packages[@]}"); } ||
    die "apt-get could not install ${packages[*]}; see $WORK/apt.log"
  hash -r
  for name in "${missing[@]}"; do installed "$name" || die "package $(package_of "$name") brought no $name"; done
}

# Packages only arrive here: no service of theirs is started (a policy of our own for the time being, unless the
# machine has one), and nothing that is installed is removed for them (docker.io would push out docker-ce).
apt_install() (
  exec 8>"$WORK/.lock-apt"
  flock 8
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  options=(-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  {
    nice apt-get "${options[@]}" update &&
      nice apt-get "${options[@]}" install -y --no-install-recommends --no-remove "$@"
  } >>"$WORK/apt.log" 2>&1 </dev/null 8>&-
)

# The Debian archive of this machine's apt (not the security one); nothing when there is none.
debian_archive() {
  local file
  for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -r "$file" ] || sed 's/#.*//' "$file"
  done | grep -oE '[a-z]+://[^ ]+/debian/?([[:space:]]|$)' | head -n 1 | tr -d '[:space:]' || true
}

# a_debian SUITE TREE [PACKAGE...]: a Debian file tree, whole or not at all; its packages are kept for the next tree.
a_debian() {
  local suite=$1 tree=$2 archive debs=$WORK/debs/$1 log=$2.log include=()
  shift 2
  [ ! -e "$tree" ] || return 0
  [ "$(id -u)" = 0 ] || die "making a Debian tree takes root"
  need debootstrap debian-archive-keyring
  [ $# -eq 0 ] || include=("--include=$(IFS=, && echo "$*")")
  mkdir -p "$debs"
  archive=$(debian_archive)
  local attempt
  for attempt in 1 2; do
    rm -rf --one-file-system "$tree.part"
    # no archive known: debootstrap's own default. Newer suites than this debootstrap knows are made like sid.
    if nice debootstrap --variant=minbase --cache-dir="$debs" "${include[@]}" "$suite" "$tree.part" \
      ${archive:+"$archive" "$(debootstrap_script "$suite")"} >"$log" 2>&1 </dev/null; then
      mv "$tree.part" "$tree"
      return 0
    fi
    say "debootstrap of $suite failed (attempt $attempt)"
  done
  tail -n 15 "$log" >&2
  return 1
}
debootstrap_script() {
  local scripts=/usr/share/debootstrap/scripts
  if [ -e "$scripts/$1" ]; then echo "$scripts/$1"; else echo "$scripts/sid"; fi
}

# ---- processes --------------------------------------------------------------------------------------------------

# A pid is re-used, a pid with its start time and its boot is not.
identity() {
  local rest
  rest=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra rest <<<"${rest##*) }"
  [ "${rest[0]}" != Z ] || return 1
  echo "$1 ${rest[19]} $(cat /proc/sys/kernel/random/boot_id)"
}
# alive FILE: prints the pid when the process recorded in FILE still runs.
alive() {
  local pid
  [ -s "$1" ] || return 1
  read -r pid _ <"$1"
  [ "$(identity "$pid")" = "$(cat "$1")" ] && echo "$pid"
}
# launch FILE LOG COMMAND...: starts it in a session of its own, with our lock closed, and records it in FILE.
launch() {
  local file=$1 log=$2
  shift 2
  setsid "$@" >"$log" 2>&1 </dev/null 9>&- &
  identity $! >"$file.new" || { rm -f "$file.new" && die "did not start: $1; see $log"; }
  mv "$file.new" "$file"
}
# stop FILE [SECONDS]: asks the recorded process to end, insists after SECONDS, forgets it.
stop() {
  local pid deadline=$((SECONDS + ${2:-15}))
  if pid=$(alive "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    while alive "$1" >/dev/null; do
      if [ $SECONDS -ge $deadline ]; then kill -KILL "$pid" 2>/dev/null || true; fi
      sleep 0.1
    done
  fi
  rm -f "$1"
}
# wait_for SECONDS FILE COMMAND...: until COMMAND succeeds; fails at once when the process recorded in FILE ends.
wait_for() {
  local deadline=$((SECONDS + $1)) file=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    alive "$file" >/dev/null && [ $SECONDS -lt $deadline ] || return 1
    sleep 0.1
  done
}

# ---- engines ----------------------------------------------------------------------------------------------------

# shellcheck disable=SC2034 # for those who source this
LABEL=clawdoctor.test=1

# docker_client HOST: a docker client that this engine talks to (the newest engines refuse the distribution's client,
# the newest clients refuse the distribution's engine).
docker_client() {
  local client
  for client in docker /usr/bin/docker "$WORK/modern/bin/docker"; do
    if command -v "$client" >/dev/null && DOCKER_HOST=$1 "$client" version >/dev/null 2>&1; then
      command -v "$client"
      return 0
    fi
  done
  return 1
}
