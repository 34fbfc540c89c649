"""Reading a connector's output whole, and checking that it accounts for every row."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trails.connector import HEAD_BYTES, Head, ReadOptions, Source
from trails.model import Issue, Price, RowsRead, Skip, Tag, Transfer, TransferTable

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "connectors"


@dataclass
class Reading:
    """What a connector gave for one file, by kind."""

    transfers: list[Transfer] = field(default_factory=list)
    tables: list[TransferTable] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    rows: int = 0

    @property
    def codes(self) -> Counter[tuple[str, str]]:
        return Counter((issue.severity, issue.code) for issue in self.issues)

    @property
    def errors(self) -> list[tuple[int | None, str]]:
        return sorted((issue.row, issue.code) for issue in self.issues if issue.severity == "error")

    @property
    def table_rows(self) -> list[dict[str, Any]]:
        rows = [row | dict(batch.constants) for batch in self.tables for row in batch.table.to_pylist()]
        return sorted(rows, key=lambda row: int(row["row"]))

    def of_kind(self, kind: str) -> list[Transfer]:
        return [transfer for transfer in self.transfers if transfer.kind == kind]


def source_of(path: Path) -> Source:
    data = path.read_bytes()
    return Source(path, path.name, hashlib.sha256(data).hexdigest(), len(data))


def head_of(path: Path) -> Head:
    return Head(path.name, path.read_bytes()[:HEAD_BYTES], path.stat().st_size)


def read_file(module: ModuleType, path: Path, **options: Any) -> Reading:
    """Read a file and assert that facts, skips and refusals account for the rows read, each row once."""
    found, said = Reading(), ReadOptions(**options)
    for record in module.read(source_of(path), said):
        match record:
            case Transfer():
                found.transfers.append(record)
            case TransferTable():
                found.tables.append(record)
            case Issue():
                found.issues.append(record)
            case Skip():
                found.skips.append(record)
            case RowsRead():
                found.rows += record.count
            case other:
                assert not isinstance(other, Tag | Price), other
    refused = {issue.row for issue in found.issues if issue.severity == "error"}
    stated = {transfer.row for transfer in found.transfers} | {row["row"] for row in found.table_rows}
    skipped = {skip.row for skip in found.skips}
    assert None not in refused
    assert not skipped & (refused | stated)
    assert len(refused | stated | skipped) == found.rows
    raw = {record.row for record in module.records(source_of(path), said)}
    assert raw <= refused | stated | skipped, "trails cite knows a row that was never accounted for"
    assert {transfer.row for transfer in found.transfers} <= raw
    return found


def write_json(folder: Path, value: object, name: str = "made.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def write_text(folder: Path, text: str | bytes, name: str = "made.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
