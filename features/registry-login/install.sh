#!/bin/sh
# Installs registry-login into a dev container's image: the bundle, its options, links to its two commands and, where
# the image has no Node.js that suits, a private one. Runs as root at build time, where there are no secrets.
set -eu
umask 022
export LC_ALL=C

# The official builds, as nodejs.org lists them in https://nodejs.org/dist/v24.19.0/SHASUMS256.txt
NODE_VERSION=24.19.0
NODE_SHA256_X64=f625d97cd707df4ff96254916fbc5ff014f09c09effe5a1e0ca8f6d41a8789d4
NODE_SHA256_ARM64=d28c8a5bf0a808f0ed434a1dce8c54ae98f0371c0bd86ac58abc613f73e6643f

home=/usr/local/share/registry-login
commands=/usr/local/bin
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

say() {
  printf 'registry-login: %s\n' "$*"
}

warn() {
  printf 'registry-login: warning: %s\n' "$*" >&2
}

# shellcheck source=features/registry-login/lib/find-node.sh
. "$here/lib/find-node.sh"
# shellcheck source=features/registry-login/install/options.sh
. "$here/install/options.sh"
# shellcheck source=features/registry-login/install/node.sh
. "$here/install/node.sh"
# shellcheck source=features/registry-login/install/private-node.sh
. "$here/install/private-node.sh"
# shellcheck source=features/registry-login/install/package.sh
. "$here/install/package.sh"

if [ ! -f "$here/registry-login.js" ]; then
  echo "registry-login: the bundle is missing in $here. Build the Feature with \"npm run build\" and use dist/collection." >&2
  exit 1
fi

# Everything is made beside the final place and moved there when it is complete.
mkdir -p "${home%/*}" "$commands"
work=$(mktemp -d "${home%/*}/.registry-login.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
new=$work/new
mkdir "$new"

cp -R "$here"/*.js "$here/bin" "$here/hooks" "$here/lib" "$new"
echo '{ "type": "module" }' >"$new/package.json"
print_options >"$new/options"
if provide_node; then
  printf '%s\n' "$recorded" >"$new/node-path"
else
  warn "there is no Node.js 22 or later here, and none could be installed. The build goes on; registry-login cannot run until there is one."
  warn "$(how_to_get_node)"
fi

find "$new" -type d -exec chmod 755 {} +
find "$new" -type f -exec chmod 644 {} +
chmod 755 "$new"/bin/* "$new"/hooks/post-*.sh
if [ -e "$new/node/bin/node" ]; then chmod 755 "$new/node/bin/node"; fi

rm -rf "$home"
mv "$new" "$home"
for command in registry-login docker-credential-registry-login; do
  rm -f "$commands/$command"
  ln -s "$home/bin/$command" "$commands/$command"
done
say "is installed in $home"
