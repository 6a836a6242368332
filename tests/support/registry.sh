#!/usr/bin/env bash
# An image registry for the tests, on loopback.
#
#   registry.sh up             starts it; prints its address
#   registry.sh push IMAGE     copies an image of the engine in DOCKER_HOST there; prints the name to pull it by
#   registry.sh down           stops it and forgets what was pushed
#   registry.sh status
#
# Environment: CLAWDOCTOR_TEST_DIR             the work folder (~/.cache/clawdoctor-tests)
#              CLAWDOCTOR_TEST_REGISTRY_PORT   5055
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$WORK/registry ADDRESS=127.0.0.1:${CLAWDOCTOR_TEST_REGISTRY_PORT:-5055}

answers() { curl -fsS -o /dev/null --noproxy '*' --max-time 3 "http://$ADDRESS/v2/"; }

up() {
  if alive "$DIR/pid" >/dev/null && answers 2>/dev/null; then return; fi
  need docker-registry curl
  stop "$DIR/pid"
  ! answers 2>/dev/null || die "somebody else's registry answers on $ADDRESS"
  mkdir -p "$DIR/data"
  cat >"$DIR/config.yml" <<CONFIG
version: 0.1
log: { level: warn }
http: { addr: "$ADDRESS" }
storage:
  filesystem: { rootdirectory: "$DIR/data" }
  delete: { enabled: true }
CONFIG
  launch "$DIR/pid" "$DIR/log" docker-registry serve "$DIR/config.yml"
  wait_for 20 "$DIR/pid" answers || {
    tail -n 10 "$DIR/log" >&2
    stop "$DIR/pid"
    die "no registry on $ADDRESS"
  }
}

push() { # IMAGE: through a second tag, which goes again
  local target client
  [ -n "${DOCKER_HOST:-}" ] || die "push needs DOCKER_HOST"
  answers 2>/dev/null || die "no registry: registry.sh up"
  client=$(docker_client "$DOCKER_HOST") || die "$DOCKER_HOST does not answer"
  target=$ADDRESS/$1
  "$client" tag "$1" "$target"
  # shellcheck disable=SC2064 # these values
  trap "'$client' image rm '$target' >/dev/null" EXIT
  nice "$client" push "$target" >"$DIR/push.log" 2>&1 || { cat "$DIR/push.log" >&2 && exit 1; }
  echo "$target"
}

mkdir -p "$DIR"
case ${1:-} in
  -h | --help | help) help ;;
  up)
    take_lock registry
    up
    echo "$ADDRESS"
    ;;
  push)
    [ $# -eq 2 ] || wrong
    push "$2"
    ;;
  down)
    take_lock registry
    stop "$DIR/pid"
    rm -rf "$DIR/data"
    ;;
  status)
    if alive "$DIR/pid" >/dev/null && answers 2>/dev/null; then echo "registry: up $ADDRESS"; else echo "registry: down"; fi
    ;;
  *) wrong ;;
esac
