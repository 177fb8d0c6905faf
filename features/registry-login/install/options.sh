# shellcheck shell=sh
# Checks the Feature's options, which arrive as environment variables with whatever a devcontainer.json says.
# A value is only ever matched, never evaluated and never printed.

# is_host_port VALUE: host, host:port, [IPv6] or [IPv6]:port.
is_host_port() {
  case $1 in
    \[*\]) host=${1#\[} host=${host%\]} port=1 ;;
    \[*\]:*) host=${1#\[} host=${host%%\]*} port=${1##*\]:} ;;
    *:*) host=${1%%:*} port=${1#*:} ;;
    *) host=$1 port=1 ;;
  esac
  case $1 in
    \[*) case $host in '' | *[!0-9A-Fa-f:.]*) return 1 ;; esac ;;
    *) case $host in '' | *[!0-9A-Za-z.-]* | [.-]* | *[.-] | *..*) return 1 ;; esac ;;
  esac
  case $port in '' | 0* | *[!0-9]* | ??????*) return 1 ;; esac
  [ "$port" -le 65535 ]
}

is_identifier() {
  case $1 in '' | [0-9]* | *[!0-9A-Za-z_]*) return 1 ;; esac
}

is_host_pair() {
  case $1 in
    *=*=*) return 1 ;;
    *=*) is_host_port "${1%%=*}" && is_host_port "${1#*=}" ;;
    *) return 1 ;;
  esac
}

# is_mirror VALUE: an address without user info, query or fragment. The options file is readable by everyone: no place for a password.
is_mirror() {
  case $1 in
    https://[0-9A-Za-z[]* | http://[0-9A-Za-z[]*)
      case ${1#*://} in *[!][0-9A-Za-z:/._~%+-]*) return 1 ;; esac
      rest=${1#*://}
      is_host_port "${rest%%/*}"
      ;;
    file:///*) case ${1#file://} in *[!0-9A-Za-z/._~+-]*) return 1 ;; esac ;;
    *) return 1 ;;
  esac
}

# is_list TEST VALUE: is TEST true of every item between the commas? Sets `plain` to the list without its blanks.
is_list() {
  plain=
  case $2 in *[!][0-9A-Za-z:=,._\ -]*) return 1 ;; esac
  rest=$2,
  while [ -n "$rest" ]; do
    item=${rest%%,*}
    rest=${rest#*,}
    # The blanks around an item
    while :; do case $item in ' '*) item=${item# } ;; *' ') item=${item% } ;; *) break ;; esac done
    if [ -n "$item" ]; then
      "$1" "$item" || return 1
      plain=$plain${plain:+,}$item
    fi
  done
}

# is_one_of WORD... VALUE
is_one_of() {
  for value in "$@"; do :; done
  while [ $# -gt 1 ]; do
    if [ "$1" = "$value" ]; then return 0; fi
    shift
  done
  return 1
}

is_timeout() {
  case $1 in 0* | *[!0-9]* | ????*) return 1 ;; esac
  [ "$1" -le 600 ]
}

# print_option KEY DEFAULT VALUE EXPECTED TEST...: prints `KEY=VALUE`, or the default where `TEST... VALUE` is false.
print_option() {
  key=$1 default=$2 plain=$3 expected=$4
  shift 4
  if [ -z "$plain" ]; then
    plain=$default
  elif ! "$@" "$plain"; then
    warn "the option $key is not valid and is ignored: expected $expected. The default is used${default:+: $default}."
    plain=$default
  fi
  printf '%s=%s\n' "$key" "$plain"
}

# print_options: prints the options file. The names of the variables are the option's in upper case
# (Dev Container Features reference, "Option resolution").
print_options() {
  print_option credentialStore auto "${CREDENTIALSTORE-}" 'auto, helper or config' is_one_of auto helper config
  print_option onFailure warn "${ONFAILURE-}" 'warn or fail' is_one_of warn fail
  print_option timeout 30 "${TIMEOUT-}" 'a whole number of seconds from 1 to 600' is_timeout
  print_option github auto "${GITHUB-}" 'auto or off' is_one_of auto off
  print_option expect '' "${EXPECT-}" 'names of secret sets with commas between them' is_list is_identifier
  print_option insecureRegistries '' "${INSECUREREGISTRIES-}" 'host[:port] with commas between them' is_list is_host_port
  print_option trustedAuthHosts '' "${TRUSTEDAUTHHOSTS-}" 'registry=auth-host with commas between them' is_list is_host_pair
  print_option checkOnAttach true "${CHECKONATTACH-}" 'true or false' is_one_of true false
  print_option nodeMirror '' "${NODEMIRROR-}" 'an http:// or https:// address without user name, or file:///directory' is_mirror
}
