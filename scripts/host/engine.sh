#!/bin/sh
# Starts dockerd where no engine answers, and stops only the one that it started.
# usage: engine.sh start | stop
set -eu
# shellcheck source=scripts/host/common.sh
. "$(dirname "$0")/common.sh"

pid_file=$state/dockerd.pid
log=$state/dockerd.log

# After a crash or in a restored machine these files name processes that are gone, or others; dockerd would trust them.
forget_stale() {
  for pair in /var/run/docker.pid:dockerd /var/run/docker/containerd/containerd.pid:containerd; do
    file=${pair%:*}
    if [ -f "$file" ] && ! process_is "$(cat "$file")" "${pair#*:}"; then
      as_root rm -f "$file"
    fi
  done
}

start() {
  if engine_answers; then
    return
  fi
  if ! command -v dockerd >/dev/null; then
    give_up 'no container engine answers and dockerd is not installed.' "Start an engine, or run $(dirname "$0")/packages.sh."
  fi
  if ! can_be_root; then
    give_up 'no container engine answers, and only root can start one.' \
      'Start Docker, or run this as root or with sudo that asks for no password.'
  fi
  forget_stale
  # shellcheck disable=SC2016 # expanded by the inner shell
  as_root sh -c 'setsid dockerd >"$1" 2>&1 </dev/null 9>&- & echo $! >"$2"' sh "$log" "$pid_file"
  pid=$(cat "$pid_file")
  waited=0
  until engine_answers; do
    waited=$((waited + 1))
    if [ "$waited" -gt 300 ] || ! process_is "$pid" dockerd && [ "$waited" -gt 10 ]; then
      tail -n 15 "$log" >&2
      give_up 'dockerd did not start.' "Its last words are above and in $log."
    fi
    sleep 0.2
  done
  say "started dockerd, pid $pid (log: $log)"
}

stop() {
  [ -f "$pid_file" ] || return 0
  pid=$(cat "$pid_file")
  if process_is "$pid" dockerd; then
    as_root kill "$pid"
    waited=0
    while process_is "$pid" dockerd; do
      waited=$((waited + 1))
      if [ "$waited" -gt 150 ]; then
        printf 'host: dockerd (pid %s) does not stop\n' "$pid" >&2
        exit 1
      fi
      sleep 0.2
    done
    say "stopped dockerd, pid $pid"
  fi
  as_root rm -f "$pid_file"
}

case ${1-} in
  start) start ;;
  stop) stop ;;
  *)
    echo 'usage: engine.sh start | stop' >&2
    exit 2
    ;;
esac
