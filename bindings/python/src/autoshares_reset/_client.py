"""The blocking client."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, TypeVar

from ._base import BaseClient, user_is_username
from ._call import perform
from ._cancel import Cancel
from ._text import to_c, to_c_or_null

_Self = TypeVar("_Self", bound="Client")


class Client(BaseClient):
    """A client of one service, with a pool of connections to it. Make one and share it, also between threads.

    Each call blocks until it is done, timed out or cancelled. Other threads run meanwhile, and so do signal handlers; a
    handler that raises, as the one for Ctrl-C does, ends a call of the main thread at once. A call that fails raises a
    :class:`ResetError`. If the native library cannot be loaded, making a client raises :class:`LibraryError`, an
    ``ImportError``.

    After ``os.fork()`` the child may use the client too: it opens its own connections.
    """

    def connect(self, *, cancel: Optional[Cancel] = None) -> None:
        """Makes a connection ready for the next call; call it while a user still types.

        It sends no request, and does nothing if a connection is ready.

        :param cancel: lets another thread end the call.
        """
        perform("asr_client_connect", cancel, self._open()).checked()

    def secret_question(self, username: str, *, cancel: Optional[Cancel] = None) -> Optional[str]:
        """Retrieves the user's secret question; None if the account has no question to answer.

        :param username: the user's login or e-mail address.
        :param cancel: lets another thread end the call.
        """
        return perform("asr_secret_question", cancel, self._open(), to_c("username", username)).checked().question

    @user_is_username
    def request_reset(self, username: str, answer: Optional[str] = None, *, cancel: Optional[Cancel] = None) -> None:
        """Requests the reset: the service mails a confirmation code to the user.

        Sent at most once. If it fails with ``request_sent``, the service may still have acted on it.

        :param username: the user's login or e-mail address.
        :param answer: the answer to the secret question; None for none.
        :param cancel: lets another thread end the call.
        :raises AnswerIncorrect: the answer is wrong, or one is required and none was given.
        """
        perform(
            "asr_request_reset", cancel, self._open(), to_c("username", username), to_c_or_null("answer", answer)
        ).checked()

    def confirm_code(self, code: str, *, cancel: Optional[Cancel] = None) -> str:
        """Exchanges the mailed code for the token that :meth:`set_password` takes: a secret.

        Sent at most once, like :meth:`request_reset`.

        :param code: the code as the user typed it.
        :param cancel: lets another thread end the call.
        :raises Rejected: the code is wrong or expired.
        """
        return perform("asr_confirm_code", cancel, self._open(), to_c("code", code)).checked().needed_token

    def set_password(self, token: str, new_password: str, *, cancel: Optional[Cancel] = None) -> None:
        """Sets the new password.

        Sent at most once, like :meth:`request_reset`.

        :param token: the token from :meth:`confirm_code`.
        :param new_password: the new password.
        :param cancel: lets another thread end the call.
        :raises Rejected: the token has expired, or the password breaks the broker's rules; the message says which.
        """
        perform(
            "asr_set_password", cancel, self._open(), to_c("token", token), to_c("new_password", new_password)
        ).checked()

    def __enter__(self: _Self) -> _Self:
        self._open()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.close()


def secret_question_once(base_url: str, app_key: str, username: str) -> Optional[str]:
    """Retrieves a user's secret question with a client for this one call; None if the account has no question.

    A program that makes more than one call keeps a :class:`Client`, which is faster.
    """
    # Does not use asr_secret_question_once, which Ctrl-C could not end.
    try:
        client = Client(base_url, app_key)
    finally:
        del app_key  # because an exception keeps this frame, too
    with client:
        return client.secret_question(username)
