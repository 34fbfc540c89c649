"""The vault: the original bytes of every source, kept unchanged and read-only under their SHA-256."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path

from trails.connector import Source
from trails.errors import NoSpace, SourceError
from trails.plain_files import is_own_file, open_regular
from trails.stops import is_disk_full
from trails.visible import show_name

_HASH = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 22
_PIECE = 1 << 25
#: What the kernel says where it cannot copy between two files itself: other file systems, or an old one.
_NOT_IN_KERNEL = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM)


def vault_file(path: Path, sources: Path) -> tuple[Source, bool]:
    """Copy a file into the vault while hashing it; the source it became, and whether it was there already.

    Everything is read from the copy afterwards, so what was hashed is what is read. Bytes of its name that are no text
    are written as escapes. Raises SourceError for what is no file (a folder, a pipe, a device), a missing or empty file,
    and a file that changes while it is copied; NoSpace where the disk cannot hold the copy.
    """
    # not after the file: with the ending its name may be too long, and it may hold signs no log should
    part = sources / f"{os.getpid()}.part"
    try:
        part.unlink(missing_ok=True)
        with open_regular(path) as original:
            before = os.fstat(original.fileno())
            _require_space(path, sources, before.st_size)
            digest, size = _copy(path, original, part, before.st_size)
            after = os.fstat(original.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != before.st_size:
            raise SourceError(f"{path}: the file changed while it was being read; nothing was added, try again")
        if not size:
            raise SourceError(f"{path}: the file is empty")
        target = sources / digest
        known = is_own_file(target)  # a link in its place is none of ours: the file replaces it
        if not known:
            part.chmod(0o400)
            part.replace(target)
    except OSError as problem:
        if is_disk_full(problem):
            raise NoSpace(f"{path}: {problem.strerror} while it was copied into the case; nothing was added") from None
        raise SourceError(f"{path}: {problem.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return Source(target, show_name(path.name), digest, size), known


def _require_space(path: Path, sources: Path, size: int) -> None:
    """Say that a copy does not fit before the disk is filled with a part of it."""
    free = shutil.disk_usage(sources).free
    if size > free:
        raise NoSpace(
            f"{path}: its copy needs {size:,} bytes, and the disk of {sources} has {free:,} left; nothing was added. "
            "Make room, or put the case on another disk"
        )


def _copy(path: Path, original: FileIO, part: Path, most: int) -> tuple[str, int]:
    """Copy a file and hash the copy; each piece is hashed while a second thread copies the next.

    A file that has grown beyond ``most`` bytes is not followed any further.
    """
    digest, size = hashlib.sha256(), 0
    with (
        FileIO(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy,
        part.open("rb", buffering=0) as copied,
        ThreadPoolExecutor(1) as ahead,
    ):
        following = ahead.submit(_copy_piece, original, copy)
        while size <= most and (left := following.result()):
            following = ahead.submit(_copy_piece, original, copy)
            while left:
                chunk = copied.read(min(left, _CHUNK))
                if not chunk:
                    raise SourceError(
                        f"{path}: its copy in the vault lost bytes while it was written; nothing was added"
                    )
                digest.update(chunk)
                size += len(chunk)
                left -= len(chunk)
    return digest.hexdigest(), size


def _copy_piece(original: FileIO, copy: FileIO) -> int:
    """Copy the next piece and give its size, 0 at the end; within the kernel where the two file systems allow it."""
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(original.fileno(), copy.fileno(), _PIECE)
        except OSError as problem:
            if problem.errno not in _NOT_IN_KERNEL:
                raise
    chunk = original.read(_CHUNK) or b""  # None: no bytes at once, as some files of /proc say
    left = memoryview(chunk)
    while left:
        left = left[copy.write(left) :]
    return len(chunk)


def open_vaulted(sources: Path, sha256: str, name: str) -> Source:
    """A vaulted source, after checking that its bytes still have their hash; raises SourceError when they do not."""
    path = sources / sha256
    if not _HASH.fullmatch(sha256) or not is_own_file(path):
        raise SourceError(f"the original of {name} ({sha256[:12]}...) is missing from the vault")
    with path.open("rb") as original:
        found = hashlib.file_digest(original, "sha256").hexdigest()
    if found != sha256:
        raise SourceError(f"the vaulted original of {name} was changed: its SHA-256 is now {found}")
    return Source(path, name, sha256, path.stat().st_size)
