"""One call into the library, from Python values to an outcome in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Optional

from . import _interrupt
from ._cancel import Cancel
from ._errors import ERROR_TYPES, Code, InternalError, ResetError
from ._ffi import CancelHandle, ClientHandle, ResultHandle
from ._library import native


class Outcome(NamedTuple):
    """A result, copied out of the library."""

    code: int
    http_status: int
    request_sent: bool
    retry_after_s: int
    os_error: int
    question: Optional[str]
    token: Optional[str]
    message: Optional[str]
    service_code: Optional[str]

    # Question and token are secrets, and a local of a frame may be shown.
    def __repr__(self) -> str:
        return f"<Outcome {Code(self.code).name}>"

    def checked(self) -> Outcome:
        """Itself after a success; raises the failure otherwise."""
        if self.code < Code.INVALID_ARGUMENT:
            return self
        code = Code(self.code)
        raise ERROR_TYPES.get(code, ResetError)(
            self.message or f"{code.name}.",
            code=code,
            http_status=self.http_status or None,
            service_code=self.service_code,
            request_sent=self.request_sent,
            retry_after=float(self.retry_after_s) or None,
            os_error=self.os_error or None,
        )

    @property
    def needed_token(self) -> str:
        if self.token is None:
            raise InternalError("The library reported a success, but no token.")
        return self.token


def read(result: ResultHandle) -> Outcome:
    """Copies a result; it is freed with its handle."""
    fields = result.fields
    return Outcome(
        fields.code,
        fields.http_status,
        fields.request_sent != 0,
        fields.retry_after_s,
        fields.os_error,
        *(
            None if text is None else text.decode()
            for text in (fields.question, fields.token, fields.message, fields.service_code)
        ),
    )


def perform(client: ClientHandle, function: str, arguments: Sequence[bytes | None], cancel: Cancel | None) -> Outcome:
    """Blocks until the call is done, timed out or cancelled."""
    call = getattr(native(), function)
    interruptible = _interrupt.applies()
    if cancel is None and not interruptible:
        return read(call(client, *arguments, None))

    handle: CancelHandle = native().asr_cancel_new()
    try:
        if cancel is not None:
            cancel._join(handle)
        if interruptible:
            return read(_interrupt.run(lambda: call(client, *arguments, handle), handle))
        return read(call(client, *arguments, handle))
    finally:
        if cancel is not None:
            cancel._leave(handle)
