#!/usr/bin/env bash
# Runs a command that sees / as it is but for /.dockerenv.
#
#   view.sh FOLDER [--bind FROM TO]... COMMAND...
#
#   FOLDER   stands for the command's own / while that is made; what is mounted in the top folder that holds it, and
#            what lies in FOLDER itself, the command does not see
#
# OpenClaw takes that file as proof that it runs in a container and then makes no sandbox that it cannot explain to
# the engine; on a virtual machine made from a container's files it proves nothing. Only the command's own mount
# namespace is touched. In a true container, which allows none, the file stays.
#
#   --bind   lets the command see a folder at another place, too
set -euo pipefail

binds=()
view=$1
shift
while [ "${1:-}" = --bind ]; do
  binds+=("$2" "$3")
  shift 3
done
if { [ ! -e /.dockerenv ] && [ ${#binds[@]} -eq 0 ]; } || ! unshare --mount true 2>/dev/null; then exec "$@"; fi

mkdir -p "$view"
# shellcheck disable=SC2016 # meant for the inner shell
exec unshare --mount --propagation private bash -euc '
  view=$1 count=$2 here=$PWD
  shift 2
  mount -t tmpfs -o size=1m,mode=755 clawdoctor-test "$view"
  shopt -s dotglob nullglob
  for entry in /*; do
    copy=$view$entry
    if [ "$entry" = /.dockerenv ]; then continue
    elif [ "$entry" = "$view" ]; then mkdir "$copy"
    elif [ -L "$entry" ]; then cp -P "$entry" "$copy"
    elif [ -d "$entry" ]; then
      mkdir "$copy"
      # not recursive where the view itself is: it would hold itself
      case $view in "$entry"/*) mount --bind "$entry" "$copy" ;; *) mount --rbind "$entry" "$copy" ;; esac
    else : >"$copy"; mount --bind "$entry" "$copy"; fi
  done
  cd "$view"
  PATH=$PATH:/usr/sbin:/sbin pivot_root . .
  umount -l .
  while [ "$count" -gt 0 ]; do
    mount --bind "$1" "$2"
    shift 2
    count=$((count - 2))
  done
  cd "$here" 2>/dev/null || cd /
  exec "$@"' view "$view" ${#binds[@]} ${binds[@]+"${binds[@]}"} "$@"
