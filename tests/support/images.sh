#!/usr/bin/env bash
# The images that the tests use, made on this machine: nothing is pulled, nothing is built by an engine. The layers
# are made once and kept; an engine that lacks an image gets them all in one load.
#
#   images.sh [DOCKER_HOST] [--default-tag]   loads what is missing (DOCKER_HOST: default from the environment)
#   images.sh [DOCKER_HOST] --remove          takes the images (and only them) out of that engine
#   images.sh --list                          their names
#   images.sh --save FILE                     good:1 as OpenClaw's default image in an archive, as docker save does
#
#   --default-tag   tag good:1 as openclaw-sandbox:bookworm-slim too, which is OpenClaw's default
#
#   clawdoctor-test/base:bookworm-slim   Debian 12, minimal
#   clawdoctor-test/good:1               what a sandbox image should be: curl git jq python3 ripgrep, user sandbox (1000)
#   clawdoctor-test/root:1               good, but runs as root
#   clawdoctor-test/entrypoint:1         good, with an entrypoint that is no shell
#   clawdoctor-test/old:1                good, made in 2023 as it says
#   clawdoctor-test/no-python:1          base with the user, no python3
#   clawdoctor-test/no-shell:1           one program that waits, nothing else
#   clawdoctor-test/foreign:1            says arm64 and holds arm64 programs (exec format error)
#   clawdoctor-test/busybox:1            busybox alone: tiny, root
#
# Environment: CLAWDOCTOR_TEST_DIR   the work folder (~/.cache/clawdoctor-tests)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

NAMES=(base:bookworm-slim good:1 root:1 entrypoint:1 old:1 no-python:1 no-shell:1 foreign:1 busybox:1)
DEFAULT_TAG=openclaw-sandbox:bookworm-slim
GOOD_PACKAGES=(ca-certificates curl git jq python3 ripgrep)
LAYERS_VERSION=1 # bump when a layer is made in another way
DIR=$WORK/images LAYERS=$WORK/images/layers-$LAYERS_VERSION ARCHIVE=$WORK/images/archive

# ---- layers: one tar each ---------------------------------------------------------------------------------------

# What no image needs: documents, other languages, package lists, traces of the making.
UNWANTED=(./usr/share/doc ./usr/share/man ./usr/share/info ./usr/share/locale ./var/lib/apt/lists ./var/cache/apt
  ./var/cache/debconf ./var/log ./debootstrap ./dev ./proc ./sys ./run)

# Every path of the tree with all that a layer would carry of it. Empty folders stand for the unwanted ones.
inventory() (
  cd "$1"
  prune=()
  for path in "${UNWANTED[@]}"; do prune+=(-path "$path/*" -prune -o); done
  find . "${prune[@]}" -name __pycache__ -prune -o \
    \( -type d -printf '%p\t%y %m %U:%G\n' \) -o -printf '%p\t%y %m %U:%G %s %T@ %l\n' | LC_ALL=C sort
)

# pack TREE LAYER [INVENTORY]: the tree as a layer, less what the inventory already has.
pack() {
  inventory "$1" | LC_ALL=C comm -23 - "${3:-/dev/null}" | cut -f 1 |
    tar -cf "$LAYERS/$2.tar.part" -C "$1" --numeric-owner --no-recursion --verbatim-files-from -T -
  sha256sum <"$LAYERS/$2.tar.part" | cut -d ' ' -f 1 >"$LAYERS/$2.sha256"
  mv "$LAYERS/$2.tar.part" "$LAYERS/$2.tar"
}

# A program of 129 bytes that waits for a signal, said to be for the given machine (62: x86_64, 183: arm64). The code
# is x86_64 in both, so the second one runs nowhere.
waiter() { # MACHINE FILE
  local machine
  printf -v machine '\\x%x' "$1"
  {
    printf '\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0%b\0\1\0\0\0' "$machine"  # 64 bit, little endian, a program
    printf '\x78\0\x40\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'      # entry 0x400078, one header at 0x40
    printf '\0\0\0\0\x40\0\x38\0\1\0\0\0\0\0\0\0'                        # no sections
    printf '\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\0'          # load, read and execute, at 0x400000
    printf '\0\0\x40\0\0\0\0\0\x81\0\0\0\0\0\0\0\x81\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0'
    printf '\xb8\x22\0\0\0\x0f\5\xeb\xf7'                                # again: pause(); goto again
  } >"$2"
  chmod 755 "$2"
}

people() { # TREE: the accounts of a tree that has no useradd
  mkdir -p "$1/etc" "$1/home/sandbox" "$1/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\nsandbox:x:1000:1000::/home/sandbox:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\nsandbox:x:1000:\n' >"$1/etc/group"
  chown 1000:1000 "$1/home/sandbox"
  chmod 1777 "$1/tmp"
}
with_user() { chroot "$1" useradd --create-home --uid 1000 --shell /bin/bash sandbox >/dev/null; }

make_layers() {
  [ ! -e "$LAYERS/done" ] || return 0
  [ "$(uname -sm)" = "Linux x86_64" ] || die "the images are made on Linux x86_64 only"
  need busybox-static
  local base=$DIR/base good=$DIR/good tree=$DIR/tree
  say "making the layers (once)"
  rm -rf --one-file-system "$LAYERS" "$base" "$good" "$tree"
  mkdir -p "$LAYERS"

  a_debian bookworm "$base" || die "no base tree"
  pack "$base" base
  inventory "$base" >"$DIR/base.inventory"
  with_user "$base"
  pack "$base" user "$DIR/base.inventory"

  a_debian bookworm "$good" "${GOOD_PACKAGES[@]}" || die "no good tree"
  with_user "$good"
  pack "$good" good "$DIR/base.inventory"

  mkdir -p "$tree"
  waiter 62 "$tree/wait"
  pack "$tree" wait

  rm -rf "$tree"
  mkdir -p "$tree/bin" "$tree/usr/bin"
  people "$tree"
  waiter 183 "$tree/bin/sh"
  local name
  for name in bash sleep cat id; do cp "$tree/bin/sh" "$tree/bin/$name"; done
  cp "$tree/bin/sh" "$tree/usr/bin/python3"
  pack "$tree" foreign

  rm -rf "$tree"
  mkdir -p "$tree/bin"
  people "$tree"
  cp /bin/busybox "$tree/bin/busybox"
  for name in $("$tree/bin/busybox" --list); do [ -e "$tree/bin/$name" ] || ln -s busybox "$tree/bin/$name"; done
  pack "$tree" busybox

  rm -rf --one-file-system "$tree" "$base" "$good" "$DIR/base.inventory" "$WORK/debs/bookworm"
  touch "$LAYERS/done"
}

# ---- the archive: configurations over the layers, in the form that `docker load` reads --------------------------

# image NAME LAYERS CHANGES: CHANGES is a jq expression on the configuration.
image() {
  local layer file ids='[]' paths='[]'
  for layer in $2; do
    ids=$(jq -c --arg id "sha256:$(cat "$LAYERS/$layer.sha256")" '. + [$id]' <<<"$ids")
    paths=$(jq -c --arg path "$layer.tar" '. + [$path]' <<<"$paths")
    ln -f "$LAYERS/$layer.tar" "$ARCHIVE/$layer.tar"
  done
  jq -nc --arg created "$CREATED" --arg recipe "$RECIPE" --argjson ids "$ids" '{
      architecture: "amd64", os: "linux", created: $created,
      config: {
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sleep", "infinity"],
        Labels: {"clawdoctor.test": "1", "clawdoctor.test.recipe": $recipe}
      },
      rootfs: {type: "layers", diff_ids: $ids}
    } | '"$3"' | .created as $when | .history = [$ids[] | {created: $when, created_by: "clawdoctor-test"}]' >"$ARCHIVE/config"
  file=$(sha256sum <"$ARCHIVE/config" | cut -d ' ' -f 1).json
  mv "$ARCHIVE/config" "$ARCHIVE/$file"
  jq -nc --arg config "$file" --arg tag "clawdoctor-test/$1" --argjson layers "$paths" \
    '{Config: $config, RepoTags: [$tag], Layers: $layers}' >>"$ARCHIVE/entries"
}

make_archive() {
  rm -rf "$ARCHIVE"
  mkdir -p "$ARCHIVE"
  local sandbox='.config.User = "sandbox" | .config.WorkingDir = "/home/sandbox"'
  image base:bookworm-slim base '.config.Cmd = ["bash"]'
  image good:1 'base good' "$sandbox"
  image root:1 'base good' "$sandbox | .config.User = \"root\""
  image entrypoint:1 'base good' "$sandbox"' | .config.Entrypoint = ["sleep"] | .config.Cmd = ["infinity"]'
  image old:1 'base good' "$sandbox"' | .created = "2023-06-14T00:00:00Z"'
  image no-python:1 'base user' "$sandbox"
  image no-shell:1 wait '.config.Cmd = ["/wait"] | .config.User = "1000"'
  image foreign:1 foreign "$sandbox"' | .architecture = "arm64" | .variant = "v8"'
  image busybox:1 busybox .
  jq -sc . "$ARCHIVE/entries" >"$ARCHIVE/manifest.json"
  rm "$ARCHIVE/entries"
}

save() { # to FILE
  of_this_week
  make_layers
  make_archive
  jq -c --arg tag "$DEFAULT_TAG" 'map(select(.RepoTags == ["clawdoctor-test/good:1"]) | .RepoTags = [$tag])' \
    "$ARCHIVE/manifest.json" >"$ARCHIVE/manifest"
  mv "$ARCHIVE/manifest" "$ARCHIVE/manifest.json"
  local files
  mapfile -t files < <(jq -r '.[] | .Config, .Layers[]' "$ARCHIVE/manifest.json")
  tar -cf "$FILE" -C "$ARCHIVE" manifest.json "${files[@]}"
  rm -rf "$ARCHIVE"
}

# ---- one engine -------------------------------------------------------------------------------------------------

docker_() { DOCKER_HOST=$HOST "$CLIENT" "$@"; }

ours() { # the tags of ours that the engine has, with their ids
  docker_ image ls --no-trunc --filter "label=$LABEL" "$@" --format '{{.Repository}}:{{.Tag}} {{.ID}}'
}

# the date is new each week, so that only old:1 is old
of_this_week() {
  if [ -z "$(find "$DIR/created" -mtime -7 2>/dev/null)" ]; then date -u +%FT%TZ >"$DIR/created"; fi
  CREATED=$(cat "$DIR/created")
  RECIPE=$({ cat "$0" && echo "$CREATED"; } | sha256sum | cut -c 1-12)
}

load() {
  of_this_week
  local have name missing=() before id
  have=$(ours --filter "label=clawdoctor.test.recipe=$RECIPE")
  for name in "${NAMES[@]}"; do grep -q "^clawdoctor-test/$name " <<<"$have" || missing+=("$name"); done
  if [ ${#missing[@]} -gt 0 ]; then
    make_layers
    make_archive
    before=$(ours)
    say "loading ${missing[*]}"
    nice tar -cf - -C "$ARCHIVE" . | docker_ load >"$DIR/load.log" 2>&1 || { cat "$DIR/load.log" >&2 && exit 1; }
    rm -rf "$ARCHIVE"
    # a default tag of ours follows
    if grep -q "^$DEFAULT_TAG " <<<"$before"; then TAG=yes; fi
    [ "$TAG" = no ] || docker_ tag clawdoctor-test/good:1 "$DEFAULT_TAG"
    # what a new load has left without a name; what a container still uses stays
    for id in $(comm -23 <(cut -d ' ' -f 2 <<<"$before" | sort -u) <(ours | awk '$1 != "<none>:<none>" { print $2 }' | sort -u)); do
      docker_ image rm "$id" >/dev/null 2>&1 || true
    done
  fi
  if [ "$TAG" = yes ]; then docker_ tag clawdoctor-test/good:1 "$DEFAULT_TAG"; fi
}

remove() {
  local tag
  ours | while read -r tag _; do
    case $tag in clawdoctor-test/* | "$DEFAULT_TAG") docker_ image rm "$tag" >/dev/null ;; esac
  done
}

HOST=${DOCKER_HOST:-} TAG=no DO=load
if [ "${1:-}" = --save ]; then
  [ $# -eq 2 ] || wrong
  FILE=$2
  need jq
  mkdir -p "$DIR"
  take_lock images
  save
  exit
fi
for word in "$@"; do
  case $word in
    -h | --help) help && exit ;;
    --list) printf 'clawdoctor-test/%s\n' "${NAMES[@]}" && exit ;;
    --default-tag) TAG=yes ;;
    --remove) DO=remove ;;
    -*) wrong ;;
    *) HOST=$word ;;
  esac
done
[ -n "$HOST" ] || wrong
need docker jq
CLIENT=$(docker_client "$HOST") || die "$HOST does not answer"
mkdir -p "$DIR"
take_lock images
$DO
