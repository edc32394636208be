"""The client that blocks."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, TypeVar

from ._base import BaseClient, user_is_username
from ._call import perform
from ._cancel import Cancel
from ._text import to_c, to_c_or_null

_Self = TypeVar("_Self", bound="Client")


class Client(BaseClient):
    """Speaks to one service, and keeps connections to it: make one and share it, between threads too.

    Each call blocks until it is done, timed out or cancelled. The other threads go on meanwhile, signal handlers run,
    and one that raises, as that of Ctrl-C does, ends a call of the main thread at once. A call that fails raises a
    :class:`ResetError`; where the native library cannot be loaded, making a client raises :class:`LibraryError`, an
    ``ImportError``.

    After ``os.fork()`` the child may go on using the client: it opens connections of its own.
    """

    def connect(self, *, cancel: Optional[Cancel] = None) -> None:
        """Makes a connection ready for the next call, which is then faster: for while a user still types.

        Nothing is sent to the service. Where a connection is ready, nothing is done.

        :param cancel: lets another thread end the call.
        """
        perform("asr_client_connect", cancel, self._open()).checked()

    def secret_question(self, username: str, *, cancel: Optional[Cancel] = None) -> Optional[str]:
        """Retrieves the user's secret question; None where the account has none to answer.

        :param username: the user's login or e-mail address.
        :param cancel: lets another thread end the call.
        """
        return perform("asr_secret_question", cancel, self._open(), to_c("username", username)).checked().question

    @user_is_username
    def request_reset(self, username: str, answer: Optional[str] = None, *, cancel: Optional[Cancel] = None) -> None:
        """Requests the reset: the service mails a confirmation code to the user.

        Sent at most once. Where it fails with ``request_sent``, the service may have acted on it all the same.

        :param username: the user's login or e-mail address.
        :param answer: the answer to the secret question; None for none.
        :param cancel: lets another thread end the call.
        :raises AnswerIncorrect: the answer is wrong, or one is required and none was given.
        """
        perform(
            "asr_request_reset", cancel, self._open(), to_c("username", username), to_c_or_null("answer", answer)
        ).checked()

    def confirm_code(self, code: str, *, cancel: Optional[Cancel] = None) -> str:
        """Changes the mailed code for the token that :meth:`set_password` takes: a secret.

        Sent at most once, as :meth:`request_reset`.

        :param code: the code as the user typed it.
        :param cancel: lets another thread end the call.
        :raises Rejected: the code is wrong or expired.
        """
        return perform("asr_confirm_code", cancel, self._open(), to_c("code", code)).checked().needed_token

    def set_password(self, token: str, new_password: str, *, cancel: Optional[Cancel] = None) -> None:
        """Sets the new password.

        Sent at most once, as :meth:`request_reset`.

        :param token: what :meth:`confirm_code` returned.
        :param new_password: the new password.
        :param cancel: lets another thread end the call.
        :raises Rejected: the token has expired, or the password breaks the broker's rules; the message has them.
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
    """Retrieves a user's secret question with a client for this one call; None where there is none to answer.

    A program that makes more calls than one keeps a :class:`Client`, which is faster.
    """
    # Not asr_secret_question_once, which Ctrl-C could not end.
    with Client(base_url, app_key) as client:
        return client.secret_question(username)
