"""Threads for calls. Python runs signal handlers only in its main thread, and not while that waits in C."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import functools
import itertools
import os
import queue
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional

from ._ffi import CancelHandle
from ._library import native

Work = Callable[[], Any]
Result = tuple[Any, Optional[BaseException]]
Publish = Callable[[Result], object]

# A signal just before the main thread begins to wait does not wake it, and on Windows no signal does.
_LOOK_AGAIN = 0.02

# Starting a thread takes longer than a call on a kept connection, so some idle threads are kept for some seconds.
_MOST_KEPT = 64
_KEPT_FOR = 5.0


def runs_signal_handlers() -> bool:
    """True in the main thread of the main interpreter."""
    try:
        signal.set_wakeup_fd(-2)  # no descriptor, so that the main thread gets another refusal
    except ValueError:
        return False
    except OSError:
        pass
    return True


_IN_SUBINTERPRETER = threading.current_thread() is threading.main_thread() and not runs_signal_handlers()


def run(call: Callable[..., Any], *arguments: object, cancel: CancelHandle) -> Any:
    """Makes the call in another thread, and cancels it when a signal handler raises."""
    results: queue.SimpleQueue[Result] = queue.SimpleQueue()
    try:
        try:
            start(lambda: call(*arguments, cancel), results.put, keep=True)
        except RuntimeError as error:
            if _raised_in(error) is not _start_thread.__code__:  # a signal handler raised it
                raise
            return call(*arguments, cancel)  # no thread could be started: the signals wait
        while True:
            try:
                value, failure = results.get(timeout=_LOOK_AGAIN)
            except queue.Empty:
                continue
            if failure is not None:
                raise failure
            return value
    except BaseException:
        native().asr_cancel_trigger(cancel)
        raise


def start(work: Work, publish: Publish, *, keep: bool = False) -> None:
    """Does the work on another thread, which then publishes the result.

    Raises RuntimeError if no thread can be started.
    """
    fresh = _Jobs(keep)
    # One step in C: a signal handler that raised between taking a thread and giving it work would lose the thread.
    next(map(_Jobs.put, itertools.chain(iter(_Taken()), (fresh,)), ((work, publish),)))
    if not fresh.empty():
        _start_thread(fresh)


class _Jobs(queue.SimpleQueue[Optional[tuple[Work, Publish]]]):
    """The jobs of a thread. None ends it."""

    join: Callable[[], object]

    def __init__(self, keep: bool) -> None:
        self.keep = keep


# The threads that wait for work, the most recently used one first.
_kept: list[_Jobs] = []


class _Taken:
    """Iterating over it pops the first one of the list."""

    if TYPE_CHECKING:

        def __getitem__(self, first: int) -> _Jobs: ...

    else:
        __getitem__ = _kept.pop


# Avoids threading.Thread, because its start() breaks when a signal handler raises in it.
def _start_thread(jobs: _Jobs) -> None:
    if _IN_SUBINTERPRETER:
        threading.Thread(target=_work, args=(jobs,), daemon=False).start()  # the interpreter must outlive its threads
    elif sys.version_info >= (3, 13):
        handle = _thread._ThreadHandle()
        jobs.join = handle.join
        _thread.start_joinable_thread(functools.partial(_work, jobs), handle=handle)
    else:
        ended = _thread.allocate_lock()
        jobs.join = ended.acquire
        ended.acquire()
        _unended.add(ended)
        _thread.start_new_thread(_work, (jobs, functools.partial(_end, ended)))


# Older Pythons may crash at their exit if a thread returns from C meanwhile.
_unended: set[_thread.LockType] = set()


def _end(ended: _thread.LockType) -> None:
    _unended.discard(ended)
    ended.release()


def _end_kept() -> list[_Jobs]:
    ending: list[_Jobs] = []
    with contextlib.suppress(IndexError):
        while True:
            jobs = _kept.pop()
            jobs.put(None)
            ending.append(jobs)
    return ending


def _await_threads() -> None:
    _end_kept()
    deadline = time.monotonic() + 0.1  # threads whose calls go on are not waited for
    for ended in tuple(_unended):
        ended.acquire(timeout=max(0, deadline - time.monotonic()))


atexit.register(_await_threads)


if sys.platform != "win32":
    _faults = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP}
    _blocked = signal.valid_signals() - _faults  # which the thread itself would raise


def _work(jobs: _Jobs, ended: Callable[[], object] = lambda: None) -> None:
    if sys.platform != "win32":
        # A signal that the program blocks must stay pending and not be delivered here.
        signal.pthread_sigmask(signal.SIG_BLOCK, _blocked)
    while (job := _next(jobs)) is not None:
        work, publish = job
        try:
            result: Result = work(), None
        except BaseException as error:
            result = None, error
        del job, work  # frees their references before the caller goes on
        # The thread is kept before the result is published, because the caller may make its next call at once.
        kept = jobs.keep and len(_kept) < _MOST_KEPT
        if kept:
            _kept.insert(0, jobs)
        publish(result)
        del publish, result
        if not kept:
            break
    ended()


def _next(jobs: _Jobs) -> Optional[tuple[Work, Publish]]:
    try:
        return jobs.get(timeout=_KEPT_FOR)
    except queue.Empty:
        pass
    try:
        _kept.remove(jobs)
    except ValueError:
        return jobs.get()  # another thread has just taken it
    return None


def _raised_in(error: BaseException) -> object:
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step and step.tb_frame.f_code


def _before_fork() -> None:
    # Python warns of forks with threads, and these can end before the fork.
    for jobs in _end_kept():
        jobs.join()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_kept.clear)
    os.register_at_fork(after_in_child=_unended.clear)
