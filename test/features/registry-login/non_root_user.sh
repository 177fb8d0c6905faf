#!/bin/bash
# A remoteUser that is not root finds the login in its own home, and nobody else can read it.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'this is not root' test "$(id -un)" = vscode
check 'without a login the registry refuses' refuses_without_login "$TEST_IMAGE"
check 'the hooks have logged in: the image is pulled' pulls "$TEST_IMAGE"
check 'the Docker config is private and the user'"'"'s own' test "$(stat -c '%U %a' ~/.docker/config.json)" = 'vscode 600'
check 'the state is private' test "$(stat -c '%U %a' ~/.local/state/registry-login)" = 'vscode 700'
check 'a second login finds all well' status_is ACR ok

reportResults
