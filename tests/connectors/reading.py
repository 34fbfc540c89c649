"""What the connectors' tests share: read some bytes, sort the records, and check that every row is accounted for."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trails.connector import HEAD_BYTES, Head, ReadOptions, Source
from trails.model import Event, Issue, Price, RowsRead, Skip, Tag, Transfer

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

Fact = Transfer | Event | Tag | Price


@dataclass
class Reading:
    """The records of one file by kind."""

    facts: list[Fact] = field(default_factory=list)
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
    def codes(self) -> dict[str, int]:
        """How many issues of each code."""
        return dict(Counter(issue.code for issue in self.issues))


def make_source(folder: Path, content: bytes | str, name: str) -> Source:
    data = content.encode() if isinstance(content, str) else content
    path = folder / name
    path.write_bytes(data)
    return Source(path, name, hashlib.sha256(data).hexdigest(), len(data))


def open_source(path: Path) -> Source:
    data = path.read_bytes()
    return Source(path, path.name, hashlib.sha256(data).hexdigest(), len(data))


def make_head(source: Source, mapping: dict[str, Any] | None = None) -> Head:
    return Head(source.name, source.path.read_bytes()[:HEAD_BYTES], source.size, mapping)


def load_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_all(connector: ModuleType, source: Source, options: ReadOptions | None = None) -> Reading:
    """Read a source; every row must be kept, skipped or refused, and stand in the raw rows under its number."""
    options = options or ReadOptions()
    reading = Reading()
    for record in connector.read(source, options):
        if isinstance(record, RowsRead):
            reading.rows_read += record.count
        elif isinstance(record, Issue):
            reading.issues.append(record)
        elif isinstance(record, Skip):
            reading.skips.append(record)
        else:
            reading.facts.append(record)
    refused = {issue.row for issue in reading.issues if issue.severity == "error" and issue.row is not None}
    kept = {fact.row for fact in reading.facts} - refused
    skipped = {skip.row for skip in reading.skips} - refused - kept
    assert len(refused) + len(kept) + len(skipped) == reading.rows_read
    rows = [record.row for record in connector.records(source, options)]
    assert len(rows) == len(set(rows)) == reading.rows_read
    assert refused | kept | skipped == set(rows)
    identities = [fact.identity for fact in reading.facts if isinstance(fact, Event)]
    assert len(identities) == len(set(identities))
    return reading
