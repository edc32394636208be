#!/usr/bin/env bash
# The Python suite: linter, type checkers, then the tests, the table of cases and the wheel among them; the examples.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$root/scripts/setup-python.sh"
need_rust
need_cc
for built in libautoshares_reset.so autoshares-emulator autoshares-case-server; do
  [ -e "$root/target/release/$built" ] || die "target/release/$built is missing: run make build first"
done

cd "$root/bindings/python"
tools=$root/target/venv
say "ruff"
"$tools/bin/ruff" check . ../../examples/{python,dialogs}
"$tools/bin/ruff" format --check . ../../examples/{python,dialogs}
say "mypy --strict"
"$tools/bin/mypy"
say "pyright"
"$tools/node/node_modules/.bin/pyright" --pythonpath "$tools/bin/python"
say "pytest"
keep_names_here
"$tools/bin/python" -m pytest "$@"
say "the examples"
cd "$root"
scripts/with-servers.sh "$tools/bin/python" -B tests/c/examples_check.py "$tools/bin/python examples/python/{}.py"
"$tools/bin/python" -B tests/c/dead_address.py "$tools/bin/python examples/python/secret_question.py" || [ $? -eq 75 ]
