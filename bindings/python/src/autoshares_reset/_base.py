"""What the clients have in common: settings, and a handle that outlives the calls under way."""

from __future__ import annotations

import ctypes
import os
from typing import Optional, Union

from ._call import Outcome
from ._errors import InternalError, InvalidArgument
from ._ffi import ClientHandle, ConfigHandle, ResultHandle
from ._library import native
from ._text import to_c, to_milliseconds

BASE_URL_SANDBOX = "https://api.autoshares.dev"
"""AutoShares' own hosted test environment."""
BASE_URL_PRODUCTION = "https://api.autoshares.com"
"""AutoShares' production environment."""


class BaseClient:
    """Settings and closing."""

    # For the repr of a client whose making failed, as a traceback with locals shows it.
    _handle: Optional[ClientHandle] = None
    _base_url = ""

    def __init__(
        self,
        base_url: str,
        app_key: str,
        *,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        ca_file: Union[str, os.PathLike[str], None] = None,
        proxy: Optional[str] = None,
        api_version: Optional[str] = None,
        user_agent: Optional[str] = None,
        allow_http: bool = False,
    ) -> None:
        """Checks all settings, and sends nothing.

        :param base_url: where the service is: :data:`BASE_URL_PRODUCTION`, :data:`BASE_URL_SANDBOX` or a broker's own.
        :param app_key: the key that the broker gave to this program: a secret.
        :param timeout: seconds that a whole call may take.
        :param connect_timeout: seconds that look-up, connect, proxy and TLS handshake may take together.
        :param ca_file: a PEM file with the only certificates to trust; default: the system's.
        :param proxy: an ``http://`` or ``https://`` URL; ``""`` for none; default: the environment's (``HTTPS_PROXY``,
            ``ALL_PROXY``, ``NO_PROXY``).
        :param api_version: default ``"1.0"``.
        :param user_agent: put before the library's own, such as ``"Terminal/4.2"``.
        :param allow_http: allows ``http://`` to other machines, which shows key and password to everybody on the way.
        :raises InvalidArgument: a setting is unusable; the message names it.
        :raises InsecureUrl: the base URL is ``http://`` to another machine, and `allow_http` is off.
        :raises TlsFailed: this system has no trusted certificates.
        :raises LibraryError: the native library could not be loaded.
        """
        self._base_url = base_url
        library = native()
        config: ConfigHandle = library.asr_config_new(to_c("base_url", base_url), to_c("app_key", app_key))
        library.asr_config_set_api_version(config, to_c("api_version", api_version))
        library.asr_config_set_timeout_ms(config, to_milliseconds("timeout", timeout))
        library.asr_config_set_connect_timeout_ms(config, to_milliseconds("connect_timeout", connect_timeout))
        library.asr_config_set_ca_file(
            config, to_c("ca_file", os.fspath(ca_file) if isinstance(ca_file, os.PathLike) else ca_file)
        )
        library.asr_config_set_proxy(config, to_c("proxy", proxy))
        library.asr_config_set_user_agent(config, to_c("user_agent", user_agent))
        library.asr_config_set_allow_http(config, bool(allow_http))
        self._handle = _new_client(config)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._handle is None

    def close(self) -> None:
        """Closes the client, any number of times; returns at once. Calls under way run to their end, and the last
        one closes the connections; later calls raise :class:`InvalidArgument`."""
        self._handle = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url!r}{', closed' if self.closed else ''}>"

    def _open(self) -> ClientHandle:
        handle = self._handle
        if handle is None:
            raise InvalidArgument("The client is closed.")
        return handle


def _new_client(config: ConfigHandle) -> ClientHandle:
    error = ResultHandle()
    client: ClientHandle = native().asr_client_new(config, ctypes.byref(error))
    if error.value is not None:
        Outcome(error).checked()
    if client.value is None:
        raise InternalError("The library made no client, and did not say why.")
    return client
