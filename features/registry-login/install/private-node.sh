# shellcheck shell=sh
# Downloads a Node.js, checks it and installs it for the command alone.
# shellcheck disable=SC2154 # install.sh sets the pins, $home, $new, the tree that is going to be $home, and $work, a new directory

# Installs the pinned build of nodejs.org, or what a mirror has in its place, for the command alone.
install_private_node() {
  case $(uname -m) in
    x86_64 | amd64) arch=x64 pinned=$NODE_SHA256_X64 ;;
    aarch64 | arm64) arch=arm64 pinned=$NODE_SHA256_ARM64 ;;
    *)
      say "nodejs.org has no pinned build for $(uname -m)."
      return 1
      ;;
  esac
  has_glibc_2_28 || return 1
  mirror=$(sed -n 's/^nodeMirror=//p' "$new/options")
  mirror=${mirror%/}
  base=${mirror:-https://nodejs.org/dist}
  take_node "$base/v$NODE_VERSION" "node-v$NODE_VERSION-linux-$arch" && return 0
  # A directory made for one version may hold another one than the pinned one.
  case $mirror in
    file://*)
      for tarball in "${mirror#file://}"/v*/node-v*-linux-"$arch".tar.gz; do
        if [ ! -f "$tarball" ]; then continue; fi
        name=${tarball##*/}
        case $name in "node-v$NODE_VERSION-"* | node-v[0-9].* | node-v1[0-9].* | node-v2[01].*) continue ;; esac
        take_node "file://${tarball%/*}" "${name%.tar.gz}" && return 0
      done
      ;;
  esac
  return 1
}

# The official builds for Linux need glibc 2.28; musl is another world.
has_glibc_2_28() {
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || glibc=
  case $glibc in
    'glibc '*) ;;
    *)
      for loader in /lib/ld-musl-*; do
        if [ -e "$loader" ]; then
          say 'this image has musl instead of glibc, for which nodejs.org has no build.'
          return 1
        fi
      done
      # Unknown: whether the build runs is tried before it is installed.
      return 0
      ;;
  esac
  glibc=${glibc#glibc }
  minor=${glibc#*.}
  if [ "${glibc%%.*}" -gt 2 ] || [ "${minor%%.*}" -ge 28 ]; then return 0; fi
  say "this image has glibc $glibc; the builds of nodejs.org need 2.28."
  return 1
}

# take_node ADDRESS NAME: downloads ADDRESS/NAME.tar.gz, checks it, installs its bin/node and nothing else of it.
take_node() {
  say "downloads $1/$2.tar.gz"
  if ! download "$1/$2.tar.gz" "$work/node.tar.gz"; then
    warn "could not download $1/$2.tar.gz"
    return 1
  fi
  if ! is_genuine "$1" "$2.tar.gz"; then
    rm -f "$work/node.tar.gz"
    return 1
  fi
  unpacked=$work/unpacked/$2
  mkdir -p "$work/unpacked" "$new/node/bin"
  tar -xzof "$work/node.tar.gz" -C "$work/unpacked" "$2/bin/node" || :
  tar -xzof "$work/node.tar.gz" -C "$work/unpacked" "$2/LICENSE" 2>/dev/null || :
  rm -f "$work/node.tar.gz"
  if [ -f "$unpacked/bin/node" ] && [ ! -L "$unpacked/bin/node" ] && suitable_node "$unpacked/bin/node" &&
    mv "$unpacked/bin/node" "$new/node/bin/node"; then
    if [ -f "$unpacked/LICENSE" ]; then mv "$unpacked/LICENSE" "$new/node/LICENSE"; fi
    rm -rf "$work/unpacked"
    recorded=$home/node/bin/node
    say "uses a private Node.js: $recorded"
    return 0
  fi
  rm -rf "$work/unpacked" "$new/node"
  warn "the Node.js in $2.tar.gz cannot be unpacked, or does not run here."
  return 1
}

# is_genuine ADDRESS FILE: is the download what it should be? The pinned sum of the official build always counts. For a mirror that
# the user named, its own SHASUMS256.txt counts as well, if nobody on the way could have changed both.
is_genuine() {
  sum=$(sha256sum "$work/node.tar.gz") || sum=
  sum=${sum%% *}
  if [ "$sum" = "$pinned" ]; then
    say 'SHA-256: that of the official build'
    return 0
  fi
  listed=
  if [ -n "$mirror" ] && [ -n "$sum" ] && download "$1/SHASUMS256.txt" "$work/sums" && is_authentic "$1"; then
    while read -r listed_sum name; do
      if [ "${name#\*}" = "$2" ]; then listed=$listed_sum; fi
    done <"$work/sums"
    if [ "$sum" = "$listed" ]; then
      say "SHA-256: not the official build, but what the mirror's SHASUMS256.txt says"
      return 0
    fi
  fi
  expected="$pinned of the official build"
  if [ -n "$mirror" ]; then expected="$expected or ${listed:-one} of the SHASUMS256.txt beside it"; fi
  warn "$2 is refused: its SHA-256 is ${sum:-unknown}, not $expected."
  return 1
}

# is_authentic ADDRESS: does what was just downloaded from there come from the mirror for certain? A directory, loopback, or TLS with
# a downloader that checks certificates, as BusyBox's wget does not.
is_authentic() {
  case $1 in
    file://*) return 0 ;;
    https://*)
      [ "$downloader" != wget ] || ! wget --help 2>&1 | grep -q BusyBox
      return
      ;;
  esac
  host=${1#http://}
  host=${host%%/*}
  case ${host%:*} in
    localhost | '[::1]' | '[:') return 0 ;;
    *[!0-9.]*) ;;
    127.*) return 0 ;;
  esac
  say 'a mirror on plain HTTP can only offer the official build.'
  return 1
}

# download ADDRESS FILE: with the first of the downloaders that can.
download() {
  case $1 in
    file://*)
      cp "${1#file://}" "$2" 2>/dev/null
      return
      ;;
  esac
  download_with_any "$1" "$2" && return 0
  if command -v curl >/dev/null || command -v wget >/dev/null || command -v python3 >/dev/null; then return 1; fi
  install_curl && download_with_any "$1" "$2"
}

download_with_any() {
  for downloader in curl wget python3; do
    if command -v "$downloader" >/dev/null && "download_with_$downloader" "$1" "$2"; then return 0; fi
  done
  return 1
}

download_with_curl() {
  curl -fsSL --retry 2 --connect-timeout 15 --max-time 600 -o "$2" "$1"
}

download_with_wget() {
  wget -q -t 2 -T 30 -O "$2" "$1"
}

download_with_python3() {
  python3 -c '
import shutil, sys, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=30) as answer, open(sys.argv[2], "wb") as file:
        shutil.copyfileobj(answer, file)
except Exception as error:
    sys.exit(f"python3: {error}")
' "$1" "$2"
}

# The last resort, since a broken third-party list makes apt fail on many images.
install_curl() {
  if [ -n "${tried_apt-}" ] || ! command -v apt-get >/dev/null; then return 1; fi
  tried_apt=yes
  say 'neither curl nor wget nor python3 is here: apt installs curl'
  apt-get update || warn 'apt could not read all of its lists.'
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates curl; then
    warn 'apt could not install curl.'
    return 1
  fi
  rm -rf /var/lib/apt/lists/*
}
