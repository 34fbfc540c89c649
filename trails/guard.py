"""A bound on memory and time that holds for a whole process, whatever a library in it does.

The database accounts for what it holds in tables and sorts, not for every text and list on their way; and while it works out one
of those it does not look whether it is to stop. A process that only reads can be ended at any moment without harm.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_S = 0.01
#: A query that was told to stop has so many seconds for it.
_GRACE_S = 3.0
_STATM = Path("/proc/self/statm")


@contextmanager
def end_beyond(*, memory: int, seconds: float, end: Callable[[str], None]) -> Iterator[None]:
    """While it lasts: ``end("memory")`` where the process grows by more bytes, ``end("seconds")`` well after so many seconds.

    ``end`` is called from another thread and is not to return. Where the system does not say what a process takes (Windows)
    only the seconds count.
    """
    done, most, until = threading.Event(), resident_bytes() + memory, time.monotonic() + seconds + _GRACE_S

    def watch() -> None:
        while not done.wait(_PAUSE_S):
            if resident_bytes() > most:
                return end("memory")
            if time.monotonic() > until:
                return end("seconds")
        return None

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def resident_bytes() -> int:
    """What this process holds in memory now; on macOS the most it ever held; 0 where the system does not say."""
    if sys.platform == "linux":
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
