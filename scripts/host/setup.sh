#!/bin/sh
# Makes this machine a host for the tests that need a container engine: packages, engine, base images. Quick where all is there.
# Exit 69: this machine cannot have one; what is missing and how to get it is on stderr.
set -eu
here=$(dirname "$0")
# shellcheck source=scripts/host/common.sh
. "$here/common.sh"

# Two runs at once would make the same images twice; flock is in util-linux, which every Debian has.
if command -v flock >/dev/null; then
  exec 9>"$state/setup.lock"
  flock 9
fi

sh "$here/packages.sh" engine
sh "$here/engine.sh" start
sh "$here/images.sh"
say "engine $(docker version --format '{{.Server.Version}}') and base images are ready"
