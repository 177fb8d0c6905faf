# shellcheck shell=sh
# Sourced at the top of the project: installs what npm brings where it is missing or older than the lock file, and puts its Node on PATH.

# npm writes node_modules/.package-lock.json last. A linked node_modules belongs to another checkout: it is left alone.
if [ ! -L node_modules ] &&
  [ -z "$(find node_modules/.package-lock.json -newer package-lock.json 2>/dev/null)" ]; then
  echo 'npm ci'
  npm ci --no-audit --no-fund </dev/null || exit 1
fi

# The Node that npm brought along, where there is one for this system.
PATH=$PWD/node_modules/.bin:$PATH
export PATH
