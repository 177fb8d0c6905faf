# shellcheck shell=sh
# Installs the distribution's own Node.js, but never over one that is there: somebody chose that.

use_package() {
  # shellcheck disable=SC1091 # a file of the image
  case " $(. /etc/os-release 2>/dev/null && echo "${ID-} ${ID_LIKE-}") " in
    *' debian '* | *' ubuntu '*) return 1 ;; # Their packages are too old, and apt is for the last resort.
  esac
  for manager in apk dnf microdnf yum; do
    if command -v "$manager" >/dev/null; then
      "use_$manager" && return 0
      warn "$manager has no Node.js that suits."
      return 1
    fi
  done
  return 1
}

use_apk() {
  if [ -e /usr/bin/node ]; then return 1; fi
  say 'apk installs nodejs'
  apk add --no-cache nodejs || return 1
  use_node /usr/bin/node && return 0
  apk del nodejs || :
  return 1
}

use_dnf() { use_rpm dnf; }
use_microdnf() { use_rpm microdnf; }
use_yum() { use_rpm yum; }

use_rpm() {
  if [ ! -e /usr/bin/node ]; then
    say "$1 installs nodejs"
    # RHEL 8 and 9 have several streams, of which the default one is too old.
    "$1" -y module enable nodejs:22 >/dev/null 2>&1 || :
    "$1" -y install nodejs || return 1
    use_node /usr/bin/node && return 0
    "$1" -y remove nodejs || :
  fi
  # Fedora has later versions beside its default one.
  for major in 24 22; do
    "$1" -y install "nodejs$major" && use_node "/usr/bin/node-$major" && return 0
  done
  return 1
}
