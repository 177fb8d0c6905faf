#!/bin/sh
# Publishes a packaged Feature, and prints `name=…` and `digest=…` of what the registry then has under its version.
# Publishing a version that is there already changes nothing.
# usage: publish-feature.sh REGISTRY OWNER/REPOSITORY ARCHIVE
set -eu

if [ $# != 3 ]; then
  echo 'usage: publish-feature.sh REGISTRY OWNER/REPOSITORY ARCHIVE' >&2
  exit 2
fi
# A name in an OCI registry has no capital letters; GitHub's may.
namespace=$(printf '%s' "$2" | tr '[:upper:]' '[:lower:]')
name=$1/$namespace/registry-login
archive=$(realpath "$3")
PATH=$(cd "$(dirname "$0")/.." && pwd)/node_modules/.bin:$PATH
export PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/registry-login"
tar -xf "$archive" -C "$work/src/registry-login"
version=$(node -p 'require(process.argv[1]).version' "$work/src/registry-login/devcontainer-feature.json")

devcontainer features publish -r "$1" -n "$namespace" "$work/src" >&2
devcontainer features info manifest "$name:$version" --output-format json >"$work/manifest.json"
digest=$(node -p '/@(sha256:[0-9a-f]{64})$/.exec(require(process.argv[1]).canonicalId)[1]' "$work/manifest.json")
printf 'name=%s\ndigest=%s\n' "$name" "$digest"
