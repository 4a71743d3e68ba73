# Meridian: what people run. `make help` lists it.
#
# Build output goes to target/ unless CARGO_TARGET_DIR says otherwise.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
unexport RUSTFLAGS

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
CARGO := scripts/cargo.sh

.PHONY: help demo bin/meridian test test-root fmt lint clean

help: ## lists the targets
	@grep -hE '^[a-zA-Z/_-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

bin/meridian: ## builds the binary (development profile)
	@$(CARGO) build --workspace --bin meridian
	@mkdir -p bin && ln -sf "$$(realpath $(TARGET_DIR))/debug/meridian" bin/meridian

demo: bin/meridian ## a whole database in one process: three regions, nine cells, SQL on 127.0.0.1:26257-26259
	@exec bin/meridian demo $(ARGS)

test: ## every test that needs no root
	@scripts/test.sh

test-root: ## tests that need root: power loss on a loop device
	@scripts/test-root.sh

fmt: ## formats the code
	@$(CARGO) fmt --all

lint: ## formatting and lints, changes nothing
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings

clean:
	@$(CARGO) clean
	@rm -rf bin
