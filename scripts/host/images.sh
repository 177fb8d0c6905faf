#!/bin/sh
# Makes the base images without pulling any: Debian by debootstrap, the dev container images from it.
# usage: images.sh [SUITE...]   (bookworm alone where none is named; dev container images are made of bookworm)
set -eu
# shellcheck source=scripts/host/common.sh
. "$(dirname "$0")/common.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) give_up "no Node.js is brought along for $(uname -m)." ;;
esac

has_image() {
  docker image inspect "$1" >/dev/null 2>&1
}

# debian SUITE → local/debian:SUITE. The archive is kept: a second time takes seconds, and no network.
debian() {
  has_image "local/debian:$1" && return
  archive=$state/debian-$1.tar
  if [ ! -f "$archive" ]; then
    if ! can_be_root; then
      give_up "only root can make the base image local/debian:$1." 'Run this as root or with sudo that asks for no password.'
    fi
    say "making local/debian:$1 with debootstrap (log: $state/debootstrap.log)"
    tree=$state/debian-$1.tree
    as_root rm -rf "$tree"
    if ! as_root debootstrap --variant=minbase "$1" "$tree" >"$state/debootstrap.log" 2>&1 </dev/null; then
      tail -n 10 "$state/debootstrap.log" >&2
      give_up "debootstrap could not make Debian $1." "Its last words are above; all of them in $state/debootstrap.log."
    fi
    as_root find "$tree/var/cache/apt/archives" "$tree/var/lib/apt/lists" -type f -delete
    as_root tar -C "$tree" -cf "$archive.part" .
    as_root mv "$archive.part" "$archive"
    as_root rm -rf "$tree"
  fi
  docker import "$archive" "local/debian:$1" >/dev/null
  say "local/debian:$1 is there"
}

# A Node mirror in the layout of the official distribution, made from the Node that npm brought, under the version that install.sh asks for.
node_mirror() {
  version=$(sed -n 's/^NODE_VERSION=["'\'']\{0,1\}v\{0,1\}\([0-9.]*\).*/\1/p' "$root/features/registry-login/install.sh" 2>/dev/null | head -n 1)
  version=${version:-24.19.0}
  name=node-v$version-linux-$arch
  folder=$state/node-mirror/v$version
  made_with=$("$node" --version)
  if [ "$(cat "$folder/made-with" 2>/dev/null)" != "$made_with" ]; then
    rm -rf "$state/node-mirror"
    mkdir -p "$folder/$name/bin"
    cp "$node" "$folder/$name/bin/node"
    tar -C "$folder" --owner=0 --group=0 -czf "$folder/$name.tar.gz" "$name"
    rm -rf "${folder:?}/$name"
    (cd "$folder" && sha256sum "$name.tar.gz" >SHASUMS256.txt)
    echo "$made_with" >"$folder/made-with"
  fi
}

# devcontainer NAME → local/devcontainer-NAME, a target of images.Dockerfile.
devcontainer() {
  image=local/devcontainer-$1
  old=$(docker image inspect -f '{{.Id}}' "$image" 2>/dev/null || true)
  if [ "$(docker image inspect -f '{{index .Config.Labels "made-from"}}' "$image" 2>/dev/null)" = "$made_from" ]; then
    return
  fi
  mkdir -p "$context"
  cp -L "$bin/docker" "$node" "$context/"
  rm -rf "$context/node-mirror"
  cp -R "$state/node-mirror" "$context/node-mirror"
  # The classic builder, since BuildKit may want a frontend from a registry.
  if ! DOCKER_BUILDKIT=0 docker build -t "$image" --target "$1" --label "made-from=$made_from" \
    -f "$root/scripts/host/images.Dockerfile" "$context" >"$state/build-$1.log" 2>&1 </dev/null; then
    tail -n 20 "$state/build-$1.log" >&2
    exit 1
  fi
  [ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
  say "$image is there"
}

[ $# -gt 0 ] || set -- bookworm
for suite; do
  debian "$suite"
done
case " $* " in
  *' bookworm '*)
    node=$root/node_modules/node-linux-$arch/bin/node
    context=$state/context
    node_mirror
    made_from=$({
      cat "$root/scripts/host/images.Dockerfile" "$state"/node-mirror/*/SHASUMS256.txt
      docker image inspect -f '{{.Id}}' local/debian:bookworm
      docker --version
    } | sha256sum | cut -d' ' -f1)
    devcontainer plain
    devcontainer node
    rm -rf "$context"
    ;;
esac
