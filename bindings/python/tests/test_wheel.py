"""The wheel: built as users build it, and used in an empty environment."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import APP_KEY, BUILT, CHECKOUT, PACKAGE, QUESTION, USER, Emulator, builds

from autoshares_reset import library_version
from autoshares_reset._library import FILE_NAME

pytestmark = builds
TOOLS = Path(sys.executable).parent
PROGRAM = (
    "import sys, autoshares_reset as a\n"
    "print(a.__file__)\n"
    "with a.Client(sys.argv[1], sys.stdin.read()) as c: print(c.secret_question(sys.argv[2]))\n"
)


def run(*command: object, cwd: Path | None = None, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Runs a tool of this environment; None removes a variable."""
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    wanted: dict[str, str | None] = {**os.environ, "AUTOSHARES_RESET_LIBRARY": None, "PATH": path, **changes}
    environment = {name: value for name, value in wanted.items() if value is not None}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


def build(folder: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=PACKAGE, **changes)


def only_wheel(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by cargo from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation"]
    built = run(*pip, "--wheel-dir", folder, PACKAGE)
    assert built.returncode == 0, built.stderr
    return only_wheel(folder)


def install(wheel: Path, home: Path) -> Path:
    """Makes an environment with only this wheel; returns its Python."""
    assert run(sys.executable, "-m", "venv", "--without-pip", home).returncode == 0
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", wheel)
    assert installed.returncode == 0, installed.stderr
    return python


def check_it_works_alone(wheel: Path, emulator: Emulator, tmp_path: Path) -> None:
    """Retrieves the question in an empty environment, in an empty folder, with no program on PATH."""
    home, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    python = install(wheel, home)
    process = subprocess.run(
        [python, "-I", "-X", "dev", "-c", PROGRAM, emulator.url, USER],
        input=APP_KEY,
        cwd=elsewhere,
        env={"PATH": str(elsewhere)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert process.stderr == ""
    package, question = process.stdout.splitlines()
    assert Path(package).is_relative_to(home)
    assert question == QUESTION


def test_the_wheel_is_whole(wheel: Path) -> None:
    version = library_version()
    assert re.fullmatch(rf"autoshares_reset-{re.escape(version)}-py3-none-\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as contents:
        names = set(contents.namelist())
        info = f"autoshares_reset-{version}.dist-info"
        metadata = email.message_from_bytes(contents.read(f"{info}/METADATA"))
        assert "Root-Is-Purelib: false" in contents.read(f"{info}/WHEEL").decode()
        for name in ("LICENSE-MIT", "LICENSE-APACHE"):
            assert contents.read(f"{info}/licenses/{name}") == (CHECKOUT / name).read_bytes()
    modules = {f"autoshares_reset/{path.name}" for path in (PACKAGE / "src" / "autoshares_reset").glob("*.py")}
    assert {name for name in names if name.startswith("autoshares_reset/")} == {
        *modules,
        "autoshares_reset/py.typed",
        f"autoshares_reset/{FILE_NAME}",
    }
    assert metadata["Version"] == version
    assert metadata["License-Expression"] == "MIT OR Apache-2.0"
    assert metadata["Author"] == "The autoshares-reset developers"
    assert metadata["Requires-Python"] == ">=3.9"


def test_the_wheel_works_in_an_empty_environment(wheel: Path, emulator: Emulator, tmp_path: Path) -> None:
    check_it_works_alone(wheel, emulator, tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="auditwheel is for Linux")
def test_auditwheel_accepts_it(wheel: Path, emulator: Emulator, tmp_path: Path) -> None:
    shown = run(TOOLS / "auditwheel", "show", wheel)
    assert shown.returncode == 0, shown.stderr
    assert re.search(r'following platform tag:\s*"(many|musl)linux_', shown.stdout), shown.stdout
    repaired = run(TOOLS / "auditwheel", "repair", "--wheel-dir", tmp_path / "repaired", wheel)
    assert repaired.returncode == 0, repaired.stderr
    check_it_works_alone(only_wheel(tmp_path / "repaired"), emulator, tmp_path)


def test_the_package_index_would_take_it(wheel: Path) -> None:
    checked = run(TOOLS / "twine", "check", "--strict", wheel)
    assert checked.returncode == 0, checked.stdout


def test_its_users_know_all_its_types(wheel: Path, tmp_path: Path) -> None:
    python = install(wheel, tmp_path / "venv")
    pyright = TOOLS.parent.parent / "node" / "node_modules" / ".bin" / "pyright"
    options = ["--ignoreexternal", "--verifytypes", "autoshares_reset"]
    verified = run(pyright, "--pythonpath", python, *options, cwd=tmp_path)
    assert "Type completeness score: 100%" in verified.stdout, verified.stdout
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize(
    ("name", "platform"), [(FILE_NAME, None), ("autoshares_reset.dll", "win_amd64")], ids=["this one", "another"]
)
def test_a_library_that_is_built_already_needs_no_rust(tmp_path: Path, name: str, platform: str | None) -> None:
    """The library may be for another system."""
    library = tmp_path / name
    library.write_bytes(b"a library")
    wanted = {"AUTOSHARES_RESET_LIBRARY": str(library), "AUTOSHARES_RESET_WHEEL_PLATFORM": platform}
    built = build(tmp_path, PATH=str(tmp_path), **wanted)
    assert built.returncode == 0, built.stderr
    assert only_wheel(tmp_path).name.endswith(f"{platform or ''}.whl")
    with zipfile.ZipFile(only_wheel(tmp_path)) as contents:
        assert contents.read(f"autoshares_reset/{name}") == b"a library"


def test_python_m_build_makes_a_source_distribution_that_builds_its_own_library(
    wheel: Path, emulator: Emulator, tmp_path: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    reported = {"reason": "compiler-artifact", "target": {"name": "autoshares_reset"}}
    (programs / "library.so").symlink_to(BUILT / FILE_NAME)
    (programs / "report").write_text(json.dumps({**reported, "filenames": [str(programs / "library.so")]}))
    # `nox -s sdist` builds the library from the sources, which would take minutes here.
    (programs / "cargo").write_text(
        "#!/bin/sh\n"
        f"case $1 in rustc) ls src/ffi Cargo.lock >{programs}/seen; exec cat {programs}/report ;; esac\n"
        f'exec {shutil.which("cargo")} "$@"\n'
    )
    (programs / "cargo").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    built = run(sys.executable, "-m", "build", "--no-isolation", "-o", tmp_path, PACKAGE, PATH=path)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / f"autoshares_reset-{library_version()}.tar.gz").is_file()
    assert "client.rs" in (programs / "seen").read_text()
    assert only_wheel(tmp_path).name == wheel.name
    check_it_works_alone(only_wheel(tmp_path), emulator, tmp_path)


def test_the_error_names_the_missing_part(tmp_path: Path) -> None:
    assert "Rust (https://rustup.rs)" in build(tmp_path, PATH=str(tmp_path)).stderr
    nowhere = str(tmp_path / "nowhere.so")
    assert f"names no file: {nowhere}" in build(tmp_path, AUTOSHARES_RESET_LIBRARY=nowhere).stderr
