"""The line to a service, which is cut when its time is over."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter


class Guard:
    """Cuts the line of a request that is not over in time, however slowly its bytes come."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self.fired = False

    def watch(self, line: socket.socket) -> socket.socket:
        """Keep a second handle to the line: TLS takes the first one over. One that came too late is cut at once."""
        self.close()
        self._line = line.dup()
        if self.fired:
            self._cut()
        return line

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Whatever happens inside is cut after so many seconds; ``fired`` tells whether it was."""
        self.fired = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.fired = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the handle back."""
        if self._line is not None:
            self._line.close()
        self._line = None


class GuardedAdapter(HTTPAdapter):
    """One line at a time, watched by a guard; nothing is retried behind our back."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make lines that tell the guard of their sockets."""
        super().init_poolmanager(*args, **kwargs)
        guard = self._guard

        class PlainLine(urllib3.connection.HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard.watch(super()._new_conn())

        class SafeLine(urllib3.connection.HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return guard.watch(super()._new_conn())

        class PlainPool(urllib3.HTTPConnectionPool):
            ConnectionCls = PlainLine

        class SafePool(urllib3.HTTPSConnectionPool):
            ConnectionCls = SafeLine

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SafePool}
