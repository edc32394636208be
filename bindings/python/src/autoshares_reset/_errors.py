"""The outcomes of a call: the codes of the C ABI, and an exception for each failure."""

from enum import IntEnum
from typing import Any, ClassVar, Optional


class Code(IntEnum):
    """The outcome of a call. Codes below 10 are successes. The numbers are those of the C header.

    A newer library may report a number that is not listed here; it becomes ``Code.UNKNOWN_<number>``.
    """

    OK = 0
    """The call succeeded."""
    NO_QUESTION = 1
    """A success: this account has no question to answer."""
    INVALID_ARGUMENT = 10
    """An argument or a setting is unusable; the message names it. Nothing was sent."""
    INSECURE_URL = 11
    """The base URL is http:// to another machine, which the settings do not allow. Nothing was sent."""
    CANCELLED = 12
    """The call was cancelled."""
    RESOLVE_FAILED = 20
    """The host name was not found."""
    CONNECT_FAILED = 21
    """The connection was refused, the host is unreachable, or the proxy refused."""
    TLS_FAILED = 22
    """The TLS handshake or the certificate failed, or this system has no trusted roots."""
    TIMEOUT = 23
    """The time allowed for the call ran out."""
    CONNECTION_LOST = 24
    """The connection broke before the whole response had arrived."""
    APP_KEY_REJECTED = 30
    """The service does not accept the app key. Only the program's developers can fix that."""
    REJECTED = 31
    """The service refused the request; the message gives its reason."""
    ANSWER_INCORRECT = 32
    """The answer to the secret question is wrong, or one is required and none was given."""
    RATE_LIMITED = 33
    """The service received too many requests. See ``retry_after``."""
    SERVER_ERROR = 34
    """The service failed (HTTP 5xx)."""
    INVALID_RESPONSE = 35
    """The response is not one that the API documents. The base URL may be wrong, or a gateway may have responded."""
    INTERNAL = 90
    """A bug in this library ended the call."""

    @classmethod
    def _missing_(cls, value: object) -> Optional["Code"]:
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = value
        return unknown


class ResetError(Exception):
    """A call failed. ``str()`` of it is one English sentence fit to show or to log, without any secret.

    :ivar message: the sentence: the service's own text if its response has one.
    :ivar code: the kind of failure, by which a program may choose text in another language.
    :ivar http_status: the status of the service's response; None if no response arrived.
    :ivar service_code: the first of the service's own error codes, such as ``"ErrorIncorrectAnswer"``.
    :ivar request_sent: whether at least part of the request was sent, so that the service may have acted on it.
    :ivar retry_after: the number of seconds that the service asks to wait before the next try.
    :ivar os_error: ``errno`` (on Windows, ``WSAGetLastError``) behind a network failure.
    :ivar details: the steps of the call, for a log that support staff read: addresses tried, times, proxy, TLS,
        without any secret. None in an exception that the library did not make.
    """

    _usual_code: ClassVar[Code] = Code.INTERNAL

    message: str
    code: Code
    http_status: Optional[int]
    service_code: Optional[str]
    request_sent: bool
    retry_after: Optional[float]
    os_error: Optional[int]
    details: Optional[str]

    def __init_subclass__(cls, code: Optional[Code] = None) -> None:
        super().__init_subclass__()
        if code is not None:
            cls._usual_code = code
            ERROR_TYPES[code] = cls

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
        details: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = self._usual_code if code is None else code
        self.http_status = http_status
        self.service_code = service_code
        self.request_sent = request_sent
        self.retry_after = retry_after
        self.os_error = os_error
        self.details = details

    # OSError, a base of NetworkError, would show errno and strerror.
    def __str__(self) -> str:
        return self.message

    # The default would lose all attributes that are not in `args` when the exception is pickled.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,), self.__dict__


ERROR_TYPES: dict[Code, type[ResetError]] = {}


class InvalidArgument(ResetError, ValueError, code=Code.INVALID_ARGUMENT):
    """An argument or a setting is unusable; the message names it. Nothing was sent."""


class InsecureUrl(ResetError, code=Code.INSECURE_URL):
    """The base URL is http:// to another machine, which the settings do not allow. Nothing was sent."""


class Cancelled(ResetError, code=Code.CANCELLED):
    """The call was cancelled."""


class NetworkError(ResetError, OSError):
    """The service could not be reached, or the connection broke: the call may work later, or on another network.

    It is an ``OSError`` too, with ``errno`` if the system gave one: code written for sockets catches it.
    """

    errno: Optional[int]
    strerror: Optional[str]

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.errno, self.strerror = self.os_error, message

    def __setstate__(self, state: Optional[dict[str, Any]]) -> None:
        super().__setstate__(state)
        self.errno = self.os_error


class ResolveFailed(NetworkError, code=Code.RESOLVE_FAILED):
    """The host name was not found."""


class ConnectFailed(NetworkError, ConnectionError, code=Code.CONNECT_FAILED):
    """The connection was refused, the host is unreachable, or the proxy refused."""


class TlsFailed(NetworkError, code=Code.TLS_FAILED):
    """The TLS handshake or the certificate failed, or this system has no trusted roots."""


class Timeout(NetworkError, TimeoutError, code=Code.TIMEOUT):
    """The time allowed for the call ran out."""


class ConnectionLost(NetworkError, ConnectionError, code=Code.CONNECTION_LOST):
    """The connection broke before the whole response had arrived."""


class AppKeyRejected(ResetError, code=Code.APP_KEY_REJECTED):
    """The service does not accept the app key. Only the program's developers can fix that."""


class Rejected(ResetError, code=Code.REJECTED):
    """The service refused the request; the message gives its reason."""


class AnswerIncorrect(ResetError, code=Code.ANSWER_INCORRECT):
    """The answer to the secret question is wrong, or one is required and none was given."""


class RateLimited(ResetError, code=Code.RATE_LIMITED):
    """The service received too many requests. See ``retry_after``."""


class ServerError(ResetError, code=Code.SERVER_ERROR):
    """The service failed (HTTP 5xx)."""


class InvalidResponse(ResetError, code=Code.INVALID_RESPONSE):
    """The response is not one that the API documents. The base URL may be wrong, or a gateway may have responded."""


class InternalError(ResetError, code=Code.INTERNAL):
    """A bug in this library ended the call."""


class LibraryError(ImportError):
    """The native library could not be loaded; the message lists the attempts and a remedy."""
