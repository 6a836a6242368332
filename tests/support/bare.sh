#!/usr/bin/env bash
# Everything of Debian's that the test command and the scripts of this folder use, in one go. Quick when all is there.
#
#   bare.sh            installs what is missing (takes root and apt-get); services are not started
#   bare.sh --list     prints the packages, one a line
#
# Not among them: Rust, which comes with rustup.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ALL=("${!PACKAGE[@]}" containerd runc docker-init busybox-static ca-certificates debian-archive-keyring libc6-dev python3-pip)
case ${1:-} in
  '') need "${ALL[@]}" ;;
  --list) for name in "${ALL[@]}"; do package_of "$name"; done | sort -u ;;
  -h | --help) help ;;
  *) wrong ;;
esac
