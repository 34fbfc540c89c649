"""A folder that is written whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trails.errors import UsageError
from trails.parts import refuse_inside_case

#: Stands in a folder as long as it is being filled: one that a stopped command left is emptied by the next.
UNFINISHED = ".trails-unfinished"


@contextmanager
def fill_folder(out: Path) -> Iterator[None]:
    """Make a new or empty folder and let the block fill it; what stops the block leaves the place as it was before.

    Raises UsageError for a file, for a folder with something in it, and where the system cannot write (no space left).
    """
    refuse_inside_case(out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; name a folder that does not exist yet")
    if (out / UNFINISHED).is_file():
        _clear(out, made_here=False)
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty; name a folder that does not exist yet, or empty this one")
    made_here, whole = not out.exists(), False
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / UNFINISHED).touch()
        yield
        (out / UNFINISHED).unlink()
        whole = True
    except OSError as problem:
        raise UsageError(f"{out}: {problem.strerror or problem}; nothing of it was kept") from None
    finally:
        if not whole:
            _clear(out, made_here=made_here)


def _clear(out: Path, *, made_here: bool) -> None:
    if not out.is_dir():
        return
    # the mark goes last: until then another command may go on with the clearing
    for each in sorted(out.iterdir(), key=lambda each: each.name == UNFINISHED):
        shutil.rmtree(each, ignore_errors=True) if each.is_dir() else each.unlink(missing_ok=True)
    if made_here:
        out.rmdir()


def write_text(path: Path, text: str) -> None:
    """A text file with the same bytes on every system."""
    path.write_bytes(text.encode("utf-8"))


def hash_files(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its path there."""
    return {path.relative_to(folder).as_posix(): _hash(path) for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != UNFINISHED}  # fmt: skip


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
