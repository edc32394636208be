"""The four calls, against the emulator."""

from __future__ import annotations

import asyncio
import copy
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import pytest
from support import ANSWER, APP_KEY, QUESTION, USER, Emulator, StalledServer

from autoshares_reset import (
    AnswerIncorrect,
    AsyncClient,
    Cancel,
    Client,
    ConnectFailed,
    InvalidArgument,
    Rejected,
    secret_question_once,
)


def test_the_former_name_of_the_username_is_taken_with_a_warning(client: Client, emulator: Emulator) -> None:
    async def call(client: Any, **named: str) -> None:
        under_way = client.request_reset(**named)
        if under_way:
            await under_way

    for either in (client, AsyncClient(emulator.url, APP_KEY)):
        with pytest.warns(DeprecationWarning, match="user is called username now") as warned:
            asyncio.run(call(either, user="noquestion@autoshares.com"))
        assert warned[0].filename == __file__
        with pytest.raises(TypeError, match="both username and user"):
            asyncio.run(call(either, user="a", username="b"))


def test_connecting_ahead_sends_nothing_and_spares_the_next_call_a_connection(stalled: StalledServer) -> None:
    with Client(stalled.url, "k") as client, ThreadPoolExecutor(1) as pool:
        for _ in range(2):
            client.connect()
        assert stalled.no_request_came()
        call = pool.submit(client.secret_question, "u")
        stalled.next_request()
        stalled.respond()
        assert call.result() == "A question?"
        assert stalled.connections == 1
    with pytest.raises(ConnectFailed):
        Client("http://127.0.0.1:1", "k").connect()


def test_a_failure_has_details_for_a_log() -> None:
    with Client("http://127.0.0.1:1", "k") as client, pytest.raises(ConnectFailed) as failed:
        client.secret_question("somebody")
    assert failed.value.details
    assert "127.0.0.1:1" in failed.value.details
    assert "somebody" not in failed.value.details


def test_one_call_without_a_client(emulator: Emulator) -> None:
    assert secret_question_once(emulator.url, APP_KEY, USER) == QUESTION


def test_a_forgotten_password_is_changed(client: Client, emulator: Emulator) -> None:
    with pytest.raises(AnswerIncorrect) as without_answer:
        client.request_reset(USER)
    assert without_answer.value.service_code == "ErrorIncorrectAnswer"
    with pytest.raises(AnswerIncorrect):
        client.request_reset(USER, "Elm Street")
    client.request_reset(USER, ANSWER)

    with pytest.raises(Rejected) as wrong_code:
        client.confirm_code("000000")
    assert wrong_code.value.request_sent
    token = client.confirm_code(emulator.mailed_code(USER))

    with pytest.raises(Rejected) as weak:
        client.set_password(token, "short")
    assert "short" not in str(weak.value)
    client.set_password(token, "A much longer one: 1")


def test_https_with_certificates_from_a_file_or_from_memory(emulator: Emulator, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca-café-🐶.pem"
    shutil.copyfile(emulator.ca_file, ca_file)
    for path in (ca_file, str(ca_file)):
        with Client(emulator.https_url, APP_KEY, ca_file=path) as client:
            assert client.secret_question(USER) == QUESTION
    with Client(emulator.https_url, APP_KEY, ca_pem=ca_file.read_text()) as client:
        assert client.secret_question(USER) == QUESTION


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps])
def test_a_client_or_a_cancel_is_not_taken_for_plain_data(client: Client, copied: Callable[[Any], object]) -> None:
    """A copy of the pointer would be freed twice, or be used in a process where it is invalid."""
    for what, value in (("client", client), ("Cancel", Cancel())):
        with pytest.raises(TypeError, match=f"a {what} of autoshares_reset cannot be copied or sent to another"):
            copied(value)
    assert client.secret_question(USER) == QUESTION


def test_a_closed_client_says_so_and_no_client_shows_the_key(client: Client, emulator: Emulator) -> None:
    assert not client.closed
    assert repr(client) == f"<Client '{emulator.url}'>"
    assert APP_KEY not in repr(vars(client))
    for _ in range(2):
        client.close()
        assert client.closed
    assert repr(client) == f"<Client '{emulator.url}', closed>"
    for use in (lambda: client.secret_question(USER), client.__enter__):
        with pytest.raises(InvalidArgument, match="closed"):
            use()
