# shellcheck shell=sh
# Chooses the Node.js that runs the command.
# shellcheck disable=SC2154 # install.sh sets $home, and $new, the tree that is going to be $home

# Sets `recorded` to the absolute path of a suitable Node.js, a private one in $new if need be. False where there is none to be had.
provide_node() {
  use_node_on_path || use_former_node "v$NODE_VERSION" || install_private_node || use_package || use_former_node v
}

use_node_on_path() {
  set -f
  old_ifs=$IFS
  IFS=:
  # shellcheck disable=SC2086 # split on purpose
  set -- ${PATH-}
  IFS=$old_ifs
  set +f
  for directory in "$@"; do
    case $directory in /*) ;; *) continue ;; esac
    if use_node "$directory/node"; then return 0; fi
  done
  return 1
}

# use_node FILE: records it, if it is suitable and the remote user may run it. A shim or a link is recorded as what
# it leads to now: that stays what it is when another version is chosen later.
use_node() {
  suitable_node "$1" || return 1
  recorded=$(NODE_OPTIONS='' "$1" -p process.execPath 2>/dev/null </dev/null) || recorded=
  case $recorded in /*) ;; *) recorded=$(readlink -f "$1" 2>/dev/null) || recorded= ;; esac
  suitable_node "$recorded" || recorded=$1
  if ! open_to_remote_user "$recorded"; then
    say "$recorded is not used: ${_REMOTE_USER:-a user who is not root} could not run it."
    return 1
  fi
  say "uses the Node.js of the image: $recorded"
}

# open_to_remote_user FILE: may everyone, or else the remote user as owner, pass all directories and run the file?
open_to_remote_user() {
  if [ "${_REMOTE_USER-}" = root ]; then return 0; fi
  rest=$1
  while [ -n "$rest" ]; do
    # shellcheck disable=SC2012 # stat is not POSIX, and only the mode and the owner are read
    ls -ldL "$rest" 2>/dev/null | is_open_entry || return 1
    rest=${rest%/*}
  done
}

is_open_entry() {
  read -r mode _ owner _ || return 1
  case $mode in
    ?????????[xt]*) ;;
    ???[xs]*) [ "$owner" = "${_REMOTE_USER:-/}" ] ;;
    *) return 1 ;;
  esac
}

# use_former_node VERSION-PREFIX: keeps the private Node.js of an earlier installation.
use_former_node() {
  suitable_node "$home/node/bin/node" || return 1
  case $("$home/node/bin/node" --version) in "$1"*) ;; *) return 1 ;; esac
  cp -R "$home/node" "$new/node" || return 1
  recorded=$home/node/bin/node
  say 'keeps its private Node.js of an earlier installation'
}
