"""Ctrl-C while the main thread waits in the library.

Python runs signal handlers between bytecodes, so a KeyboardInterrupt would wait for the C call to return. But the
C-level handler also writes the signal's number to the wake-up descriptor, at once. Here a thread waits at the other
end of that descriptor and cancels the call; then it returns, and Python raises the KeyboardInterrupt.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Optional, TypeVar

from ._ffi import CancelHandle
from ._library import native

try:
    # That of `signal` looks for its answer in an enum first, which takes longer than all else here.
    from _signal import getsignal as _getsignal  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # not CPython
    _getsignal = signal.getsignal

T = TypeVar("T")

# Of the kind without a descriptor of its own, which a forked child would inherit.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
_NONE = -1  # what set_wakeup_fd knows as "no descriptor"


def applies() -> bool:
    """Whether Ctrl-C would raise KeyboardInterrupt here. Another handler decides for itself what it ends."""
    return (
        threading.current_thread() is threading.main_thread()
        and _getsignal(signal.SIGINT) is signal.default_int_handler
    )


def run(call: Callable[..., T], arguments: Iterable[object], cancel: CancelHandle) -> T:
    """Calls `call` with the arguments and `cancel`, so that Ctrl-C ends it. In the main thread only."""
    watcher = _watcher or _start()
    if watcher is None:
        return call(*arguments, cancel)
    outer = watcher.cancel, watcher.previous
    previous: list[int] = []
    quiet = False
    try:
        with watcher.lock:
            watcher.cancel = cancel
        if watcher is not _watcher:  # another thread forks, and ended it just before
            return run(call, arguments, cancel)
        try:
            # One step in C, so that no interrupt comes between setting the descriptor and remembering the old one.
            # The warning of a full buffer, which takes a flood of signals, stays on: turning it off takes 0.2 µs.
            previous.extend(map(signal.set_wakeup_fd, (watcher.writer.fileno(),)))
            watcher.previous = previous[0]
        except (OSError, ValueError):
            pass  # embedded, and the program's main thread is not Python's: then Ctrl-C waits for the call
        result = call(*arguments, cancel)
        quiet = True
        return result
    finally:
        try:
            _finish(watcher, previous, outer, quiet)
        except BaseException:
            _finish(watcher, previous, outer, False)
            raise


def _finish(watcher: _Watcher, previous: list[int], outer: tuple[CancelHandle | None, int], quiet: bool) -> None:
    if previous:
        # An interrupt may have come before run() did this, and its owner is to hear of it.
        watcher.previous = previous[0]
        _restore(previous[0])
    # What arrived for this call must not end the next one. A Ctrl-C has raised KeyboardInterrupt by now, in here or in
    # run(); without one, and without another owner to tell, the look into the socket is spared: it takes a while.
    if not quiet or watcher.previous != _NONE:
        watcher.take()
    watcher.cancel, watcher.previous = outer


def _restore(descriptor: int) -> None:
    try:
        signal.set_wakeup_fd(descriptor)
    except (OSError, ValueError):  # closed by its owner meanwhile
        signal.set_wakeup_fd(_NONE)


class _Watcher:
    """The thread, the socket pair that wakes it, and what it is to cancel now."""

    def __init__(self) -> None:
        self.reader, self.writer = socket.socketpair()
        self.reader.setblocking(False)
        self.writer.setblocking(False)
        self.lock = threading.RLock()  # a signal handler that makes a call may come while the main thread holds it
        self.cancel: CancelHandle | None = None
        self.previous = _NONE
        self.ending = False
        self.thread = threading.Thread(target=self._watch, name="autoshares-reset Ctrl-C", daemon=True)

    def _watch(self) -> None:
        with _Selector() as selector:
            selector.register(self.reader, selectors.EVENT_READ)
            while not self.ending:
                selector.select()
                self.take()

    def end(self) -> None:
        self.ending = True
        # Not by a byte, which the main thread might take; then the thread would sleep on.
        self.writer.shutdown(socket.SHUT_WR)
        self.thread.join()
        with self.lock:
            self.close()

    def close(self) -> None:
        self.reader.close()
        self.writer.close()

    def take(self) -> None:
        """Deals with the signals that have arrived; under a lock, so that each is dealt with during its call."""
        with self.lock:
            try:
                signals = self.reader.recv(4096)
            except OSError:  # none has arrived, or this was ended for a fork
                return
            if self.previous != _NONE:
                _forward(self.previous, signals)
            if signal.SIGINT in signals and self.cancel is not None:
                native().asr_cancel_trigger(self.cancel)


def _forward(descriptor: int, signals: bytes) -> None:
    """Gives the signals to the descriptor that was set before, such as that of an event loop."""
    try:
        if os.name == "nt":
            with socket.socket(fileno=descriptor) as lent:
                try:
                    lent.send(signals)
                finally:
                    lent.detach()
        else:
            os.write(descriptor, signals)
    except OSError:
        pass  # full, or closed by its owner: as without us


_watcher: Optional[_Watcher] = None


def _start() -> _Watcher | None:
    global _watcher
    watcher = _Watcher()
    try:
        watcher.thread.start()
    except RuntimeError:  # the interpreter is ending, or there are too many threads: Ctrl-C then waits for the call
        watcher.close()
        return None
    if _watcher is not None:  # a signal handler has made a call meanwhile
        watcher.end()
        return _watcher
    _watcher = watcher
    return watcher


def _before_fork() -> None:
    # Python rightly warns of forks with threads, and this one is easily spared.
    global _watcher
    watcher = _watcher
    if watcher is None:
        return
    with watcher.lock:
        if watcher is not _watcher or watcher.cancel is not None:  # ended already, or needed
            return
        _watcher = None
    watcher.end()


def _in_child() -> None:
    # Forked by another thread during a call. The watching thread stayed in the parent, and the socket pair is shared
    # with it: a signal here must not cancel there.
    global _watcher
    if _watcher is None:
        return
    descriptor = signal.set_wakeup_fd(_NONE)
    if descriptor == _watcher.writer.fileno():
        descriptor = _watcher.previous
    _restore(descriptor)
    _watcher.close()
    _watcher = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_in_child)
