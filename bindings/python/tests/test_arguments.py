"""What a C string cannot carry is refused before the call, and what is refused is not repeated."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from support import StalledServer

from autoshares_reset import AsyncClient, Client, Code, InvalidArgument

UNUSABLE: list[Any] = ["secret\0text", "\0", "secret\ud800", "\udc80secret", b"secret", 17, object()]
CALLS: list[tuple[str, list[Any]]] = [
    ("secret_question", ["user"]),
    ("request_reset", ["user", "answer"]),
    ("confirm_code", ["code"]),
    ("set_password", ["token", "password"]),
]
ARGUMENTS = [(name, arguments, index) for name, arguments in CALLS for index in range(len(arguments))]


def check(error: InvalidArgument) -> None:
    assert error.code is Code.INVALID_ARGUMENT
    assert (error.request_sent, error.http_status, error.os_error, error.retry_after) == (False, None, None, None)
    assert "secret" not in str(error)
    # Nor in what a traceback prints along.
    assert error.__context__ is None


@pytest.mark.parametrize("unusable", UNUSABLE, ids=ascii)
@pytest.mark.parametrize(("call", "arguments", "index"), ARGUMENTS)
def test_an_argument_that_c_cannot_carry(
    stalled: StalledServer, call: str, arguments: list[Any], index: int, unusable: Any
) -> None:
    arguments = [*arguments[:index], unusable, *arguments[index + 1 :]]
    with Client(stalled.url, "k") as client, pytest.raises(InvalidArgument) as refused:
        getattr(client, call)(*arguments)
    check(refused.value)

    async def with_asyncio() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            await getattr(client, call)(*arguments)

    with pytest.raises(InvalidArgument) as refused:
        asyncio.run(with_asyncio())
    check(refused.value)
    assert stalled.no_request_came()


@pytest.mark.parametrize("unusable", UNUSABLE, ids=ascii)
@pytest.mark.parametrize("setting", ["base_url", "app_key", "ca_file", "proxy", "api_version", "user_agent"])
def test_a_setting_that_c_cannot_carry(setting: str, unusable: Any) -> None:
    make: Any = Client
    with pytest.raises(InvalidArgument) as refused:
        make(**{"base_url": "http://127.0.0.1:1", "app_key": "k", setting: unusable})
    check(refused.value)


@pytest.mark.parametrize("call", ["secret_question", "request_reset", "confirm_code"])
def test_none_where_text_is_required_is_refused_by_the_library(stalled: StalledServer, call: str) -> None:
    with Client(stalled.url, "k") as client, pytest.raises(InvalidArgument):
        getattr(client, call)(None)
    assert stalled.no_request_came()
