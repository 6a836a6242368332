#!/usr/bin/env bash
# An engine for one test, which may be stopped, hung and broken: without a network, all of it below one folder.
#
#   throwaway.sh start FOLDER   its socket is FOLDER/docker.sock, its configuration FOLDER/daemon.json
#   throwaway.sh stop FOLDER    asks it to stop, and waits for a moment
#   throwaway.sh kill FOLDER    does not ask
#   throwaway.sh hang FOLDER    it takes connections from now on, and answers nothing
#
# Environment:
#   CLAWDOCTOR_TEST_GROUP   who may use the socket besides root, by name or number (root)
#   CLAWDOCTOR_TEST_VIEW    an option of nsenter, where it is to run as another engine does (--mount=/proc/PID/ns/mnt)
set -euo pipefail
export CLAWDOCTOR_TEST_DIR=$2/engine
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DIR=$2 PIDFILE=$WORK/dockerd.pid
answers() { [ "$(curl -fsS --max-time 2 --unix-socket "$DIR/docker.sock" http://engine/_ping)" = OK ]; }

start() {
  local view=()
  [ -z "${CLAWDOCTOR_TEST_VIEW:-}" ] || view=(nsenter "$CLAWDOCTOR_TEST_VIEW" --)
  need dockerd curl
  if alive "$PIDFILE" >/dev/null && answers; then return; fi
  rm -f "$DIR/docker.sock" "$WORK/docker.pid"
  [ -e "$DIR/daemon.json" ] || echo '{}' >"$DIR/daemon.json"
  launch "$PIDFILE" "$WORK/dockerd.log" env -u DOCKER_HOST "${view[@]}" dockerd --config-file "$DIR/daemon.json" \
    --host "unix://$DIR/docker.sock" --group "${CLAWDOCTOR_TEST_GROUP:-root}" --pidfile "$WORK/docker.pid" --data-root "$WORK/data" \
    --exec-root "$WORK/run" --bridge none --iptables=false --ip6tables=false --ip-forward=false --storage-driver vfs
  wait_for 30 "$PIDFILE" answers || {
    tail -n 2 "$WORK/dockerd.log" >&2
    return 1
  }
}

# Its containerd goes with it when it may go in peace, and is ended by its own pid when not. With live-restore it
# leaves its data mounted even then.
contained() {
  local pid
  if pid=$(cat "$WORK/run/containerd/containerd.pid" 2>/dev/null) && grep -qs "$WORK/run" "/proc/$pid/cmdline"; then
    kill -KILL "$pid" || true
  fi
  for pid in $(findmnt -rno TARGET | grep -F "$WORK/" | sort -r || true); do umount -l "$pid" || true; done
}

case $1 in
  start) start ;;
  stop)
    pid=$(alive "$PIDFILE") || exit 0
    kill -TERM "$pid"
    for _ in $(seq 20); do
      alive "$PIDFILE" >/dev/null || exit 0
      sleep 0.1
    done
    die "it does not stop"
    ;;
  kill)
    if pid=$(alive "$PIDFILE"); then kill -KILL "$pid"; fi
    while alive "$PIDFILE" >/dev/null; do sleep 0.1; done
    contained
    rm -rf --one-file-system "$PIDFILE" "$DIR/docker.sock" "$WORK/run"
    ;;
  hang) kill -STOP "$(alive "$PIDFILE")" ;;
  *) wrong ;;
esac
