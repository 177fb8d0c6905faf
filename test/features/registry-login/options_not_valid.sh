#!/bin/bash
# Option values that are none: the build goes on, nothing of them runs, the defaults hold; the valid one counts.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

options=/usr/local/share/registry-login/options
check 'nothing of them was run' test ! -e /owned
check 'the valid option counts' grep -qx 'credentialStore=config' "$options"
check 'the default stands for a timeout that is none' grep -qx 'timeout=30' "$options"
check 'the default stands for names that are none' grep -qx 'expect=' "$options"
check 'the default stands for hosts that are none' grep -qx 'insecureRegistries=' "$options"
check 'the default stands for a mirror that is none' grep -qx 'nodeMirror=' "$options"
check 'without a login the registry refuses' refuses_without_login "$TEST_IMAGE"
check 'the hooks have logged in: the image is pulled' pulls "$TEST_IMAGE"

reportResults
