"""One call into the library, from Python values to an outcome in Python."""

from __future__ import annotations

import sys
from typing import Any

from . import _worker
from ._cancel import Cancel
from ._errors import ERROR_TYPES, Code, InternalError, ResetError
from ._ffi import CancelHandle, ClientHandle, ResultHandle
from ._library import native

# A member of an enum takes longer to look up than a number to compare.
_FIRST_FAILURE = int(Code.INVALID_ARGUMENT)


class Outcome:
    """A copy of a result's fields. Its ``repr`` shows none of them: question and token are secrets, and a traceback may
    show the locals of a frame."""

    __slots__ = ("_failure", "question", "token")

    def __init__(self, result: ResultHandle) -> None:
        fields = result.fields
        self.question = _text(fields.question)
        self.token = _text(fields.token)
        self._failure: dict[str, Any] | None = None
        if fields.code >= _FIRST_FAILURE:
            code = Code(fields.code)
            self._failure = {
                "message": _text(fields.message) or f"{code.name}.",
                "code": code,
                "http_status": fields.http_status or None,
                "service_code": _text(fields.service_code),
                "request_sent": fields.request_sent != 0,
                "retry_after": float(fields.retry_after_s) or None,
                "os_error": fields.os_error or None,
                "details": _text(native().asr_result_details(result)),
            }

    def checked(self) -> Outcome:
        """Returns itself after a success; raises the failure otherwise."""
        if self._failure is not None:
            raise ERROR_TYPES.get(self._failure["code"], ResetError)(**self._failure)
        return self

    @property
    def needed_token(self) -> str:
        if self.token is None:
            raise InternalError("The library reported a success, but no token.")
        return self.token


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def _check_type(cancel: object) -> None:
    if cancel is not None and not isinstance(cancel, Cancel):
        raise TypeError(f"cancel must be a Cancel, not {type(cancel).__name__}")


def perform(function: str, cancel: Cancel | None, *arguments: ClientHandle | bytes | None) -> Outcome:
    """Makes a call; blocks until it is done, timed out or cancelled. Its arguments keep the client alive meanwhile."""
    _check_type(cancel)
    library = native()
    call = getattr(library, function)
    # While the interpreter exits, its other threads do not run.
    interruptible = not sys.is_finalizing() and _worker.runs_signal_handlers()
    if cancel is None and not interruptible:
        return Outcome(call(*arguments, None))

    handle: CancelHandle = library.asr_cancel_new()
    try:
        if cancel is not None:
            cancel._join(handle)
        if interruptible:
            return Outcome(_worker.run(call, *arguments, cancel=handle))
        return Outcome(call(*arguments, handle))
    finally:
        if cancel is not None:
            cancel._leave(handle)
