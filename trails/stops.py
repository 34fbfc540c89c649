"""What ends a command from outside: a person's Ctrl-C, and a disk that takes nothing more. Both have many shapes."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: What the system says where nothing more can be written: a full disk, a used-up quota, a limit on a file's size.
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
#: The same in the words of a library that gives no number, and the database's own bound on what it may set aside on a disk.
_NO_SPACE_WORDS = ("no space left on device", "disk quota exceeded", "file too large", "max_temp_directory_size")
#: What the database says of a query that Ctrl-C ended: it takes the signal, and Python sees no KeyboardInterrupt.
_INTERRUPTED = "Query interrupted"


#: How the log calls what a command of several steps does, and how it is told: of one, of several.
_TOLD = {
    "new": ("the case made", "cases made"), "add": ("1 file added", "files added"),
    "declare": ("1 role declared", "roles declared"),
    "judge": ("1 judgement recorded", "judgements recorded"), "not_added": ("1 file left out", "files left out"),
}  # fmt: skip
#: Log lines that say where a command of several steps stands, and are no step themselves.
_MARKS = ("run", "run_done")
#: Steps after which the same command goes on with what is left: a file that is there is known again.
_GOES_ON = ("run", "add")
#: The step of a look-up: it keeps every answer as it comes, and asks for none of them again.
_LOOKED_UP = "fetch"
#: Seconds that a command may take to end by itself after Ctrl-C.
_GRACE_S = 10.0


#: Seconds after which the database is told as well, where it has not noticed by itself.
_PATIENCE_S = 1.0
_WATCHED: WeakSet[DuckDBPyConnection] = WeakSet()
#: What this process committed, in the words of the log.
_COMMITTED: list[str] = []


def note_done(command: str) -> None:
    """Remember a change that was committed: whoever stops the command is told that it stays."""
    _COMMITTED.append(command)


def forget_done() -> None:
    """Nothing stays of what was done: a case that was just made went again."""
    _COMMITTED.clear()


def say_stopped() -> str:
    """What is said when a person has stopped a command."""
    return f"trails: stopped; {say_kept()}"


def say_kept() -> str:
    """Whether anything of what a command did stays where it ended early, and whether it can be taken up again."""
    steps = [each for each in dict.fromkeys(_COMMITTED) if each not in _MARKS]
    if not steps:
        return "the case is as it was before this command"
    if _LOOKED_UP in steps:
        return "the answers that came are kept, and the same command (without --refresh) goes on"
    counted = [(each, _COMMITTED.count(each)) for each in steps]
    said = [
        (_TOLD[each][0] if n == 1 else f"{n:,} {_TOLD[each][1]}") if each in _TOLD else f"`{each}` done" for each, n in counted
    ]  # fmt: skip
    more = "run_done" not in _COMMITTED and any(each in _COMMITTED for each in _GOES_ON)
    after = "; the same command goes on with the rest" if more else ""
    return f"what it had done stays ({', '.join(said)}), and nothing is half done{after}"


def watch(connection: DuckDBPyConnection) -> None:
    """Have a connection's query ended by Ctrl-C also where the database does not look for the signal itself."""
    _WATCHED.add(connection)


@contextmanager
def end_after_interrupt(seconds: float = _GRACE_S) -> Iterator[None]:
    """Let no Ctrl-C wait longer than this: some queries of the database never look whether they are to stop.

    Python's own handling comes first. Whatever has not ended by then is ended as a crash would end it, after which a case
    is as it was, or complete.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _take_one_signal()
    heard, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    waiting = threading.Thread(target=_wait_and_end, args=(heard, seconds), daemon=True)
    waiting.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        waiting.join(_PATIENCE_S)


class _OneSignal:
    """A handler of Ctrl-C: the first one stops the command, and none that follows stops its stopping."""

    def __init__(self) -> None:
        self.struck = False

    def __call__(self, *_: object) -> None:
        if not self.struck:
            self.struck = True
            raise KeyboardInterrupt


def _take_one_signal() -> None:
    # who wants to hear no Ctrl-C (a command in the background), or handles it himself, keeps it so
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _OneSignal())


def settle_signals() -> None:
    """After the command: where Ctrl-C stopped it, hear no further one, which would kill Python on its way out; else as before."""
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, _OneSignal):
        signal.signal(signal.SIGINT, signal.SIG_IGN if handler.struck else signal.default_int_handler)


def _wait_and_end(heard: socket.socket, seconds: float) -> None:
    with heard:
        while (data := heard.recv(64)) and signal.SIGINT not in data:
            pass
        if not data or _ends_within(heard, min(seconds, _PATIENCE_S)):
            return
        _interrupt_queries()
        _wake_main_thread()
        if not _ends_within(heard, seconds):
            os.write(2, f"{say_stopped()}\n".encode())
            os._exit(130)


def _interrupt_queries() -> None:
    # in a function of its own: a thread that still named a connection at the end of the process would keep it alive
    for connection in list(_WATCHED):
        connection.interrupt()


def _wake_main_thread() -> None:
    """Send Ctrl-C to the main thread once more: a first one that struck just before a wait for an answer did not end the wait.

    Whoever heeded the first one hears nothing of it (see `_OneSignal`).
    """
    main = threading.main_thread().ident
    is_ours = isinstance(signal.getsignal(signal.SIGINT), _OneSignal)
    if is_ours and main is not None and hasattr(signal, "pthread_kill"):  # which Windows has not
        signal.pthread_kill(main, signal.SIGINT)


def _ends_within(heard: socket.socket, seconds: float) -> bool:
    """Whether the command ends, which closes the other end, within some seconds."""
    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            heard.settimeout(left)
            if not heard.recv(64):
                return True
    except TimeoutError:
        pass
    return False


def was_interrupted(problem: BaseException) -> bool:
    """Whether an exception is how a Ctrl-C came out: Python's own, or the database's."""
    if isinstance(problem, KeyboardInterrupt):
        return True
    database = sys.modules.get("duckdb")
    return (isinstance(problem, RuntimeError) and str(problem) == _INTERRUPTED) or (
        database is not None and isinstance(problem, database.InterruptException)
    )


def is_disk_full(problem: BaseException) -> bool:
    """Whether an exception says that nothing more can be written: the system's own, or the database's."""
    if isinstance(problem, OSError):
        return problem.errno in NO_SPACE
    database = sys.modules.get("duckdb")
    is_of_database = database is not None and isinstance(problem, database.Error)
    return is_of_database and any(word in str(problem).lower() for word in _NO_SPACE_WORDS)


def is_damage(problem: BaseException) -> bool:
    """Whether an exception says that the file of the database is not whole."""
    database = sys.modules.get("duckdb")
    return database is not None and isinstance(
        problem, (database.IOException, database.FatalException, database.SerializationException)
    )


def outside_errors() -> tuple[type[BaseException], ...]:
    """What may be one of these, to be caught and looked at; the database's errors only where it was loaded already."""
    database = sys.modules.get("duckdb")
    return (KeyboardInterrupt, RuntimeError, OSError, *(() if database is None else (database.Error,)))
