#!/bin/bash
# The container starts; the right set works, the wrong one is named and not written.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'without a login the registry refuses' refuses_without_login "$TEST_IMAGE"
check 'the right set: the image is pulled' pulls "$TEST_IMAGE"
check 'the wrong set: the registry refuses' refuses "$TEST_OTHER_IMAGE"
check 'the right set is ok' status_is ACR ok
check 'the wrong set is rejected' status_is GAR rejected
check 'a login ends with 1 and names the variable' says 1 GAR_CONTAINER_REGISTRY_PASSWORD registry-login
check 'the wrong password is not in the Docker config' says 1 '' grep -F "$(printf 'other-test-user:wrong-password' | base64)" ~/.docker/config.json

reportResults
