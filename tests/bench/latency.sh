#!/usr/bin/env bash
# Whether `clawdoctor bench` agrees with `docker run` and `docker exec` timed by hyperfine: the same
# sandbox on the same engine, in turn in one run.
#
#   usage: tests/bench/latency.sh [--runs N] [--rounds N] [DOCKER_HOST…]
#
# Default: 12 rounds of 4 runs each, on the test engines. CLAWDOCTOR names a program that is built already.
#
# Needs hyperfine (apt install hyperfine, or cargo install hyperfine), jq, curl and root.
#
# Like with like: `docker` first starts itself, some 20 ms that no gateway's bench should count as the
# engine's. So hyperfine times as well `docker version`, which starts the same program and asks the
# engine a question, and its median is taken off those of
#     docker run -d …       which is the create call and the start call      beside create + start
#     docker exec X sh -c   which is the exec, to the end of its output      beside kept alive
# What docker does besides is in the ratio: `run` reads an attribute of the container, `exec` inspects
# the container before and the exec after. Therefore the same calls are also made by curl on the
# engine's socket, less the start of curl and one /_ping:
#     POST containers/create · POST containers/ID/start · POST containers/ID/exec and exec/ID/start
# Each container is of the image, network, limits, user, mounts, init and command of the bench's. The
# medians of bench are those of its rows `cached` and `kept alive`, one at a time. It goes in rounds, in
# which each has its turn, and the median of the rounds' medians counts, so that a machine that is busy
# or drifts lends nobody an advantage. Prints the ratios; exit code 1 when one of docker's is off by more
# than 15 %.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=4 rounds=12
while [ $# -gt 0 ]; do
  case $1 in
    --help) sed -n '2,27s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --runs) runs=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    *) break ;;
  esac
done
for tool in hyperfine jq curl docker; do
  command -v "$tool" >/dev/null || { echo "no $tool: apt install $tool (or cargo install hyperfine)" >&2; exit 2; }
done
engines=("$@")
if [ ${#engines[@]} = 0 ]; then
  engines=("$(tests/support/engine.sh up classic)" "$(tests/support/engine.sh up modern)")
fi
clawdoctor=${CLAWDOCTOR:-}
if [ -z "$clawdoctor" ]; then
  cargo build --release --quiet
  clawdoctor=$PWD/target/release/clawdoctor
fi
image=clawdoctor-test/good:1 name=clawdoctor-latency-$$

place=$(mktemp -d "${TMPDIR:-/tmp}/clawdoctor-latency-XXXXXX")
# shellcheck disable=SC2317 # called by the trap
clean() {
  for host in "${engines[@]}"; do docker -H "$host" rm -f "$name" >/dev/null 2>&1 || true; done
  rm -rf "$place"
}
trap clean EXIT
home=$place/home
mkdir -p "$home/.openclaw/workspace" "$place/workspace"
cat >"$home/.openclaw/openclaw.json" <<JSON
{"agents": {"defaults": {"workspace": "$home/.openclaw/workspace", "sandbox": {"mode": "all", "scope": "agent",
  "workspaceAccess": "none", "docker": {"image": "$image", "network": "none", "memory": "128m", "cpus": 0.5,
  "pidsLimit": 256}}}, "entries": {"main": {}}}}
JSON
chown -R 1000:1000 "$home/.openclaw" "$place/workspace"
chmod 711 "$place" "$home"

bench() { # DOCKER_HOST: the document
  env -i HOME="$home" PATH=/usr/bin:/bin CLAWDOCTOR_STATE_DIR="$place/state" DOCKER_HOST="$1" \
    "$clawdoctor" bench --json --runs "$runs" --concurrency 1 --timeout 10min
}
# The container of the bench, for the CLI and for the API.
flags=(--name "$name" --network none --user 1000:1000 --workdir /workspace --read-only --init
  --tmpfs /tmp --tmpfs /var/tmp --tmpfs /run --cap-drop ALL --security-opt no-new-privileges
  --memory 128m --cpus 0.5 --pids-limit 256 --env LANG=C.UTF-8 --label clawdoctor.test=1
  --volume "$place/workspace:/workspace:z")
cat >"$place/create.json" <<JSON
{"Image": "$image", "Cmd": ["sh", "-c", "echo ready; exec sleep 3600"], "User": "1000:1000", "WorkingDir": "/workspace",
 "Env": ["LANG=C.UTF-8"], "Labels": {"clawdoctor.test": "1"}, "HostConfig": {"NetworkMode": "none", "ReadonlyRootfs": true,
 "Init": true, "Tmpfs": {"/tmp": "", "/var/tmp": "", "/run": ""}, "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"],
 "Memory": 134217728, "NanoCpus": 500000000, "PidsLimit": 256, "Binds": ["$place/workspace:/workspace:z"]}}
JSON
cat >"$place/exec.json" <<<'{"AttachStdout": true, "AttachStderr": true, "Cmd": ["sh", "-c", "echo ready"]}'
cat >"$place/api" <<'SH'
#!/bin/sh
# api SOCKET create|start|exec|ping NAME FOLDER: the calls as curl makes them
ask() { curl -sf -o /dev/null --unix-socket "$socket" -H 'Content-Type: application/json' "$@"; }
socket=$1
case $2 in
  ping) ask http://d/_ping ;;
  create) ask -d "@$4/create.json" "http://d/containers/create?name=$3" ;;
  start) ask -X POST "http://d/containers/$3/start" ;;
  exec)
    id=$(curl -sf --unix-socket "$socket" -H 'Content-Type: application/json' -d "@$4/exec.json" "http://d/containers/$3/exec")
    id=${id#*\"Id\":\"} id=${id%%\"*}
    ask -d '{"Detach": false}' "http://d/exec/$id/start" ;;
esac
SH
chmod +x "$place/api"

median() { # PREPARE COMMAND…: milliseconds. Empty: nothing to prepare.
  local prepare=$1; shift
  hyperfine --shell=none --warmup 1 --runs "$runs" --export-json "$place/out.json" \
    ${prepare:+--prepare "$prepare"} "$*" >/dev/null 2>"$place/err" || { cat "$place/err" >&2; return 1; }
  jq -r '.results[0].median * 1000' "$place/out.json"
}
row() { # WAY EXPRESSION: of the last bench
  jq -r --arg way "$1" ".rows[] | select(.way == \$way) | $2 * 1000" "$place/bench.json"
}
middle() { # NAME: the median of the rounds
  sort -n "$place/$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

worst=0
for host in "${engines[@]}"; do
  socket=${host#unix://}
  quoted=$(printf ' %q' "${flags[@]}")
  # The removal of a container that is not there is no failure.
  gone="docker -H $host rm -f $name"
  for what in cli run exec ping acreate astart acall create start call; do : >"$place/$what"; done
  for _ in $(seq "$rounds"); do
    bench "$host" >"$place/bench.json"
    row cached .create.p50 >>"$place/create"
    row cached .start.p50 >>"$place/start"
    row kept-alive .total.p50 >>"$place/call"
    median "" "docker -H $host version --format {{.Server.Version}}" >>"$place/cli"
    median "$gone" "docker -H $host run -d$quoted $image sh -c 'echo ready; exec sleep 3600'" >>"$place/run"
    median "" "docker -H $host exec $name sh -c 'echo ready'" >>"$place/exec"
    median "" "$place/api $socket ping" >>"$place/ping"
    median "" "$place/api $socket exec $name $place" >>"$place/acall"
    median "$gone" "$place/api $socket create $name $place" >>"$place/acreate"
    median "sh -c '$gone; $place/api $socket create $name $place'" "$place/api $socket start $name" >>"$place/astart"
    docker -H "$host" rm -f "$name" >/dev/null
  done
  numbers=()
  for what in cli run exec ping acreate astart acall create start call; do numbers+=(-v "$what=$(middle $what)"); done
  LC_ALL=C awk -v host="$host" -v rounds="$rounds" -v runs="$runs" "${numbers[@]}" 'BEGIN {
    printf "%s  (%d rounds of %d, medians, ms)\n", host, rounds, runs
    printf "  %-34s %8s %8s %8s %8s\n", "", "theirs", "start-up", "bench", "ratio"
    line("docker run -d", run, cli, create + start); r = ratio
    line("docker exec", exec, cli, call); e = ratio
    line("curl create", acreate, ping, create)
    line("curl start", astart, ping, start)
    line("curl exec (two calls, two curls)", acall, 2 * ping, call)
    exit (off(r) || off(e)) }
    function line(what, theirs, own, ours) {
      ratio = ours / (theirs - own)
      printf "  %-34s %8.1f %8.1f %8.1f %8.2f\n", what, theirs, own, ours, ratio }
    function off(r) { return r < 0.85 || r > 1.15 }' || worst=1
done
exit "$worst"
