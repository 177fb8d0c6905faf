# shellcheck shell=sh
# Sets `home` and `node`: the Node.js that the installer recorded or, where that does not do any more, another one; empty where there is none.
# Only builtins on the usual way, for the credential helper runs often.
home=/usr/local/share/registry-login
node=
if [ -r "$home/node-path" ]; then IFS= read -r node <"$home/node-path"; fi
# A Node that is newer than the record has been replaced since, perhaps by one that is too old.
# shellcheck disable=SC3013 # dash, BusyBox and bash all have -nt
if [ ! -x "$node" ] || [ "$node" -nt "$home/node-path" ]; then
  # shellcheck source=features/registry-login/lib/find-node.sh
  . "$home/lib/find-node.sh"
  node=$(find_node "$node") || node=
fi
# Meant for the programs of the project (a debugger, a hook), not for this one.
unset NODE_OPTIONS
