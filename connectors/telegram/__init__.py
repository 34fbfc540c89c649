"""Telegram Desktop exports (``result.json``): who mentions which address, code or sum, and who sends what picture::

    {"id": 77, "type": "message", "date": "2024-08-03T01:20:11", "date_unixtime": "1722640811", "from": "primer_bot",
     "from_id": "user900000001", "text": ["isplata ", {"type": "code", "text": "TL6AVH7j..."}, " 625 EUR"]}

A message gives events only, one for each piece of payment content (:mod:`connectors.messages`), and holds the words of that piece
alone. ``date_unixtime`` is UTC; an export that has only ``date`` (the exporting device's local time) needs
``--timezone``. An export in HTML is recognised and refused: it lacks ids and zones, and Telegram gives the same as JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.messages.archive import base_name, open_chat
from connectors.telegram.export import read_items
from connectors.telegram.messages import Reader
from trails.errors import SourceError
from trails.model import Issue, RowsRead
from trails.records import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.telegram.export import Item
    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_MARKS = ('"date_unixtime"', '"from_id"', '"text_entities"')
_HTML = ('class="page_wrap', "history")
_WHOLE = re.compile(r'"(personal_information|contacts|chats|left_chats)"\s*:\s*\{')


def recognise(head: Head) -> str | None:
    """Say why a file is a Telegram export of one chat, or of an account."""
    if head.members:
        return "a zip with a Telegram Desktop export and its media" if choose_member(head.members) else None
    text = head.text
    if is_html(text):
        return "a Telegram Desktop export in HTML"
    if not text.lstrip().startswith("{"):
        return None
    if _MESSAGES.search(text) and any(mark in text for mark in _MARKS):
        return "a Telegram Desktop export: messages with Telegram's fields"
    if _WHOLE.search(text) and ('"user_id"' in text or '"from_id"' in text):
        return "a Telegram Desktop export of an account: contacts and chats"
    return None


def is_html(text: str) -> bool:
    """Whether a file is a page of Telegram's export in HTML."""
    return text[:200].lstrip().lower().startswith("<!doctype html") and all(mark in text for mark in _HTML)


def choose_member(members: tuple[str, ...]) -> str | None:
    """The export among the files of a zip; None where there is none, or more than one."""
    found = [name for name in members if base_name(name).casefold() == "result.json"]
    return found[0] if len(found) == 1 else None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read contacts as stated identifiers and messages as events; see :mod:`.messages`."""
    reader = Reader(source, options)
    count = 0
    doubled: list[str] = []
    for item in _items(source, options, doubled):
        count += 1
        yield from reader.read_item(item)
    yield from reader.note_gaps()
    for key in dict.fromkeys(doubled):
        said = f"the key {key!r} stands twice in the export or in a chat: its last value counts, the first is not read"
        yield Issue(None, "warning", "doubled_key", said)
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw contacts and messages."""
    return (item.record for item in _items(source, options, []))


def _items(source: Source, options: ReadOptions, doubled: list[str]) -> Iterator[Item]:
    if is_html(next(open_chat(source, options, choose_member), "")):
        raise SourceError(
            f"{source.name}: a Telegram export in HTML, which states neither ids nor a zone; export again in Telegram "
            "Desktop with the format 'Machine-readable JSON' and add result.json"
        )
    return read_items(lambda: Window(open_chat(source, options, choose_member), source.name), source, doubled)
