#!/bin/sh
# Installs, builds, and runs every test.
#
#   tools/check.sh              the tests
#   tools/check.sh --sanitize   the same with our code under ASan and UBSan
set -u
cd "$(dirname "$0")/.." || exit 1
. tools/setup.sh
case ${1:-} in
  "") setup release ;;
  --sanitize) setup sanitize ;;
  *) die "unknown option '$1'; there is --sanitize" ;;
esac
say "testing"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# The exit status of lit, past tee.
status=$({ { /usr/lib/llvm-22/bin/lit -sv --no-progress-bar "$build/test" 2>&1; echo $? >&3; } | tee "$log" >&2; } 3>&1)
count() { sed -n "s/^ *$1 *: *\([0-9]*\).*/\1/p" "$log" | tail -n 1; }
passed=$(count Passed); failed=$(count Failed); skipped=$(count Unsupported)
echo "${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped"
[ "$status" = 0 ] || die "tests failed"
