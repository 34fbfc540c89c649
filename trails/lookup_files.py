"""Whether the files that a case keeps of its look-ups are those that its log names."""

from __future__ import annotations

import json
from pathlib import Path

from trails.errors import CaseError
from trails.lookup_log import HASH, LookupLog, read_lookup_log
from trails.parts import JOINING
from trails.plain_files import is_own_file, read_whole
from trails.recover import hash_file
from trails.words import count_words

#: No service is asked for an answer of more bytes.
MOST_ANSWER = 1 << 30
_STATE = ".json"
#: So many names of strange files are said.
_SAID = 3


def compare_lookups(folder: Path, lines: list[str]) -> tuple[list[str], list[str]]:
    """What was changed among the files of look-ups, and what is there that the log does not name, or there no more.

    ``folder`` is the case's ``lookups``. Cost: reads every kept answer once, in pieces.
    """
    log = read_lookup_log(lines)
    problems, strange = _compare_answers(folder / "answers", log)
    changed, notes = _compare_states(folder, log)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name == "asked":
            strange += [f"asked/{each.name}" for each in sorted(path.iterdir())]
        elif path.name == "unlogged.jsonl":
            notes.append("lookups/unlogged.jsonl holds requests of a stopped look-up; the next `trails fetch` logs them")
        elif path.name != "answers" and not (path.suffix == _STATE and path.stem in {*log.files, *log.bare}):
            left = path.suffix == ".part" or path.name.startswith(JOINING)
            strange += [] if left else [path.name]
    if strange:
        more = ", ..." if len(strange) > _SAID else ""
        notes.append(
            f"lookups/ holds {count_words(len(strange), 'file')} that no log line vouches for, and that no command uses: "
            f"{', '.join(name[:80] for name in strange[:_SAID])}{more}"
        )
    return [*problems, *changed], notes


def _compare_answers(folder: Path, log: LookupLog) -> tuple[list[str], list[str]]:
    problems, strange = [], []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if HASH.fullmatch(path.name) and not _is_answer(path):
            problems.append(f"the kept answer {path.name[:12]}... of a look-up was changed")
        elif path.name not in log.hashes and path.suffix != ".part":
            strange.append(f"answers/{path.name}")
    return problems, strange


def _is_answer(path: Path) -> bool:
    return is_own_file(path) and path.stat().st_size <= MOST_ANSWER and hash_file(path) == path.name


def _compare_states(folder: Path, log: LookupLog) -> tuple[list[str], list[str]]:
    problems, notes, missing = [], [], 0
    for key in sorted({*log.files, *log.bare}):
        path = folder / f"{key}{_STATE}"
        if not is_own_file(path):
            missing += 1
        elif key in log.bare:
            if not _is_finished(path, log.finished.get(key, [])):
                problems.append(f"lookups/{path.name} says that a look-up was answered otherwise than the log does")
        elif (found := hash_file(path)) not in log.files[key]:
            problems.append(f"lookups/{path.name}, how far a look-up is, was changed")
        elif found != log.files[key][-1]:
            notes.append(f"lookups/{path.name} is of an earlier log line; a stopped look-up leaves it so")
    gone = sum(not (folder / "answers" / name).exists() for name in log.hashes)
    if gone or missing:
        notes.append(
            f"of the files of look-ups that the log names, {count_words(gone, 'answer')} and {count_words(missing, 'look-up')} are "
            "there no more"
        )
    return problems, notes


def _is_finished(path: Path, finished: list[list[object]]) -> bool:
    """Whether the file of a look-up by an earlier version says nothing that the log does not: it logged no hash of the file."""
    try:
        said = json.loads(read_whole(path, error=CaseError))
    except (ValueError, RecursionError, CaseError):
        return False
    return isinstance(said, dict) and (not said.get("done") or said.get("sources") in finished)
