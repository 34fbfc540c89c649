"""Account for every file of the real data in one case: ``python -m tests.account_real [--lines]``.

Prints the table as Markdown: what each folder and each file gave, row for row, and why a file was refused. ``--lines``
prints it as the lines of ``tests/real_accounting.toml`` instead. Read the difference before keeping it: a number that
changes is a fact of an investigation that appears or is lost.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import ConnectorError, SourceError
from trails.ingest import SourceReport, add_source

BOOK = Path(__file__).with_name("real_accounting.toml")
COUNTS = ("rows_read", "rows_kept", "rows_duplicate", "rows_skipped", "rows_refused")
#: Notes about the data, which are no data.
ABOUT = ("README.md", "SOURCE.txt")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file: the report of its rows, or the message it was refused with."""

    path: str
    report: SourceReport | None
    refusal: str = ""

    @property
    def counts(self) -> tuple[int, ...]:
        """Rows read, kept, duplicate, skipped and refused; none of a file that was not read."""
        return tuple(getattr(self.report, name) for name in COUNTS) if self.report else ()


@dataclass(slots=True)
class Said:
    """What a person says about one file when adding it."""

    options: dict[str, Any] = field(default_factory=dict)
    companions: list[str] = field(default_factory=list)
    mapping: str | None = None


def read_book() -> dict[str, Any]:
    """What is written down about the real data."""
    return tomllib.loads(BOOK.read_text(encoding="utf-8"))


def list_files(data: Path) -> list[str]:
    """Every file of the real data, by its path inside the folder, in order."""
    return sorted(str(p.relative_to(data)) for p in data.rglob("*") if p.is_file() and p.name not in ABOUT)


def find_said(book: dict[str, Any], path: str) -> Said:
    """All that is said about a file, by each entry whose pattern its path matches."""
    said = Said()
    for entry in book["said"]:
        if any(fnmatchcase(path, pattern) for pattern in entry["files"]):
            said.options |= {key: entry[key] for key in ReadOptions.__slots__ if key in entry and key != "mapping"}
            said.companions += entry.get("with", [])
            said.mapping = entry.get("mapping", said.mapping)
    return said


def add_file(case: Case, data: Path, path: str, said: Said) -> Line:
    """Add one file to a case. A connector that fails is an error of ours, and is raised."""
    with tempfile.TemporaryDirectory() as folder:
        mapping = Path(folder) / "mapping.toml" if said.mapping else None
        if mapping:
            mapping.write_text(said.mapping or "", encoding="utf-8")
        beside = [(data / path).with_name(name) for name in said.companions]
        try:
            report = add_source(
                case, data / path, options=ReadOptions(**said.options), mapping_path=mapping, companions=beside
            )
        except ConnectorError:
            raise
        except SourceError as refused:
            return Line(path, None, str(refused))
    return Line(path, report)


def add_all(case: Case, data: Path, book: dict[str, Any]) -> list[Line]:
    """Add every file to one case in the order of their paths, but those that only make sense beside another."""
    alone = (path for path in list_files(data) if path not in book["companion"])
    return [add_file(case, data, path, find_said(book, path)) for path in alone]


def shorten(refusal: str) -> str:
    """A refusal in a few words: without the file's name, and without what was tried and what to try."""
    words = refusal.partition(": ")[2].partition("; ")[0]
    return words.partition(" (tried")[0]


def write_markdown(lines: Sequence[Line], book: dict[str, Any]) -> str:
    """The table by folder and by file, and the files that were refused."""
    head = "read | kept | duplicate | skipped | refused |\n"
    read = [line for line in lines if line.report]
    folders: dict[str, Counter[str]] = {}
    for line in read:
        counted = dict(zip(COUNTS, line.counts, strict=True)) | {"files": 1}
        for name in (line.path.split("/")[0], "all"):
            folders.setdefault(name, Counter()).update(counted)
    total = folders.pop("all")
    out = [f"| folder | files | {head}|---|--:|--:|--:|--:|--:|--:|\n"]
    for name, counts in [*folders.items(), ("**all**", total)]:
        out.append(f"| {name} | {counts['files']} | " + " | ".join(f"{counts[key]:,}" for key in COUNTS) + " |\n")
    out.append(f"\n| file | connector | {head}|---|---|--:|--:|--:|--:|--:|\n")
    for line in read:
        connector = line.report.connector if line.report else ""
        out.append(f"| {line.path} | {connector} | " + " | ".join(f"{count:,}" for count in line.counts) + " |\n")
    refused = [line for line in lines if not line.report]
    out.append(f"\n| refused as a whole ({len(refused)} files) | with the words |\n|---|---|\n")
    out += [f"| {line.path} | {shorten(line.refusal)} |\n" for line in refused]
    out.append(f"\nOnly beside another file: {', '.join(book['companion'])}.\n")
    return "".join(out)


def write_lines(lines: Sequence[Line]) -> str:
    """The tables ``read`` and ``not_read`` of the book."""
    read, refused = ["[read]\n"], ["\n[not_read]\n"]
    for line in lines:
        if line.report:
            read.append(f'"{line.path}" = ["{line.report.connector}", {", ".join(map(str, line.counts))}]\n')
        else:
            refused.append(
                f"{json.dumps(line.path, ensure_ascii=False)} = {json.dumps(shorten(line.refusal), ensure_ascii=False)}\n"
            )
    return "".join(read + refused)


def main(arguments: Sequence[str]) -> int:
    """Account for the real data and print the table."""
    data = Path(os.environ.get("TRAILS_REAL_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))
    if not data.is_dir():
        print(f"real data is not at {data} (set TRAILS_REAL_DATA)", file=sys.stderr)
        return 2
    book = read_book()
    with tempfile.TemporaryDirectory() as folder, Case.create(Path(folder) / "case", pseudonym_key="ab" * 32) as case:
        lines = add_all(case, data, book)
    print(write_lines(lines) if "--lines" in arguments else write_markdown(lines, book), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
