#!/bin/sh
# Says at attach when the container has to be stopped and started to see new secrets. Never fails.
home=/usr/local/share/registry-login
# shellcheck source=features/registry-login/hooks/read-option.sh
. "$home/hooks/read-option.sh"

case ${REGISTRY_LOGIN_CHECK_ON_ATTACH-} in
  [Tt][Rr][Uu][Ee] | 1) check=true ;;
  [Ff][Aa][Ll][Ss][Ee] | 0) check=false ;;
  *) check=$(read_option checkOnAttach) ;;
esac

if [ "$check" = true ]; then "$home/bin/registry-login" status --quiet; fi
exit 0
