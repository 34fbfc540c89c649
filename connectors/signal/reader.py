"""Signal's messages, of whatever form, as events."""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from connectors.messages import (
    NO_CONTENT,
    Found,
    find_content,
    find_damaged,
    give_events,
    make_rules,
    media_kind,
    proof,
    zone_of,
)
from connectors.messages.transcript import Clock, entry_problem, layout_issues, read_entries, study_layout, tight_note
from connectors.signal.forms import read_form
from connectors.signal.markdown import read_markdown
from trails.columns import CellProblem
from trails.errors import IdentifierError, SourceError
from trails.identifiers import normalise_phone, written_name
from trails.model import Issue, Node, Record, RowsRead, Skip
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.messages.transcript import Entry
    from connectors.signal.forms import Said
    from trails.connector import RawRecord, ReadOptions, Source

_DELETED = "(this message was deleted)"


class Reader:
    """Reads one file, and remembers what was deleted."""

    def __init__(self, source: Source, options: ReadOptions) -> None:
        scope = (options.mapping or {}).get("scope", source.sha256[:16])
        if not isinstance(scope, str) or not scope.strip():
            raise SourceError(f"{source.name}: `scope` in the mapping must be a word that names this chat")
        self.source, self.scope = source, scope.strip()
        self.rules = make_rules(options.mapping, source.name)
        self.zone_name = zone_of(options)
        self.seen: Counter[str] = Counter()
        self.deleted: list[int] = []

    def read_json(self, items: Iterator[RawRecord]) -> Iterator[Record]:
        """The records of a file of JSON."""
        count = 0
        for item in items:
            count += 1
            try:
                said = read_form(item.value, self.zone_name)
            except CellProblem as problem:
                yield Issue(item.row, "error", problem.code, str(problem))
                continue
            if isinstance(said, str):
                yield Skip(item.row, said)
            else:
                yield from self._read_said(item.row, said)
        yield from self._end(count)

    def read_text(self, text: str) -> Iterator[Record]:
        """The records of a chat as text."""
        layout = study_layout(text, self.source.name)
        clock = Clock(layout, date_order=None, zone_name=self.zone_name, year=None, name=self.source.name)
        count = 0
        for entry in read_entries(text, layout):
            count += 1
            yield from self._read_entry(entry, clock)
        yield from layout_issues(layout, clock.backwards)
        yield from self._end(count)

    def _read_said(self, row: int, said: Said) -> Iterator[Record]:
        for version in said.versions:
            if damaged := find_damaged(row, version.text):
                yield damaged
                return
        found = [self._pieces(version.text) for version in said.versions]
        if said.deleted:
            self.deleted.append(row)
            found = [[Found("message_deleted", "a message was deleted", 0, len(said.versions[0].text))]]
        for name, stated in said.files:
            kind = media_kind(name, stated)
            found[0] += [proof(name, kind)] if kind else []
        yield from self._note_quote(row, said.quote)
        if not any(found):
            yield Skip(row, NO_CONTENT)
            return
        sender = self._account(said)
        for version, pieces in zip(said.versions, found, strict=False):
            if pieces:
                place = self._place(f"{said.key}{version.mark}|{sender.key if sender else ''}|{version.text}")
                yield from give_events(row, pieces, place, sender, version.time)
        if said.edited and not said.deleted:
            yield Issue(row, "note", "message_edited", said.edited)

    def _note_quote(self, row: int, quote: str) -> Iterator[Issue]:
        """That a quoted message has payment content: who is quoted said it, at another time."""
        found = [piece for piece in self._pieces(quote) if piece.kind != "code_unclear"] if quote else []
        if found:
            many = count_words(len(found), "address, code or sum stands", "addresses, codes or sums stand")
            said = (
                f"{many} in a message that is quoted here: not given as words of who quotes it; the message itself states "
                "them, if it is in the chat"
            )
            yield Issue(row, "note", "message_quoted", said)

    def _read_entry(self, entry: Entry, clock: Clock) -> Iterator[Record]:
        day = clock.see(entry)
        if damaged := find_damaged(entry.row, entry.raw):
            yield damaged
            return
        if problem := entry_problem(entry):
            yield problem
            return
        if entry.tight:
            yield tight_note(entry)
        written = read_markdown(entry.text)
        yield from self._note_quote(entry.row, written.quote)
        if entry.text.strip().casefold() == _DELETED:
            self.deleted.append(entry.row)
            pieces = [Found("message_deleted", "a message was deleted", 0, len(entry.text))]
        else:
            pieces = self._pieces(written.words, written.files)
        if not pieces:
            yield Skip(entry.row, NO_CONTENT)
            return
        place = self._place(f"{entry.raw}")
        sender = self._name(entry.sender) if entry.sender else None
        yield from give_events(entry.row, pieces, place, sender, lambda: clock.instant(entry, day))

    def _pieces(self, text: str, files: Sequence[Found] = ()) -> list[Found]:
        return find_content(text, self.rules, files)

    def _place(self, words: str) -> str:
        digest = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
        self.seen[digest] += 1
        return f"signal:{self.scope}:{digest}:{self.seen[digest]}"

    def _account(self, said: Said) -> Node | None:
        """The sender: a phone where one is shown, else Signal's service id, else a name inside this file."""
        if said.phone:
            try:
                return Node("phone", normalise_phone(said.phone), label=said.sender)
            except IdentifierError:
                return self._name(said.phone)
        if said.account:
            return Node("chat", f"signal:{said.account.casefold()}", label=said.sender)
        return self._name(said.sender) if said.sender else None

    def _name(self, name: str) -> Node:
        if name.startswith("+"):
            with contextlib.suppress(IdentifierError):
                return Node("phone", normalise_phone(name))
        return Node("chat", f"signal:{self.scope}:{written_name(name)}", label=name)

    def _end(self, count: int) -> Iterator[Record]:
        if self.deleted:
            many = count_words(len(self.deleted), "message was", "messages were")
            message = (
                f"{many} deleted (rows {self.deleted[0]} to {self.deleted[-1]}): what they held "
                "is unknown"
            )
            yield Issue(None, "note", "deleted_messages", message)
        yield RowsRead(count)
