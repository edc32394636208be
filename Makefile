# Short names for commands of cargo and the scripts: `make help` lists them. Only `make setup`, and the targets that call it,
# install Debian packages.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
# Not exported to the other targets, whose tests install into other folders.
INSTALL = PREFIX='$(PREFIX)' LIBDIR='$(LIBDIR)' DESTDIR='$(DESTDIR)' scripts/install.sh

build: ## the library (shared, static), the emulator and the tests' server
	@scripts/build.sh
library: ## the library alone, for packages that are built from source
	@scripts/build.sh library
demo: ## the secret question fetched in four languages, then a whole reset
	@scripts/setup.sh demo
	@scripts/build.sh
	@scripts/demo.sh
emulator: build ## the stand-in of the service on http://127.0.0.1:8700, until Ctrl-C
	@target/release/autoshares-emulator
setup: ## installs the Debian packages of all suites and commands
	@scripts/setup.sh

SET = $(patsubst test,all,$(@:test-%=%))
test: ## the suites that check whether the product works
test-hardening: ## the search for rare faults: memory, races, failing system calls, fuzzing
test-release: ## the files of a release: packages, Windows under wine, cargo-c, the oldest Rust
test-platforms: ## a release's files for other systems: musl, arm64 under QEMU, macOS linked only
dialogs: ## each dialog of examples/dialogs, driven in a real window; pictures in target/dialogs
test test-hardening test-release test-platforms dialogs:
	@scripts/setup.sh $(SET)
	@scripts/build.sh
	@scripts/test.sh $(SET)
test-quick: build ## Rust, C, the ABI, Python and C#; skips what lacks a package
	@SKIP_MISSING=1 scripts/test.sh quick
lint: ## the linters and type checkers of Rust, Python, shell and the workflows: warnings are errors
	@scripts/setup.sh lint
	@scripts/lint.sh

install: ## PREFIX, LIBDIR and DESTDIR as usual
	@$(INSTALL)
uninstall: ## removes the files that install put there
	@$(INSTALL) --uninstall
docs: build ## API documentation for C (HTML, man page) and Rust, in target/docs
	@scripts/docs.sh
dist: ## all files of a release, in target/dist
	@scripts/setup.sh dist every-system
	@scripts/dist.sh
native: ## a release's files for this system, or for TARGETS of packaging/targets.txt, in target/native
	@scripts/native.sh $(TARGETS)

header: ## copies the generated C header to include/
	@UPDATE_HEADER=1 cargo test --locked --quiet --test header the_committed_header_is_up_to_date
abi-baseline: ## records the ABI that later versions are compared with
	@scripts/abi.sh baseline
bench: ## compares the library with libcurl and others, in one table
bench-quick: ## the same in under two minutes
bench bench-quick:
	@scripts/setup.sh bench
	@scripts/build.sh
	@benches/run.sh $(if $(filter %-quick,$@),--quick)
mutants: ## mutation tests: changes the code place by place, and expects a test to fail (about two hours)
	@scripts/setup.sh mutants
	@scripts/suite.sh mutants
fuzz: ## runs each fuzz target for FUZZ_SECONDS (60)
	@fuzz/run.sh

clean: ## removes target/
	@rm -rf target
help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: build library demo emulator setup test test-hardening test-release test-platforms dialogs test-quick lint install uninstall \
  docs dist native header abi-baseline bench bench-quick mutants fuzz clean help
