"""What a case keeps of its look-ups, so that nothing is asked twice and a stopped look-up goes on.

::

    CASE/lookups/answers/<SHA-256>     every good answer, byte for byte, read-only
    CASE/lookups/<look-up>.json        what a look-up asks, and whether it is done
    CASE/lookups/unlogged.jsonl        what was sent and is not in the case's log yet (trails.lookups.journal)

Each file is written beside, flushed and renamed; a crash leaves the old state or the new one. Which answer belongs to which
request, and whether a look-up is done, is the log's to say (trails.lookup_log): a file that it does not name is never used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from trails.errors import CaseError
from trails.http import Request
from trails.lookup_files import MOST_ANSWER
from trails.lookup_log import HASH, LookupLog, digest_request
from trails.parts import JOINING
from trails.plain_files import create_new, is_own_file, read_whole
from trails.recover import hash_file


class Answers:
    """The folder of a case's look-ups."""

    def __init__(self, case_folder: Path) -> None:
        self.folder = case_folder / "lookups"

    def make_folders(self) -> None:
        """Make the folders, readable by their owner alone: what is asked says whom a case is about."""
        for part in (self.folder, self.folder / "answers"):
            part.mkdir(mode=0o700, exist_ok=True)
        for part in self.folder.rglob("*.part"):
            part.unlink()
        for left in self.folder.glob(f"{JOINING}*"):
            shutil.rmtree(left)

    def find(self, sha256: str) -> bytes | None:
        """A kept answer that the log names, None where it is there no more; raises CaseError where its bytes were changed."""
        path = self.folder / "answers" / sha256
        if not HASH.fullmatch(sha256) or not path.is_file():
            return None
        body = read_whole(path, MOST_ANSWER, CaseError)
        if hashlib.sha256(body).hexdigest() != sha256:
            raise CaseError(f"{path}: a kept answer was changed by hand; remove it to ask again")
        return body

    def keep(self, body: bytes) -> str:
        """Keep an answer; its SHA-256."""
        found = hashlib.sha256(body).hexdigest()
        path = self.folder / "answers" / found
        if not is_own_file(path) or hash_file(path) != found:
            write_whole(path, body)
            path.chmod(0o400)
        return found

    def list_unnamed(self, log: LookupLog) -> list[str]:
        """The kept answers that the log does not vouch for, by name: they are never used."""
        folder = self.folder / "answers"
        return sorted({path.name for path in folder.iterdir()} - log.hashes) if folder.is_dir() else []

    def state(self, key: str) -> dict[str, Any]:
        """What is asked, ``done`` and ``sources``, as the folder has it; empty where it has nothing."""
        return self._read(self.folder / f"{key}.json") or {}

    def save_state(self, key: str, state: dict[str, Any]) -> None:
        """Keep how far a look-up is; the log names the hash of this file before."""
        write_whole(self.folder / f"{key}.json", write_state(state))

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


def digest(request: Request) -> str:
    """The name of a request; keys are no part of it."""
    return digest_request(request.method, request.url, request.body or "", request.scope)


def write_state(state: dict[str, Any]) -> bytes:
    """The bytes of the file that says how far a look-up is."""
    return json.dumps(state, ensure_ascii=False, indent=1).encode()


def hash_state(state: dict[str, Any]) -> str:
    """The SHA-256 of that file."""
    return hashlib.sha256(write_state(state)).hexdigest()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with create_new(part) as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
