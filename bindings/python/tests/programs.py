"""Functions for the tests and their programs. It imports only the standard library and this package."""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Callable

from autoshares_reset import _worker

QUESTIONS = {
    "hello@autoshares.com": "What street did you live on in third grade?",
    "robert.zak": "What is your mother's maiden name?",
    "noquestion@autoshares.com": None,
    "zoe@autoshares.com": "¿Cómo se llamaba tu primera mascota? 🐶",
}
"""The emulator's accounts."""


def call_threads() -> int:
    """The number of threads that make calls or wait for one."""
    found = 0
    for frame in sys._current_frames().values():
        while frame.f_back is not None:
            frame = frame.f_back
        found += frame.f_code is _worker._work.__code__
    return found


def end_threads() -> None:
    """Ends the idle threads; fails if one is lost, because nothing would end it."""
    deadline = time.monotonic() + 10
    while call_threads():
        assert time.monotonic() < deadline, "threads are left"
        _worker._end_kept()
        time.sleep(0.001)


def fork(work: Callable[[], object]) -> int:
    """Starts a child that does the work and nothing else; returns its number."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child
