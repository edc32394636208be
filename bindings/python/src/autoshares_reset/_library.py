"""Finds and loads the native library on its first use, not when the package is imported."""

from __future__ import annotations

import ctypes
import os
import sys

from . import _ffi
from ._errors import LibraryError

OVERRIDE = "AUTOSHARES_RESET_LIBRARY"

if sys.platform == "win32":
    FILE_NAME = SYSTEM_NAME = "autoshares_reset.dll"
elif sys.platform == "darwin":
    FILE_NAME, SYSTEM_NAME = "libautoshares_reset.dylib", "libautoshares_reset.0.dylib"
else:
    FILE_NAME, SYSTEM_NAME = "libautoshares_reset.so", "libautoshares_reset.so.0"

# The package's place in a checkout (installed with --editable).
IN_CHECKOUT = os.path.join(os.sep, "bindings", "python", "src", "autoshares_reset")

_loaded: ctypes.CDLL | None = None


def native() -> ctypes.CDLL:
    """The native library, loaded and declared."""
    global _loaded
    if _loaded is None:
        # Takes no lock, because a forked child could inherit it locked. Two threads here load the same library.
        _loaded = _load()
    return _loaded


def library_version() -> str:
    """The version of the native library, such as ``"0.1.0"``. Raises :class:`LibraryError` if there is none."""
    version: bytes = native().asr_version()
    return version.decode()


def _load() -> ctypes.CDLL:
    if override := os.environ.get(OVERRIDE):
        # Loads no other library than the named one, because that would surprise.
        places = {override: f"named by {OVERRIDE}"}
        what_to_do = f"correct {OVERRIDE}, or unset it"
    else:
        package = os.path.dirname(os.path.abspath(__file__))
        places = {os.path.join(package, FILE_NAME): "beside the package"}
        checkout = package.removesuffix(IN_CHECKOUT)
        if checkout != package:
            places[os.path.join(checkout, "target", "release", FILE_NAME)] = "built in this checkout"
        places[SYSTEM_NAME] = "where this system looks for libraries"
        what_to_do = f"install a wheel of autoshares-reset for this system, or name the library's file in {OVERRIDE}"

    tried: list[str] = []
    for name, place in places.items():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            # Some systems' loaders do not name the file.
            reason = str(error) if name in str(error) else f"{name}: {error}"
            tried.append(f"{place}: {reason}")
        else:
            _declare(library, f"{place}: {name}")
            return library
    raise _unusable(tried, what_to_do)


def _declare(library: ctypes.CDLL, where: str) -> None:
    what_to_do = f"put this package's version of the library there, or name another file in {OVERRIDE}"
    try:
        found: int = library.asr_abi_version()
        if found < _ffi.ABI_VERSION:
            reason = f"too old (its ABI version is {found}, and this package needs {_ffi.ABI_VERSION} or newer)"
            raise _unusable([f"{where}: {reason}"], what_to_do)
        _ffi.declare(library)
    except AttributeError as error:  # it names the function
        raise _unusable([f"{where}: this is another library ({error})"], what_to_do) from None


def _unusable(tried: list[str], what_to_do: str) -> LibraryError:
    lines = "".join(f"\n  - {line}" for line in tried)
    return LibraryError(
        f"the native library of autoshares-reset cannot be used. Tried:{lines}\nWhat to do: {what_to_do}."
    )
