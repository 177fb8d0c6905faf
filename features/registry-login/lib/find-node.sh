# shellcheck shell=sh
# Finds a Node.js that can run registry-login. Sourced by the installer, and by the commands when the recorded Node does not do any more.

# suitable_node FILE: does it run here, and is it Node.js 22 or later?
# The standard input is kept from it, since that may hold a request to the credential helper.
suitable_node() {
  if [ ! -x "$1" ] || [ -d "$1" ]; then return 1; fi
  major=$(NODE_OPTIONS='' "$1" --version 2>/dev/null </dev/null) || return 1
  case $major in v[0-9]*.*) ;; *) return 1 ;; esac
  major=${major#v}
  major=${major%%.*}
  case $major in *[!0-9]*) return 1 ;; esac
  [ "$major" -ge 22 ]
}

# first_suitable FILE...: prints the first that is suitable.
first_suitable() {
  for candidate in "$@"; do
    if suitable_node "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# node_on_path: prints the first suitable one on PATH. Relative entries do not count: they name another file in each directory.
node_on_path() (
  set -f
  IFS=:
  for directory in ${PATH-}; do
    case $directory in /*) first_suitable "$directory/node" && return 0 ;; esac
  done
  return 1
)

# find_node [RECORDED]: prints a suitable one from wherever Node.js usually is in a dev container.
find_node() {
  first_suitable ${1:+"$1"} && return 0
  node_on_path && return 0
  set -- \
    /usr/local/share/registry-login/node/bin/node \
    ${NVM_BIN:+"$NVM_BIN/node"} \
    /usr/local/share/nvm/current/bin/node \
    /usr/local/share/nvm/versions/node/*/bin/node \
    ${NVM_DIR:+"$NVM_DIR"/versions/node/*/bin/node} \
    /usr/local/bin/node /usr/bin/node /usr/bin/node-24 /usr/bin/node-22
  if [ -n "${HOME-}" ]; then
    set -- "$@" \
      "$HOME"/.nvm/versions/node/*/bin/node \
      "$HOME"/.local/share/mise/installs/node/*/bin/node \
      "$HOME"/.asdf/installs/nodejs/*/bin/node \
      "$HOME"/.volta/bin/node \
      "$HOME"/.vscode-server/bin/*/node
  fi
  first_suitable "$@" /vscode/bin/linux-*/*/node
}

# how_to_get_node: prints the command or the change that brings a suitable Node.js to this container.
how_to_get_node() {
  for manager in dnf microdnf; do
    if [ -x "/usr/bin/$manager" ]; then
      echo "Run \"$manager install nodejs\" as root, or \"$manager install nodejs22\" where that is older, or build the container again with network access."
      return
    fi
  done
  if [ -x /sbin/apk ]; then
    echo 'Run "apk add nodejs" as root (suitable from Alpine 3.21 on), or build the container again with network access.'
  else
    echo 'Add "ghcr.io/devcontainers/features/node:1": {} to "features" in devcontainer.json, or set the option nodeMirror to a mirror that this network reaches, and rebuild the container.'
  fi
}
