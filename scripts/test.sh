#!/bin/sh
# `npm test`: everything a fresh clone needs, then every check and test. The last line is `N passed, N failed, N skipped`.
# usage: test.sh [static | unit | engine]...   (all where none is named)
set -eu
cd "$(dirname "$0")/.."

crashed() {
  echo "$1" >&2
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
}

# npm writes node_modules/.package-lock.json last. A linked node_modules belongs to another checkout: it is left alone.
if [ ! -L node_modules ] &&
  [ -z "$(find node_modules/.package-lock.json -newer package-lock.json 2>/dev/null)" ]; then
  echo 'npm ci'
  npm ci --no-audit --no-fund </dev/null || crashed 'npm ci failed'
fi

# The Node that npm brought along, where there is one for this system.
PATH=$PWD/node_modules/.bin:$PATH
export PATH
status=0
node scripts/test.ts "$@" || status=$?
# The runner's own ends, see scripts/test.ts; it has printed the closing line then. Anything else was a crash.
case $status in
  0) exit 0 ;;
  20) exit 1 ;;
  21) exit 2 ;;
  *) crashed "the test runner ended with $status" ;;
esac
