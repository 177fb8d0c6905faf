#!/bin/sh
# Logs in once the container is created, before the project's own postCreateCommand, which may already pull.
home=/usr/local/share/registry-login
# shellcheck source=features/registry-login/hooks/read-option.sh
. "$home/hooks/read-option.sh"

case ${REGISTRY_LOGIN_ON_FAILURE-} in
  [Ww][Aa][Rr][Nn]) on_failure=warn ;;
  [Ff][Aa][Ii][Ll]) on_failure=fail ;;
  *) on_failure=$(read_option onFailure) ;;
esac

if [ "$on_failure" = fail ]; then
  exec "$home/bin/registry-login" login --skip-verified
fi
# The container starts, whatever happens here.
"$home/bin/registry-login" login --skip-verified --exit-zero
exit 0
