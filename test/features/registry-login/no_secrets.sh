#!/bin/bash
# Without any secret the container starts and nothing is written; secrets given later, in one shell, work there.
set -e
# shellcheck source=/dev/null # the CLI puts it beside this file
source dev-container-features-test-lib
# shellcheck source=test/features/registry-login/pulls.sh
source ./pulls.sh

check 'nothing to do is no failure' registry-login
check 'no Docker config was written' test ! -e ~/.docker/config.json
check 'the registry refuses' refuses "$TEST_IMAGE"

export ACR_CONTAINER_REGISTRY_SERVER=$TEST_REGISTRY
export ACR_CONTAINER_REGISTRY_USER=test-user
export ACR_CONTAINER_REGISTRY_PASSWORD=test-password
check 'a login by hand works' status_is ACR ok
check 'then the image is pulled' pulls "$TEST_IMAGE"
check 'without that login the registry refuses still' refuses_without_login "$TEST_IMAGE"

reportResults
