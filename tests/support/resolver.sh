#!/usr/bin/env bash
# A name server for the tests, on the given addresses only. It knows one zone and asks nobody.
#
#   resolver.sh up ADDRESS [--also ADDRESS#PORT]...   e.g. up 172.30.20.1 --also 127.0.0.1#5353   (port 53 unless given)
#   resolver.sh down [ADDRESS[#PORT]]                 that one, or all
#   resolver.sh status
#
#   good.clawdoctor.test, other.clawdoctor.test   198.51.100.10, 198.51.100.11 (documentation addresses, nobody there)
#   anything else in clawdoctor.test              does not exist (NXDOMAIN)
#   any other name                                REFUSED
#
# Environment: CLAWDOCTOR_TEST_DIR   the work folder (~/.cache/clawdoctor-tests)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$WORK/resolver

up() { # ADDRESS[#PORT]
  local address=${1%%#*} port=53 pid=$DIR/$1.pid log=$DIR/$1.log
  case $1 in *'#'*) port=${1##*#} ;; esac
  [[ $address =~ ^[0-9.]+$ && $port =~ ^[0-9]+$ ]] || wrong
  ! alive "$pid" >/dev/null || return 0
  case $address in 127.* | 172.30.2?.* | 172.30.3?.*) ;; *) die "$address is neither loopback nor a bridge of the tests" ;; esac
  [ -n "$(ip -4 -o addr show to "$address/32")" ] || [[ $address == 127.* ]] || die "no interface has $address: engine.sh up first"
  launch "$pid" "$log" dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --log-facility=- --pid-file= \
    --listen-address="$address" --port="$port" --bind-interfaces --cache-size=0 --user=root \
    --local=/clawdoctor.test/ --local-ttl=5 \
    --host-record=good.clawdoctor.test,198.51.100.10 --host-record=other.clawdoctor.test,198.51.100.11
  wait_for 10 "$pid" answers "$address" "$port" || {
    cat "$log" >&2
    stop "$pid"
    die "no resolver on $address port $port"
  }
}

# Asks for good.clawdoctor.test over TCP and looks for its address (a program that asks is not on every machine).
answers() {
  local query='\0\46\1\2\1\0\0\1\0\0\0\0\0\0\4good\12clawdoctor\4test\0\0\1\0\1'
  # shellcheck disable=SC2059 # the query is a format
  printf "$query" | timeout 3 socat -t 2 - "TCP4:$1:$2" | od -An -tu1 | tr -s ' \n' '  ' | grep -q ' 198 51 100 10'
}

down() {
  local file
  for file in "$DIR"/${1:-*}.pid; do
    [ ! -e "$file" ] || stop "$file"
  done
}

status() {
  local file
  for file in "$DIR"/*.pid; do
    [ -e "$file" ] || continue
    if alive "$file" >/dev/null; then echo "$(basename "$file" .pid): up"; else echo "$(basename "$file" .pid): down"; fi
  done
}

mkdir -p "$DIR"
take_lock resolver
case ${1:-} in
  -h | --help | help) help ;;
  status) status ;;
  down) down "${2:-}" ;;
  up)
    [ $# -ge 2 ] || wrong
    need dnsmasq socat ip
    up "$2"
    shift 2
    while [ $# -gt 0 ]; do
      if [ "$1" != --also ] || [ $# -lt 2 ]; then wrong; fi
      up "$2"
      shift 2
    done
    ;;
  *) wrong ;;
esac
