#!/bin/bash
# Run by `devcontainer features test` after installing twice: first with other options, then with the defaults.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'the command works' registry-login --version
check 'the credential helper works' docker-credential-registry-login version
check 'nothing to do is no failure' registry-login
check 'there is one installation' test "$(find /usr/local /opt /root -name registry-login.js | wc -l)" = 1

reportResults
