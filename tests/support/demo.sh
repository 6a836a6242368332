#!/usr/bin/env bash
# Makes the recorded incident of `clawdoctor --demo` anew: lets it happen to real containers in the modern engine of
# engine.sh, records it with `clawdoctor watch --record`, and has demo.py give it the names of the demo's node.
#
#   demo.sh CLAWDOCTOR [FILE]   with this program; FILE: assets/demo/incident.ndjson
#
# Takes five minutes, 1 GiB of memory and half a core. What it makes is called demo-sbx-… and is removed in every case.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [ $# -lt 1 ] || [ ! -x "$1" ]; then wrong; fi
PROGRAM=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
FILE=${2:-$SUPPORT/../../assets/demo/incident.ndjson}
need socat jq python3
take_lock demo

DOCKER_HOST=$("$SUPPORT/engine.sh" up modern)
export DOCKER_HOST
"$SUPPORT/images.sh"
DOCKER=$("$SUPPORT/engine.sh" client modern)
SOCKET=${DOCKER_HOST#unix://}
IMAGE=clawdoctor-test/good:1
DIR=$(mktemp -d /tmp/clawdoctor-demo.XXXXXX)
CLAW=$DIR/home/.openclaw
mkdir -p "$CLAW"/workspace-{coder,ops} "$CLAW/sandboxes"
chmod -R a+rwX "$DIR"

docker() { "$DOCKER" "$@"; }
away() {
  for one in $(docker ps -aq --filter name=^demo-sbx-); do docker rm -f "$one" >/dev/null || true; done
}
end() {
  stop "$DIR/watch.pid" 5
  stop "$DIR/gate.pid" 5
  away
  wait
  rm -rf "$DIR"
}
trap end EXIT
away

# ---- what happens to sandboxes ----------------------------------------------------------------------------------

# sandbox NAME KEY FLAGS... -- COMMAND...: one as OpenClaw makes it.
sandbox() {
  local name=demo-sbx-agent-$1 key=$2 flags=()
  shift 2
  while [ "$1" != -- ]; do flags+=("$1") && shift; done
  shift
  docker run --name "$name" --label openclaw.sandbox=1 --label "openclaw.sessionKey=$key" --user 501:20 \
    --cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp --init --memory 512m --workdir /workspace \
    "${flags[@]}" "$IMAGE" "$@" >/dev/null 2>&1 || true
}
# stand NAME KEY FLAGS...: one that stands and waits for calls.
stand() {
  local name=$1 key=$2
  shift 2
  sandbox "$name" "$key" -d "$@" -- sleep infinity
}
own() { # NAME: a workspace of its own
  mkdir -p "$CLAW/sandboxes/agent-$1"
  chmod a+rwX "$CLAW/sandboxes/agent-$1"
  echo "type=bind,source=$CLAW/sandboxes/agent-$1,target=/workspace"
}
small() { echo "--network none --cpus 0.5 --pids-limit 256"; }
coder() { echo "--network bridge --cpus 1.0 --pids-limit 512 --mount type=bind,source=$CLAW/workspace-coder,target=/workspace"; }
# call NAME SCRIPT: a tool call, in the background.
call() { docker exec "demo-sbx-agent-$1" sh -c "$2" >/dev/null 2>&1 9>&- & }

# hold MIB SECONDS: works a little with so much memory.
hold() { echo "python3 -c 'import time
kept, end = b\"x\" * ($1 << 20), time.time() + $2
while time.time() < end:
    sum(range(250_000)); time.sleep(0.05)'"; }
climb() { echo "python3 -c 'import time
kept = []
while True:
    kept.append(b\"x\" * (12 << 20)); time.sleep(1)'"; }
spin() { echo 'while :; do :; done'; }

# ---- the engine as it is seen -----------------------------------------------------------------------------------

open_gate() { launch "$DIR/gate.pid" "$DIR/gate.log" socat "UNIX-LISTEN:$DIR/engine.sock,fork,unlink-early" "UNIX-CONNECT:$SOCKET"; }
shut_gate() {
  local group
  read -r group _ <"$DIR/gate.pid"
  kill -TERM -- "-$group" # with the connections that it has
  rm -f "$DIR/gate.pid" "$DIR/engine.sock"
}

say "the node as it was before"
# shellcheck disable=SC2046 # lists of flags
{
  stand main-main-5909e886 agent:main:main:workspace:7e3a12c3 $(small) --mount "$(own main-main-5909e886)"
  stand coder-telegram-1c44d0a9 agent:coder:telegram:workspace:3c9f05d1 $(coder)
  stand ops-93b1e7f2 agent:ops:workspace:b2d6f11c --network none --cpus 0.5 --cap-add NET_ADMIN \
    --mount "type=bind,source=$CLAW/workspace-ops,target=/workspace,readonly" \
    --mount "type=bind,source=$SOCKET,target=/var/run/docker.sock"
  sleep 65 # so that they are idle
  open_gate
  env -i HOME="$DIR/home" PATH="$PATH" DOCKER_HOST="unix://$DIR/engine.sock" TERM=dumb \
    setsid "$PROGRAM" watch --since 1s --record "$DIR/raw.ndjson" >"$DIR/watch.log" 2>&1 </dev/null 9>&- &
  identity $! >"$DIR/watch.pid"
  wait_for 20 "$DIR/watch.pid" grep -q '"sampled"' "$DIR/raw.ndjson" || die "nothing is recorded: $(cat "$DIR/watch.log")"

  say "an ordinary evening"
  call main-main-5909e886 'ls /workspace; sleep 1.2'
  sleep 3
  call coder-telegram-1c44d0a9 "$(hold 90 14)"
  sleep 5
  stand research-papers-6b81f3d0 agent:research:papers:workspace:0d4f9b77 $(small) --mount "$(own research-papers-6b81f3d0)"
  call research-papers-6b81f3d0 "$(hold 60 5)"
  sleep 4
  call main-main-5909e886 'python3 -c "print(sum(range(4_000_000)))"'
  sleep 4
  sandbox main-cron-4fd2a7c1 agent:main:cron:workspace:55e0b1d9 --rm $(small) --mount "$(own main-cron-4fd2a7c1)" -- sh -c 'sleep 1.5' 9>&- &
  sleep 4

  say "memory climbs"
  call research-papers-6b81f3d0 "$(climb)"
  sleep 5
  stand coder-pr-118-aa3cf04b agent:coder:pr-118:workspace:3c9f05d1 $(coder)
  call coder-pr-118-aa3cf04b "$(hold 150 26)"
  sleep 6
  call main-main-5909e886 'sleep 2.5'
  sleep 5
  stand research-web-e07b5512 agent:research:web:workspace:91aa20c4 $(small) --mount "$(own research-web-e07b5512)"
  call research-web-e07b5512 "$(hold 80 8)"
  sleep 8
  call coder-pr-118-aa3cf04b 'sleep 3; exit 1'
  call coder-telegram-1c44d0a9 "$(hold 120 14)"
  sleep 8
  call main-main-5909e886 'sleep 1; exit 127'
  sandbox main-cron-0c9e1b5f agent:main:cron:workspace:55e0b1d9 --rm $(small) --mount "$(own main-cron-4fd2a7c1)" -- sh -c 'sleep 1; exit 2' 9>&- &
  sleep 8
  call research-web-e07b5512 "$(hold 40 6)"
  sleep 7 # killed at its cap by then

  say "calls fail in a row"
  for wait in 0.7 1.1 0.6 1.3 0.9 0.8 1.2; do
    call research-web-e07b5512 'python3 -c "import socket; socket.create_connection((\"example.org\", 443), 1)"'
    sleep "$wait"
  done
  sleep 4

  say "one runs away, and nothing fits any more"
  stand coder-pr-121-d19e6c38 agent:coder:pr-121:workspace:3c9f05d1 $(coder)
  call coder-pr-121-d19e6c38 "$(spin)"
  sleep 8
  stand main-whatsapp-7aa4c9e3 agent:main:whatsapp:workspace:c81d6e02 $(small) --mount "$(own main-whatsapp-7aa4c9e3)"
  call main-whatsapp-7aa4c9e3 "$(hold 110 30)"
  sleep 3
  stand coder-pr-124-20be7f6d agent:coder:pr-124:workspace:3c9f05d1 $(coder)
  call coder-pr-124-20be7f6d "$(hold 180 34)"
  call coder-telegram-1c44d0a9 "$(hold 140 40)"
  call main-main-5909e886 "$(hold 40 28)"
  sleep 4
  call research-papers-6b81f3d0 "$(hold 130 25)"
  call coder-pr-118-aa3cf04b "$(hold 90 30)"
  sleep 12

  say "the engine is lost, and found again"
  shut_gate
  sleep 5
  sandbox main-cron-b7710fa2 agent:main:cron:workspace:55e0b1d9 --rm $(small) --mount "$(own main-cron-4fd2a7c1)" -- sh -c 'sleep 0.5' 9>&- &
  sleep 7
  open_gate
  sleep 12

  say "somebody puts it right"
  docker pause demo-sbx-agent-coder-pr-121-d19e6c38 >/dev/null
  sleep 6
  docker unpause demo-sbx-agent-coder-pr-121-d19e6c38 >/dev/null
  sleep 2
  docker kill demo-sbx-agent-coder-pr-121-d19e6c38 >/dev/null
  sleep 3
  docker rm demo-sbx-agent-coder-pr-121-d19e6c38 >/dev/null
  docker rm -f demo-sbx-agent-ops-93b1e7f2 >/dev/null
  sleep 2
  stand ops-c5507d1e agent:ops:workspace:b2d6f11c --network none --cpus 0.5 \
    --mount "type=bind,source=$CLAW/workspace-ops,target=/workspace,readonly"
  call ops-c5507d1e 'sleep 2'
  sleep 6
  docker rm -f demo-sbx-agent-research-papers-6b81f3d0 >/dev/null
  call main-main-5909e886 'sleep 1'
  sleep 10
  call research-web-e07b5512 'sleep 2'
  sleep 15
  call main-main-5909e886 'sleep 1.5'
  sleep 15
  call coder-telegram-1c44d0a9 "$(hold 60 4)"
  sleep 15
  call main-main-5909e886 'sleep 1'
  sleep 15
}

stop "$DIR/watch.pid" 10
python3 "$SUPPORT/demo.py" "$DIR/raw.ndjson" "$SUPPORT/../../assets/demo/node.toml" "$DIR" "$SOCKET" >"$DIR/incident.ndjson"
"$PROGRAM" replay --once "$DIR/incident.ndjson" >&2 # it can be read
mv "$DIR/incident.ndjson" "$FILE"
say "$(wc -lc <"$FILE") lines and bytes: $FILE"
