"""What a folder holds after a command, in a form that can be compared with another: tables, log, files, what `check` says."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trails.case import Case, Change
from trails.cli import main
from trails.contents import hash_block, hash_rows, list_tables
from trails.errors import CaseError
from trails.log import hash_line
from trails.verify import verify_case

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_CLOCKS = ("case", "ingest", "judgements", "views", "lookups.answers", "lookups.journal")
_TOUCHING = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree", "shutil.copyfile"})
_DATABASE = ("case.duckdb", "log.jsonl")


class StillDatetime(datetime):
    """A clock that stands still, so that two runs of a command write the same."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return MOMENT if tz else MOMENT.replace(tzinfo=None)


@dataclass(slots=True)
class Snapshot:
    """What a folder holds. ``refused`` says why it is no case that can be read; then the files alone count."""

    refused: str = ""
    content: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    #: The hash of each file without what differs from run to run, and of its bytes as they are.
    files: dict[str, str] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)


def use_still_clock(rates: Path) -> None:
    """In a child: the clock stands, keys are nought, and the ECB's file is a short one."""
    for name in _CLOCKS:
        module: Any = importlib.import_module(f"trails.{name}")
        module.datetime = StillDatetime
    module = secrets
    module.token_hex = lambda size=32: "00" * size
    found = importlib.util.find_spec
    spec = SimpleNamespace(origin=str(rates / "__init__.py"))
    module = importlib.util
    module.find_spec = lambda name, package=None: spec if name == "currency_converter" else found(name, package)


def run_command(words: list[str], rates: Path, place: Path | None = None, stop_at: int | None = None) -> int:
    """In a child: a command as a person gives it; how often it touched files below a place.

    With ``stop_at`` the child kills itself just before it touches one for that time.
    """
    use_still_clock(rates)
    touches = _count_touches(place, stop_at) if place else [0]
    sys.argv = ["trails", *words]
    main()
    return touches[0]


def _count_touches(place: Path, stop_at: int | None) -> list[int]:
    """Count what writes below a place: files opened for writing, renamed, removed, made, and flushed (before and after)."""
    count, below = [0], os.fsencode(place)

    def touch() -> None:
        count[0] += 1
        if count[0] == stop_at:
            os.killpg(0, signal.SIGKILL)

    def hear(event: str, args: tuple[Any, ...]) -> None:
        if event not in _TOUCHING or not isinstance(args[0], str | bytes | os.PathLike):
            return
        path = os.fsencode(args[0])
        reads = event == "open" and not int(args[2] or 0) & (os.O_WRONLY | os.O_RDWR)
        if path.startswith(below) and path.startswith((below + b"/case", below + b"/beside")) and not reads:
            touch()

    flush = os.fsync

    def flush_aloud(number: int) -> None:
        touch()
        flush(number)
        touch()

    module: Any = os
    module.fsync = flush_aloud
    sys.addaudithook(hear)
    return count


def record_stages(words: list[str], rates: Path) -> tuple[int, list[dict[str, str]]]:
    """In a child: a command with what the tables hold after each of its changes, and its exit code."""
    stages: list[dict[str, str]] = []
    plain = Case.change

    @contextmanager
    def change(case: Case, command: str, details: dict[str, Any], **more: Any) -> Iterator[Change]:
        with plain(case, command, details, **more) as made:
            yield made
        stages.append(read_content(case))

    kind: Any = Case
    kind.change = change
    try:
        run_command(words, rates)
    except SystemExit as end:
        return int(end.code or 0), stages
    return 0, stages


def read_content(case: Case) -> dict[str, str]:
    """The hash of every table; of the steps without the numbers of log lines, since a stopped command may add one."""
    found = {name: hash_block(case.con, name, 0)[1] for name in list_tables(case.con) if name != "steps"}
    steps = case.con.sql("SELECT * EXCLUDE (line, before) FROM steps ORDER BY ALL").to_arrow_table()
    return {**found, "steps": hash_rows("steps", steps)}


def take_snapshot(folder: Path) -> Snapshot:
    """In a child: read a folder without writing to it."""
    try:
        with Case.open(folder, read_only=True) as case:
            lines = case.log_lines()
            taken = Snapshot(
                content=read_content(case), commands=[json.loads(line)["command"] for line in lines],
                problems=[problem.replace(str(folder), "CASE") for problem in verify_case(case).problems],
            )  # fmt: skip
    except CaseError as problem:
        taken, lines = Snapshot(refused=str(problem)), []
    for path in sorted(folder.parent.rglob("*")):
        if path.is_file():
            name = os.fsdecode(path.relative_to(folder.parent))
            taken.files[name], taken.raw[name] = _hash(path, lines), _hash(path, [])
    return taken


def _hash(path: Path, lines: list[str]) -> str:
    """The hash of a file's bytes, without the heads of this case's log; of the database's own files only that they are there."""
    if path.name.startswith(_DATABASE):
        return ""
    data = path.read_bytes()
    if path.name.startswith("report."):
        for line in lines:
            data = data.replace(hash_line(line).encode(), b"HEAD")
    return hashlib.sha256(data).hexdigest()


def open_for_writing(folder: Path) -> list[str]:
    """In a child: open a case as every writing command does; what was put right, in words."""
    with Case.open(folder) as case:
        return case.notices
