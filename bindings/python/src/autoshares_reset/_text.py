"""Converts Python values for C. It refuses only text that a C string cannot hold; the library checks the content."""

from __future__ import annotations

from ._errors import InvalidArgument

# The names in messages, the same as in the library's own.
_NAMES = {
    "base_url": "The base URL",
    "api_version": "The API version",
    "ca_file": "The CA file",
    "ca_pem": "The CA PEM text",
    "username": "The user name",
    "user": "The user name",
}

_MOST_SECONDS = (2**32 - 1) / 1000


def plain(name: str) -> str:
    return _NAMES.get(name) or "The " + name.replace("_", " ")


def to_c(name: str, value: object) -> bytes:
    """UTF-8 for a C string."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if "\0" in value:
        raise InvalidArgument(f"{plain(name)} contains a null character.")
    try:
        return value.encode()
    except UnicodeEncodeError:
        pass  # raised below, outside: that error holds the whole text, and would be this one's context
    raise InvalidArgument(f"{plain(name)} contains a lone surrogate, which UTF-8 cannot encode.")


def to_c_or_null(name: str, value: object) -> bytes | None:
    """UTF-8 for a C string, or NULL for None."""
    return None if value is None else to_c(name, value)


def to_milliseconds(name: str, seconds: object) -> int:
    """Whole milliseconds, at least one, so that no positive time becomes zero."""
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 < seconds <= _MOST_SECONDS:
        raise InvalidArgument(f"{plain(name)} must be between 0.001 and {_MOST_SECONDS} seconds.")
    return max(1, round(seconds * 1000))


def to_choice(name: str, value: object) -> bool:
    """A bool and nothing else: the text "no" would count as true."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {type(value).__name__}")
    return value
