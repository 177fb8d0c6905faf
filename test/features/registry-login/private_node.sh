#!/bin/bash
# An image without Node: the Feature installs one from the mirror, for itself alone.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'no Node is on PATH' says 1 '' bash -c 'command -v node'
check 'the command works all the same' registry-login --version
check 'without a login the registry refuses' refuses_without_login "$TEST_IMAGE"
check 'the hooks have logged in: the image is pulled' pulls "$TEST_IMAGE"
# The CLI leaves its own copies of all Features in /tmp/dev-container-features.
check 'nothing of the installation is in /tmp' test -z "$(find /tmp -path /tmp/dev-container-features -prune -o -iname '*registry-login*' -print -o -iname 'node*' -print)"

reportResults
