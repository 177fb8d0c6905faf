# shellcheck shell=sh
# read_option KEY: prints the value that the installer wrote to the options file, or nothing.
read_option() {
  while IFS='=' read -r key value; do
    if [ "$key" = "$1" ]; then
      printf '%s\n' "$value"
      return 0
    fi
  done 2>/dev/null </usr/local/share/registry-login/options
  return 0
}
