"""The common base of the clients: settings, and a handle that outlives running calls."""

from __future__ import annotations

import ctypes
import functools
import os
import warnings
from typing import Any, Callable, Optional, TypeVar, Union, cast

from ._call import Outcome
from ._errors import InternalError, InvalidArgument
from ._ffi import ClientHandle, ConfigHandle, ResultHandle
from ._library import native
from ._text import to_c, to_c_or_null, to_choice, to_milliseconds

_Method = TypeVar("_Method", bound=Callable[..., Any])

BASE_URL_SANDBOX = "https://api.autoshares.dev"
"""AutoShares' own hosted test environment."""
BASE_URL_PRODUCTION = "https://api.autoshares.com"
"""AutoShares' production environment."""


class BaseClient:
    """Settings and closing."""

    _handle: Optional[ClientHandle] = None
    _base_url: Optional[str] = None

    def __init__(
        self,
        base_url: str,
        app_key: str,
        *,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        ca_file: Union[str, os.PathLike[str], None] = None,
        ca_pem: Optional[str] = None,
        proxy: Optional[str] = None,
        api_version: Optional[str] = None,
        user_agent: Optional[str] = None,
        allow_http: bool = False,
    ) -> None:
        """Checks all settings, and sends nothing.

        :param base_url: the service's URL: :data:`BASE_URL_PRODUCTION`, :data:`BASE_URL_SANDBOX` or a broker's own.
        :param app_key: the key that the broker gave to this program: a secret.
        :param timeout: seconds that a whole call may take.
        :param connect_timeout: seconds that look-up, connect, proxy and TLS handshake may take together.
        :param ca_file: a PEM file with the only certificates to trust; default: the system's.
        :param ca_pem: the same from memory, at most 1 MiB; with a `ca_file` too, the certificates of both are trusted.
        :param proxy: an ``http://`` or ``https://`` URL; ``""`` for none; default: the environment's (``HTTPS_PROXY``,
            ``ALL_PROXY``, ``NO_PROXY``), or else on Windows and macOS the system's, PAC files included.
        :param api_version: default ``"1.0"``.
        :param user_agent: the program's name before the library's own, such as ``"Terminal/4.2"``.
        :param allow_http: allows ``http://`` to other machines, which exposes key and password to the network.
        :raises InvalidArgument: a setting is unusable; the message names it. One of the wrong type is a ``TypeError``.
        :raises InsecureUrl: the base URL is ``http://`` to another machine, and `allow_http` is off.
        :raises TlsFailed: this system has no trusted certificates.
        :raises LibraryError: the native library could not be loaded.
        """
        try:
            self._handle = _new_client(
                to_c("base_url", base_url),
                to_c("app_key", app_key),
                api_version=to_c_or_null("api_version", api_version),
                timeout_ms=to_milliseconds("timeout", timeout),
                connect_timeout_ms=to_milliseconds("connect_timeout", connect_timeout),
                ca_file=to_c_or_null("ca_file", os.fspath(ca_file) if isinstance(ca_file, os.PathLike) else ca_file),
                ca_pem=to_c_or_null("ca_pem", ca_pem),
                proxy=to_c_or_null("proxy", proxy),
                user_agent=to_c_or_null("user_agent", user_agent),
                allow_http=to_choice("allow_http", allow_http),
            )
            self._base_url = base_url
        except BaseException as error:
            raise error.with_traceback(None)  # noqa: B904 - without the frames that hold the key
        finally:
            del base_url, app_key, proxy  # because an exception keeps this frame, too

    @property
    def closed(self) -> bool:
        """True if :meth:`close` was called."""
        return self._handle is None

    def close(self) -> None:
        """Closes the client and returns at once; may be called any number of times. Running calls finish, and the
        last one closes the connections; later calls raise :class:`InvalidArgument`."""
        self._handle = None

    def __repr__(self) -> str:
        if self._base_url is None:  # a refused URL may hold a password
            return f"<{type(self).__name__}, not made>"
        return f"<{type(self).__name__} {self._base_url!r}{', closed' if self.closed else ''}>"

    def _open(self) -> ClientHandle:
        handle = self._handle
        if handle is None:
            raise InvalidArgument("The client is closed.")
        return handle


def _new_client(base_url: bytes, app_key: bytes, **settings: bytes | int | None) -> ClientHandle:
    library = native()
    config: ConfigHandle = library.asr_config_new(base_url, app_key)
    for name, value in settings.items():
        getattr(library, f"asr_config_set_{name}")(config, value)
    error = ResultHandle()
    client: ClientHandle = library.asr_client_new(config, ctypes.byref(error))
    if error.value is not None:
        Outcome(error).checked()
    if client.value is None:
        raise InternalError("The library made no client and gave no reason.")
    return client


# inspect.CO_COROUTINE; importing inspect would take longer than the rest of this package.
_CO_COROUTINE = 0x80


def user_is_username(method: _Method) -> _Method:
    """Accepts `user`, the former name of `username`, for one more version."""

    def renamed(named: dict[str, Any]) -> dict[str, Any]:
        if "user" in named:
            if "username" in named:
                raise TypeError("request_reset() got both username and user, its former name")
            warnings.warn("user is called username now", DeprecationWarning, stacklevel=3)
            named["username"] = named.pop("user")
        return named

    @functools.wraps(method)
    def accepting(*arguments: Any, **named: Any) -> Any:
        return method(*arguments, **renamed(named))

    @functools.wraps(method)
    async def accepting_in_a_coroutine(*arguments: Any, **named: Any) -> Any:
        return await method(*arguments, **renamed(named))

    is_coroutine = method.__code__.co_flags & _CO_COROUTINE
    return cast(_Method, accepting_in_a_coroutine if is_coroutine else accepting)
