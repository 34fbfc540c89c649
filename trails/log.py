"""The case's log: one JSON line for each command that changed the case, each naming the SHA-256 of the line before.

A changed, removed or inserted line breaks the chain at that place. The chain proves order, not honesty: its head is
printed in the report so that it can be held against a copy kept elsewhere. ``sha256sum`` over any line (without its
line end) gives the ``prev`` of the next.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from trails.errors import CaseError

GENESIS = "0" * 64


def make_line(number: int, previous: str, *, at: datetime, who: str, command: str, details: dict[str, Any]) -> str:
    """One log line as JSON text; ``previous`` is the hash of the line before (GENESIS for the first)."""
    entry = {"n": number, "prev": previous, "at": at.isoformat(timespec="seconds"), "who": who, "command": command}
    return json.dumps({**entry, **details}, ensure_ascii=False, sort_keys=False, separators=(",", ":"))


def hash_line(line: str) -> str:
    """The SHA-256 of a log line."""
    return hashlib.sha256(line.encode()).hexdigest()


def read_lines(path: Path) -> list[str]:
    """The whole lines of a log; a last line cut off by a crash is not one."""
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def append_lines(path: Path, lines: list[str]) -> None:
    """Bring the log file up to the given complete list of lines, adding what is missing and flushing it to disk.

    Raises CaseError when the file does not agree with the lines it should begin with: somebody changed it.
    """
    present = read_lines(path)
    if present != lines[: len(present)]:
        raise CaseError(f"{path}: the log does not agree with the case's own record of it; it was changed by hand")
    whole = sum(len(line.encode()) + 1 for line in present)
    if len(present) == len(lines) and (not path.exists() or path.stat().st_size == whole):
        return
    with path.open("ab") as out:
        out.truncate(whole)
        out.write("".join(f"{line}\n" for line in lines[len(present) :]).encode())
        out.flush()
        os.fsync(out.fileno())


def verify_chain(lines: list[str]) -> str:
    """The hash of the last line of a whole chain; raises CaseError naming the first line that does not fit."""
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            raise CaseError(f"log line {number} is no JSON: it was changed") from None
        if entry.get("prev") != previous or entry.get("n") != number:
            raise CaseError(f"log line {number} does not follow line {number - 1}: the log was changed there")
        previous = hash_line(line)
    return previous
