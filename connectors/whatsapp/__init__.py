"""WhatsApp chats as the app exports them: text, or a zip of ``_chat.txt`` with its media::

    23/03/2022, 13:31 - Kaka N.: OK rasid. kod 4 7 1 8
    23/03/2022, 13:32 - +387 65 000 111: IMG-20220323-WA0002.jpg (file attached)

A message gives events only, one for each piece of payment content, and holds the words of that piece alone. The file
states no zone (the exporting phone's is meant), so ``--timezone`` must be said; and no date order, so that is inferred
from all lines or must be said with ``--date-order``. Format: WhatsApp's own, undocumented; read from real exports (see
:mod:`connectors.messages.headers`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from connectors.messages import NO_CONTENT, Found, find_content, find_damaged, give_events, make_rules, zone_of
from connectors.messages.archive import base_name, read_chat_text
from connectors.messages.headers import find_headers, split_sender, starts_with_header
from connectors.messages.transcript import (
    Clock,
    Layout,
    entry_problem,
    layout_issues,
    raw_records,
    read_entries,
    study_layout,
    tight_note,
)
from connectors.whatsapp.deleted import find_deleted
from connectors.whatsapp.notices import find_media, is_notice
from trails.errors import IdentifierError, SourceError
from trails.identifiers import normalise_phone, written_name
from trails.mapping import kind_of
from trails.model import Issue, Node, Record, RowsRead, Skip
from trails.records import zip_names
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.messages.headers import Header
    from connectors.messages.transcript import Entry
    from trails.connector import Head, RawRecord, ReadOptions, Source

#: An export holds at most so many messages, without and with media; one that holds as many has probably lost more.
_CAPS = (40_000, 10_000)
_NAMES = ("whatsapp", "_chat.txt")
_MARKS = "\u200e\u200f\u202f\u061c"


def recognise(head: Head) -> str | None:
    """Say why a file is a WhatsApp chat: it begins with a header of one of WhatsApp's shapes, and a name follows."""
    if kind_of(head.mapping) is not None:
        return None
    if head.members:
        return "a zip with a WhatsApp chat and its media" if choose_member(head.members) else None
    text = head.data.decode("utf-16", errors="replace") if head.data[:2] in {b"\xff\xfe", b"\xfe\xff"} else head.text
    first = starts_with_header(text)
    if first is None or not _is_whatsapp(first, head.name, text):
        return None
    named = any(split_sender(text[header.end : header.end + 200])[0] for header in find_headers(text))
    return "a WhatsApp chat: lines begin with date, time and name" if named else None


def _is_whatsapp(first: Header, name: str, text: str) -> bool:
    """Log files and Signal write the year first too, so such a date alone is not enough."""
    shape = first.shape
    if "first" not in shape.year or (shape.end == "-" and not shape.seconds):
        return True
    return any(word in name.casefold() for word in _NAMES) or any(mark in text for mark in _MARKS)


def choose_member(members: tuple[str, ...]) -> str | None:
    """The chat among the files of a zip; None where there is none, or more than one."""
    texts = [name for name in members if name.casefold().endswith(".txt")]
    chats = [name for name in texts if any(word in base_name(name).casefold() for word in _NAMES)]
    return chats[0] if len(chats) == 1 else None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw messages, from 1, each with all its lines."""
    text = read_chat_text(source, options, choose_member)
    return raw_records(text, study_layout(text, source.name, options.date_order))


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the payment content of every message as events, and say what the export lacks.

    Raises SourceError where no line is a header, or the order of day and month is not decided by the file.
    """
    text = read_chat_text(source, options, choose_member)
    layout = study_layout(text, source.name, options.date_order)
    yield from _Reader(source, options, layout).read(text)


class _Reader:
    """Reads the messages of one export, and remembers what was deleted or left out."""

    def __init__(self, source: Source, options: ReadOptions, layout: Layout) -> None:
        mapping = options.mapping or {}
        scope = mapping.get("scope", source.sha256[:16])
        if not isinstance(scope, str) or not scope.strip():
            raise SourceError(f"{source.name}: `scope` in the mapping must be a word that names this chat")
        self.scope = scope.strip()
        self.layout = layout
        self.rules = make_rules(options.mapping, source.name)
        self.clock = Clock(
            layout,
            date_order=options.date_order,
            zone_name=zone_of(options),
            year=mapping.get("year"),
            name=source.name,
        )
        members = zip_names(source)
        self.members = frozenset(map(base_name, members)) if len(members) > 1 else None
        self.senders: dict[str, Node] = {}
        self.seen: Counter[str] = Counter()
        self.deleted: list[int] = []
        self.missing: list[str] = []
        self.left_out = 0

    def read(self, text: str) -> Iterator[Record]:
        count = 0
        for entry in read_entries(text, self.layout):
            count += 1
            yield from self._read_entry(entry)
        yield from layout_issues(self.layout, self.clock.backwards)
        yield from self._note_gaps(count)
        yield RowsRead(count)

    def _read_entry(self, entry: Entry) -> Iterator[Record]:
        day = self.clock.see(entry)
        if damaged := find_damaged(entry.row, entry.raw):
            yield damaged
            return
        if problem := entry_problem(entry):
            yield problem
            return
        if entry.sender is None or is_notice(entry.sender, entry.text):
            yield from self._read_notice(entry)
            return
        if entry.tight:
            yield tight_note(entry)
        if deleted := find_deleted(entry.text):
            self.deleted.append(entry.row)
            pieces = [Found("message_deleted", deleted, 0, len(entry.text))]
            # an admin's name has no code or sum in it: what has is somebody's own sentence, and both are given
            pieces += [piece for piece in find_content(entry.text, self.rules) if piece.rail != "phone"]
        else:
            pieces = self._find_pieces(entry.text)
        if not pieces:
            yield Skip(entry.row, NO_CONTENT)
            return
        sender = self._sender(entry.sender)
        yield from give_events(entry.row, pieces, self._place(entry), sender, lambda: self.clock.instant(entry, day))

    def _read_notice(self, entry: Entry) -> Iterator[Record]:
        """What WhatsApp itself says is nobody's message; a code or an address in it is told of, not given to anybody."""
        yield Skip(entry.row, "a notice of WhatsApp, or a line without a sender")
        found = [piece for piece in find_content(entry.text, self.rules) if piece.rail != "phone"]
        if found:
            said = (
                f"{count_words(len(found), 'code, sum, address or plate', 'codes, sums, addresses or plates')} in a line that "
                "names no sender: not read, as nobody says it"
            )
            yield Issue(entry.row, "note", "sender_unknown", said)

    def _find_pieces(self, text: str) -> list[Found]:
        media, names = find_media(text, self.members)
        if media:
            self.left_out += any("media not included" in piece.text for piece in media)
        if names and self.members is not None:
            self.missing += [name for name in names if name not in self.members]
        return find_content(text, self.rules, media)

    def _place(self, entry: Entry) -> str:
        """A message's name: chat, time and words, as WhatsApp gives messages no number. Equal ones are counted."""
        header = entry.header
        written = (
            "" if header is None else f"{header.parts}{header.hour}:{header.minute}:{header.second}{header.marker}"
        )
        digest = hashlib.sha256(f"{written}|{entry.sender}|{entry.text}".encode("utf-8", "replace")).hexdigest()[:16]
        self.seen[digest] += 1
        return f"whatsapp:{self.scope}:{digest}:{self.seen[digest]}"

    def _sender(self, name: str) -> Node:
        """The sender: a phone where the export shows the number, else a name that counts inside this chat alone."""
        node = self.senders.get(name)
        if node is None:
            node = self.senders[name] = self._make_sender(name)
        return node

    def _make_sender(self, name: str) -> Node:
        plain = "".join(ch for ch in name if ch not in "\u200e\u200f\u202a\u202c\u2066\u2069").strip()
        try:
            return (
                Node("phone", normalise_phone(plain.lstrip("~ \u00a0\u202f")))
                if "+" in plain[:3]
                else self._name(plain)
            )
        except IdentifierError:
            return self._name(plain)

    def _name(self, plain: str) -> Node:
        return Node("chat", f"whatsapp:{self.scope}:{written_name(plain)}", label=plain)

    def _note_gaps(self, count: int) -> Iterator[Issue]:
        if self.deleted:
            many = count_words(len(self.deleted), "message was", "messages were")
            yield Issue(
                None, "note", "deleted_messages",
                f"{many} deleted (rows {self.deleted[0]} to {self.deleted[-1]}): what they "
                "held is unknown. Messages deleted for the exporting person alone leave no trace at all",
            )  # fmt: skip
        if self.left_out:
            many = count_words(self.left_out, "message has", "messages have")
            yield Issue(None, "note", "media_left_out", f"{many} media that the export left out")
        if self.missing:
            yield Issue(
                None, "warning", "media_missing",
                f"{count_words(len(self.missing), 'file')} named by messages not found in the zip (first: {self.missing[0]})",
            )  # fmt: skip
        if count in _CAPS:
            yield Issue(
                None, "warning", "possibly_truncated",
                f"exactly {count:,} messages, the most that WhatsApp exports: older ones are probably missing",
            )  # fmt: skip
