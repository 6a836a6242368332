#!/usr/bin/env bash
# Would this crate build on a Mac? Type-checks, lints and links it for aarch64-apple-darwin on Linux x86_64.
# Nothing is run: what the program does on a Mac is for a Mac to show.
#
#   mac.sh [--crate DIR] [check] [clippy] [link]      all three unless told; DIR: this crate
#
# Compiler, clippy and standard library come from one newer Debian suite, unpacked beside the build and run with the
# libraries they were made with; nothing of it is installed. Apple's part of a link: libSystem comes with zig (from
# PyPI), every other name must stand in apple-symbols.txt beside this script, or the link fails and says which.
# The first run takes minutes (the standard library is compiled), the next ones compile what changed.
#
# Prints "mac: STEP ok" per step. Without what it needs (Linux x86_64, apt-get, a Debian archive, a C compiler) it
# prints "mac: skipped: WHY" and succeeds. Fails when a step fails, or when the toolchain cannot be had.
#
# Environment:
#   CLAWDOCTOR_MAC_DIR      toolchain and build, about 2 GB    ($CLAWDOCTOR_TEST_DIR/mac)
#   CLAWDOCTOR_MAC_SUITE    where the toolchain comes from     (forky)
#   CLAWDOCTOR_MAC_CLIPPY   arguments for clippy               (none: errors fail, warnings are only shown, since a newer
#                           clippy has lints that the crate's own toolchain does not know)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TARGET=aarch64-apple-darwin
SUITE=${CLAWDOCTOR_MAC_SUITE:-forky}
ZIG_VERSION=0.17.1
CRATE=$(cd "$SUPPORT/../.." && pwd)
STEPS=()
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) help && exit ;;
    --crate)
      CRATE=$(cd "${2:?--crate needs a folder}" && pwd)
      shift
      ;;
    check | clippy | link) STEPS+=("$1") ;;
    *) wrong ;;
  esac
  shift
done
[ ${#STEPS[@]} -gt 0 ] || STEPS=(check clippy link)

skip() {
  echo "mac: skipped: $*"
  exit 0
}
[ "$(uname -sm)" = "Linux x86_64" ] || skip "this is $(uname -sm), not Linux x86_64"
for tool in apt-get dpkg-deb; do command -v $tool >/dev/null || skip "no $tool"; done
ARCHIVE=$(debian_archive)
[ -n "$ARCHIVE" ] || skip "no Debian archive in this machine's apt sources"
WANTED=(cc libc6-dev debian-archive-keyring)
[[ " ${STEPS[*]} " != *" link "* ]] || WANTED+=(python3 python3-pip jq)
if [ "$(id -u)" != 0 ]; then
  for tool in "${WANTED[@]}"; do installed "$tool" || skip "no $tool, and not root to install it"; done
fi
[ -f "$CRATE/Cargo.toml" ] || die "no Cargo.toml in $CRATE"
need "${WANTED[@]}"

DIR=${CLAWDOCTOR_MAC_DIR:-$WORK/mac}
mkdir -p "$DIR/bin"
DIR=$(cd "$DIR" && pwd -P)
TREE=$DIR/$SUITE ZIG=$DIR/zig-$ZIG_VERSION STUBS=$DIR/stubs
exec 9>"$DIR/.lock"
flock 9

# ---- the toolchain ----------------------------------------------------------------------------------------------

# Packages that Debian's rustc asks for and that a cross build does not use: the C toolchain of the newer suite.
UNUSED='^(cpp|gcc|binutils|linux-libc-dev|libc6-dev|libc-dev-bin|libcrypt-dev|rpcsvc-proto|libbinutils|libgprofng|libctf|libsframe'
UNUSED+='|libgcc-.*-dev|libcc1|libasan|liblsan|libtsan|libubsan|libhwasan|libitm|libgomp|libatomic|libquadmath|libisl|libmpc|libmpfr|libgmp10|libjansson)'

toolchain() {
  [ ! -e "$TREE" ] || return 0
  say "fetching the toolchain of $SUITE"
  local apt=$DIR/apt deb packages
  rm -rf "$apt" "$TREE.part"
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,debs} "$TREE.part"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $ARCHIVE $SUITE main" >"$apt/sources.list"
  # an apt with lists and package state of its own: to it nothing is installed, and it installs nothing
  cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "/dev/null";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Debug::NoLocking "true";
CONF
  export APT_CONFIG=$apt/apt.conf
  {
    nice apt-get -qq update || nice apt-get -qq update
    packages=$(apt-get -qq --simulate install cargo rustc rust-clippy rust-src | awk '$1 == "Inst" { print $2 }' | grep -vE "$UNUSED")
    # shellcheck disable=SC2086 # one word per package
    (cd "$apt/debs" && nice apt-get -qq download $packages)
  } >"$DIR/apt.log" 2>&1 </dev/null || { tail -n 10 "$DIR/apt.log" >&2 && die "no toolchain from $SUITE: see $DIR/apt.log"; }
  unset APT_CONFIG
  for deb in "$apt"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | nice tar -x -C "$TREE.part" --no-same-owner --wildcards --no-wildcards-match-slash --anchored \
      --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/src/*/src' --exclude='./usr/src/*/compiler'
  done
  rm -rf "$apt"
  mv "$TREE.part" "$TREE"
}

zig() {
  [ ! -e "$ZIG" ] || return 0
  say "fetching zig $ZIG_VERSION"
  rm -rf "$ZIG.part"
  nice python3 -m pip install --quiet --no-deps --target "$ZIG.part" "ziglang==$ZIG_VERSION" >"$DIR/pip.log" 2>&1 ||
    { tail -n 5 "$DIR/pip.log" >&2 && die "no zig $ZIG_VERSION"; }
  mv "$ZIG.part" "$ZIG"
}

# program NAME: writes standard input as an executable, in one stroke (another run may be using the old one).
program() {
  cat >"$DIR/bin/$1.new"
  chmod 755 "$DIR/bin/$1.new"
  mv "$DIR/bin/$1.new" "$DIR/bin/$1"
}

programs() {
  local name libraries=$TREE/usr/lib/x86_64-linux-gnu
  for name in cargo rustc rustdoc clippy-driver; do
    program $name <<SCRIPT
#!/bin/sh
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" --argv0 "$TREE/usr/bin/$name" "$TREE/usr/bin/$name" "\$@"
SCRIPT
  done

  # For build scripts when nothing is linked: a compiler and an archiver that write empty files.
  program no-cc <<'SCRIPT'
#!/bin/sh
while [ $# -gt 0 ]; do
  [ "$1" != -o ] || : >"$2"
  shift
done
SCRIPT
  program no-ar <<'SCRIPT'
#!/bin/sh
for word; do case $word in *.a) : >"$word" ;; esac; done
SCRIPT

  # zig as the compiler and linker of a Mac. What rustc and build scripts say about target and SDK it must not hear.
  program mac-cc <<SCRIPT
#!/usr/bin/env bash
words=()
while [ \$# -gt 0 ]; do
  case \$1 in
    -target | -arch | -isysroot | --sysroot) shift ;;
    --target=* | --sysroot=* | -isysroot* | -m*os*-version-min=*) ;;
    *) words+=("\$1") ;;
  esac
  shift
done
exec "$ZIG/ziglang/zig" cc -target aarch64-macos.11.0 "\${words[@]}"
SCRIPT
  program mac-link <<SCRIPT
#!/bin/sh
exec "$DIR/bin/mac-cc" "\$@" "-F$STUBS" "-L$STUBS"
SCRIPT
  program mac-ar <<SCRIPT
#!/bin/sh
exec "$ZIG/ziglang/zig" ar "\$@"
SCRIPT
}

# apple-symbols.txt as the linker wants it: one text stub for each framework and library.
stubs() {
  rm -rf "$STUBS"
  mkdir -p "$STUBS"
  local owner name path file
  while read -r owner; do
    case $owner in
      lib*) file=$STUBS/$owner.tbd path=/usr/lib/$owner.dylib ;;
      *)
        mkdir -p "$STUBS/$owner.framework"
        file=$STUBS/$owner.framework/$owner.tbd path=/System/Library/Frameworks/$owner.framework/Versions/A/$owner
        ;;
    esac
    {
      printf -- '--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\ninstall-name: %s\n' "'$path'"
      symbols | awk -v owner="$owner" '
        $1 == owner { for (i = 2; i <= NF; i++) list = list (list ? ", " : "") "\047" $i "\047" }
        END { if (list) print "exports:\n  - targets: [ arm64-macos ]\n    symbols: [ " list " ]" }'
      echo ...
    } >"$file"
  done < <(symbols | awk '{ print $1 }' | sort -u)
}
symbols() { sed 's/#.*//; /^[[:space:]]*$/d' "$SUPPORT/apple-symbols.txt"; }

# ---- the steps --------------------------------------------------------------------------------------------------

cargo_for_mac() { # VERB ARGUMENTS...
  local verb=$1 compiler=no
  shift
  [ "$verb" != build ] || compiler=mac
  env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS -u RUSTC_WRAPPER -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET \
    CARGO="$DIR/bin/cargo" RUSTC="$DIR/bin/rustc" RUSTDOC="$DIR/bin/rustdoc" RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 \
    CARGO_TARGET_DIR="$DIR/target" CARGO_HTTP_CAINFO="${CARGO_HTTP_CAINFO:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}" \
    CC_aarch64_apple_darwin="$DIR/bin/$compiler-cc" CXX_aarch64_apple_darwin="$DIR/bin/$compiler-cc" \
    AR_aarch64_apple_darwin="$DIR/bin/$compiler-ar" RANLIB_aarch64_apple_darwin=true SDKROOT="$STUBS" \
    CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER="$DIR/bin/mac-link" \
    ZIG_GLOBAL_CACHE_DIR="$DIR/zig-cache" ZIG_LOCAL_CACHE_DIR="$DIR/zig-cache" \
    nice "$DIR/bin/cargo" "$verb" --manifest-path "$CRATE/Cargo.toml" --target $TARGET -Zbuild-std=std,panic_abort \
    "${LOCKED[@]}" "$@" 9>&-
}

check() { cargo_for_mac check --all-targets; }

clippy() { # as cargo-clippy does it: clippy's compiler for the crate itself, its arguments with a mark after each
  local word words=''
  for word in ${CLAWDOCTOR_MAC_CLIPPY:-}; do words+=${word}__CLIPPY_HACKERY__; done
  CLIPPY_ARGS=$words RUSTC_WORKSPACE_WRAPPER="$DIR/bin/clippy-driver" cargo_for_mac check --all-targets
}

link() {
  zig
  stubs
  local log=$DIR/link.log program
  if ! cargo_for_mac build --message-format=json-render-diagnostics >"$DIR/link.json" 2>"$log"; then
    grep -E '^ *(error|warning)' "$log" | cut -c 1-300 | sort -u | head -n 40 >&2 || true
    missing "$log" >&2
    say "the whole output: $log"
    return 1
  fi
  program=$(jq -r 'select(.executable != null and (.target.kind | index("bin"))) | .executable' "$DIR/link.json" | head -n 1)
  [ -n "$program" ] || die "no program came out"
  # a 64 bit Mach-O program for arm64
  [ "$(od -An -tx4 -N 16 "$program" | awk '{ print $1, $2, $4 }')" = "feedfacf 0100000c 00000002" ] || die "not a Mac program: $program"
}

missing() { # what the linker did not find, as lines for apple-symbols.txt
  local names
  names=$(sed -nE \
    -e "s/.*undefined symbol: ['\"]?([A-Za-z0-9_\$.]+).*/OWNER \1/p" \
    -e "s/.*unable to find .*framework ['\"]([A-Za-z0-9]+).*/\1/p" \
    -e "s/.*unable to find .*library ['\"]([A-Za-z0-9]+).*/lib\1/p" "$1" | sort -u)
  [ -z "$names" ] || printf 'not in libSystem and not in apple-symbols.txt (add them there if Apple has them):\n%s\n' "$names"
}

toolchain
programs
LOCKED=()
[ ! -f "$CRATE/Cargo.lock" ] || LOCKED=(--locked)
say "$("$DIR/bin/rustc" --version)"
for step in "${STEPS[@]}"; do
  started=$SECONDS
  $step || {
    echo "mac: $step FAILED"
    exit 1
  }
  echo "mac: $step ok ($((SECONDS - started)) s)"
done
