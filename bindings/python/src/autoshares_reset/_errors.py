"""What a call can come to: the codes of the C ABI, and an exception for each failure."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar, Optional


class Code(IntEnum):
    """The outcome of a call. Below 10: a success. The numbers are those of the C header.

    A newer library may report a number that is not listed here; it becomes ``Code.UNKNOWN_<number>``.
    """

    OK = 0
    """Done."""
    NO_QUESTION = 1
    """A success: this account has no question to answer."""
    INVALID_ARGUMENT = 10
    """An argument or a setting is unusable; the message names it. Nothing was sent."""
    INSECURE_URL = 11
    """The base URL is http:// to another machine, and ``allow_http`` is off. Nothing was sent."""
    CANCELLED = 12
    """The call was cancelled."""
    RESOLVE_FAILED = 20
    """The host name was not found."""
    CONNECT_FAILED = 21
    """The connection was refused, the host is unreachable, or the proxy refused."""
    TLS_FAILED = 22
    """The handshake or the certificate failed, or this system has no trusted certificates."""
    TIMEOUT = 23
    """The time allowed ran out."""
    CONNECTION_LOST = 24
    """Connected, then broken off before the whole answer was in."""
    APP_KEY_REJECTED = 30
    """The service does not accept the app key."""
    REJECTED = 31
    """The service said no; the message has its words."""
    ANSWER_INCORRECT = 32
    """The answer is wrong, or one is required and none was given."""
    RATE_LIMITED = 33
    """Too many requests; see ``retry_after``."""
    SERVER_ERROR = 34
    """The service failed (HTTP 5xx)."""
    INVALID_RESPONSE = 35
    """What came is not what the API documents: a wrong base URL, a gateway, a captive portal."""
    INTERNAL = 90
    """A bug in the library, contained."""

    @classmethod
    def _missing_(cls, value: object) -> Optional[Code]:
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = value
        return unknown


class ResetError(Exception):
    """A call failed. ``str()`` of it is one English sentence fit to show or to log, without any secret."""

    _usual_code: ClassVar[Code] = Code.INTERNAL

    message: str
    """The sentence: the service's own words where it has some."""
    code: Code
    """What happened."""
    http_status: Optional[int]
    """The status of the service's answer; None where no answer came."""
    service_code: Optional[str]
    """The first of the service's own error codes, such as ``"ErrorIncorrectAnswer"``."""
    request_sent: bool
    """Whether some of the request left this machine, so that the service may have acted on it all the same."""
    retry_after: Optional[float]
    """How many seconds the service asks to wait before the next try."""
    os_error: Optional[int]
    """``errno`` (on Windows, ``WSAGetLastError``) behind a network failure."""

    def __init__(
        self,
        message: str,
        *,
        code: Optional[Code] = None,
        http_status: Optional[int] = None,
        service_code: Optional[str] = None,
        request_sent: bool = False,
        retry_after: Optional[float] = None,
        os_error: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = self._usual_code if code is None else code
        self.http_status = http_status
        self.service_code = service_code
        self.request_sent = request_sent
        self.retry_after = retry_after
        self.os_error = os_error

    # OSError, a base of Timeout, would show errno and strerror.
    def __str__(self) -> str:
        return self.message

    # The default would lose what is not in `args` on the way to another process.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,), self.__dict__


class InvalidArgument(ResetError, ValueError):
    """An argument or a setting is unusable; the message names it. Nothing was sent."""

    _usual_code = Code.INVALID_ARGUMENT


class InsecureUrl(ResetError):
    """The base URL is ``http://`` to another machine, and ``allow_http`` is off. Nothing was sent."""

    _usual_code = Code.INSECURE_URL


class Cancelled(ResetError):
    """The call was ended by its :class:`Cancel`."""

    _usual_code = Code.CANCELLED


class NetworkError(ResetError):
    """The service could not be reached, or was lost on the way: it may work later, or from elsewhere."""


class ResolveFailed(NetworkError):
    """The host name was not found."""

    _usual_code = Code.RESOLVE_FAILED


class ConnectFailed(NetworkError):
    """The connection was refused, the host is unreachable, or the proxy refused."""

    _usual_code = Code.CONNECT_FAILED


class TlsFailed(NetworkError):
    """The handshake or the certificate failed, or this system has no trusted certificates."""

    _usual_code = Code.TLS_FAILED


class Timeout(NetworkError, TimeoutError):
    """The time allowed ran out."""

    _usual_code = Code.TIMEOUT


class ConnectionLost(NetworkError):
    """Connected, then broken off before the whole answer was in."""

    _usual_code = Code.CONNECTION_LOST


class AppKeyRejected(ResetError):
    """The service does not accept the app key: a matter for the program's makers, not its user."""

    _usual_code = Code.APP_KEY_REJECTED


class Rejected(ResetError):
    """The service said no; the message has its words, fit to show."""

    _usual_code = Code.REJECTED


class AnswerIncorrect(ResetError):
    """The answer is wrong, or one is required and none was given."""

    _usual_code = Code.ANSWER_INCORRECT


class RateLimited(ResetError):
    """Too many requests: wait for ``retry_after`` seconds."""

    _usual_code = Code.RATE_LIMITED


class ServerError(ResetError):
    """The service failed (HTTP 5xx): it may work later."""

    _usual_code = Code.SERVER_ERROR


class InvalidResponse(ResetError):
    """What came is not what the API documents: a wrong base URL, a gateway, a captive portal."""

    _usual_code = Code.INVALID_RESPONSE


class InternalError(ResetError):
    """A bug in the library, contained."""

    _usual_code = Code.INTERNAL


class LibraryError(ImportError):
    """The native library could not be loaded; the message says what was tried and what to do."""


ERROR_TYPES: dict[Code, type[ResetError]] = {
    error._usual_code: error
    for error in (
        InvalidArgument,
        InsecureUrl,
        Cancelled,
        ResolveFailed,
        ConnectFailed,
        TlsFailed,
        Timeout,
        ConnectionLost,
        AppKeyRejected,
        Rejected,
        AnswerIncorrect,
        RateLimited,
        ServerError,
        InvalidResponse,
        InternalError,
    )
}
