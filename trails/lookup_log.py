"""What a case's log says of its look-ups: which request was answered with what, how far each look-up is, what was kept of it.

The files in ``CASE/lookups`` can be written by anybody; the log is a chain. So an answer is used, and a look-up counts as done,
only where the log says so, whatever the files say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from trails.log import read_entry

#: In a line whose requests were noted by a run that was stopped. Such notes are a plain file: whoever put an answer into the
#: folder could have written them too, so they say what may have been sent, and no answer is used because of them.
LEFT = "left_by_a_stopped_run"
#: The name of a kept answer: its SHA-256.
HASH = re.compile(r"[0-9a-f]{64}")
#: The name of a look-up.
_KEY = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Done:
    """A look-up that was answered: the sources its answers became, and when."""

    sources: list[Any]
    at: str


@dataclass(slots=True)
class LookupLog:
    """What the log says of look-ups. Numbers are those of log lines.

    ``answers``: digest of a request -> SHA-256 of its newest answer, and the line; ``hashes``: of every answer that a line
    vouches for; ``since``: look-up -> the line from which its answers count; ``files``: look-up -> SHA-256 of its file, oldest
    first; ``bare``: look-ups of a version that did not log that yet; ``finished``: the sources that look-ups ever ended with.
    """

    answers: dict[str, tuple[str, int]] = field(default_factory=dict)
    hashes: set[str] = field(default_factory=set)
    since: dict[str, int] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    finished: dict[str, list[list[Any]]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)

    def find_answer(self, request: str, lookup: str) -> str | None:
        """The SHA-256 of the answer to a request (its digest) that counts for a look-up; None where there is none."""
        sha256, line = self.answers.get(request, ("", 0))
        return sha256 if line > self.since.get(lookup, 0) else None


def digest_request(method: str, url: str, body: str, scope: str) -> str:
    """The name of a request; keys are no part of it."""
    return hashlib.sha256(f"{method}\n{url}\n{body}\n{scope}".encode()).hexdigest()


def read_lookup_log(lines: Iterable[str]) -> LookupLog:
    """What log lines say of look-ups; lines that no command writes are passed over."""
    found = LookupLog()
    for line in lines:
        # most lines are of other commands, and to take each apart takes time
        entry = read_entry(line) if '"command":"fetch"' in line else None
        if entry is None or entry["command"] != "fetch":
            continue
        step, number = entry.get("step"), entry["n"]
        if step == "plan":
            _note_plan(found, entry, number)
        elif step == "requests" and LEFT not in entry:
            for request in _dicts(entry.get("requests")):
                _note_answer(found, request, number)
        elif step in ("stopped", "done") and isinstance(entry.get("lookup"), str):
            _note_end(found, entry, number)
    return found


def _note_plan(found: LookupLog, entry: dict[str, Any], number: int) -> None:
    for asked in _dicts(entry.get("asked")):
        key = asked.get("lookup")
        if not isinstance(key, str):
            continue
        if entry.get("refresh") is True:
            found.since[key] = number
        found.done.pop(key, None)
        _note_file(found, key, asked)


def _note_answer(found: LookupLog, request: dict[str, Any], number: int) -> None:
    sha256 = request.get("sha256")
    if not isinstance(sha256, str) or not HASH.fullmatch(sha256):
        return
    found.hashes.add(sha256)
    for name in _name_request(request):
        found.answers[name] = (sha256, number)


def _name_request(request: dict[str, Any]) -> Iterator[str]:
    if isinstance(request.get("asked"), str):
        yield request["asked"]
        return
    # a version before this one did not log the name; most requests have the scope of their look-up, or none
    said = [request.get("method"), request.get("url"), request.get("body", ""), request.get("lookup")]
    if all(isinstance(each, str) for each in said):
        method, url, body, lookup = map(str, said)
        yield from (digest_request(method, url, body, scope) for scope in ("", lookup))


def _note_end(found: LookupLog, entry: dict[str, Any], number: int) -> None:
    key = entry["lookup"]
    if entry["step"] == "stopped":
        if entry.get("starts_anew") is True:
            found.since[key] = number
        return
    sources = entry.get("sources")
    found.done[key] = Done(sources if isinstance(sources, list) else [], entry["at"])
    found.finished.setdefault(key, []).append(found.done[key].sources)
    _note_file(found, key, entry)


def _note_file(found: LookupLog, key: str, said: dict[str, Any]) -> None:
    if not _KEY.fullmatch(key):
        return  # a name that might lead out of the folder
    if isinstance(said.get("file_sha256"), str):
        found.files.setdefault(key, []).append(said["file_sha256"])
        found.bare.discard(key)
    else:
        found.files.pop(key, None)
        found.bare.add(key)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
