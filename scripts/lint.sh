#!/usr/bin/env bash
# Every linter, warnings as errors.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
needs lint

say "rustfmt"
for manifest in Cargo.toml fuzz/Cargo.toml; do cargo fmt --all --check --manifest-path "$manifest"; done
say "clippy"
cargo clippy --locked --quiet --workspace --all-targets -- -D warnings
say "ruff, mypy, pyright"
scripts/suite.sh python-lint
say "shellcheck"
git ls-files -z '*.sh' '*.bats' '*.bash' .ci/run | xargs -0 shellcheck -x
say "actionlint"
scripts/offline/actionlint.sh
