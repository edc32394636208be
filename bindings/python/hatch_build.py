"""Puts the native library into the wheel, which makes it a wheel for one platform, and its sources into the sdist.

The library is built by cargo: from those sources, or from the checkout that this folder is part of.
AUTOSHARES_RESET_LIBRARY names one that is built already; AUTOSHARES_RESET_WHEEL_PLATFORM (such as "win_amd64") then
says for what, if not for this machine.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags


class NativeLibrary(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sources, checkout = Path(self.root, "rust"), Path(self.root).parents[1]
        if self.target_name == "sdist":
            if not sources.is_dir():
                self.work = tempfile.TemporaryDirectory()
                build_data["force_include"][str(crate(checkout, self.work.name))] = sources.name
            return
        if version == "editable":
            return  # in place: the package then loads what the checkout has built
        prebuilt = os.environ.get("AUTOSHARES_RESET_LIBRARY")
        library = Path(prebuilt) if prebuilt else build(sources if sources.is_dir() else checkout)
        if not library.is_file():
            raise FileNotFoundError(f"AUTOSHARES_RESET_LIBRARY names no file: {library}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{wheel_platform()}"
        # The package looks for this name; the name of a given file may end in a version.
        name = {".dll": "autoshares_reset.dll", ".dylib": "libautoshares_reset.dylib"}.get(library.suffix)
        build_data["force_include"][str(library.resolve())] = f"autoshares_reset/{name or 'libautoshares_reset.so'}"
        # A published library has the licenses of its crates beside it.
        notices = library.with_name("THIRD-PARTY.txt")
        if notices.is_file():
            build_data["force_include"][str(notices.resolve())] = f"autoshares_reset/{notices.name}"


def cargo(*arguments: str, folder: Path) -> str:
    if shutil.which("cargo") is None:
        raise RuntimeError(
            "building this package takes Rust (https://rustup.rs): install it, or install a wheel, "
            "or name a built library in AUTOSHARES_RESET_LIBRARY"
        )
    command = ["cargo", *arguments]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, check=True, text=True).stdout


def crate(checkout: Path, work: str) -> Path:
    """The sources as crates.io would get them."""
    cargo("package", "--quiet", "--locked", "--no-verify", "--allow-dirty", "--target-dir", work, folder=checkout)
    (packed,) = Path(work, "package").glob("*.crate")
    with tarfile.open(packed) as archive:
        archive.extractall(work)  # noqa: S202 - made just now
    return Path(work, packed.stem)


def build(folder: Path) -> Path:
    # Without the rlib, so that cargo keeps link-time optimisation.
    options = ["--locked", "--release", "--lib", "--crate-type", "cdylib,staticlib"]
    options += ["--message-format", "json-render-diagnostics"]
    linker = folder / "packaging" / "versioned-cc.sh"
    if sys.platform == "linux" and linker.exists():
        # As scripts/build.sh does it, so that neither makes the other build again.
        target = os.environ.get("CARGO_TARGET_DIR", folder / "target")
        options += ["--", "--print", f"native-static-libs={target}/release/native-static-libs.txt"]
        options += ["-C", f"linker={linker}"]
    for line in cargo("rustc", *options, folder=folder).splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "autoshares_reset":
            for built in message["filenames"]:
                if Path(built).suffix in (".so", ".dylib", ".dll"):
                    return Path(built)
    raise RuntimeError("cargo reported no shared library")


def wheel_platform() -> str:
    if given := os.environ.get("AUTOSHARES_RESET_WHEEL_PLATFORM"):
        return given
    if sys.platform == "darwin":
        # For rustc's default target, which may differ from the building system.
        machine = platform.machine()
        oldest = os.environ.get("MACOSX_DEPLOYMENT_TARGET", "11.0" if machine == "arm64" else "10.12")
        return f"macosx_{oldest.replace('.', '_')}_{machine}"
    # auditwheel finds out which C library suffices.
    return re.sub(r"^(many|musl)linux_\d+_\d+", "linux", next(iter(platform_tags())))
