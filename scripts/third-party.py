"""Prints the licenses of the crates that bills of materials name: scripts/third-party.py BOM...

What is published holds their code, and their licenses want to come along. Each text is printed once.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

command = ["cargo", "metadata", "--locked", "--format-version", "1"]
packages = {
    (package["name"], package["version"]): package
    for package in json.loads(subprocess.check_output(command))["packages"]
}
components = {
    (component["name"], component["version"])
    for bom in sys.argv[1:]
    for component in json.loads(Path(bom).read_text())["components"]
}

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
            texts[file.read_text().strip()].append(f"{' '.join(crate)}, {file.name}")
for text, files in texts.items():
    print("\n" + "-" * 80 + "\n" + "\n".join(files) + "\n\n" + text)
