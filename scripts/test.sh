#!/bin/sh
# `npm test`: everything a fresh clone needs, then every check and test. The last line is `N passed, N failed, N skipped`.
# usage: test.sh [static | unit | engine]...   (all where none is named)
set -eu
cd "$(dirname "$0")/.."

status=0
(
  # shellcheck source=scripts/toolchain.sh
  . scripts/toolchain.sh
  node scripts/test.ts "$@"
) || status=$?

# The runner's own ends, see scripts/test.ts; it has printed the closing line then. Anything else was a crash before or in it.
case $status in
  0) exit 0 ;;
  20) exit 1 ;;
  21) exit 2 ;;
esac
echo "the test runner ended with $status" >&2
echo '0 passed, 1 failed, 0 skipped'
exit 1
