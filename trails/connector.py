"""What a connector is, and how trails finds the installed ones.

A connector is a folder (a package) with

- ``connector.toml``, the manifest, readable without importing any code;
- ``recognise(head) -> str | None``: why this file is ours, or None;
- ``read(source, options) -> Iterator[Record]``: the rows as records of ``trails.model``;
- ``records(source, options) -> Iterator[RawRecord]``: the raw rows, in the same count, for ``trails cite``;
- ``cites(source, options) -> Iterator[str]``, where rows may name pictures they were read from: the SHA-256 of each;
- ``sample.*`` and ``expected.json``: a fictional sample and the facts it must give.

trails knows connectors by the ``trails.connectors`` entry-point group alone. One that does not load is listed as broken
with its reason, and never stops the others.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, cast

from trails.errors import ConnectorError, SourceError, UnknownFormat, UsageError
from trails.model import Issue, Record, RowsRead, TransferTable
from trails.pictures import PicturePlace
from trails.unread_formats import say_instead

if TYPE_CHECKING:
    from trails.shown_cells import Merge

GROUP = "trails.connectors"
HEAD_BYTES = 65_536
#: A file with more damaged rows is no table with bad rows: it is in another encoding.
MOST_DAMAGED = 100_000


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file, all that ``recognise`` may look at.

    A file packed with gzip or Zstandard, or alone in a zip, is shown unpacked, under its own name. ``members`` names the files of a
    zip that holds several. ``sheet`` is the beginning of the first sheet of a workbook, as texts; its ``data`` are the
    workbook's raw bytes. Of a Parquet file, whose columns stand at its end, ``sheet`` is their names.
    """

    name: str
    data: bytes
    size: int
    mapping: Mapping[str, Any] | None = None
    members: tuple[str, ...] = ()
    sheet: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """The beginning as text; undecodable bytes become replacement marks."""
        return self.data.decode("utf-8-sig", errors="replace")


@dataclass(frozen=True, slots=True)
class Source:
    """A vaulted file: where its unchanged bytes are, and the name it came with.

    ``companions`` are the further files it was given with (the undo data of a block file, say), vaulted like it.
    ``others`` are the sources of the case that name the same pictures as this one's rows do.
    ``damage`` collects, by row number, the rows whose text is damaged, each with the code and message of its issue: whoever
    reads lines and records notes them, and :meth:`Connector.read` refuses those rows, whatever the connector made of them.
    ``remarks`` collects what the readers of tables have to say beside the rows, which :meth:`Connector.read` gives at the end.
    """

    path: Path
    name: str
    sha256: str
    size: int
    companions: tuple[Source, ...] = ()
    others: tuple[OtherSheet, ...] = field(default=(), repr=False, compare=False)
    damage: dict[int, tuple[str, str]] = field(default_factory=dict, repr=False, compare=False)
    remarks: dict[Issue, None] = field(default_factory=dict, repr=False, compare=False)

    def remark(self, severity: Literal["warning", "note"], code: str, message: str, row: int | None = None) -> None:
        """Note a doubt about a row, or about the whole file, once however often it is read."""
        self.remarks[Issue(row, severity, code, message)] = None

    def note_damage(self, row: int, code: str, message: str) -> None:
        """Note a row whose text is damaged; raises SourceError for very many: the whole file is not what it is read as."""
        if len(self.damage) >= MOST_DAMAGED:
            first, (_, why) = min(self.damage.items())
            raise SourceError(
                f"{self.name}: more than {MOST_DAMAGED:,} rows are damaged, so nothing was added. The first, row {first}: {why}"
            )
        self.damage[row] = (code, message)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the person said about a file. Nothing here is ever guessed; None means it was not said."""

    timezone: str | None = None
    currency: str | None = None
    rail: str | None = None
    encoding: str | None = None
    date_order: str | None = None
    calendar: str | None = None
    mapping: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OtherSheet:
    """A source that was added before and names the same pictures: its number, what was said of it, and its refused rows."""

    source_id: int
    source: Source
    options: ReadOptions
    refused: frozenset[int]


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One raw row: its number as the manifest counts, its text from the source's bytes, and its parsed value.

    ``place`` says where on which picture it was read, where somebody wrote it off one.
    ``merged`` names the merged cells of a sheet that the row has a part in, by column.
    """

    row: int
    raw: str
    value: Any
    place: PicturePlace | None = None
    merged: Mapping[str, Merge] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The data part of a connector: what it is, readable with its code broken.

    ``companions`` says which further files serve it (``--with``), ``verified`` on what it was tried: real files, recorded
    answers, or published descriptions only. ``yields_to`` names connectors that know more precisely what they recognise: a
    file that both recognise is theirs.
    """

    name: str
    title: str
    version: str
    rails: tuple[str, ...]
    formats: tuple[str, ...]
    row: str
    licence: str
    limits: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    verified: str = ""
    yields_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connector:
    """An installed connector; ``broken`` holds the reason where it does not load."""

    name: str
    manifest: Manifest | None
    folder: Path | None
    module: ModuleType | None = field(repr=False, default=None)
    broken: str | None = None

    def recognise(self, head: Head) -> str | None:
        """Why this file is the connector's, or None."""
        return cast("Callable[[Head], str | None]", self._function("recognise"))(head)

    def read(self, source: Source, options: ReadOptions) -> Iterator[Record]:
        """The source's rows as records.

        A row that was noted as damaged gives one issue that refuses it, and nothing else.
        """
        read = cast("Callable[[Source, ReadOptions], Iterator[Record]]", self._function("read"))
        return refuse_damaged(read(source, options), source)

    def records(self, source: Source, options: ReadOptions) -> Iterator[RawRecord]:
        """The source's raw rows, in the count that facts cite."""
        return cast("Callable[[Source, ReadOptions], Iterator[RawRecord]]", self._function("records"))(source, options)

    @property
    def may_cite(self) -> bool:
        """Whether rows that the connector reads may name pictures they were read from."""
        return self.module is not None and hasattr(self.module, "cites")

    def cites(self, source: Source, options: ReadOptions) -> Iterator[str]:
        """The SHA-256 of each picture that rows of a source name; asked of a connector that ``may_cite``."""
        return cast("Callable[[Source, ReadOptions], Iterator[str]]", self._function("cites"))(source, options)

    def _function(self, name: str) -> Callable[..., Any]:
        if self.module is None:
            raise ConnectorError(f"connector `{self.name}` is broken: {self.broken}")
        return cast("Callable[..., Any]", getattr(self.module, name))


def refuse_damaged(records: Iterator[Record], source: Source) -> Iterator[Record]:
    """Records without those of damaged rows, and an issue for each such row behind them, then the source's remarks.

    A damaged row that gave nothing (a title above the header) is a warning about the whole file: it is not counted as read.
    """
    damage, seen = source.damage, set[int]()
    for record in records:
        if not damage or isinstance(record, RowsRead):
            yield record
        elif isinstance(record, TransferTable):
            yield from _without_rows(record, damage, seen)
        elif record.row in damage:
            seen.add(record.row)
        else:
            yield record
    for row, (code, message) in sorted(damage.items()):
        if row in seen:
            yield Issue(row, "error", code, message)
        else:
            yield Issue(None, "warning", code, f"row {row}, which is not read: {message}")
    yield from source.remarks


def _without_rows(batch: TransferTable, damage: Mapping[int, tuple[str, str]], seen: set[int]) -> Iterator[TransferTable]:
    import numpy as np

    rows = batch.table["row"].to_numpy()
    bad = np.isin(rows, np.fromiter(damage, np.int64, len(damage)))
    if not bad.any():
        yield batch
        return
    seen.update(rows[bad].tolist())
    if not bad.all():
        yield replace(batch, table=batch.table.take(np.flatnonzero(~bad)))


@cache
def read_manifest(folder: Path) -> Manifest:
    """The manifest in a connector's folder, read once; raises ConnectorError when it is missing or incomplete."""
    path = folder / "connector.toml"
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        return Manifest(**fields)
    except (OSError, tomllib.TOMLDecodeError, TypeError) as problem:
        raise ConnectorError(f"manifest {path.name} in {folder.name}: {problem}") from problem


def load_connector(name: str, module_name: str) -> Connector:
    """One connector by its module's name; a broken one is returned with its reason, not raised."""
    folder, manifest = None, None
    try:
        spec = importlib.util.find_spec(module_name)
        if spec is None or spec.origin is None:
            return Connector(name, None, None, broken=f"module {module_name} is not installed")
        folder = Path(spec.origin).parent
        manifest = read_manifest(folder)
        module = importlib.import_module(module_name)
        missing = [need for need in ("recognise", "read", "records") if not callable(getattr(module, need, None))]
        if missing:
            return Connector(name, manifest, folder, broken=f"it has no function {', '.join(missing)}")
    except (ImportError, SyntaxError, AttributeError, NameError, TypeError, ValueError, ConnectorError) as problem:
        return Connector(name, manifest, folder, broken=f"{type(problem).__name__}: {problem}")
    return Connector(name, manifest, folder, module)


@cache
def _find_entries(_: tuple[str, ...]) -> Mapping[str, str]:
    """The module of every installed connector by name: looked for once in each list of places where modules may be."""
    return {entry.name: entry.value for entry in importlib.metadata.entry_points(group=GROUP)}


def list_connectors() -> list[Connector]:
    """Every installed connector by name, broken ones with their reason."""
    return [load_connector(name, value) for name, value in sorted(_find_entries(tuple(sys.path)).items())]


def get_connector(name: str) -> Connector:
    """The connector of a name; raises UsageError naming the known ones, ConnectorError when it is broken."""
    entries = _find_entries(tuple(sys.path))
    if name not in entries:
        raise UsageError(
            f"no connector is called {name!r}; there are: {', '.join(sorted(entries)) or 'none installed'}"
        )
    connector = load_connector(name, entries[name])
    if connector.broken:
        raise ConnectorError(f"connector `{name}` is broken: {connector.broken}")
    return connector


def recognise_source(
    head: Head, connectors: list[Connector], read_same: Callable[[list[Connector]], bool] | None = None
) -> tuple[Connector, str]:
    """The one connector that recognises a file, and why; of several, the most specific by their manifests.

    ``read_same`` says whether several would read the same facts: then the first of them reads the file. Raises UnknownFormat
    when none recognises it, SourceError when several do that would read it differently (say which with ``--as``).
    """
    hits = _most_specific([(c, why) for c in connectors if not c.broken and (why := c.recognise(head))])
    if not hits:
        tried = sum(not c.broken for c in connectors)
        raise UnknownFormat(
            f"{head.name}: no connector recognises this file (tried all {tried}): {say_instead(head.data)}; `trails connectors` "
            "lists what each reads"
        )
    if len(hits) > 1 and read_same and read_same([c for c, _ in hits]):
        others = ", ".join(c.name for c, _ in hits[1:])
        return hits[0][0], f"{hits[0][1]} ({others} would read the same facts)"
    if len(hits) > 1:
        listed = "; ".join(f"{c.name}: {why}" for c, why in hits)
        raise SourceError(f"{head.name}: more than one connector recognises this file ({listed}); choose with --as")
    return hits[0]


def _most_specific(hits: list[tuple[Connector, str]]) -> list[tuple[Connector, str]]:
    """Those who recognise a file, without whoever yields to another of them; all where each yields."""
    names = {connector.name for connector, _ in hits}
    left = [hit for hit in hits if not hit[0].manifest or names.isdisjoint(hit[0].manifest.yields_to)]
    return left or hits
