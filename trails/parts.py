"""What may stand in a case folder under which name, looked at without following a link before anything of it is opened.

A case from somebody else may hold a symbolic link where a command, or the database under it, writes: what it writes would
go to the file that the link names. A pipe would hang whoever opens it. So every name that a command may write or read
through is looked at first, those that the database makes up for itself included.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from trails.errors import CaseError, UsageError

#: What the database of a case may have beside it: its write-ahead log, also while that is written into it or read again.
WAL_ENDINGS = (".wal", ".wal.checkpoint", ".wal.recovery")
#: Folders of a case, and the folders in them; the database keeps in ``.tmp`` what does not fit into memory.
_FOLDERS = frozenset({
    "sources", "out", "lookups", "lookups/answers", "lookups/asked", "case.duckdb.tmp", "case.duckdb.upgrading.tmp",
})  # fmt: skip
#: What every case has, or keeps for good: a link in its place stands for something that belongs there.
_KEPT = frozenset({"case.toml", "case.duckdb", "log.jsonl", "sources", "out", "lookups"})
#: A folder of look-ups in which answers are joined; its own name is drawn by chance.
JOINING = "joining-"
#: Folders into which files are written by names that others can guess: all that is in them is looked at.
_SEEN_WHOLE = ("case.duckdb.tmp", "case.duckdb.upgrading.tmp", "lookups", "lookups/answers", "lookups/asked")
#: How the names of files begin that commands and the database write into the folder itself.
_OURS = ("case.duckdb", "case.toml", "log.jsonl", "log.altered-")


def refuse_strange_parts(folder: Path) -> None:
    """Raise CaseError where a part of a case, or a file that commands write beside it, is a link, a pipe or the like.

    A link or pipe of any other name is nobody's part: it is never opened, and ``trails check`` says that it is there. What
    stands in ``sources`` and ``out`` is looked at where it is read or written.
    """
    for name, entry in _list_parts(folder):
        path, is_folder = folder / name, name in _FOLDERS or name.startswith(f"lookups/{JOINING}")
        if entry.is_symlink():
            advice = "put the real one there" if name in _KEPT else "take it away"
            raise CaseError(f"{path} is a symbolic link; a case holds its files itself, {advice}")
        if not (entry.is_dir if is_folder else entry.is_file)(follow_symlinks=False):
            raise CaseError(f"{path} is no {'folder' if is_folder else 'file'}: that is none of trails' doing; take it away")


def refuse_inside_case(folder: Path, *, out: Path | None = None) -> None:
    """Raise UsageError where a folder to be written to lies inside a case, unless it is that case's own ``out``.

    What stands in a case folder is compared with the log; a file of something else among it would make the case look altered.
    """
    place = folder.resolve()
    if out is not None and place == out.resolve():
        return
    for each in (place, *place.parents):
        if (each / "case.toml").is_file() and (each / "case.duckdb").is_file():
            raise UsageError(f"{folder} lies inside the case {each}, which holds its own files alone; name a folder outside of it")


def _list_parts(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """The parts of a case that are there, by their names within it; a folder comes before what is in it."""
    for entry in _list_entries(folder):
        if entry.name in _FOLDERS or entry.name.startswith(_OURS):
            yield entry.name, entry
    for name in _SEEN_WHOLE:
        yield from ((f"{name}/{entry.name}", entry) for entry in _list_entries(folder / name))


def _list_entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; nothing where there is none."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
