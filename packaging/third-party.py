"""Prints the licenses of the crates that make up a program: packaging/third-party.py TARGET CRATE...

TARGET may be "all". Published files hold their code, so their licenses must be included. Each text is printed once.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

target, *roots = sys.argv[1:]


def cargo(*arguments):
    return subprocess.check_output(["cargo", *arguments, "--locked"], text=True)


packages = {
    (package["name"], package["version"]): package
    for package in json.loads(cargo("metadata", "--format-version", "1"))["packages"]
}
components = set()
for root in roots:
    tree = cargo("tree", "--package", root, "--target", target, "--edges", "normal", "--prefix", "none", "--format", "{p}")
    for line in tree.splitlines():
        name, version = line.split()[:2]
        components.add((name, version.removeprefix("v")))

sys.stdout.reconfigure(encoding="utf-8")
print("Code of these crates is in here:\n")
texts = defaultdict(list)
for crate in sorted(components):
    package = packages[crate]
    if package["source"] is None:
        continue  # our own
    authors = ", ".join(author.partition(" <")[0] for author in package["authors"])
    print(f"  {' '.join(crate)}: {package['license']}{authors and f', by {authors}'}")
    for file in sorted(Path(package["manifest_path"]).parent.iterdir()):
        if re.match("licen[cs]e|copying|notice|copyright", file.name, re.IGNORECASE) and file.is_file():
            texts[file.read_text(encoding="utf-8").strip()].append(f"{' '.join(crate)}, {file.name}")
for text, files in texts.items():
    print("\n" + "-" * 80 + "\n" + "\n".join(files) + "\n\n" + text)
