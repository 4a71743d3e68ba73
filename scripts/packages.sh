#!/usr/bin/env bash
# packages.sh COMMAND=PACKAGE ...: makes sure that each command is there; installs its Debian package where it may, else
# says in one line what to install.
set -euo pipefail
missing=()
for pair in "$@"; do
  command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing: sudo apt-get install -y ${missing[*]}" >&2
  exit 1
fi
