#!/usr/bin/env bash
# The Python suite: linter, type checkers, then the tests, the table of cases and the wheel among them; the examples.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$root/scripts/setup-python.sh"
need_rust
need_cc
need_built

cd "$root/bindings/python"
tools=$(programs_of "$root/target/venv")
say "ruff"
"$tools/ruff" check . ../../examples/{python,dialogs}
"$tools/ruff" format --check . ../../examples/{python,dialogs}
say "mypy --strict"
"$tools/mypy"
say "pyright"
"$root/target/venv/node/node_modules/.bin/pyright" --pythonpath "$tools/python"
say "pytest"
keep_names_here
# A test that hangs ends with a traceback; one that builds the library may take minutes.
"$tools/python" -m pytest --timeout=1200 "$@"
if [ -e "$tools/python.exe" ]; then
  say "the examples are left out: who plays their user needs a terminal of Unix"
  exit
fi
say "the examples"
cd "$root"
scripts/with-servers.sh "$tools/python" -B tests/c/examples_check.py "$tools/python examples/python/{}.py"
"$tools/python" -B tests/c/dead_address.py "$tools/python examples/python/secret_question.py" || [ $? -eq 75 ]
