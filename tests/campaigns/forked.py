"""Commands in forked processes: each child is a real process in a group of its own, warmed by what its parent has imported.

The parent never opens a case, so that no thread of the database stands in the way of a fork; what has to be asked of a
case is asked by a child, which sends its answer back.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds after which a child is taken to hang.
HANGS = 300.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code (negative: the signal), how long it ran, what it said, what it sent back."""

    code: int
    seconds: float
    said: str
    sent: Any


def run_child(work: Callable[[], Any], said: Path, *, kill_after: float | None = None, ends_itself: bool = False) -> Ended:
    """Do some work in a child; its output goes to a file. With ``kill_after`` its group gets SIGKILL after so many seconds.

    What the work returns is sent back; a child that raises ends with 70 and its traceback in the output.
    """
    said.write_bytes(b"")
    reader, writer = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reader)
        _work(work, said, writer)
    with suppress(OSError):  # on both sides, since nobody knows which comes first; a child that has ended needs none
        os.setpgid(child, child)
    os.close(writer)
    handle = os.pidfd_open(child)
    try:
        sent, open_end, deadline = b"", True, begun + (HANGS if kill_after is None else kill_after)
        while True:
            ready, _, _ = select.select([handle, *([reader] if open_end else [])], [], [], max(0.0, deadline - time.monotonic()))
            if reader in ready:
                piece = os.read(reader, 1 << 20)
                sent, open_end = sent + piece, bool(piece)
            elif handle in ready:
                break
            elif not ready:
                os.killpg(child, signal.SIGKILL)
                break
    finally:
        os.close(handle)
        os.close(reader)
    _, status = os.waitpid(child, 0)
    seconds, code = time.monotonic() - begun, os.waitstatus_to_exitcode(status)
    if kill_after is None and not ends_itself and code == -signal.SIGKILL:
        raise TimeoutError(f"a child hung: {said.read_text()[-2000:]}")
    return Ended(code, seconds, said.read_text(errors="replace"), pickle.loads(sent) if sent and code == 0 else None)  # noqa: S301


def _work(work: Callable[[], Any], said: Path, writer: int) -> None:
    """The child's life; it never returns to the parent's code."""
    code = 70
    try:
        os.setpgid(0, 0)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number in (1, 2):
            os.dup2(out, number)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
        sys.stdout, sys.stderr = (os.fdopen(os.dup(out), "w", buffering=1) for _ in range(2))
        try:
            answer = work()
            code = 0
        except SystemExit as end:
            answer, code = None, int(end.code or 0)
        data = pickle.dumps(answer)
        while data:
            data = data[os.write(writer, data) :]
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - whatever it was must not run on in the parent's code
        os.write(2, traceback.format_exc().encode())
        code = 70
    os._exit(code)
