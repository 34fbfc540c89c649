"""Telegram Desktop exports (``result.json``): who mentions which address, code or sum, and who sends what picture::

    {"id": 77, "type": "message", "date": "2024-08-03T01:20:11", "date_unixtime": "1722640811", "from": "primer_bot",
     "from_id": "user900000001", "text": ["isplata ", {"type": "code", "text": "TL6AVH7j..."}, " 625 EUR"]}

A message gives events only, one for each piece of payment content (:mod:`.words`), and holds the words of that piece
alone. ``date_unixtime`` is UTC; an export that has only ``date`` (the exporting device's local time) needs
``--timezone``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.telegram.export import read_items
from connectors.telegram.messages import Reader
from trails.model import RowsRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_MESSAGES = re.compile(r'"messages"\s*:\s*\[')
_MARKS = ('"date_unixtime"', '"from_id"', '"text_entities"')
_WHOLE = re.compile(r'"(personal_information|contacts|chats|left_chats)"\s*:\s*\{')


def recognise(head: Head) -> str | None:
    """Say why a file is a Telegram export of one chat, or of an account."""
    text = head.text
    if not text.lstrip().startswith("{"):
        return None
    if _MESSAGES.search(text) and any(mark in text for mark in _MARKS):
        return "a Telegram Desktop export: messages with Telegram's fields"
    if _WHOLE.search(text) and ('"user_id"' in text or '"from_id"' in text):
        return "a Telegram Desktop export of an account: contacts and chats"
    return None


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Read contacts as stated identifiers and messages as events; see :mod:`.messages`."""
    reader = Reader(source, options)
    count = 0
    for item in read_items(source, options):
        count += 1
        yield from reader.read_item(item)
    yield from reader.note_gaps()
    yield RowsRead(count)


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw contacts and messages."""
    return (item.record for item in read_items(source, options))
