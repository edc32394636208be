"""Password reset of the AutoShares Trading API (ETNA Trader).

A user who forgot the password resets it with four calls, in this order:

1. :meth:`Client.request_reset` asks the service to mail a confirmation code. If it raises
   :class:`AnswerIncorrect`, the service needs the answer to the user's secret question first:
2. :meth:`Client.secret_question` retrieves that question. Show it, and request the reset again with the answer.
   A program that wants to show the question first may start with it.
3. :meth:`Client.confirm_code` exchanges the mailed code for a token.
4. :meth:`Client.set_password` sets the new password with the token.

:class:`AsyncClient` is the same for asyncio. No message and no ``repr`` shows a secret. The native library wipes its
copies; Python's strings stay in memory until the interpreter reuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import BASE_URL_PRODUCTION, BASE_URL_SANDBOX
from ._cancel import Cancel
from ._client import Client, secret_question_once
from ._errors import (
    AnswerIncorrect,
    AppKeyRejected,
    Cancelled,
    Code,
    ConnectFailed,
    ConnectionLost,
    InsecureUrl,
    InternalError,
    InvalidArgument,
    InvalidResponse,
    LibraryError,
    NetworkError,
    RateLimited,
    Rejected,
    ResetError,
    ResolveFailed,
    ServerError,
    Timeout,
    TlsFailed,
)
from ._library import library_version

if TYPE_CHECKING:
    from ._aio import AsyncClient

__all__ = [
    "BASE_URL_PRODUCTION",
    "BASE_URL_SANDBOX",
    "AnswerIncorrect",
    "AppKeyRejected",
    "AsyncClient",
    "Cancel",
    "Cancelled",
    "Client",
    "Code",
    "ConnectFailed",
    "ConnectionLost",
    "InsecureUrl",
    "InternalError",
    "InvalidArgument",
    "InvalidResponse",
    "LibraryError",
    "NetworkError",
    "RateLimited",
    "Rejected",
    "ResetError",
    "ResolveFailed",
    "ServerError",
    "Timeout",
    "TlsFailed",
    "library_version",
    "secret_question_once",
]


for _public in [globals().get(_name) for _name in __all__]:
    if hasattr(_public, "__module__"):
        _public.__module__ = __name__  # tracebacks show the public module

if TYPE_CHECKING:
    __version__: str
else:  # to a type checker, __getattr__ would mean that every name exists

    def __getattr__(name: str) -> object:
        # Importing either takes longer than the rest of this package, and many programs need neither.
        if name == "AsyncClient":
            from . import _aio

            found = _aio.AsyncClient
            found.__module__ = __name__
        elif name == "__version__":
            from importlib.metadata import PackageNotFoundError, version

            try:
                found = version("autoshares-reset")
            except PackageNotFoundError:
                raise AttributeError("the package is not installed, so its version is not known") from None
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
