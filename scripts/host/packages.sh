#!/bin/sh
# Installs Debian packages: the tools that the checks and the unit tests use, what a real engine's tests need, or the ones named.
# usage: packages.sh tools | engine | PACKAGE...
set -eu
# shellcheck source=scripts/host/common.sh
. "$(dirname "$0")/common.sh"

installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

case ${1-} in
  tools)
    # It is the command that counts: another system has its own packages.
    set --
    for tool in curl openssl python3 shellcheck wget; do
      command -v "$tool" >/dev/null || set -- "$@" "$tool"
    done
    # The static one excludes Debian's other busybox, and the engine tests need just this.
    command -v busybox >/dev/null || set -- "$@" busybox-static
    [ $# -gt 0 ] || exit 0
    ;;
  engine)
    # The registry, base images, and the clients that must be able to pull with what we write.
    set -- debian-archive-keyring debootstrap docker-registry apache2-utils openssl iproute2 \
      skopeo podman buildah uidmap awscli amazon-ecr-credential-helper golang-docker-credential-helpers
    # Either form of compose will do for the devcontainer CLI.
    command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 || set -- docker-compose "$@"
    # An engine that is already there stays: docker.io would remove a docker-ce.
    engine_answers || command -v dockerd >/dev/null || set -- docker.io "$@"
    ;;
  '')
    echo 'usage: packages.sh tools | engine | PACKAGE...' >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  give_up "no apt-get here: the packages $* cannot be installed." \
    "Run this on Debian 12 or later or on Ubuntu, as root or with sudo that asks for no password."
fi

missing=
for package; do
  installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! can_be_root; then
  give_up "not installed:$missing" "Install them as root and try again:  apt-get install$missing"
fi

log=$state/packages.log
say "installing$missing (log: $log)"
# A third-party list that does not answer must not stop this: apt-get install says what is really missing.
as_root apt-get update >"$log" 2>&1 </dev/null || say 'apt-get update had errors, going on'
# shellcheck disable=SC2086 # a list of package names
if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing \
  >>"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  give_up "apt-get could not install$missing" "The reason is above and in $log."
fi
