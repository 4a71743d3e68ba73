#!/usr/bin/env bash
# cargo, after a check that what the build needs is there; installs it by package name where it may.
set -euo pipefail
missing=()
command -v cc >/dev/null || missing+=(build-essential)
command -v cmake >/dev/null || missing+=(cmake)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
  else
    echo "missing: sudo apt-get install -y ${missing[*]}" >&2; exit 1
  fi
fi
[ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
command -v cargo >/dev/null || { echo "missing: Rust, by rustup (rust-toolchain.toml names the version)" >&2; exit 1; }
unset RUSTFLAGS
exec cargo "$@"
