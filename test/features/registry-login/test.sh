#!/bin/bash
# Run by `devcontainer features test` in an image with the Feature and its defaults.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'the command is on PATH' registry-login --version
check 'the credential helper is on PATH' docker-credential-registry-login version
check 'nothing to do is no failure' registry-login
check 'the hooks wrote no Docker config' test ! -e ~/.docker/config.json
check 'only the two links are on PATH' test "$(find /usr/local/bin /usr/bin -name '*registry-login*' | wc -l)" = 2
# The CLI leaves its own copies of all Features in /tmp/dev-container-features.
check 'nothing of the installation is in /tmp' test -z "$(find /tmp -path /tmp/dev-container-features -prune -o -iname '*registry-login*' -print -o -iname 'node*' -print)"

reportResults
