#!/usr/bin/env bash
# How long `clawdoctor check --offline` takes on a healthy node, as a ratio to one
# `docker run --rm IMAGE true` on the same engine, measured in turn in one run.
#
#   usage: tests/bench/check.sh [--runs N] [DOCKER_HOST]        default: 15 runs, the test engines
#
# The node: the gateway of tests/support/openclaw.sh if it is up, OpenClaw's package installed, two
# agents with two sandbox configurations, all core checks. Prints each engine's medians, the ratio
# pair by pair (min, median, max) and the peak resident memory. Aim: a median ratio of at most 1.25 and at most 30 MiB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=15
while [ $# -gt 0 ]; do
  case $1 in
    --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --runs) runs=$2; shift 2 ;;
    *) break ;;
  esac
done
image="clawdoctor-test/good:1"
engines=("$@")
if [ ${#engines[@]} = 0 ]; then
  engines=("$(tests/support/engine.sh up classic)" "$(tests/support/engine.sh up modern)")
fi
cargo build --release --quiet
clawdoctor=$PWD/target/release/clawdoctor

place=$(mktemp -d "${TMPDIR:-/tmp}/clawdoctor-bench-XXXXXX")
trap 'rm -rf "$place"' EXIT
home=$place/home package=$place/home/lib/node_modules/openclaw node=$place/home/lib/node_modules/node
mkdir -p "$home/bin" "$home/.openclaw/workspace" "$package" "$node/bin"
printf '{"name":"openclaw","version":"2026.9.6","engines":{"node":">=24.16.0 <25 || >=26.1.0"}}' >"$package/package.json"
printf '{"name":"node","version":"24.21.0"}' >"$node/package.json"
printf '#!/bin/sh\necho v24.21.0\n' >"$node/bin/node"
: >"$package/openclaw.mjs"
chmod +x "$node/bin/node" "$package/openclaw.mjs"
ln -s "$package/openclaw.mjs" "$home/bin/openclaw"
ln -s "$node/bin/node" "$home/bin/node"
cat >"$home/.openclaw/openclaw.json" <<JSON
{"meta": {}, "gateway": {"mode": "local", "port": ${CLAWDOCTOR_TEST_OPENCLAW_PORT:-18989}}, "agents": {
  "defaults": {"workspace": "$home/.openclaw/workspace", "sandbox": {"mode": "all", "scope": "session", "workspaceAccess": "none",
    "docker": {"image": "$image", "network": "none", "memory": "512m", "cpus": 0.5, "pidsLimit": 256}}},
  "entries": {"coder": {"sandbox": {"workspaceAccess": "rw", "docker": {"memory": "1g", "network": "bridge"}}}}}}
JSON
# Some test machines answer for 169.254.169.254 themselves; this address nobody has.
mkdir -p "$home/.config/clawdoctor/checks/sandbox"
printf '[judge.sandbox-egress]\nblocked = ["192.0.2.1:80"]\n' >"$home/.config/clawdoctor/checks/sandbox/egress.toml"
chown -R 1000:1000 "$home"

check() { # DOCKER_HOST, arguments…
  local host=$1; shift
  env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" DOCKER_HOST="$host" "$clawdoctor" check --offline "$@"
}
milliseconds() { # command…: its wall time
  local begun=${EPOCHREALTIME/./} rc=0
  "$@" >/dev/null 2>&1 || rc=$?
  echo $(((${EPOCHREALTIME/./} - begun) / 10)) "$rc"
}
middle() { sort -n | awk '{ v[NR] = $1 } END { printf "%s %s %s\n", v[1], v[int((NR + 1) / 2)], v[NR] }'; }

for host in "${engines[@]}"; do
  check "$host" --json >"$place/report.json" || true
  checks=$(jq '.checks | length' "$place/report.json")
  failed=$(jq -r '[.findings[] | .checkId + ":" + .errorCode] | join(" ")' "$place/report.json")
  docker -H "$host" run --rm "$image" true
  : >"$place/a"; : >"$place/b"; : >"$place/ratio"
  for _ in $(seq "$runs"); do
    read -r a _ < <(milliseconds check "$host")
    read -r b _ < <(milliseconds docker -H "$host" run --rm "$image" true)
    echo "$a" >>"$place/a"; echo "$b" >>"$place/b"
    awk -v a="$a" -v b="$b" 'BEGIN { printf "%.3f\n", a / b }' >>"$place/ratio"
  done
  read -r _ a _ < <(middle <"$place/a")
  read -r _ b _ < <(middle <"$place/b")
  read -r low median high < <(middle <"$place/ratio")
  # shellcheck disable=SC2016 # expanded by the inner shell
  peak=$(env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" DOCKER_HOST="$host" bash -c '
    "$@" >/dev/null 2>&1 & pid=$!; peak=0
    while [ -r /proc/$pid/status ]; do
      now=$(awk "/^VmHWM/ { print \$2 }" /proc/$pid/status 2>/dev/null || true)
      [ "${now:-0}" -gt "$peak" ] && peak=$now
      kill -0 $pid 2>/dev/null || break
    done; echo "$peak"' peak "$clawdoctor" check --offline || true)
  awk -v h="$host" -v c="$checks" -v f="${failed:-none}" -v a="$a" -v b="$b" -v l="$low" -v m="$median" -v g="$high" -v p="$peak" -v n="$runs" 'BEGIN {
    printf "%s  (%d checks, findings: %s, %d runs in turn)\n", h, c, f, n
    printf "  clawdoctor check --offline   median %7.1f ms\n", a / 100
    printf "  docker run --rm IMAGE true   median %7.1f ms\n", b / 100
    printf "  ratio, pair by pair          min %.2f  median %.2f  max %.2f   (aim: 1.25)\n", l, m, g
    printf "  peak resident memory         %.1f MiB   (aim: 30)\n", p / 1024 }'
done
