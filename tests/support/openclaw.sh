#!/usr/bin/env bash
# The real OpenClaw, from npm, with a home of its own and a stand-in for the language model: its gateway runs on
# loopback and its sandboxes in the engine of DOCKER_HOST. Nothing outside this machine is asked.
#
#   openclaw.sh install                   node and openclaw on disk, and no more; prints the path of openclaw
#   openclaw.sh up [SANDBOX]              starts it. SANDBOX: JSON laid over agents.defaults.sandbox, for instance
#                                         '{"scope":"agent","docker":{"network":"bridge","image":"clawdoctor-test/good:1"}}'
#                                         Run again, it takes the new settings over.
#   openclaw.sh call [--session KEY] COMMAND
#                                         one real turn: the model asks for `exec` of COMMAND; prints the answer
#   openclaw.sh call [--session KEY] --tool NAME JSON     the same with another tool
#   openclaw.sh run ARGUMENTS...          its command line, seen as the gateway sees it
#   openclaw.sh as COMMAND...             any command, as the gateway's user and seen as it sees it
#   openclaw.sh env                       what to export to be where it is (eval "$(openclaw.sh env)")
#   openclaw.sh down                      removes its sandboxes, stops it; its home stays
#   openclaw.sh status
#
# It runs as an ordinary user, 4298, who may use the engine's socket: by root's hand all its sandboxes would be root's.
# In a true container, which allows no view of its own, it runs as root.
#
# Unless told otherwise the sandbox is: mode all, scope session, image openclaw-sandbox:bookworm-slim, network none,
# 512m, half a CPU, 256 processes.
#
# Environment:
#   CLAWDOCTOR_TEST_DIR                the work folder (~/.cache/clawdoctor-tests)
#   CLAWDOCTOR_TEST_OPENCLAW           version of openclaw     (2026.9.6)
#   CLAWDOCTOR_TEST_OPENCLAW_PORT      of the gateway          (18989; the model's is the next one)
#   CLAWDOCTOR_TEST_GATEWAY_DOCKER     no: the gateway, or what is run, finds no docker command. With up, another word
#                                      than before restarts the gateway
#   CLAWDOCTOR_TEST_GATEWAY_STRAY      yes: it sees a /.dockerenv, as on a machine made from a container's image. With up,
#                                      another word than before restarts the gateway
#   PLACE                              a folder that the gateway's user is to reach, too
#   DOCKER_HOST                        the engine; without it the classic one of engine.sh
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$WORK/openclaw
VERSION=${CLAWDOCTOR_TEST_OPENCLAW:-2026.9.6}
PORT=${CLAWDOCTOR_TEST_OPENCLAW_PORT:-$(cat "$DIR/port" 2>/dev/null || echo 18989)}
MODEL_PORT=$((PORT + 1))
APP=$DIR/app-$VERSION LOGS=$DIR/logs OPENCLAW_HOME_DIR=$DIR/home
# A user, and a group for the engine's socket, that nobody else has: what other tests look at sees nothing of either.
OWNER=4298 MAY_USE=4299

# ---- on disk ----------------------------------------------------------------------------------------------------

npm_install() { # FOLDER PACKAGE PROOF: complete or not there
  [ ! -e "$1/$3" ] || return 0
  need npm
  say "installing $2"
  rm -rf "$1.part" "$1"
  mkdir -p "$1.part"
  nice npm install --prefix "$1.part" --no-audit --no-fund --loglevel=error "$2" >"$1.log" 2>&1 </dev/null 9>&- || {
    tail -n 15 "$1.log" >&2
    die "no $2"
  }
  [ -e "$1.part/$3" ] || die "$2 brought no $3"
  mv "$1.part" "$1"
}

install() {
  mkdir -p "$DIR"
  npm_install "$DIR/node" node@24 node_modules/node/bin/node
  PATH=$DIR/node/node_modules/node/bin:$PATH npm_install "$APP" "openclaw@$VERSION" node_modules/.bin/openclaw
}

# ---- its surroundings -------------------------------------------------------------------------------------------

surroundings() { # NAME=VALUE lines
  cat <<LINES
HOME=$OPENCLAW_HOME_DIR
CLAWDOCTOR_TEST_OWNER=$OWNER
USER=$(user_name)
LOGNAME=$(user_name)
PATH=$DIR/bin:$DIR/node/node_modules/node/bin:$APP/node_modules/.bin:$PATH
OPENCLAW_STATE_DIR=$OPENCLAW_HOME_DIR/.openclaw
OPENCLAW_CONFIG_PATH=$OPENCLAW_HOME_DIR/.openclaw/openclaw.json
OPENCLAW_DISABLE_BONJOUR=1
NODE_COMPILE_CACHE=$OPENCLAW_HOME_DIR/.cache/node
NO_COLOR=1
DOCKER_HOST=$(cat "$DIR/engine" 2>/dev/null)
LINES
}
enter() {
  local line
  while read -r line; do export "${line?}"; done < <(surroundings)
}

# As its user, with its proof of a container hidden unless that is asked for, and nothing of root's in the way.
as_user() {
  local view=(--open "$WORK" ${PLACE:+--open "$PLACE"}) user=() socket=${DOCKER_HOST#unix://} groups=--clear-groups
  if unshare --mount true 2>/dev/null && [ "$(id -u)" = 0 ]; then
    if [ -S "$socket" ] && [ "$(stat -c %g "$socket")" != 0 ]; then groups=--groups=$(stat -c %g "$socket"); fi
    user=(setpriv "--reuid=$OWNER" "--regid=$OWNER" "$groups")
    getent passwd "$OWNER" >/dev/null || view+=(--bind "$DIR/passwd" /etc/passwd)
  fi
  "${RUN[@]}" "$SUPPORT/view.sh" "$DIR/view" "${view[@]}" "${VIEW[@]}" "${user[@]}" "$@"
}
RUN=(nice) VIEW=() # how as_user starts it, and what else is seen otherwise
openclaw_() { as_user openclaw "$@"; }

user_name() { getent passwd "$OWNER" | cut -d: -f1 | grep . || echo clawdoctor-test; }
give_home() { # to its user, who gets a name
  { cat /etc/passwd && echo "$(user_name):x:$OWNER:$OWNER::$OPENCLAW_HOME_DIR:/bin/sh"; } >"$DIR/passwd"
  chown -R --no-dereference "$OWNER:$OWNER" "$OPENCLAW_HOME_DIR" "$LOGS"
}

if [ "${CLAWDOCTOR_TEST_GATEWAY_DOCKER:-yes}" = no ]; then
  for program in $(PATH=${PATH#"$DIR/bin:"} type -aP docker | xargs -r readlink -f | sort -u); do VIEW+=(--bind /dev/null "$program"); done
fi

if [ "${CLAWDOCTOR_TEST_GATEWAY_STRAY:-no}" = yes ]; then VIEW+=(--stray); fi

# ---- up and down ------------------------------------------------------------------------------------------------

engine() { # settles which engine, and puts a client that fits it in front
  local url=${DOCKER_HOST:-} client
  [ -n "$url" ] || url=$("$SUPPORT/engine.sh" up classic)
  need docker
  client=$(docker_client "$url") || die "$url does not answer"
  mkdir -p "$DIR/bin"
  ln -sfn "$client" "$DIR/bin/docker"
  echo "$url" >"$DIR/engine"
  # the tests' own engines are root's alone
  case $url in "unix://$WORK/"*) chgrp "$MAY_USE" "${url#unix://}" ;; esac
}

config() { # SANDBOX
  jq -n --argjson port "$PORT" --arg token "$(cat "$DIR/token")" --arg log "$LOGS/openclaw.log" --argjson sandbox "${1:-null}" \
    --arg model "http://127.0.0.1:$MODEL_PORT/v1" --arg workspace "$OPENCLAW_HOME_DIR/.openclaw/workspace" '{
    gateway: {
      mode: "local", port: $port, bind: "loopback", auth: {mode: "token", token: $token}, tools: {allow: ["exec"]}
    },
    logging: {file: $log, level: "debug"},
    models: {mode: "replace", providers: {fake: {
      baseUrl: $model, apiKey: "none", api: "openai-completions",
      models: [{
        id: "fake-1", name: "Fake", reasoning: false, input: ["text"], contextWindow: 131072, maxTokens: 4096,
        cost: {input: 0, output: 0, cacheRead: 0, cacheWrite: 0}
      }]
    }}},
    agents: {defaults: {
      workspace: $workspace, model: {primary: "fake/fake-1"},
      sandbox: ({
        mode: "all", backend: "docker", scope: "session", workspaceAccess: "none",
        docker: {image: "openclaw-sandbox:bookworm-slim", network: "none", memory: "512m", cpus: 0.5, pidsLimit: 256}
      } * ($sandbox // {}))
    }}
  }'
}

configure() { # SANDBOX
  local state=$OPENCLAW_HOME_DIR/.openclaw
  mkdir -p "$state" "$LOGS" "$OPENCLAW_HOME_DIR/.cache"
  chmod 700 "$state"
  give_home
  umask 077
  [ -s "$DIR/token" ] || od -An -tx1 -N 24 /dev/urandom | tr -d ' \n' >"$DIR/token"
  config "$1" >"$DIR/wanted.json"
  chown "$OWNER:$OWNER" "$DIR/wanted.json"
  if [ ! -s "$state/openclaw.json" ]; then
    cp -p "$DIR/wanted.json" "$state/openclaw.json"
  elif ! cmp -s "$DIR/wanted.json" "$DIR/configured.json"; then
    # through its own door: a file that somebody else wrote it takes for damage, and puts the old one back
    openclaw_ config patch --file "$DIR/wanted.json" --replace-path agents.defaults.sandbox >"$LOGS/patch.out" 2>&1 ||
      { cat "$LOGS/patch.out" >&2 && die "openclaw refused the settings"; }
  fi
  mv "$DIR/wanted.json" "$DIR/configured.json"
  umask 022
}

ready() { curl -fsS --noproxy '*' --max-time 3 "http://127.0.0.1:$1"; }

up() { # [SANDBOX]
  need curl jq unshare setpriv
  jq -e 'type == "object"' <<<"${1:-{\}}" >/dev/null 2>&1 || die "not a JSON object: $1"
  install
  engine
  echo "$PORT" >"$DIR/port"
  enter
  # a gateway keeps the engine and the programs it began with
  local docker=${CLAWDOCTOR_TEST_GATEWAY_DOCKER:-yes} path=${PATH#"$DIR/bin:"}
  local begun="$DOCKER_HOST $docker ${CLAWDOCTOR_TEST_GATEWAY_STRAY:-no}"
  if [ "$(cat "$DIR/gateway.begun" 2>/dev/null)" != "$begun" ]; then stop "$DIR/gateway.pid" 30; fi
  configure "${1:-}"
  if ! alive "$DIR/model.pid" >/dev/null; then
    # root's, which leaves nothing in the home of another user
    launch "$DIR/model.pid" "$LOGS/model.out" nice env -u NODE_COMPILE_CACHE node "$SUPPORT/fake-provider.mjs" "$MODEL_PORT" "$LOGS/model.jsonl"
    wait_for 30 "$DIR/model.pid" ready "$MODEL_PORT/v1/models" || failed model
  fi
  if ! alive "$DIR/gateway.pid" >/dev/null; then
    echo "$begun" >"$DIR/gateway.begun"
    RUN=(launch "$DIR/gateway.pid" "$LOGS/gateway.out" nice)
    if [ "$docker" = no ]; then
      mkdir -p "$OPENCLAW_HOME_DIR/.local/bin"
      give_home
      RUN+=(env "PATH=$OPENCLAW_HOME_DIR/.local/bin:$path")
    fi
    openclaw_ gateway run --port "$PORT" --bind loopback
  fi
  wait_for 240 "$DIR/gateway.pid" ready "$PORT/readyz" || failed gateway
  echo "http://127.0.0.1:$PORT"
}

failed() {
  tail -n 15 "$LOGS/$1.out" >&2
  down
  die "the $1 did not start: see $LOGS/$1.out"
}

down() {
  local id
  enter
  if [ -n "$DOCKER_HOST" ] && docker version >/dev/null 2>&1; then
    if alive "$DIR/gateway.pid" >/dev/null; then openclaw_ sandbox recreate --all --force >"$LOGS/recreate.out" 2>&1 || true; fi
    # whatever it has left: its label, and a folder of this home inside
    for id in $(docker ps -aq --filter label=openclaw.sandbox=1); do
      if docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' "$id" | grep -qF "$OPENCLAW_HOME_DIR/"; then
        docker rm -fv "$id" >/dev/null || true
      fi
    done
  fi
  stop "$DIR/gateway.pid" 30
  stop "$DIR/model.pid"
  rm -f "$DIR/gateway.begun"
}

call() {
  local key=agent:main:main tool=exec arguments
  if [ "${1:-}" = --session ]; then key=$2 && shift 2; fi
  if [ "${1:-}" = --tool ]; then
    [ $# -eq 3 ] || wrong
    tool=$2 arguments=$(jq -c . <<<"$3")
  else
    [ $# -eq 1 ] || wrong
    arguments=$(jq -nc --arg command "$1" '{$command}')
  fi
  alive "$DIR/gateway.pid" >/dev/null || die "not up: openclaw.sh up"
  enter
  openclaw_ agent --session-key "$key" --timeout 120 --message "CALL $tool $arguments"
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  -h | --help | help) help ;;
  install)
    take_lock openclaw
    install
    echo "$APP/node_modules/.bin/openclaw"
    ;;
  up)
    take_lock openclaw
    up "$@"
    ;;
  down)
    take_lock openclaw
    mkdir -p "$LOGS"
    down
    ;;
  call) call "$@" ;;
  as)
    [ $# -gt 0 ] || wrong
    enter
    RUN=(exec nice)
    case $1 in /*) VIEW+=(--open "$(dirname "$1")") ;; esac
    as_user "$@"
    ;;
  run)
    enter
    openclaw_ "$@"
    ;;
  env)
    surroundings | while IFS='=' read -r name value; do printf 'export %s=%q\n' "$name" "$value"; done
    printf 'export CLAWDOCTOR_TEST_DIR=%q\n' "$WORK"
    ;;
  status)
    for name in gateway model; do
      if alive "$DIR/$name.pid" >/dev/null; then echo "$name: up"; else echo "$name: down"; fi
    done
    ;;
  *) wrong ;;
esac
