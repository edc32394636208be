"""A client in Python that is measured as measure.c measures those in C: client.py autoshares|requests|httpx MODE …

MODE is `warm WARMUP CALLS`, `first` or `once`; the environment is that of measure.c.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

URL = os.environ["BENCH_URL"]
KEY = os.environ["BENCH_APP_KEY"]
USERNAME = os.environ["BENCH_USERNAME"]
CA_FILE = os.environ["SSL_CERT_FILE"]
QUESTION = f"{URL}/v1.0/users/password/secret-question"
HEADERS = {"Et-App-Key": KEY, "Accept": "application/json"}


# Nothing is imported above that a client might not need: the first response's time counts from the process's start.
def autoshares() -> Callable[[], str | None]:
    from autoshares_reset import Client

    client = Client(URL, KEY)
    return lambda: client.secret_question(USERNAME)


def requests() -> Callable[[], str | None]:
    from requests import Session

    session = Session()
    session.headers.update(HEADERS)
    session.verify = CA_FILE

    def ask() -> str | None:
        response = session.get(QUESTION, params={"username": USERNAME}, timeout=(10, 30))
        response.raise_for_status()
        return question_in(response.json())

    return ask


def httpx() -> Callable[[], str | None]:
    import ssl

    from httpx import Client

    client = Client(headers=HEADERS, verify=ssl.create_default_context(cafile=CA_FILE), timeout=30)

    def ask() -> str | None:
        response = client.get(QUESTION, params={"username": USERNAME})
        response.raise_for_status()
        return question_in(response.json())

    return ask


def question_in(envelope: dict[str, object]) -> str | None:
    model = envelope["Model"]
    return model if envelope["IsSucceed"] is True and isinstance(model, str) else None


def warm(ask: Callable[[], str | None], warmup: int, calls: int) -> dict[str, float]:
    import resource

    for _ in range(warmup):
        assert ask()
    times = []
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(calls):
        start = time.perf_counter_ns()
        question = ask()
        times.append(time.perf_counter_ns() - start)
        assert question
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"p50_us": sorted(times)[calls // 2] / 1e3, "cpu_us": cpu / calls * 1e6}


def first(ask: Callable[[], str | None]) -> dict[str, float]:
    assert ask()
    return {"first_us": (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - int(os.environ["BENCH_STARTED_NS"])) / 1e3}


def once(ask: Callable[[], str | None]) -> dict[str, float]:
    start = time.perf_counter_ns()
    assert ask()
    return {"call_us": (time.perf_counter_ns() - start) / 1e3}


if __name__ == "__main__":
    _, name, mode, *numbers = sys.argv
    asked = {"autoshares": autoshares, "requests": requests, "httpx": httpx}[name]()
    found = {"warm": warm, "first": first, "once": once}[mode](asked, *map(int, numbers))

    import json

    print(json.dumps(found))
