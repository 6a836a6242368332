# The commands of the scenarios, seen where the tests' gateway is.
eval "$("$SUPPORT/openclaw.sh" env)"
export CLAWDOCTOR_STATE_DIR=$PLACE/state CLAWDOCTOR_CONFIG_DIR=$PLACE/config

owner=$CLAWDOCTOR_TEST_OWNER # of all that is OpenClaw's
chown "$owner:$owner" "$PLACE"

claw() { "$SUPPORT/openclaw.sh" run "$@"; }

# The program under test, as the gateway's user.
doctor() { "$SUPPORT/openclaw.sh" as "$CLAWDOCTOR" "$@"; }

# Lays this JSON over OpenClaw's config through its own door; null takes a member away.
patch() {
  printf '%s' "$1" >"$PLACE/patch.json"
  claw config patch --file "$PLACE/patch.json" "${@:2}" >"$PLACE/patch.out" 2>&1 || { cat "$PLACE/patch.out"; return 1; }
}

# One real turn of the agent: what the tool, or OpenClaw instead of it, said.
call() { # COMMAND [AGENT]
  "$SUPPORT/openclaw.sh" call --session "agent:${2:-main}:clawdoctor-test-suite" "$1" 2>&1 | grep -v '^The tool said:' || true
}

report() { doctor check --offline --json "$@" >"$PLACE/report.json" || true; }

# `check:code` of all that the doctor finds here.
findings() {
  report "$@"
  jq -r '.findings[]
    | select(.source == "clawdoctor")
    | select((.checkId | test("^clawdoctor/(net|host)/")) | not)
    | select((.checkId | test("^clawdoctor/sandbox/(isolation|stale)$") | not) or (.message | test("^openclaw-sbx-")))
    | "\(.checkId | ltrimstr("clawdoctor/")):\(.errorCode)"' "$PLACE/report.json" | sort -u
}

# Repairs, and how they ended.
fix() { { doctor fix "$@" --offline --json || true; } | jq -r '.repairs[] | "\(.id) \(.status)"'; }

# The sandbox that OpenClaw made for the suite's session.
mine() { docker ps -q --filter label=openclaw.sandbox=1 --filter name=openclaw-sbx-workspace- | head -n 1; }

# What must be as it was when a scenario has ended. `talk` OpenClaw fills in by itself when agents are named.
state() {
  [ -e "$PLACE/before.json" ] || jq '{agents, talk}' "$OPENCLAW_CONFIG_PATH" >"$PLACE/before.json"
  [ -e "$PLACE/folders" ] || ls "$OPENCLAW_STATE_DIR/sandboxes" >"$PLACE/folders" 2>/dev/null || true
  jq -Sc 'del(.meta)' "$OPENCLAW_CONFIG_PATH"
  ls "$OPENCLAW_STATE_DIR/sandboxes" 2>/dev/null || true
  find "$OPENCLAW_STATE_DIR" -maxdepth 1 -name '*clobbered*'
}

# No sandbox of OpenClaw's stands, and its registry knows of none.
anew() {
  [ -z "$(docker ps -aq --filter label=openclaw.sandbox=1 --filter name=openclaw-sbx-)" ] || claw sandbox recreate --all --force >/dev/null
}

put_back() {
  local folder
  if ! jq -e --slurpfile before "$PLACE/before.json" '{agents, talk} == $before[0]' "$OPENCLAW_CONFIG_PATH" >/dev/null; then
    claw config patch --file "$PLACE/before.json" --replace-path agents >/dev/null
  fi
  anew
  for folder in "$OPENCLAW_STATE_DIR"/sandboxes/workspace-*; do
    grep -qxF "$(basename "$folder")" "$PLACE/folders" || rm -rf "$folder"
  done
}
