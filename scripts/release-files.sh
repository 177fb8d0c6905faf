#!/bin/sh
# Puts what a release consists of into a new directory: the npm package, the Feature, the report's schema, the SBOM, checksums.
# usage: release-files.sh DIRECTORY
set -eu
cd "$(dirname "$0")/.."

if [ $# != 1 ] || [ -e "$1" ]; then
  echo 'usage: release-files.sh DIRECTORY   (which must not exist yet)' >&2
  exit 2
fi
mkdir -p "$1"
directory=$(cd "$1" && pwd)

node scripts/build.ts
npm pack --ignore-scripts --silent --pack-destination "$directory"
cp dist/devcontainer-feature-registry-login.tgz dist/report.schema.json "$directory"
node scripts/sbom.ts >"$directory/sbom.spdx.json"
cd "$directory"
sha256sum -- * >"$directory.sums"
mv "$directory.sums" SHA256SUMS
