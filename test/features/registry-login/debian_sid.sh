#!/bin/bash
# A bare Debian sid.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh
# shellcheck source=test/features/registry-login/bare-debian.sh
source ./bare-debian.sh

reportResults
