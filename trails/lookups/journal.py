"""Which requests left the machine, on their way into the case's log.

Each request is noted in ``CASE/lookups/unlogged.jsonl`` and flushed to the disk before it is sent, and again with its
outcome. Then the notes become a line of the hash-chained log: after every answer at first, later after every fiftieth part
of what was answered. What a killed run left behind is logged by the next one, in a line that says so: a request without an
outcome may have left the machine, and an answer that was only noted is asked for again, since anybody may write such notes.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from typing import Any

from trails.case import Case
from trails.errors import CaseError
from trails.http import Request
from trails.lookup_log import LEFT
from trails.lookups.answers import digest
from trails.plain_files import open_to_append, read_whole

_MOST_NOTES = 200
_LONGEST_S = 5.0
#: So long a part of a look-up's answers is logged in one line, and asked again if it is killed before that.
_PART = 50


class Journal:
    """The notes of a case's look-ups that are not in its log yet."""

    def __init__(self, case: Case) -> None:
        self._case, self._path = case, case.folder / "lookups" / "unlogged.jsonl"
        self._notes, self._sent, self._flushed = 0, 0, time.monotonic()

    def note_sending(self, request: Request, lookup: str) -> None:
        """Say that a request is about to be sent."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        body = {"body": request.body} if request.body else {}
        self._append({"at": at, "lookup": lookup, "method": request.method, "url": request.url, **body, "asked": digest(request)})

    def note_fault(self, fault: dict[str, Any]) -> None:
        """Say what went wrong with one try of the request under way."""
        self._append({"fault": fault})

    def note_outcome(self, outcome: dict[str, Any]) -> None:
        """Say what became of the request under way; where that is enough for a line, log what is noted."""
        self._append({"outcome": outcome})
        self._notes += 1
        self._sent += 1
        if self._notes >= min(_MOST_NOTES, max(1, self._sent // _PART)) or time.monotonic() - self._flushed > _LONGEST_S:
            self.flush()

    def flush(self, *, left: bool = False) -> None:
        """Log everything noted, and forget the notes; ``left`` where a run before this one noted it."""
        requests = self._fold()
        if requests:
            write_log(self._case, "requests", {**({LEFT: True} if left else {}), "requests": requests})
        self._path.unlink(missing_ok=True)
        self._notes, self._flushed = 0, time.monotonic()

    def _fold(self) -> list[dict[str, Any]]:
        """One entry for each request, with its faults and its outcome."""
        found: list[dict[str, Any]] = []
        there = os.path.lexists(self._path)
        for line in read_whole(self._path, error=CaseError).splitlines() if there else ():
            try:
                note = json.loads(line)
            except (ValueError, RecursionError):
                continue  # the last line of a run that was killed while writing it: the request was not sent yet
            if not isinstance(note, dict) or (not found and ("fault" in note or "outcome" in note)):
                continue  # written by somebody else: it belongs to no request
            if "fault" in note:
                found[-1].setdefault("faults", []).append(note["fault"])
            elif "outcome" in note:
                found[-1].update(note["outcome"])
            else:
                found.append(note)
        for request in found:
            if "sha256" not in request and "problem" not in request:
                request["problem"] = "stopped: whether it was answered is not known"
        return found

    def _append(self, note: dict[str, Any]) -> None:
        with open_to_append(self._path) as out:
            out.write(json.dumps(note, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())


def write_log(case: Case, step: str, details: dict[str, Any]) -> None:
    """A line of look-ups in the case's log."""
    with case.change("fetch", {"step": step, **details}):
        pass
