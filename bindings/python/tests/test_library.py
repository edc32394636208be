"""Finding the native library, and the message if there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import PACKAGE, made_library

from autoshares_reset import _ffi
from autoshares_reset._library import FILE_NAME, SYSTEM_NAME

LIBRARY = os.environ.get("AUTOSHARES_RESET_LIBRARY", "")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package without a library beside it."""
    # Copies only the files' contents, because older versions of wine can copy nothing else.
    source = PACKAGE / "src" / "autoshares_reset"
    shutil.copytree(source, tmp_path / "autoshares_reset", copy_function=shutil.copyfile)
    return tmp_path / "autoshares_reset"


def load(package: Path, use: str = "library_version()", **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "AUTOSHARES_RESET_LIBRARY"}
    return subprocess.run(
        [sys.executable, "-c", f"import autoshares_reset; print(autoshares_reset.{use})"],
        env={**kept, "PYTHONPATH": str(package.parent), **environment},
        capture_output=True,
        encoding="utf-8",
        cwd=package.parent,
        check=False,
    )


def complaint(package: Path, **environment: str) -> str:
    process = load(package, **environment)
    assert process.returncode == 1
    _, _, message = process.stderr.partition("autoshares_reset.LibraryError: ")
    return message


def test_importing_needs_no_library(package: Path) -> None:
    assert load(package, "Cancel().trigger()", AUTOSHARES_RESET_LIBRARY="/nowhere").stdout


def test_the_variable_names_the_file(package: Path) -> None:
    assert load(package, AUTOSHARES_RESET_LIBRARY=LIBRARY).stdout


def test_it_is_found_beside_the_package(package: Path) -> None:
    shutil.copyfile(LIBRARY, package / FILE_NAME)
    assert load(package).stdout
    assert load(package, AUTOSHARES_RESET_LIBRARY="").stdout  # empty is unset


def test_it_is_found_where_the_checkout_builds_it(package: Path, tmp_path: Path) -> None:
    """An editable install puts no library beside the package."""
    in_place = tmp_path / "bindings" / "python" / "src" / package.name
    in_place.parent.mkdir(parents=True)
    package.rename(in_place)
    built = tmp_path / "target" / "release" / FILE_NAME
    assert str(built) in complaint(in_place)
    built.parent.mkdir(parents=True)
    shutil.copyfile(LIBRARY, built)
    assert load(in_place).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="names the search path as Linux does")
def test_it_is_found_where_the_system_looks(package: Path, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    shutil.copyfile(LIBRARY, tmp_path / "lib" / SYSTEM_NAME)
    assert load(package, LD_LIBRARY_PATH=str(tmp_path / "lib")).stdout


def test_a_missing_library_lists_the_attempts_and_a_remedy(package: Path) -> None:
    message = complaint(package)
    for part in (str(package / FILE_NAME), SYSTEM_NAME, "install a wheel", "AUTOSHARES_RESET_LIBRARY"):
        assert part in message


def test_a_wrong_variable_is_reported_and_no_other_library_is_loaded(package: Path, tmp_path: Path) -> None:
    shutil.copyfile(LIBRARY, package / FILE_NAME)
    for wrong in ("/nowhere/libautoshares_reset.so", str(tmp_path)):
        message = complaint(package, AUTOSHARES_RESET_LIBRARY=wrong)
        assert wrong in message
        assert "correct AUTOSHARES_RESET_LIBRARY, or unset it" in message
        assert str(package / FILE_NAME) not in message


def test_a_file_that_is_not_a_library(package: Path) -> None:
    (package / FILE_NAME).write_text("not a library")
    assert str(package / FILE_NAME) in complaint(package)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("another", ["this is another library (", "asr_abi_version"]),
        ("incomplete", ["this is another library (", "asr_version"]),
        ("too_old", [f"too old (its ABI version is 0, and this package needs {_ffi.ABI_VERSION} or newer)"]),
    ],
)
def test_a_library_that_does_not_fit(package: Path, tmp_path: Path, name: str, parts: list[str]) -> None:
    message = complaint(package, AUTOSHARES_RESET_LIBRARY=made_library(tmp_path, name))
    assert all(part in message for part in [*parts, "put this package's version of the library there"])
