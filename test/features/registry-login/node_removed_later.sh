#!/bin/bash
# The image's own Node goes away after the build, and comes back elsewhere.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'the hooks have logged in: the image is pulled' pulls "$TEST_IMAGE"
mv /usr/local/bin/node /usr/local/bin/gone
check 'without Node it says what it needs' says 1 'Node.js 22 or later is needed' registry-login --version
check 'and so does the helper, where docker reads it' says 1 'Node.js 22 or later is needed' docker-credential-registry-login list
mkdir -p "$HOME/.nvm/versions/node/v24.0.0/bin"
mv /usr/local/bin/gone "$HOME/.nvm/versions/node/v24.0.0/bin/node"
check 'it finds the one of a version manager' registry-login --version
check 'and logs in with it' says 0 'Logged in as' registry-login login

reportResults
