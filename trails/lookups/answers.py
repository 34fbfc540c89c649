"""What a case keeps of its look-ups, so that nothing is asked twice and a stopped look-up goes on.

::

    CASE/lookups/answers/<SHA-256>     every good answer, byte for byte, read-only
    CASE/lookups/asked/<digest>.json   request -> its newest answer, and when it came
    CASE/lookups/<look-up>.json        how far a look-up is, and since when its answers count
    CASE/lookups/unlogged.jsonl        what was sent and is not in the case's log yet (trails.lookups.journal)

Each file is written beside, flushed and renamed, in this order; a crash leaves the old state or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trails.errors import CaseError
from trails.http import Request
from trails.parts import JOINING
from trails.plain_files import create_new, read_whole

#: No service is asked for an answer of more bytes.
_MOST_ANSWER = 1 << 30


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept answer: its bytes, and when it came (ISO 8601, UTC)."""

    body: bytes
    at: str


class Answers:
    """The folder of a case's look-ups."""

    def __init__(self, case_folder: Path) -> None:
        self.folder = case_folder / "lookups"

    def make_folders(self) -> None:
        """Make the folders, readable by their owner alone: what is asked says whom a case is about."""
        for part in (self.folder, self.folder / "answers", self.folder / "asked"):
            part.mkdir(mode=0o700, exist_ok=True)
        for part in self.folder.rglob("*.part"):
            part.unlink()
        for left in self.folder.glob(f"{JOINING}*"):
            shutil.rmtree(left)

    def find(self, request: Request, since: str) -> Kept | None:
        """The kept answer to a request that came at ``since`` or later; raises CaseError where its bytes were changed."""
        entry = self._read(self.folder / "asked" / f"{digest(request)}.json")
        if entry is None or str(entry.get("at")) < since:
            return None
        path = self.folder / "answers" / str(entry.get("sha256"))
        if not re.fullmatch("[0-9a-f]{64}", path.name) or not path.is_file():
            return None
        body = read_whole(path, _MOST_ANSWER, CaseError)
        if hashlib.sha256(body).hexdigest() != entry.get("sha256"):
            raise CaseError(f"{path}: a kept answer was changed by hand; remove it to ask again")
        return Kept(body, str(entry["at"]))

    def keep(self, request: Request, body: bytes) -> str:
        """Keep an answer; its SHA-256."""
        found = hashlib.sha256(body).hexdigest()
        path = self.folder / "answers" / found
        if not path.exists():
            write_whole(path, body)
            path.chmod(0o400)
        entry = {"method": request.method, "url": request.url, "body": request.body, "sha256": found, "at": now()}
        self._write(self.folder / "asked" / f"{digest(request)}.json", entry)
        return found

    def state(self, key: str) -> dict[str, Any]:
        """How far a look-up is: ``since`` (which answers count), ``done``, ``sources``; empty where it is new."""
        return self._read(self.folder / f"{key}.json") or {}

    def save_state(self, key: str, state: dict[str, Any]) -> None:
        """Keep how far a look-up is."""
        self._write(self.folder / f"{key}.json", state)

    def _read(self, path: Path) -> dict[str, Any] | None:
        if not os.path.lexists(path):
            return None
        try:
            found = json.loads(read_whole(path, error=CaseError))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise CaseError(f"{path}: damaged; remove it to ask again")
        return found

    def _write(self, path: Path, value: dict[str, Any]) -> None:
        write_whole(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def digest(request: Request) -> str:
    """The name of a request; keys are no part of it."""
    text = "\n".join((request.method, request.url, request.body or "", request.scope))
    return hashlib.sha256(text.encode()).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with create_new(part) as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def now() -> str:
    """The time as text that sorts."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
