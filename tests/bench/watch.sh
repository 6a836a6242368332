#!/usr/bin/env bash
# `clawdoctor watch` beside dtop, oxker and `docker stats`, in one run on one engine, as ratios: brings up the
# distribution's engine, installs the other programs by cargo, and runs the bench.
#
#   usage: tests/bench/watch.sh [--n 0,6,50,150] [--seconds 30] [--only cost,first,life,short,oom,comes]
#
# Without arguments it takes half an hour, in which the machine should have nothing else to do. The programs lie
# under ${CLAWDOCTOR_TEST_DIR:-~/.cache/clawdoctor-tests}/peers; CLAWDOCTOR_TEST_PEERS is another such folder, and
# CLAWDOCTOR_BENCH_PROGRAM another build of clawdoctor.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if [ "${1:-}" = --help ]; then sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0; fi
tests/support/bare.sh
if [ -z "${CLAWDOCTOR_TEST_PEERS:-}" ]; then
  CLAWDOCTOR_TEST_PEERS=${CLAWDOCTOR_TEST_DIR:-$HOME/.cache/clawdoctor-tests}/peers
  # dtop's later versions want a newer compiler than this program.
  cargo install --quiet --locked --root "$CLAWDOCTOR_TEST_PEERS" oxker@0.13.4 dtop@0.10.2
fi
if [ -z "${CLAWDOCTOR_TEST_CLASSIC:-}" ]; then
  CLAWDOCTOR_TEST_CLASSIC=$(tests/support/engine.sh up classic)
  tests/support/images.sh "$CLAWDOCTOR_TEST_CLASSIC" >&2
fi
export CLAWDOCTOR_TEST_PEERS CLAWDOCTOR_TEST_CLASSIC
cargo bench --quiet --bench watch -- "$@"
