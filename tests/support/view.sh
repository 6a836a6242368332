#!/usr/bin/env bash
# Runs a command that sees / as it is but for /.dockerenv.
#
#   view.sh FOLDER [--bind FROM TO]... [--open PATH]... [--stray] COMMAND...
#
#   FOLDER   stands for the command's own / while that is made; what is mounted in the top folder that holds it, and
#            what lies in FOLDER itself, the command does not see
#
# OpenClaw takes that file as proof that it runs in a container and then makes no sandbox that it cannot explain to
# the engine; on a virtual machine made from a container's files it proves nothing. Only the command's own mount
# namespace is touched. In a true container, which allows none, the file stays.
#
#   --bind   lets the command see a folder or file at another place, too
#   --open   lets any user reach this folder: where one above it is closed to others, as /root is, the top folder holds
#            nothing but what is opened
#   --stray  shows that file, empty, whether this machine has it or not
set -euo pipefail

closed() { # PATH: a folder above it lets others not through
  local path
  path=$(dirname "$1")
  while [ "$path" != / ]; do
    [ -z "$(find "$path" -maxdepth 0 ! -perm -o=x)" ] || return 0
    path=$(dirname "$path")
  done
  return 1
}
top() { cut -d/ -f2 <<<"$1"; }

binds=() asked=() opens=() stray=no
view=$1
shift
while true; do
  case ${1:-} in
    --bind) binds+=("$2" "$3") && shift 3 ;;
    --open) asked+=("$(realpath "$2")") && shift 2 ;;
    --stray) stray=yes && shift ;;
    *) break ;;
  esac
done
for path in "${asked[@]}"; do
  for other in "${asked[@]}"; do
    if [ "$(top "$path")" = "$(top "$other")" ] && closed "$other"; then opens+=("$path") && break; fi
  done
done
if { [ ! -e /.dockerenv ] && [ $stray = no ] && [ ${#binds[@]} -eq 0 ] && [ ${#opens[@]} -eq 0 ]; } || ! unshare --mount true 2>/dev/null; then exec "$@"; fi

mkdir -p "$view"
# shellcheck disable=SC2016 # meant for the inner shell
exec unshare --mount --propagation private bash -euc '
  view=$1 stray=$2 binds=$3 opens=$4 here=$PWD mask=$(umask)
  umask 022
  shift 4
  opened=("${@:1:opens}")
  shift "$opens"
  # not recursive where the view itself is: it would hold itself
  show() { case $view in "$1"/*) mount --bind "$1" "$view$1" ;; *) mount --rbind "$1" "$view$1" ;; esac; }
  mount -t tmpfs -o size=1m,mode=755 clawdoctor-test "$view"
  shopt -s dotglob nullglob
  for entry in /*; do
    copy=$view$entry
    if [ "$entry" = /.dockerenv ]; then continue
    elif [ "$entry" = "$view" ]; then mkdir "$copy"
    elif [ -L "$entry" ]; then cp -P "$entry" "$copy"
    elif [ -d "$entry" ]; then
      mkdir "$copy"
      whole=yes
      for path in "${opened[@]}"; do
        case $path in "$entry" | "$entry"/*) whole=no && mkdir -p "$view$path" && show "$path" ;; esac
      done
      [ "$whole" = no ] || show "$entry"
    else : >"$copy"; mount --bind "$entry" "$copy"; fi
  done
  if [ "$stray" = yes ]; then : >"$view/.dockerenv"; fi
  cd "$view"
  PATH=$PATH:/usr/sbin:/sbin pivot_root . .
  umount -l .
  while [ "$binds" -gt 0 ]; do
    mount --bind "$1" "$2"
    shift 2
    binds=$((binds - 2))
  done
  cd "$here" 2>/dev/null || cd /
  umask "$mask"
  exec "$@"' view "$view" $stray ${#binds[@]} ${#opens[@]} ${opens[@]+"${opens[@]}"} \
  ${binds[@]+"${binds[@]}"} "$@"
