"""Cancelling calls from another thread."""

from __future__ import annotations

from typing import NoReturn

from ._ffi import CancelHandle
from ._library import native


class Cancel:
    """A token that ends the calls that were given it, running and later ones, from any thread.

    It stays triggered: use a new one for the next try. Calls of an :class:`AsyncClient` need none: they end with
    their task.
    """

    # Each call has its own handle here, because Ctrl-C must end one call and not all that share a Cancel. The order in
    # _join() and trigger() relies on single operations on a set being atomic.
    def __init__(self) -> None:
        self._triggered = False
        self._calls: set[CancelHandle] = set()

    @property
    def triggered(self) -> bool:
        """True if :meth:`trigger` was called."""
        return self._triggered

    def trigger(self) -> None:
        """Ends the calls: they raise :class:`Cancelled`. Any thread, any number of times."""
        self._triggered = True
        for handle in self._calls.copy():
            native().asr_cancel_trigger(handle)

    def _join(self, handle: CancelHandle) -> None:
        self._calls.add(handle)
        if self._triggered:
            native().asr_cancel_trigger(handle)

    def _leave(self, handle: CancelHandle) -> None:
        self._calls.discard(handle)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Cancel of autoshares_reset cannot be copied or sent to another process")

    def __repr__(self) -> str:
        return f"<Cancel {'triggered' if self._triggered else 'not triggered'}>"
