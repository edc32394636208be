"""The exceptions: one for each code, complete also after pickling."""

from __future__ import annotations

import copy
import inspect
import pickle
import pydoc
from types import SimpleNamespace
from typing import Any, cast

import pytest

import autoshares_reset
from autoshares_reset import Code, NetworkError, RateLimited, ResetError, Timeout, _call
from autoshares_reset._call import Outcome
from autoshares_reset._errors import ERROR_TYPES
from autoshares_reset._ffi import ResultFields, ResultHandle

FAILURES = [code for code in Code if code >= 10]


class NoLibrary:
    def asr_result_details(self, _: object) -> bytes:
        return b"It took 3 s."


@pytest.fixture(autouse=True)
def no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the real library away, because it did not make the results of these tests."""
    monkeypatch.setattr(_call, "native", NoLibrary)


def outcome(**fields: Any) -> Outcome:
    # A real handle would free an object that the library has not made.
    return Outcome(cast(ResultHandle, SimpleNamespace(fields=ResultFields(**fields))))


def failure(code: int) -> Outcome:
    numbers = {"code": code, "http_status": 429, "request_sent": 1, "retry_after_s": 30, "os_error": 111}
    return outcome(**numbers, message=b"Too fast.", service_code=b"Slow")


@pytest.mark.parametrize("code", FAILURES)
def test_each_failure_has_its_exception(code: Code) -> None:
    error_type = ERROR_TYPES[code]
    assert error_type.__name__.replace("InternalError", "Internal").upper() == code.name.replace("_", "")
    assert getattr(autoshares_reset, error_type.__name__) is error_type
    with pytest.raises(error_type) as raised:
        failure(code).checked()
    error = raised.value
    assert type(error) is error_type
    assert error_type("made by hand").code is code
    assert isinstance(error, NetworkError) == (20 <= code <= 24)
    assert (error.code, error.http_status, error.request_sent, error.retry_after) == (code, 429, True, 30.0)
    assert (error.os_error, error.service_code, error.message, str(error)) == (111, "Slow", "Too fast.", "Too fast.")
    assert error.details == "It took 3 s."


def test_a_success_raises_nothing() -> None:
    for code in (Code.OK, Code.NO_QUESTION, 9):
        checked = outcome(code=code, question=b"Who?", token="tök".encode()).checked()
        assert (checked.question, checked.needed_token) == ("Who?", "tök")


def test_zeros_of_the_abi_are_none_in_python_and_a_failure_without_words_says_its_name() -> None:
    with pytest.raises(Timeout, match=r"^TIMEOUT\.$") as raised:
        outcome(code=Code.TIMEOUT).checked()
    error = raised.value
    assert (error.http_status, error.retry_after, error.os_error, error.service_code) == (None, None, None, None)
    assert not error.request_sent


def test_an_unknown_code_of_a_newer_library_is_a_failure() -> None:
    with pytest.raises(ResetError) as raised:
        failure(4711).checked()
    error = raised.value
    assert (type(error), type(error.code), error.code, error.code.name) == (ResetError, Code, 4711, "UNKNOWN_4711")


@pytest.mark.parametrize("error_type", [*ERROR_TYPES.values(), ResetError, NetworkError])
def test_an_exception_survives_pickling_and_copying(error_type: type[ResetError]) -> None:
    error = error_type("Sorry.", code=Code.REJECTED, http_status=422, service_code="x", request_sent=True, os_error=5)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301
        assert type(again) is error_type
        assert vars(again) == vars(error)
        assert (str(again), again.args) == ("Sorry.", ("Sorry.",))


def test_an_outcome_shows_no_secret() -> None:
    shown = repr(outcome(question=b"Who?", token=b"t0k3n"))
    assert "Outcome" in shown
    assert "Who?" not in shown
    assert "t0k3n" not in shown


def test_code_that_is_written_for_sockets_catches_them() -> None:
    for error_type, builtin in {
        NetworkError: OSError,
        autoshares_reset.ConnectFailed: ConnectionError,
        autoshares_reset.ConnectionLost: ConnectionError,
        Timeout: TimeoutError,
    }.items():
        with pytest.raises(builtin) as caught:
            raise error_type("Sorry.", os_error=111)
        for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):  # noqa: S301
            assert isinstance(error, OSError)
            assert (error.errno, error.strerror, str(error)) == (111, "Sorry.", "Sorry.")
    assert issubclass(autoshares_reset.InvalidArgument, ValueError)
    assert not issubclass(RateLimited, NetworkError)


def test_help_shows_the_types_and_docstrings() -> None:
    text = pydoc.plain(pydoc.render_doc(ResetError))
    for name in inspect.signature(ResetError).parameters:
        assert f":ivar {name}: " in text
    for name in autoshares_reset.__all__:
        public = getattr(autoshares_reset, name)
        if inspect.isclass(public) or inspect.isfunction(public):
            assert public.__module__ == "autoshares_reset"
            assert inspect.getdoc(public)


def test_every_time_is_in_seconds() -> None:
    for public in (autoshares_reset.Client, autoshares_reset.AsyncClient, ResetError):
        assert "_ms" not in pydoc.plain(pydoc.render_doc(public))
