"""Values that C cannot carry, or of a wrong type, are refused before the call; and no message repeats them."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import Any

import pytest
from support import PACKAGE, StalledServer

from autoshares_reset import AsyncClient, Client, Code, ConnectFailed, InvalidArgument, secret_question_once

UNUSABLE: list[Any] = ["secret\0text", "secret\ud800", b"secret", 17, None]
TEXTS: list[tuple[str, list[str], list[str]]] = [
    ("secret_question", [], []),
    ("request_reset", [], []),
    ("request_reset", ["user"], []),
    ("confirm_code", [], []),
    ("set_password", [], ["password"]),
    ("set_password", ["token"], []),
]


def check(error: BaseException, unusable: object) -> None:
    """A wrong type raises TypeError, as everywhere in Python."""
    assert type(error) is (InvalidArgument if isinstance(unusable, str) else TypeError)
    if isinstance(error, InvalidArgument):
        assert (error.code, error.request_sent) == (Code.INVALID_ARGUMENT, False)
    assert "secret" not in str(error)
    # Nor does a traceback print it.
    assert error.__context__ is None


@pytest.mark.parametrize("unusable", UNUSABLE, ids=ascii)
@pytest.mark.parametrize(("call", "before", "after"), TEXTS)
def test_an_argument(stalled: StalledServer, call: str, before: list[str], after: list[str], unusable: Any) -> None:
    if before == ["user"] and unusable is None:
        return  # for no answer
    arguments = [*before, unusable, *after]
    with Client(stalled.url, "k") as client, pytest.raises((TypeError, InvalidArgument)) as refused:
        getattr(client, call)(*arguments)
    check(refused.value, unusable)
    with pytest.raises((TypeError, InvalidArgument)) as refused:
        asyncio.run(getattr(AsyncClient(stalled.url, "k"), call)(*arguments))
    check(refused.value, unusable)
    assert stalled.no_request_came()


@pytest.mark.parametrize("unusable", UNUSABLE[:-1], ids=ascii)
@pytest.mark.parametrize("setting", ["base_url", "app_key", "ca_file", "ca_pem", "proxy", "api_version", "user_agent"])
def test_a_setting(setting: str, unusable: Any) -> None:
    make: Any = Client
    with pytest.raises((TypeError, InvalidArgument)) as refused:
        make(**{"base_url": "http://127.0.0.1:1", "app_key": "k", setting: unusable})
    check(refused.value, unusable)


@pytest.mark.parametrize("seconds", [-1, 0, float("nan"), float("inf"), 10**400, None, "30"])
@pytest.mark.parametrize("setting", ["timeout", "connect_timeout"])
def test_a_time(setting: str, seconds: object) -> None:
    make: Any = Client
    is_number = isinstance(seconds, (int, float))
    name = f"The {setting.replace('_', ' ')}" if is_number else setting
    with pytest.raises(InvalidArgument if is_number else TypeError, match=f"^{name} must be "):
        make("http://127.0.0.1:1", "k", **{setting: seconds})


def test_a_choice_or_a_cancel_of_a_wrong_type(stalled: StalledServer) -> None:
    wrong: Any = "no"
    with pytest.raises(TypeError, match="allow_http must be a bool, not str"):
        Client(stalled.url, "k", allow_http=wrong)
    with Client(stalled.url, "k") as client, pytest.raises(TypeError, match="cancel must be a Cancel, not str"):
        client.secret_question("u", cancel=wrong)
    assert stalled.no_request_came()


def test_a_very_short_time_is_not_zero() -> None:
    Client("http://127.0.0.1:1", "k", timeout=0.0001, connect_timeout=1e-9).close()


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "https://name:secret@broker.example"},
        {"app_key": "secret\0"},
        {"proxy": "socks5://name:secret@proxy.example"},
        {"timeout": 0},
    ],
    ids=str,
)
def test_an_exception_that_is_kept_keeps_no_secret_setting(settings: dict[str, Any]) -> None:
    """An error reporter may show the locals of each frame, among them a client that could not be made."""
    made: Any = Client.__new__(Client)
    with pytest.raises(InvalidArgument) as kept:
        made.__init__(**{"base_url": "http://127.0.0.1:1", "app_key": "the secret key", **settings})
    for frame, _ in traceback.walk_tb(kept.tb):
        if Path(frame.f_code.co_filename).is_relative_to(PACKAGE / "src"):
            assert "secret" not in repr(frame.f_locals)
    assert repr(made) == "<Client, not made>"


def test_an_exception_of_the_single_call_keeps_no_key() -> None:
    with pytest.raises(ConnectFailed) as kept:
        secret_question_once("http://127.0.0.1:1", "the secret key", "u")
    for frame, _ in traceback.walk_tb(kept.tb):
        if Path(frame.f_code.co_filename).is_relative_to(PACKAGE / "src"):
            assert "secret key" not in repr(frame.f_locals)
