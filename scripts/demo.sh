#!/bin/sh
# `npm run demo`: the main job for real, set-up included. Exit 0 where all of it worked, else 1.
# usage: demo.sh [--no-engine]
set -eu
cd "$(dirname "$0")/.."

# shellcheck source=scripts/toolchain.sh
. scripts/toolchain.sh
exec node scripts/demo.ts "$@"
