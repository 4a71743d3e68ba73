#!/usr/bin/env bash
# Every test that needs no root: formatting, the workspace's tests, then real programs against a demo of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh psql=postgresql-client-15 pgbench=postgresql-contrib
step() { echo "== $1"; }
step "formatting"
scripts/cargo.sh fmt --all --check
step "unit, golden, integration and simulation tests"
scripts/cargo.sh test --workspace --quiet
step "psql and pgbench against a demo"
make bin/meridian
scripts/test-programs.sh
