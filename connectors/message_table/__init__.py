"""Tables of messages: what forensic tools write about a phone, and any table whose columns are declared.

Raw (iLEAPP, tab-separated, times in UTC)::

    Timestamp                  Direction  Sender Name  ..  From ID                      Receiver  To ID  Message
    2024-08-02 23:20:11+00:00  Incoming   Kaka N.      ..  38765000111@s.whatsapp.net   Local User       kod 4718

The known layouts are the files of ``profiles/``, each with where it was seen: iLEAPP and ALEAPP (WhatsApp, Telegram, SMS),
Cellebrite's workbooks (a title above the header, the zone in the cell), plain tables. Any other table is read with a
mapping of kind ``messages``::

    kind = "messages"
    timezone = "Europe/Sarajevo"
    [columns]
    time = "Vrijeme"
    sender = "Od"
    text = "Poruka"

A chat of Instagram or Messenger in JSON is read too (:mod:`.meta`). A row gives events only, one for each piece of payment
content.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from connectors.message_table.layout import Layout, find_table, load_layouts
from connectors.message_table.meta import is_meta, meta_records, read_meta
from connectors.message_table.people import find_sender, find_service
from connectors.message_table.times import Times
from connectors.messages import NO_CONTENT, Found, find_content, find_damaged, give_events, media_kind, proof
from trails.columns import CellProblem, DeclaredRow, declared_rows, note_unread
from trails.errors import SourceError
from trails.identifiers import normalise_name
from trails.model import Issue, RowsRead, Skip
from trails.records import read_head
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_DELETED = ("yes", "deleted", "trash", "true", "da")
_LONGEST_EXACT = 10**15
#: Row counts at which tools and spreadsheets cut a table off.
_CAPS = (1_000, 10_000, 65_535, 100_000, 1_048_575)


def recognise(head: Head) -> str | None:
    """Say why a file is a table of messages: its mapping, the header of a known layout, or Meta's JSON."""
    if head.mapping is None or "kind" not in head.mapping:
        if is_meta(head):
            return "a chat of Instagram or Messenger in Meta's JSON"
        if head.text[:1] in ("{", "[") and not head.sheet:
            return None
    return find_table(head)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw rows under the header, of every sheet that is read."""
    if is_meta(read_head(source)):
        yield from meta_records(source, options)
        return
    for layout in load_layouts(source, options):
        yield from declared_rows(source, options, layout.mapping)


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the payment content of every row as events.

    Raises SourceError where no layout fits and no mapping says one, and where the order of day and month stays open.
    """
    head = read_head(source)
    if head.members:
        raise SourceError(f"{source.name}: a zip of {len(head.members)} files; unpack it and add its tables one by one")
    if is_meta(head):
        yield from read_meta(source, options)
        return
    count = 0
    seen: Counter[str] = Counter()
    for layout in load_layouts(source, options):
        table = _Table(source, options, layout, seen)
        yield from table.read()
        count += table.count
        seen |= table.seen
    if not count:
        yield Issue(None, "warning", "no_rows", "no row stands under the header")
    yield RowsRead(count)


class _Table:
    """Reads the rows of one table."""

    def __init__(self, source: Source, options: ReadOptions, layout: Layout, earlier: Counter[str]) -> None:
        self.layout, self.name = layout, source.name
        self.scope = layout.mapping.said("scope") or source.sha256[:16]
        self.times = Times(layout, options, source.name)
        self.rows = _rows_of(source, options, layout)
        self.earlier, self.seen = earlier, Counter[str]()
        self.recovered: list[int] = []
        self.count = 0

    def read(self) -> Iterator[Record]:
        self.times.infer_order(self._declared())
        for record in self.rows():
            if not self.count:
                yield from note_unread(record, self.layout.mapping)
            self.count += 1
            yield from self._read_row(record, record.row)
        if self.recovered:
            many = count_words(len(self.recovered), "message was", "messages were")
            message = (
                f"{many} deleted on the device (first: row {self.recovered[0]}); "
                "what the tool recovered of them is read"
            )
            yield Issue(None, "note", "deleted_messages", message)
        if self.count in _CAPS:
            message = f"exactly {self.count:,} rows, where tables are cut off: rows may be missing"
            yield Issue(None, "warning", "possibly_truncated", message)

    def _declared(self) -> Iterator[DeclaredRow]:
        for record in self.rows():
            try:
                yield DeclaredRow.of(record, self.layout.mapping)
            except CellProblem:
                continue  # refused with its reason when it is read

    def _read_row(self, record: RawRecord, number: int) -> Iterator[Record]:
        try:
            row = DeclaredRow.of(record, self.layout.mapping)
        except CellProblem as problem:
            yield Issue(number, "error", problem.code, str(problem))
            return
        if damaged := find_damaged(number, row.text("text")):
            yield damaged
            return
        pieces = self._pieces(row, number)
        if not pieces:
            yield Skip(number, NO_CONTENT)
            return
        cell = row.cells.get("text")
        if isinstance(cell, float) and abs(cell) >= _LONGEST_EXACT:
            yield Issue(number, "warning", "number_cut", f"{row.shown('text')}: a sheet keeps 15 digits of a number")
        service = find_service(row.text("service"), self.layout.mapping.said("service") or "chat")
        sender = find_sender(row, service, self.scope, self.layout.rules.region)
        place = self._place(row, service)
        if place is None:
            yield Skip(number, "the same message stands on an earlier sheet")
            return
        if sender is None and row.text("sender"):
            said = "the row names the group or list of receivers, not who of it wrote: given as nobody's words"
            yield Issue(number, "note", "sender_unknown", said)
        yield from give_events(number, pieces, place, sender, lambda: self.times.instant(row))

    def _pieces(self, row: DeclaredRow, number: int) -> list[Found]:
        text = row.text("text")
        pieces = find_content(text, self.layout.rules)
        name = row.text("attachment")
        kind = media_kind(name) if name else None
        if kind:
            pieces.append(proof(" ".join(name.split())[:200], kind))
        if row.text("status") and self._is_deleted(row.text("status")):
            self.recovered.append(number)
            if not text and not name:
                pieces.append(Found("message_deleted", "a message was deleted", 0, 0))
        return pieces

    def _is_deleted(self, written: str) -> bool:
        declared = self.layout.mapping.status
        plain = normalise_name(written)
        return declared.get(plain) == "deleted" if declared else plain in _DELETED

    def _place(self, row: DeclaredRow, service: str) -> str | None:
        """A message's name: time, sender and words, counted where equal; None where an earlier sheet has it already."""
        words = [
            row.text(word) for word in ("time", "date", "sender", "sender_name", "direction", "text", "attachment")
        ]
        digest = hashlib.sha256("|".join(words).encode("utf-8", "replace")).hexdigest()[:16]
        self.seen[digest] += 1
        if self.seen[digest] <= self.earlier[digest]:
            return None
        return f"{service}:{self.scope}:{digest}:{self.seen[digest]}"


def _rows_of(source: Source, options: ReadOptions, layout: Layout) -> Callable[[], Iterator[RawRecord]]:
    """The rows as often as they are asked for; a sheet that was parsed once is kept by its reader."""
    return lambda: declared_rows(source, options, layout.mapping)
