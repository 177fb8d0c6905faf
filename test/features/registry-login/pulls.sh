# shellcheck shell=bash
# For the scenarios: real pulls by a real docker client through the engine of the host, whose socket is mounted.

# pulls IMAGE: with the Docker config that is there.
pulls() {
  docker pull "$1"
}

# refuses IMAGE: a pull must fail, and for want of a right login.
refuses() {
  local said
  if said=$(docker pull "$1" 2>&1); then
    echo "pulled $1, which should need a login"
    return 1
  fi
  printf '%s\n' "$said"
  printf '%s\n' "$said" | grep -Eq 'no basic auth credentials|unauthorized'
}

# refuses_without_login IMAGE: the proof that the pulls above are worth something.
refuses_without_login() {
  local empty status=0
  empty=$(mktemp -d)
  DOCKER_CONFIG=$empty refuses "$1" || status=$?
  rm -rf "$empty"
  return "$status"
}

# says EXIT TEXT COMMAND...: the command ends with this code and its output has this text.
says() {
  local wanted=$1 text=$2 said status=0
  shift 2
  said=$("$@" 2>&1) || status=$?
  printf '%s\n' "$said"
  [ "$status" = "$wanted" ] || { echo "ended with $status, not $wanted"; return 1; }
  printf '%s\n' "$said" | grep -qF -- "$text" || { echo "does not say: $text"; return 1; }
}

# status_is NAME STATUS: what `login --json` says of a set. Needs a Node on PATH.
status_is() {
  registry-login login --json | node -e '
    const [name, status] = process.argv.slice(1);
    const report = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const registry = report.registries.find((one) => one.name === name);
    console.log(JSON.stringify(registry ?? report, null, 2));
    process.exit(registry?.status === status ? 0 : 1);
  ' "$1" "$2"
}
