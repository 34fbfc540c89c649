"""What the connectors' tests share: read a file, sort the records, and check that every row is accounted for."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from trails.connector import Head, ReadOptions, Source, refuse_damaged
from trails.model import Event, Issue, Price, RowsRead, Skip, Tag, Transfer, TransferTable
from trails.records import read_head

SAMPLES = Path(__file__).parent.parent.parent / "connectors"

Fact = Transfer | Event | Tag | Price


class Reader(Protocol):
    """A connector's module, or an installed connector."""

    @property
    def read(self) -> Any: ...

    @property
    def records(self) -> Any: ...


@dataclass
class Reading:
    """The records of one file by kind."""

    facts: list[Fact] = field(default_factory=list)
    tables: list[TransferTable] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    rows_read: int = 0

    @property
    def transfers(self) -> list[Transfer]:
        return [fact for fact in self.facts if isinstance(fact, Transfer)]

    @property
    def events(self) -> list[Event]:
        return [fact for fact in self.facts if isinstance(fact, Event)]

    @property
    def tags(self) -> list[Tag]:
        return [fact for fact in self.facts if isinstance(fact, Tag)]

    @property
    def prices(self) -> list[Price]:
        return [fact for fact in self.facts if isinstance(fact, Price)]

    @property
    def table_rows(self) -> list[dict[str, Any]]:
        """The rows of all tables, each with its table's constants, by row number."""
        rows = [row | dict(batch.constants) for batch in self.tables for row in batch.table.to_pylist()]
        return sorted(rows, key=lambda row: int(row["row"]))

    @property
    def codes(self) -> Counter[str]:
        """How many issues of each code."""
        return Counter(issue.code for issue in self.issues)

    @property
    def graded(self) -> Counter[tuple[str, str]]:
        """How many issues of each severity and code."""
        return Counter((issue.severity, issue.code) for issue in self.issues)

    @property
    def errors(self) -> list[tuple[int | None, str]]:
        return sorted((issue.row, issue.code) for issue in self.issues if issue.severity == "error")

    @property
    def refused(self) -> set[int]:
        return {issue.row for issue in self.issues if issue.severity == "error" and issue.row is not None}

    @property
    def kept(self) -> set[int]:
        return ({fact.row for fact in self.facts} | {row["row"] for row in self.table_rows}) - self.refused

    @property
    def skipped(self) -> set[int]:
        return {skip.row for skip in self.skips} - self.refused - self.kept

    def of_kind(self, kind: str) -> list[Transfer]:
        return [transfer for transfer in self.transfers if transfer.kind == kind]


def write_text(folder: Path, text: str | bytes, name: str = "made.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def write_json(folder: Path, value: object, name: str = "made.json") -> Path:
    return write_text(folder, json.dumps(value), name)


def open_source(path: Path) -> Source:
    """A file as a source, with the companions that lie beside it as ``<file>.with.*``."""
    data = path.read_bytes()
    companions = tuple(open_source(beside) for beside in sorted(path.parent.glob(f"{path.name}.with.*")))
    return Source(path, path.name, hashlib.sha256(data).hexdigest(), len(data), companions)


def make_source(folder: Path, content: bytes | str, name: str) -> Source:
    return open_source(write_text(folder, content, name))


def make_head(source: Source, mapping: dict[str, Any] | None = None) -> Head:
    return replace(read_head(source), mapping=mapping)


def head_of(path: Path) -> Head:
    return make_head(open_source(path))


def load_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def sort_records(connector: Reader, source: Source, options: ReadOptions) -> Reading:
    """The records of a source by kind, unchecked."""
    reading = Reading()
    for record in refuse_damaged(connector.read(source, options), source):
        match record:
            case RowsRead():
                reading.rows_read += record.count
            case Issue():
                reading.issues.append(record)
            case Skip():
                reading.skips.append(record)
            case TransferTable():
                reading.tables.append(record)
            case _:
                reading.facts.append(record)
    return reading


def read_all(connector: Reader, source: Source, options: ReadOptions | None = None) -> Reading:
    """Read a source; every row must be kept, skipped or refused, and stand in the raw rows under its number."""
    options = options or ReadOptions()
    reading = sort_records(connector, source, options)
    assert len(reading.refused) + len(reading.kept) + len(reading.skipped) == reading.rows_read
    rows = [record.row for record in connector.records(source, options)]
    assert len(rows) == len(set(rows))
    assert reading.refused | reading.kept <= set(rows), "trails cite cannot show a row that was read"
    assert set(rows) <= reading.refused | reading.kept | reading.skipped, "a row was never accounted for"
    # a transaction that stands in a file twice states its form twice: one fact, cited twice
    identities = [event.identity for event in reading.events if event.kind != "transaction_form"]
    assert len(identities) == len(set(identities))
    return reading


def read_file(connector: Reader, path: Path, **options: Any) -> Reading:
    """Read the file at a path, with what was said about it."""
    return read_all(connector, open_source(path), ReadOptions(**options))
