#!/usr/bin/env bash
# cargo, after a check that what the build needs is there.
set -euo pipefail
"$(dirname "$0")/packages.sh" cc=build-essential cmake=cmake
[ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
command -v cargo >/dev/null || { echo "missing: Rust, by rustup (rust-toolchain.toml names the version)" >&2; exit 1; }
unset RUSTFLAGS
exec cargo "$@"
