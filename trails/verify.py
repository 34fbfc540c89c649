"""Whether anything in a case is other than its log says: originals, tables, log, settings, results, unlisted files.

Reads only, so that it can be done on a medium that cannot be written to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import duckdb

from trails.contents import Difference, find_differences, find_overgrown, list_tables, read_digests
from trails.errors import CaseError
from trails.log import compare_log, find_unaccepted, list_table_hashes, read_entries, read_entry, verify_chain
from trails.lookup_files import compare_lookups
from trails.parts import WAL_ENDINGS
from trails.plain_files import is_own_file
from trails.recover import LEFT_BESIDE, WAITING, hash_file, is_swept, list_former_outputs, list_outputs
from trails.words import count_words

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

#: What a case folder holds.
_PARTS = frozenset({"case.toml", "case.duckdb", "log.jsonl", "sources", "out", "lookups"})
#: What the database reads as its own: compared with the tables.
_COMPARED = frozenset(f"case.duckdb{ending}" for ending in WAL_ENDINGS)


@dataclass(slots=True)
class Verified:
    """What was compared, what was found to be changed, and what is worth knowing though nothing is wrong."""

    originals: int = 0
    rows: int = 0
    outputs: int = 0
    lines: int = 0
    head: str = ""
    #: Tables of so many rows too many that no account of them is given.
    overgrown: list[str] = field(default_factory=list)
    #: Results that are finished and not yet in their place.
    waiting: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def verify_case(case: Case, progress: Callable[[int], None] | None = None) -> Verified:
    """Compare everything a case holds with what its log records.

    Cost: reads every original and every table once (about a gigabyte and two million rows a second). What it misses: a case
    that was replaced as a whole by one that agrees with itself; hold the log's head against a copy kept elsewhere.
    """
    found = Verified()
    lines = _verify_log(case, found)
    _verify_settings(case, lines, found)
    _verify_tables(case, lines, found, progress)
    _verify_sources(case, found)
    _verify_outputs(case, lines, found)
    changed, notes = compare_lookups(case.folder / "lookups", lines)
    found.problems += changed
    found.notes += notes
    _note_others(case.folder, found)
    return found


def _note_others(folder: Path, found: Verified) -> None:
    """What stands in the case folder beside its parts: a stopped command's, or somebody else's."""
    for path in sorted(folder.iterdir()):
        if path.name in _PARTS | _COMPARED or (path.is_dir() and path.name in LEFT_BESIDE and not any(path.iterdir())):
            continue
        if path.name in LEFT_BESIDE:
            found.notes.append(
                f"{path.name} stands beside the case's files; a stopped command may have left it, and the next command that "
                "changes the case takes it up or away"
            )
        else:
            found.notes.append(f"{path.name} stands in the case folder and is none of trails' files")


def require_unaltered(case: Case, what: str) -> None:
    """Raise CaseError where originals, tables or the record of the log are not what the log says: nothing may leave from that.

    What was written before and the settings are not looked at: the first is replaced, the second said in the report.
    Cost: as ``verify_case``, without what was written before.
    """
    found = Verified(problems=case.find_record_problems())
    if not found.problems:
        _verify_tables(case, case.log_lines(), found, None)
        _verify_sources(case, found)
    if found.problems:
        more = f" (and {len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        raise CaseError(
            f"{what}: {found.problems[0]}{more}. `trails check {case.folder}` lists what was changed; go on with an earlier copy "
            "of the case, or make it anew from its sources"
        )


def _verify_log(case: Case, found: Verified) -> list[str]:
    lines = case.log_lines()
    found.lines = len(lines)
    found.problems += case.find_record_problems()
    try:
        found.head = verify_chain(lines)
    except CaseError:
        lines = [line for line in lines if read_entry(line)]
    state = compare_log(case.folder / "log.jsonl", lines)
    if state.kind == "altered":
        found.problems.append(f"log.jsonl: line {state.lines} is not what the case's own record says")
    elif state.kind == "short":
        found.problems.append(f"log.jsonl: the last {count_words(state.lines, 'line')} of {len(lines)} were cut off")
    elif state.kind == "uncommitted":
        found.notes.append("log.jsonl ends with the line of a command that was stopped; the next change takes it out")
    for entry in read_entries(lines):
        if "clock" in entry:
            found.notes.append(f"log line {entry['n']}: {entry['clock']}")
        if entry.get("log_lines_missing"):
            found.notes.append(f"log line {entry['n']}: {entry['log_lines_missing']} lines of the log file had been cut off before")
    return lines


def find_settings_change(case: Case) -> int | None:
    """The log line since which ``case.toml`` was changed without anybody accepting it; None where it is as accepted."""
    return find_unaccepted(case.log_lines(), hash_file(case.settings_file()))


def _verify_settings(case: Case, lines: list[str], found: Verified) -> None:
    since = find_unaccepted(lines, hash_file(case.settings_file()))
    if case.unread:
        changed = f"case.toml was changed since log line {since} and cannot be read" if since else "case.toml cannot be read"
        found.problems.append(f"{changed}: {case.unread}")
        found.notes.append("without case.toml nobody can be given a pseudonym: the account of the files is left out")
    elif since is not None:
        found.problems.append(
            f"case.toml was changed since log line {since}; look at it with `trails settings {case.folder}`, and say why with "
            "--accept --why"
        )


def _verify_tables(case: Case, lines: list[str], found: Verified, progress: Callable[[int], None] | None) -> None:
    """The content of every table beside its recorded hash, and the recorded hashes beside those in the log."""
    logged = list_table_hashes(lines)
    try:
        kept = read_digests(case.con, sorted({*list_tables(case.con), *logged}))
        forged = [name for name in kept if name in logged and logged[name][0] != kept[name]]
        found.overgrown = find_overgrown(case.con, forged)
        different = find_differences(case.con, progress, {*forged} & {*found.overgrown})
        different += [Difference(name, None, None) for name in forged]
        rows = case.con.execute("SELECT coalesce(sum(rows), 0) FROM contents").fetchone()
        found.rows = int(rows[0]) if rows else 0
    except duckdb.Error as problem:
        found.problems.append(f"case.duckdb cannot be read whole: {str(problem).splitlines()[0]}")
        return
    for each in dict.fromkeys(different):
        line = logged.get(each.table, ("", 0))[1]
        found.problems.append(f"{each} is not what was written with log line {line}")


def _verify_sources(case: Case, found: Verified) -> None:
    sources = case.folder / "sources"
    if "sources" in found.overgrown:
        return
    try:
        listed = set(case.list_originals())
    except CaseError as problem:
        found.problems.append(str(problem.message.partition(";")[0]))
        return
    found.originals = len(listed)
    rows = case.con.execute("SELECT sha256, source_id, bytes FROM sources ORDER BY source_id DESC").fetchall()
    names, sizes = ({sha256: row[at] for sha256, *row in rows} for at in (0, 1))
    for sha256 in sorted(listed):
        path = sources / sha256
        what = f"the original of source {names[sha256]}" if sha256 in names else f"the original {sha256[:12]}..."
        if path.is_symlink():
            found.problems.append(f"{what} ({sha256}) is a symbolic link in sources/: the file itself is missing")
        elif not path.is_file():
            found.problems.append(f"{what} ({sha256}) is missing from sources/")
        elif path.stat().st_size != sizes.get(sha256, path.stat().st_size) or hash_file(path) != sha256:
            found.problems.append(f"{what} was changed: its SHA-256 is no longer {sha256}")
    for path in sorted(sources.iterdir()) if sources.is_dir() else ():
        if path.name not in listed:
            found.problems.append(f"sources/ holds a file that no source of the case is: {path.name[:80]}{_say_left(path)}")


def _say_left(path: Path) -> str:
    """What becomes of a file among the originals that looks as if a stopped command had left it; nothing of another."""
    if not is_swept(path):
        return ""
    return "; a stopped command may have left it, and the next command that changes the case takes it out again, and says so"


def _verify_outputs(case: Case, lines: list[str], found: Verified) -> None:
    out = case.folder / "out"
    wanted, former = list_outputs(lines), list_former_outputs(lines)
    found.outputs = len(wanted)
    for name, (digest, line) in sorted(wanted.items()):
        state = _compare_output(out, name, digest, former)
        if state == "waits":
            found.waiting.append(name)
            found.notes.append(
                f"out/{name} is not the result of log line {line}: that waits in out/{WAITING}/ until the next command that "
                "changes the case puts it there. What stands in its place is an older one, or nothing: do not use it"
            )
        if state in ("written", "waits"):
            continue
        if (out / name).exists() or (out / name).is_symlink():
            found.problems.append(f"out/{name} was changed since log line {line}")
        else:
            found.notes.append(f"out/{name} of log line {line} is there no more")
    made = [int(e["n"]) for e in read_entries(lines) if e.get("command") in ("cluster", "match", "link")]
    old = sorted(name for name, (_, line) in wanted.items() if made and line < made[-1])
    if old:
        found.notes.append(f"older than the last analysis: {', '.join(f'out/{name}' for name in old[:6])}")
    for path in sorted(out.iterdir()) if out.is_dir() else ():
        if path.name not in wanted and path.name != WAITING:
            found.notes.append(f"out/{path.name[:80]} was not written by trails")
    if (out / WAITING).is_symlink() or (out / WAITING).is_file():
        found.notes.append(f"out/{WAITING} is no folder: none of trails' doing; the next command that writes results takes it away")
    strange = [path.name for path in _list_waiting(out) if path.name not in wanted or not _is_output(path, wanted[path.name][0])]
    if strange:
        found.notes.append(
            f"out/{WAITING}/ holds {count_words(len(strange), 'file')} that no log line names: {', '.join(strange[:3])[:240]}; a "
            "stopped command may have left them, and the next command that changes the case takes them away"
        )


def _list_waiting(out: Path) -> list[Path]:
    waiting = out / WAITING
    return sorted(waiting.iterdir()) if waiting.is_dir() and not waiting.is_symlink() else []


def _is_output(path: Path, digest: str) -> bool:
    return is_own_file(path) and hash_file(path) == digest


def _compare_output(out: Path, name: str, digest: str, former: set[tuple[str, str]]) -> Literal["written", "waits", "changed"]:
    """Whether a result is as the log says; while it waits for its place, that holds an earlier result or nothing."""
    path = out / name
    there = hash_file(path) if is_own_file(path) else None
    if there == digest:
        return "written"
    free = not path.exists() and not path.is_symlink()
    earlier = there is not None and (name, there) in former
    return "waits" if (free or earlier) and _is_output(out / WAITING / name, digest) else "changed"
