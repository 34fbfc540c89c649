"""Files that a person names, opened only where they are files: never a pipe, a device, a socket or a folder.

A pipe would hang until somebody writes into it, and ``/dev/zero`` has no end, so what a name stands for is looked at before
it is opened, and again through the open file, since the name may stand for something else by then. It is opened without
waiting, so nothing hangs in between.

Settings that people write by hand (mappings, parameters, lists of what is known) are short: :func:`read_settings` bounds
their size and how deeply they are nested before a parser sees them.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from trails.errors import CaseError, SourceError, TrailsError, UsageError

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
#: Settings are written by hand: a long mapping has some thousand characters.
MOST_SETTINGS = 1 << 20
#: A list of owners, a scoring sheet, a table of a simulation's truth.
MOST_LIST = 1 << 26
#: More names with dots between them than anybody writes: TOML's reader takes the third power of their number.
_DOTTED = re.compile(r"(?<![\w-])(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){24}")
_KINDS = (
    (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a disk"),
)  # fmt: skip


def require_regular_file(path: Path, error: type[TrailsError] = SourceError) -> os.stat_result:
    """What is known of a file without opening it.

    Raises ``error`` where there is none, or where the name stands for a pipe, a device, a socket, a disk or a folder.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as problem:
        raise _cannot_open(path, problem, error) from None
    _require_regular(path, found, error)
    return found


def open_regular(path: Path, error: type[TrailsError] = SourceError) -> FileIO:
    """A file opened for reading, unbuffered; whoever asks closes it.

    Raises ``error`` for what :func:`require_regular_file` refuses, also where it took the file's place after it was looked
    at, and for a file that may not be read.
    """
    require_regular_file(path, error)
    try:
        # O_NONBLOCK and O_CLOEXEC are not on every system, O_BINARY is on Windows alone
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        file = FileIO(os.open(path, flags), "rb")
    except OSError as problem:
        raise _cannot_open(path, problem, error) from None
    try:
        _require_regular(path, os.fstat(file.fileno()), error)
    except TrailsError:
        file.close()
        raise
    return file


def create_new(path: Path) -> BinaryIO:
    """A new file for writing, its owner's alone; what stood under the name is taken away, a link too, and never followed."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600), "wb")


def open_to_append(path: Path) -> BinaryIO:
    """A file to write behind what it holds, made where there is none; never through a symbolic link, never into a pipe.

    Raises OSError where the name stands for a link, CaseError where it stands for no file.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINK | getattr(os, "O_NONBLOCK", 0)
    out = os.fdopen(os.open(path, flags, 0o600), "ab")
    try:
        _require_regular(path, os.fstat(out.fileno()), CaseError)
    except TrailsError:
        out.close()
        raise
    return out


def is_own_file(path: Path) -> bool:
    """Whether a name stands for a file itself, and not for a link to one."""
    return path.is_file() and not path.is_symlink()


def read_whole(path: Path, most: int = MOST_LIST, error: type[TrailsError] = SourceError) -> bytes:
    """The bytes of a file that is read at once; raises ``error`` as :func:`open_regular` does, and beyond ``most`` bytes."""
    parts, size = [], 0
    with open_regular(path, error) as file:
        try:
            # what has no more bytes to give at once (some files of /proc) says None
            while size <= most and (part := file.read(1 << 20)):
                parts.append(part)
                size += len(part)
        except OSError as problem:
            raise _cannot_open(path, problem, error) from None
    if size > most:
        raise error(f"{path}: more than {most:,} bytes; such a file is much shorter: refused")
    return b"".join(parts)


def read_plain_text(path: Path, most: int = MOST_LIST, error: type[TrailsError] = SourceError) -> str:
    """The text of a file in UTF-8, with or without a byte-order mark; raises ``error`` naming the first byte that is none."""
    data = read_whole(path, most, error)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(
            f"{path}: byte {problem.start} (0x{data[problem.start]:02x}) is not UTF-8; save the file as UTF-8"
        ) from None


def read_settings(path: Path, *, what: str = "") -> dict[str, Any]:
    """Settings written in TOML; ``what`` stands before the path in messages.

    Raises UsageError for what is no file, no TOML, longer than 1 MiB, or nested without end.
    """
    text = read_plain_text(path, MOST_SETTINGS, UsageError)
    if _DOTTED.search(text):
        raise UsageError(f"{what}{path}: a name of two dozen parts with dots between them: refused")
    try:
        return tomllib.loads(text)
    except ValueError as problem:  # TOML's own, and a number of thousands of digits
        raise UsageError(f"{what}{path}: {problem}") from None
    except RecursionError:
        raise UsageError(f"{what}{path}: lists or tables nested too deeply: refused") from None


def beside(path: Path, ending: str) -> Path | None:
    """The file whose name is another's with an ending more, where there is one; a name too long to have one has none."""
    found = path.with_name(f"{path.name}{ending}")
    try:
        found.lstat()
    except (OSError, ValueError):
        return None
    return found


def _require_regular(path: Path, found: os.stat_result, error: type[TrailsError]) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((name for is_such, name in _KINDS if is_such(found.st_mode)), "no ordinary file")
    if stat.S_ISDIR(found.st_mode):
        raise error(f"{path} is a folder; name the files in it, for example {path}/*.json")
    raise error(f"{path} is {kind}, not a file: it was not read. Save what it holds to a file, and name that")


def _cannot_open(path: Path, problem: OSError | ValueError, error: type[TrailsError]) -> TrailsError:
    """Why a file cannot be opened; a ValueError is a NUL in its name."""
    return error(f"{path}: {problem.strerror if isinstance(problem, OSError) else problem}")
