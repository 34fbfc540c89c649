"""What a stopped command left behind in a case folder, put right at the next opening, and said.

Nothing here guesses: half-copied originals go, whole originals that never became a source go (the person still has the
file), the log line of a change that was never committed goes, and finished pictures and reports that were not yet put in
their place are put there. What somebody else did to the folder is never mended silently: a log that was cut is made
whole from the case's own record by a line that says so, one that was altered stops every change.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trails.errors import CaseError
from trails.log import compare_log, read_entries, read_entry, rewrite_log
from trails.parts import WAL_ENDINGS
from trails.plain_files import MOST_SETTINGS, create_new, is_own_file
from trails.words import count_words

#: Where finished files wait until the change that made them is committed.
WAITING = ".trails-new"
#: What the database may leave beside it; at its next opening it takes that up, or passes it over.
_WAL = tuple(f"case.duckdb{ending}" for ending in WAL_ENDINGS)
#: What may stand in the folder of a case that was never finished, or not taken away to the end.
_BEGUN = frozenset({
    "sources", "out", "case.duckdb", *_WAL, "case.duckdb.tmp", "log.jsonl", "case.toml.part", "case.toml.ready",
    "case.toml.ready.part",
})  # fmt: skip
#: What ``case.toml`` is called as long as a case is being taken away: by then all in the folder is to go.
REMOVED = "case.toml.removed"
#: Files that are written beside their place; whoever stops a command leaves one behind.
_PARTS = (
    "log.jsonl.part", "case.toml.part", "case.toml.ready.part", "case.duckdb.upgrading",
    *(f"case.duckdb.upgrading{ending}" for ending in WAL_ENDINGS),
)  # fmt: skip
#: What a command may leave beside the files of a case, and the next one takes away or takes up.
LEFT_BESIDE = frozenset({*_PARTS, "case.toml.ready", *_WAL, "case.duckdb.tmp"})
#: Commands that write files for people.
VIEW_COMMANDS = ("plot", "report", "explain")
#: An altered log file is kept up to so many bytes.
_MOST_KEPT = 1 << 31
_KEPT_LOG = re.compile(r"log\.altered-\d+\.jsonl")
_ORIGINAL = re.compile(r"[0-9a-f]{64}")


def is_begun(folder: Path) -> bool:
    """Whether a folder holds the beginning of a case, or the rest of one, and nothing of anybody's: `trails new` makes it anew."""
    if folder.is_symlink():
        return False
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    removed = folder / REMOVED
    if is_own_file(removed):
        return {name for name in names if not _KEPT_LOG.fullmatch(name)} <= {*_BEGUN, *_PARTS, REMOVED, "lookups"}
    if not names <= _BEGUN:
        return False
    parts, log = [folder / name for name in ("sources", "out")], folder / "log.jsonl"
    if any(part.is_symlink() or (part.is_dir() and any(part.iterdir())) for part in parts) or log.is_symlink():
        return False
    return not log.is_file() or (log.stat().st_size <= MOST_SETTINGS and log.read_bytes().count(b"\n") <= 1)


def explain_missing(folder: Path) -> str:
    """What to do about a folder in which a part of a case is missing: what `trails new` will do there, and nothing else."""
    if is_begun(folder):
        return f"a stopped command left it unfinished; make it anew with `trails new {folder}`"
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return f"make one with `trails new {folder}`"
    return "put it back if somebody took it away, or make a new case under another name with `trails new`"


def remove_case(folder: Path) -> None:
    """Take away all a case's folder holds; stopped on the way it leaves the case as it was, or what `trails new` makes anew."""
    if (folder / "case.toml").is_file():
        (folder / "case.toml").replace(folder / REMOVED)
    for path in sorted(folder.iterdir(), key=lambda path: path.name == REMOVED):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def remove_parts(folder: Path) -> None:
    """Take away files that a stopped command was still writing beside their place."""
    for name in _PARTS:
        (folder / name).unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sweep_sources(sources: Path, listed: Iterable[str]) -> list[str]:
    """Take out what a stopped ``trails add`` left among the originals; a line for each.

    A file that is not named by its own hash is none of ours: it stays, and ``trails check`` reports it.
    """
    known, said = set(listed), []
    for path in sorted(sources.iterdir()):
        if path.name in known or not is_swept(path):
            continue
        path.unlink()
        what = "a half-copied original" if path.suffix else f"the original {path.name[:12]}... without adding it"
        said.append(f"a stopped command had left {what}; it was taken out again, add the file anew")
    return said


def is_swept(path: Path) -> bool:
    """Whether a file among the originals that no source is looks as a stopped command leaves it: half copied, or whole."""
    if path.suffix == ".part":
        return path.is_symlink() or not path.is_dir()
    return bool(_ORIGINAL.fullmatch(path.name)) and is_own_file(path) and hash_file(path) == path.name


def mend_log(path: Path, lines: list[str]) -> tuple[list[str], int]:
    """Take out what was never committed; what is wrong in words, and how many lines were cut off, to be put back on record.

    Raises CaseError where a line was altered or one was put in: nothing may be added behind it.
    """
    state = compare_log(path, lines)
    if state.kind == "whole":
        return [], 0
    if state.kind == "altered":
        raise CaseError(
            f"{path}: line {state.lines} is not what the case's own record says; somebody changed the log. Look at it with "
            f"`trails check {path.parent}`, which can also put it right: --mend-log --why REASON"
        )
    if state.kind == "uncommitted":
        rewrite_log(path, lines)
        return ["the log line of a command that was stopped before it was done was taken out again"], 0
    lost = count_words(state.lines, "line")
    return [f"the log had lost its last {lost}; they were put back from the case's own record"], state.lines


def keep_altered(path: Path) -> str:
    """Keep a copy of an altered log file beside it, once; its name. Raises CaseError for one that no log can be as long as."""
    if (size := path.stat().st_size) > _MOST_KEPT:
        raise CaseError(
            f"{path} has {size:,} bytes, more than any log: it is not copied. Move it elsewhere; the next command that changes the "
            "case makes the log whole from the case's own record, and says so"
        )
    for number in range(1, 1_000):
        kept = path.with_name(f"log.altered-{number}.jsonl")
        if not os.path.lexists(kept):
            part = kept.with_name(f"{path.name}.part")
            with path.open("rb") as file, create_new(part) as out:
                shutil.copyfileobj(file, out)
                out.flush()
                os.fsync(out.fileno())
            part.replace(kept)
            break
        if filecmp.cmp(kept, path, shallow=False):
            break
    return kept.name


def find_settings(folder: Path, lines: Iterable[str]) -> Path:
    """The settings in force: ``case.toml``, or those of a change that was logged and stopped before they were in its place.

    In that place stand earlier ones then; what somebody else put there is not passed over for a file beside it.
    """
    ready = folder / "case.toml.ready"
    if is_own_file(ready):
        entries = (read_entry(line) for line in lines)  # what is no entry is for `trails check` to say
        wanted = [entry["case_toml"] for entry in entries if entry and entry.get("case_toml")]
        settings = folder / "case.toml"
        earlier = not settings.is_file() or hash_file(settings) in wanted
        if wanted and hash_file(ready) == wanted[-1] and earlier:
            return ready
    return folder / "case.toml"


def place_settings(folder: Path, lines: list[str]) -> None:
    """Finish a change of the settings that was logged and stopped before ``case.toml`` was in its place."""
    found, ready = find_settings(folder, lines), folder / "case.toml.ready"
    if found == ready:
        ready.replace(folder / "case.toml")
    elif is_own_file(ready):
        ready.unlink()


def list_outputs(lines: Iterable[str]) -> dict[str, tuple[str, int]]:
    """The files that a case's own ``out/`` should hold by its log: name -> (SHA-256, number of the line)."""
    found: dict[str, tuple[str, int]] = {}
    for entry in read_entries(lines):
        for name in entry.get("removed", ()) if _is_view(entry) else ():
            found.pop(name, None)
        found |= {name: (digest, int(entry["n"])) for name, digest in _outputs_of(entry).items()}
    return found


def list_former_outputs(lines: Iterable[str]) -> set[tuple[str, str]]:
    """Every (name, SHA-256) that a case ever wrote to its own ``out/``."""
    return {(name, digest) for entry in read_entries(lines) for name, digest in _outputs_of(entry).items()}


def _is_view(entry: dict[str, Any]) -> bool:
    """Whether a log entry is of a command that wrote files to the case's own ``out/``."""
    return entry.get("command") in VIEW_COMMANDS and entry.get("folder", "out") == "out"


def _outputs_of(entry: dict[str, Any]) -> dict[str, str]:
    """The files such an entry lists; a name that leads anywhere else than into the folder is none."""
    listed = entry.get("outputs") if _is_view(entry) else None
    return {name: str(digest) for name, digest in (listed or {}).items() if name == Path(name).name and "\0" not in name}


def place_outputs(out: Path, lines: list[str]) -> list[str]:
    """Put finished files that wait in ``out/`` in their place, and take away what the log no longer lists."""
    waiting = out / WAITING
    if not waiting.is_dir() or waiting.is_symlink():
        return []
    wanted = list_outputs(lines)
    placed = 0
    for path in sorted(waiting.iterdir()):
        if is_own_file(path) and wanted.get(path.name, ("", 0))[0] == hash_file(path):
            path.replace(out / path.name)
            placed += 1
    shutil.rmtree(waiting)
    remove_former(out, set(wanted), list_former_outputs(lines))
    if not placed:
        return []
    return [f"{count_words(placed, 'finished file')} of a stopped command went to the place in {out.name}/ meant for it"]


def remove_former(out: Path, wanted: set[str], former: set[tuple[str, str]]) -> list[str]:
    """Remove files of earlier runs that are listed no more and that nobody has touched since; gives their names."""
    removed = []
    for name in sorted({name for name, _ in former} - wanted):
        path = out / name
        if is_own_file(path) and (name, hash_file(path)) in former:
            path.unlink()
            removed.append(name)
    return removed
