# shellcheck shell=sh
# What the scripts of the test host share. Sourced, never run; the caller has `set -eu`.

# Everything that these scripts leave behind: logs, pids, cached base images, the Node mirror.
state=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/registry-login-host
# A directory for PATH that holds only `docker`: the one that fits the engine, whatever else is installed.
bin=$state/bin
mkdir -p "$bin"

# EX_UNAVAILABLE of sysexits.h: this machine cannot have an engine, which is no fault of the project.
unavailable=69

say() {
  printf 'host: %s\n' "$*"
}

give_up() {
  printf 'host: %s\n' "$@" >&2
  exit "$unavailable"
}

can_be_root() {
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The distribution's client first: it has the age of the distribution's engine.
link_docker() {
  for candidate in /usr/bin/docker "$(command -v docker || true)"; do
    if [ -x "$candidate" ] && [ "$candidate" != "$bin/docker" ]; then
      ln -sfn "$candidate" "$bin/docker"
      return 0
    fi
  done
  return 1
}

docker() {
  "$bin/docker" "$@"
}

engine_answers() {
  link_docker && docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# process_is PID NAME: a pid file may be older than the process that now has its number, and a dead process may not be buried yet.
process_is() {
  [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}
