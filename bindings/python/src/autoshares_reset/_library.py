"""Finds and loads the native library: when it is first needed, not when the package is imported."""

from __future__ import annotations

import ctypes
import os
import sys
import threading

from . import _ffi
from ._errors import LibraryError

OVERRIDE = "AUTOSHARES_RESET_LIBRARY"

if sys.platform == "win32":
    FILE_NAME = SYSTEM_NAME = "autoshares_reset.dll"
elif sys.platform == "darwin":
    FILE_NAME, SYSTEM_NAME = "libautoshares_reset.dylib", "libautoshares_reset.0.dylib"
else:
    FILE_NAME, SYSTEM_NAME = "libautoshares_reset.so", "libautoshares_reset.so.0"

_lock = threading.Lock()
_loaded: ctypes.CDLL | None = None


def native() -> ctypes.CDLL:
    """The native library, loaded and declared."""
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


def library_version() -> str:
    """The version of the native library, such as ``"0.1.0"``. Raises :class:`LibraryError` if there is none."""
    version: bytes = native().asr_version()
    return version.decode()


def _load() -> ctypes.CDLL:
    override = os.environ.get(OVERRIDE)
    if override:
        # It alone: another library than the one asked for would be a surprise.
        places = {override: f"named by {OVERRIDE}"}
        what_to_do = f"correct {OVERRIDE}, or unset it"
    else:
        places = {
            os.path.join(os.path.dirname(__file__), FILE_NAME): "beside the package",
            SYSTEM_NAME: "where this system looks for libraries",
        }
        what_to_do = f"install a wheel of autoshares-reset for this system, or name the library's file in {OVERRIDE}"

    tried: list[str] = []
    for name, place in places.items():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            tried.append(f"{place}: {error}")
        else:
            _check(library, f"{place}: {name}")
            _ffi.declare(library)
            return library
    raise _unusable(tried, what_to_do)


def _check(library: ctypes.CDLL, where: str) -> None:
    what_to_do = f"put this package's version of the library there, or name another file in {OVERRIDE}"
    try:
        found: int = library.asr_abi_version()
    except AttributeError:
        raise _unusable([f"{where}: this is another library (it has no asr_abi_version)"], what_to_do) from None
    if found < _ffi.ABI_VERSION:
        reason = f"too old (its ABI version is {found}, and this package needs {_ffi.ABI_VERSION} or newer)"
        raise _unusable([f"{where}: {reason}"], what_to_do)


def _unusable(tried: list[str], what_to_do: str) -> LibraryError:
    lines = "".join(f"\n  - {line}" for line in tried)
    return LibraryError(
        f"the native library of autoshares-reset cannot be used. Tried:{lines}\nWhat to do: {what_to_do}."
    )
