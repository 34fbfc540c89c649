"""The vault: the original bytes of every source, kept unchanged and read-only under their SHA-256."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trails.connector import Source
from trails.errors import SourceError

_CHUNK = 1 << 22


def vault_file(path: Path, sources: Path) -> tuple[Source, bool]:
    """Copy a file into the vault while hashing it; the source it became, and whether it was there already.

    Everything is read from the copy afterwards, so what was hashed is what is read. Raises SourceError for a folder,
    a missing or empty file, and a file that changes while it is copied.
    """
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name the files in it, for example {path}/*.json")
    part = sources / f"{os.getpid()}-{path.name[:80]}.part"
    try:
        before = path.stat()
        digest, size = _copy(path, part)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != before.st_size:
            raise SourceError(f"{path}: the file changed while it was being read; nothing was added, try again")
        if not size:
            raise SourceError(f"{path}: the file is empty")
        target = sources / digest
        known = target.exists()
        if not known:
            part.chmod(0o444)
            part.replace(target)
    except OSError as problem:
        raise SourceError(f"{path}: {problem.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return Source(target, path.name, digest, size), known


def _copy(path: Path, part: Path) -> tuple[str, int]:
    """Copy and hash the same bytes; each chunk is written by a second thread while it is hashed."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as original, part.open("wb") as copy, ThreadPoolExecutor(1) as writer:
        while chunk := original.read(_CHUNK):
            written = writer.submit(copy.write, chunk)
            digest.update(chunk)
            size += written.result()
    return digest.hexdigest(), size


def open_vaulted(sources: Path, sha256: str, name: str) -> Source:
    """A vaulted source, after checking that its bytes still have their hash; raises SourceError when they do not."""
    path = sources / sha256
    if not path.is_file():
        raise SourceError(f"the original of {name} ({sha256[:12]}...) is missing from the vault")
    with path.open("rb") as original:
        found = hashlib.file_digest(original, "sha256").hexdigest()
    if found != sha256:
        raise SourceError(f"the vaulted original of {name} was changed: its SHA-256 is now {found}")
    return Source(path, name, sha256, path.stat().st_size)

