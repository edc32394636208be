"""The four calls, against the emulator."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import ANSWER, APP_KEY, QUESTION, USER, Emulator, StalledServer

from autoshares_reset import (
    AnswerIncorrect,
    AppKeyRejected,
    Client,
    Code,
    ConnectFailed,
    InvalidArgument,
    Rejected,
    secret_question_once,
)


def test_the_question_is_retrieved(client: Client) -> None:
    assert client.secret_question(USER) == QUESTION


def test_text_beyond_ascii_arrives_as_it_is(client: Client) -> None:
    assert client.secret_question("zoe@autoshares.com") == "¿Cómo se llamaba tu primera mascota? 🐶"
    client.request_reset("zoe@autoshares.com", "Ñandú")


def test_the_former_name_of_the_username_is_taken_with_a_warning(client: Client) -> None:
    call: Any = client.request_reset
    with pytest.warns(DeprecationWarning, match="user is called username now") as warned:
        call(user="noquestion@autoshares.com")
    assert warned[0].filename == __file__
    with pytest.raises(TypeError, match="both username and user"):
        call(user="a", username="b")


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


def test_from_forgotten_to_changed(client: Client, emulator: Emulator) -> None:
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


def test_a_reset_without_a_question_needs_no_answer(client: Client, emulator: Emulator) -> None:
    client.request_reset("noquestion@autoshares.com")
    assert client.confirm_code(emulator.mailed_code("noquestion@autoshares.com"))


def test_a_wrong_key_is_told_apart_from_a_wrong_answer(emulator: Emulator) -> None:
    with Client(emulator.url, "another-key") as client, pytest.raises(AppKeyRejected) as rejected:
        client.secret_question(USER)
    assert rejected.value.code is Code.APP_KEY_REJECTED
    assert rejected.value.http_status in (401, 403)
    assert "another-key" not in str(rejected.value)


def test_a_client_is_used_after_a_failure(client: Client) -> None:
    with pytest.raises(InvalidArgument):
        client.secret_question("")
    assert client.secret_question(USER) == QUESTION


def test_https_with_certificates_from_a_file_or_from_memory(emulator: Emulator, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca-café-🐶.pem"
    shutil.copyfile(emulator.ca_file, ca_file)
    for path in (ca_file, str(ca_file)):
        with Client(emulator.https_url, APP_KEY, ca_file=path) as client:
            assert client.secret_question(USER) == QUESTION
    with Client(emulator.https_url, APP_KEY, ca_pem=ca_file.read_text()) as client:
        assert client.secret_question(USER) == QUESTION


def test_a_closed_client_says_so(emulator: Emulator) -> None:
    client = Client(emulator.url, APP_KEY)
    assert not client.closed
    client.close()
    client.close()
    assert client.closed
    for use in (lambda: client.secret_question(USER), client.__enter__):
        with pytest.raises(InvalidArgument, match="closed"):
            use()


def test_the_key_is_in_no_representation(client: Client, emulator: Emulator) -> None:
    assert repr(client) == f"<Client '{emulator.url}'>"
    assert APP_KEY not in repr(vars(client))
    client.close()
    assert repr(client) == f"<Client '{emulator.url}', closed>"
