"""The client for asyncio."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from types import TracebackType
from typing import Optional, TypeVar

from ._base import BaseClient, user_is_username
from ._call import Outcome, perform
from ._cancel import Cancel
from ._ffi import ClientHandle
from ._text import to_c, to_c_or_null
from ._worker import runs_signal_handlers, start

_Self = TypeVar("_Self", bound="AsyncClient")


class AsyncClient(BaseClient):
    """:class:`Client` for asyncio: the same settings, methods and exceptions. It never blocks the event loop.

    Cancelling a task (also by ``asyncio.timeout`` or ``asyncio.wait_for``) ends its call in the library at once. The
    service may still have acted on any call except :meth:`secret_question`.

    Make one and keep it: making it reads the system's certificates, which takes some milliseconds. Any event
    loop may use it.
    """

    async def connect(self) -> None:
        """As :meth:`Client.connect`."""
        (await _in_thread("asr_client_connect", self._open())).checked()

    async def secret_question(self, username: str) -> Optional[str]:
        """As :meth:`Client.secret_question`."""
        call = _in_thread("asr_secret_question", self._open(), to_c("username", username))
        return (await call).checked().question

    @user_is_username
    async def request_reset(self, username: str, answer: Optional[str] = None) -> None:
        """As :meth:`Client.request_reset`."""
        call = _in_thread("asr_request_reset", self._open(), to_c("username", username), to_c_or_null("answer", answer))
        (await call).checked()

    async def confirm_code(self, code: str) -> str:
        """As :meth:`Client.confirm_code`."""
        call = _in_thread("asr_confirm_code", self._open(), to_c("code", code))
        return (await call).checked().needed_token

    async def set_password(self, token: str, new_password: str) -> None:
        """As :meth:`Client.set_password`."""
        call = _in_thread("asr_set_password", self._open(), to_c("token", token), to_c("new_password", new_password))
        (await call).checked()

    async def aclose(self) -> None:
        """As :meth:`close`, for ``contextlib.aclosing`` and the like."""
        self.close()

    async def __aenter__(self: _Self) -> _Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()


async def _in_thread(function: str, *arguments: ClientHandle | bytes | None) -> Outcome:
    """Makes the call in a separate thread, and cancels it when the task is cancelled.

    In a bounded pool, calls would wait for one another beyond their timeouts; in the loop's default pool, other work
    would wait for them.
    """
    future: Future[Outcome] = Future()
    future.set_running_or_notify_cancel()
    cancel = Cancel()

    def publish(result: tuple[Outcome, Optional[BaseException]]) -> None:
        outcome, failure = result
        if failure is None:
            future.set_result(outcome)
        else:
            future.set_exception(failure)

    start(lambda: perform(function, cancel, *arguments), publish, keep=runs_signal_handlers())
    try:
        return await asyncio.wrap_future(future)
    finally:
        cancel.trigger()
