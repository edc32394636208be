#!/usr/bin/env bats
# The dependencies. `cargo deny check advisories` fetches the database of known weaknesses: run it before a release.

# The linter cannot follow `load`.
# shellcheck disable=SC2154
load support

setup_file() {
  cargo_tool cargo-deny 0.20.2
  # The crates of all systems, not only of this one.
  cargo fetch --locked --quiet --manifest-path "$root/Cargo.toml"
}

setup() { cd "$root" || return; }

@test "the crates' licenses, sources and duplicates are those of deny.toml" {
  cargo deny --locked --offline check bans licenses sources
}

@test "Cargo.lock agrees with Cargo.toml" {
  cargo metadata --locked --offline --format-version 1 >/dev/null
}
