"""The one door through which files leave a case: scanned, written whole or not at all, logged with their hashes.

Nothing is written through a symbolic link, readable by anybody but its owner, or left behind from an earlier run: what the
same command wrote before and does not write now goes away, unless somebody changed it since.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trails.errors import UsageError
from trails.log import read_entries
from trails.parts import refuse_inside_case
from trails.pseudonyms import Names, scan_export
from trails.recover import WAITING, hash_file, list_former_outputs, list_outputs
from trails.spreadsheet_safe import defuse
from trails.visible import show_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.case import Case


def release_texts(
    case: Case, folder: Path, texts: Mapping[str, str], names: Names, command: str, *, details: dict[str, Any] | None = None
) -> list[Path]:  # fmt: skip
    """Scan every file, write them all, log them with their hashes; gives the paths written.

    The files wait beside their place until the change is committed, so a crash leaves the old ones or the new ones. Raises
    LeakError, and writes nothing, when one would name a protected person; UsageError where the folder cannot be written to.
    """
    library = _plotly_library(texts)
    for file_name, text in texts.items():
        scan_export(text.replace(library, "") if library else text, names, file_name=file_name)
    out, place = _prepare(case, folder)
    try:
        hashes = {name: _write(out / WAITING / name, text.encode()) for name, text in texts.items()}
        removed = _list_removed(case, command, place, set(hashes))
        said = {**(details or {}), "folder": names.clean_text(place), "outputs": hashes}
        said |= {"removed": removed} if removed else {}
        with case.change(command, said):
            pass
        for name in hashes:
            (out / WAITING / name).replace(out / name)
        if removed:
            _remove(case, out, removed)
    except OSError as problem:
        raise UsageError(f"{folder}: {problem.strerror or problem}") from None
    finally:
        shutil.rmtree(out / WAITING, ignore_errors=True)
    return [folder / name for name in texts]


def refuse_place(case: Case, folder: Path) -> None:
    """Raise UsageError for a folder inside any case but the case's own ``out``: asked again before the work that would be lost."""
    refuse_inside_case(folder, out=case.folder / "out")


def _plotly_library(texts: Mapping[str, str]) -> str:
    """The script that pages of pictures carry: not scanned, as it is the same everywhere."""
    if not any("plotly" in text for text in texts.values()):
        return ""
    import plotly.offline

    return str(plotly.offline.get_plotlyjs())


def _prepare(case: Case, folder: Path) -> tuple[Path, str]:
    """The folder to write to, made ready, and how the log calls it: ``out`` for the case's own."""
    refuse_place(case, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = folder.resolve() == (case.folder / "out").resolve()
        if own and (case.folder / "out").is_symlink():
            raise UsageError(f"{case.folder / 'out'} is a symbolic link; a case holds its files itself")
        waiting = folder / WAITING
        if waiting.is_symlink() or waiting.is_file():
            waiting.unlink()
        shutil.rmtree(waiting, ignore_errors=True)
        waiting.mkdir(mode=0o700)
    except OSError as problem:
        raise UsageError(f"{folder}: {problem.strerror or problem}") from None
    return folder, "out" if own else str(folder)


def _write(path: Path, data: bytes) -> str:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    return hashlib.sha256(data).hexdigest()


def _list_removed(case: Case, command: str, place: str, written: set[str]) -> list[str]:
    """Files of the case's own ``out/`` that the same command wrote before and does not write now."""
    lines = case.log_lines()
    if place != "out" or command == "explain":  # each explanation is a picture of its own
        return []
    numbers = {entry["n"] for entry in read_entries(lines) if entry["command"] == command}
    return sorted(name for name, (_, n) in list_outputs(lines).items() if n in numbers and name not in written)


def _remove(case: Case, out: Path, names: list[str]) -> None:
    former = list_former_outputs(case.log_lines())
    for name in names:
        path = out / name
        if path.is_file() and not path.is_symlink() and (name, hash_file(path)) in former:
            path.unlink()


def write_csv(rows: list[dict[str, str]]) -> str:
    """Rows as CSV for people: no cell is one that a spreadsheet would run, and nothing in it is unseen."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["from", "to"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: defuse(show_text(value)) for key, value in row.items()} for row in rows)
    return out.getvalue()
