"""The case's log: one JSON line for each command that changed the case, each naming the SHA-256 of the line before.

A changed, removed or inserted line breaks the chain at that place. The chain proves order, not honesty: its head is
printed in the report so that it can be held against a copy kept elsewhere. ``sha256sum`` over any line (without its
line end) gives the ``prev`` of the next.

The line of a change is written to the file before the change is committed to the database, which keeps a copy of every
line, their number and the last hash. So a command that was killed may leave one line too many, never one too few: a line
that is missing was cut.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from trails.errors import CaseError
from trails.plain_files import create_new, open_to_append

GENESIS = "0" * 64
#: No line of a log is longer: one with a thousand files, or 200 requests, has some 100,000 bytes.
MOST_LINE = 1 << 26
#: Lines of commands that accept the settings hold the hash of ``case.toml`` under this name.
_SETTLED = "case_toml"
#: What trails reads back from its log lines, by kind; a line may say more.
_KINDS: dict[str, type] = {
    "n": int, "prev": str, "at": str, "who": str, "command": str, "tables": dict, "outputs": dict, "removed": list, "folder": str,
    "case_toml": str, "log_lines_missing": int, "clock": str, "file": str, "reason": str,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogState:
    """How the log file compares with the case's own record of it.

    ``whole``; ``uncommitted``: a stopped command left its line behind; ``short``: the last ``lines`` lines were cut off;
    ``altered``: line number ``lines`` is another one.
    """

    kind: Literal["whole", "uncommitted", "short", "altered"]
    lines: int = 0


def make_line(number: int, previous: str, *, at: datetime, who: str, command: str, details: dict[str, Any]) -> str:
    """One log line as JSON text; ``previous`` is the hash of the line before (GENESIS for the first)."""
    entry = {"n": number, "prev": previous, "at": at.isoformat(timespec="seconds"), "who": who, "command": command}
    return json.dumps({**entry, **details}, ensure_ascii=False, sort_keys=False, separators=(",", ":"))


def read_entries(lines: Iterable[str]) -> list[dict[str, Any]]:
    """What log lines say; raises CaseError naming the first that no command can have written."""
    found = []
    for number, line in enumerate(lines, start=1):
        entry = read_entry(line)
        if entry is None:
            raise CaseError(
                f"log line {number} of the case's own record is not as trails writes it: somebody changed it. `trails check` says "
                "what else was changed; go on with an earlier copy of the case, or make it anew from its sources"
            )
        found.append(entry)
    return found


def read_entry(line: str) -> dict[str, Any] | None:
    """What a log line says; None where what is read back from it is not of the kind that trails writes there."""
    try:
        entry = json.loads(line)
        if "\\ud" in line.casefold():
            json.dumps(entry, ensure_ascii=False).encode()  # half a sign, which no text can hold
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or not {"n", "prev", "at", "who", "command"} <= set(entry):
        return None
    fits = all(type(entry[name]) is kind for name, kind in _KINDS.items() if name in entry)
    return entry if fits and _is_time(entry["at"]) and _are_texts(entry) else None


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _are_texts(entry: dict[str, Any]) -> bool:
    """Whether the hashes of tables, and the names of files that are gone, are texts."""
    return all(isinstance(each, str) for each in (*entry.get("tables", {}).values(), *entry.get("removed", ())))


def hash_line(line: str) -> str:
    """The SHA-256 of a log line."""
    return hashlib.sha256(line.encode()).hexdigest()


def compare_log(path: Path, lines: list[str]) -> LogState:
    """The log file beside the complete list of committed lines. Cost: reads what the lines fill, and at most one line more."""
    if not path.exists():
        return LogState("short", len(lines)) if lines else LogState("whole")
    with path.open("rb") as file:
        for number, line in enumerate(lines, start=1):
            wanted = f"{line}\n".encode()
            there = file.read(len(wanted))
            if there == wanted:
                continue
            cut = len(there) < len(wanted) and wanted.startswith(there)
            return LogState("short", len(lines) - number + 1) if cut else LogState("altered", number)
        rest = os.fstat(file.fileno()).st_size - file.tell()
        if not rest:
            return LogState("whole")
        begun = rest <= MOST_LINE and _is_next(file.read(rest), lines)
        return LogState("uncommitted") if begun else LogState("altered", len(lines) + 1)


def _is_next(rest: bytes, lines: list[str]) -> bool:
    """Whether what stands after the last line is the line of one further change, or the beginning of it."""
    text, end, more = rest.partition(b"\n")
    previous = hash_line(lines[-1]) if lines else GENESIS
    if not end:
        # as `make_line` begins it
        begins = f'{{"n":{len(lines) + 1},"prev":"{previous}","at":"'.encode()
        return text[: len(begins)] == begins[: len(text)]
    entry = read_entry(text.decode(errors="replace"))
    return not more and entry is not None and entry["prev"] == previous and entry["n"] == len(lines) + 1


def append_line(path: Path, line: str) -> None:
    """Add a line to the log file and flush it to the disk; never through a symbolic link."""
    with open_to_append(path) as out:
        out.write(f"{line}\n".encode())
        out.flush()
        os.fsync(out.fileno())


def rewrite_log(path: Path, lines: list[str]) -> None:
    """Make the log file hold exactly the committed lines, by replacing it whole."""
    part = path.with_name(f"{path.name}.part")
    with create_new(part) as out:
        out.write("".join(f"{line}\n" for line in lines).encode())
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def list_table_hashes(lines: list[str]) -> dict[str, tuple[str, int]]:
    """The hash of each table as the last line that touched it has it, and that line's number."""
    found: dict[str, tuple[str, int]] = {}
    for entry in read_entries(lines):
        found |= {str(name): (str(digest), int(entry["n"])) for name, digest in entry.get("tables", {}).items()}
    return found


def find_unaccepted(lines: list[str], digest: str) -> int | None:
    """The log line since which ``case.toml`` (its SHA-256 is given) was changed without anybody accepting it; None where it is
    as accepted."""
    settled = [entry for entry in read_entries(lines) if _SETTLED in entry]
    if not settled or settled[-1][_SETTLED] == digest:
        return None
    return int(settled[-1]["n"])


def find_record_problems(lines: list[str], numbers: list[int], anchor: list[tuple[int, str]]) -> list[str]:
    """What is wrong with the case's own record of the log: its lines, their numbers, and the anchor (number, last hash)."""
    found = []
    if numbers != list(range(1, len(lines) + 1)):
        found.append("the lines of the case's own record of the log are not numbered as they were")
    try:
        verify_chain(lines)
    except CaseError as problem:
        found.append(f"the case's own record of the log is broken: {problem}")
    if [count for count, _ in anchor] != ([len(lines)] if lines else []):
        found.append(f"the case's anchor counts {anchor[0][0] if anchor else 0} log lines, its record has {len(lines)}")
    elif lines and anchor[0][1] != hash_line(lines[-1]):
        found.append(f"log line {len(lines)} of the case's own record is not the one that its anchor holds the hash of")
    return found


def verify_chain(lines: list[str]) -> str:
    """The hash of the last line of a whole chain; raises CaseError naming the first line that does not fit."""
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        entry = read_entry(line)
        if entry is None:
            raise CaseError(f"log line {number} is not as trails writes it: it was changed")
        if entry["prev"] != previous or entry["n"] != number:
            raise CaseError(f"log line {number} does not follow line {number - 1}: the log was changed there")
        previous = hash_line(line)
    return previous
