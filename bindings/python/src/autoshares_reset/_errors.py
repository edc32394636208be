"""What a call can come to: the codes of the C ABI, and an exception for each failure."""

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
    def _missing_(cls, value: object) -> Optional["Code"]:
        if not isinstance(value, int):
            return None
        unknown = int.__new__(cls, value)
        unknown._name_ = f"UNKNOWN_{value}"
        unknown._value_ = value
        return unknown


class ResetError(Exception):
    """A call failed. ``str()`` of it is one English sentence fit to show or to log, without any secret.

    :ivar message: the sentence: the service's own words where it has some.
    :ivar code: what happened, by which a program may choose words of another language.
    :ivar http_status: the status of the service's response; None where no response came.
    :ivar service_code: the first of the service's own error codes, such as ``"ErrorIncorrectAnswer"``.
    :ivar request_sent: whether some of the request left this machine, so that the service may have acted on it.
    :ivar retry_after: how many seconds the service asks to wait before the next try.
    :ivar os_error: ``errno`` (on Windows, ``WSAGetLastError``) behind a network failure.
    :ivar details: how the call went, in some lines for a log that support reads: addresses tried, times, proxy, TLS. No
        secret either. None in an exception that the library did not make.
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

    # The default would lose what is not in `args` on the way to another process.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message,), self.__dict__


ERROR_TYPES: dict[Code, type[ResetError]] = {}


class InvalidArgument(ResetError, ValueError, code=Code.INVALID_ARGUMENT):
    """An argument or a setting is unusable; the message names it. Nothing was sent."""


class InsecureUrl(ResetError, code=Code.INSECURE_URL):
    """The base URL is ``http://`` to another machine, and ``allow_http`` is off. Nothing was sent."""


class Cancelled(ResetError, code=Code.CANCELLED):
    """The call was ended by its :class:`Cancel`."""


class NetworkError(ResetError, OSError):
    """The service could not be reached, or was lost on the way: it may work later, or from elsewhere.

    An ``OSError`` too, with ``errno`` where the system gave one: code written for sockets catches it.
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
    """The handshake or the certificate failed, or this system has no trusted certificates."""


class Timeout(NetworkError, TimeoutError, code=Code.TIMEOUT):
    """The time allowed ran out."""


class ConnectionLost(NetworkError, ConnectionError, code=Code.CONNECTION_LOST):
    """Connected, then broken off before the whole response was in."""


class AppKeyRejected(ResetError, code=Code.APP_KEY_REJECTED):
    """The service does not accept the app key: a matter for the program's makers, not its user."""


class Rejected(ResetError, code=Code.REJECTED):
    """The service said no; the message has its words, fit to show."""


class AnswerIncorrect(ResetError, code=Code.ANSWER_INCORRECT):
    """The answer is wrong, or one is required and none was given."""


class RateLimited(ResetError, code=Code.RATE_LIMITED):
    """Too many requests: wait for ``retry_after`` seconds."""


class ServerError(ResetError, code=Code.SERVER_ERROR):
    """The service failed (HTTP 5xx): it may work later."""


class InvalidResponse(ResetError, code=Code.INVALID_RESPONSE):
    """What came is not what the API documents: a wrong base URL, a gateway, a captive portal."""


class InternalError(ResetError, code=Code.INTERNAL):
    """A bug in the library, contained."""


class LibraryError(ImportError):
    """The native library could not be loaded; the message says what was tried and what to do."""
