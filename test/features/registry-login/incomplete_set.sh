#!/bin/bash
# The container starts; the complete set works, and what the other one lacks is named.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'without a login the registry refuses' refuses_without_login "$TEST_IMAGE"
check 'the complete set: the image is pulled' pulls "$TEST_IMAGE"
check 'the incomplete set: the registry refuses' refuses "$TEST_OTHER_IMAGE"
check 'a login ends with 1 and names what is missing' says 1 GAR_CONTAINER_REGISTRY_PASSWORD registry-login

reportResults
