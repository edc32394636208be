# Short names for what cargo and the scripts do: `make help` lists them.
# What a target lacks it installs (Debian and Ubuntu), saying so; see scripts/lib.sh.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
# Not exported to the other targets: their tests install to places of their own.
INSTALL = PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' scripts/install.sh

.DEFAULT_GOAL := build

build: ## the library (shared, static), the emulator and the tests' server
	@scripts/build.sh

header: ## copies the generated C header to include/
	@scripts/header.sh

demo: build ## the secret question fetched in four languages, then a whole reset
	@scripts/demo.sh

emulator: build ## the stand-in of the service on http://127.0.0.1:8700, until Ctrl-C
	@target/release/autoshares-emulator

test: build ## the suites that tell whether the product works
	@scripts/test.sh all

test-quick: ## the suites that need Rust and a C compiler only; installs nothing
	@INSTALL_NOTHING=1 scripts/test.sh quick

test-hardening: build ## the search for rare faults: memory, races, failing system calls, fuzzing
	@scripts/test.sh hardening

dialogs: build ## each dialog of examples/dialogs, driven in a real window; pictures in target/dialogs
	@scripts/test.sh dialogs

test-release: build ## what is shipped: artifacts, Windows under wine, cargo-c, oldest Rust
	@scripts/test.sh release

test-platforms: build ## what is shipped for other systems: musl, arm64 under QEMU, 32-bit Windows under wine
	@scripts/test.sh platforms

lint: ## clippy, rustfmt, shellcheck, actionlint: warnings are errors
	@scripts/lint.sh

setup: ## installs all that the suites need
	@scripts/setup.sh

install: ## PREFIX, LIBDIR and DESTDIR as usual
	@$(INSTALL)

uninstall: ## takes away what install put there
	@$(INSTALL) --uninstall

docs: build ## API documentation for C (HTML, man page) and Rust, in target/docs
	@scripts/docs.sh

dist: ## everything that a release publishes, in target/dist
	@scripts/dist.sh

native: ## what a release has for this system, or for TARGETS of packaging/targets.txt, in target/native
	@scripts/native.sh $(TARGETS)

abi-baseline: ## records the present ABI as the one to keep
	@scripts/abi-baseline.sh

bench: build ## against libcurl and others, one table
	@scripts/bench.sh

bench-quick: build ## the same, shorter
	@scripts/bench.sh --quick

fuzz: ## each fuzz target for FUZZ_SECONDS (60)
	@scripts/fuzz.sh

clean: ## removes target/
	@rm -rf target

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: build header demo dialogs emulator test test-quick test-hardening test-release test-platforms lint setup install uninstall docs dist native \
  abi-baseline bench bench-quick fuzz clean help
