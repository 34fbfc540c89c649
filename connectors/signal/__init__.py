"""Signal chats in the forms people get them out in: plain text, and the JSON of three tools.

Text (chat-miner's fixture; signal-export's ``chat.md`` has seconds and no comma)::

    [2019-12-24, 12:23] Jane Doe: Hello John!

signal-export's ``data.json``, one message a line; ``date`` is the exporting computer's time::

    {"date": "2019-05-29T15:04:05", "sender": "Kaka", "body": "kod 4718", "reactions": [], "attachments": []}

Signal Desktop's own records (as sigtop writes them), and what ``signal-cli --output=json receive`` prints::

    {"id": "3f..", "conversationId": "a1..", "type": "incoming", "sent_at": 1722640811000, "source": "+38765000111", "body": "OK"}
    {"envelope": {"sourceNumber": "+38765000111", "timestamp": 1722640811000, "dataMessage": {"message": "kod 4718"}}}

Specifications: signal-export (sigexport/models.py), signal-cli's manual (signal-cli-jsonrpc), Signal Desktop's database.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.messages.headers import starts_with_header
from connectors.messages.transcript import raw_records, study_layout
from connectors.signal.forms import find_form, has_form
from connectors.signal.reader import Reader
from trails.errors import SourceError
from trails.mapping import kind_of
from trails.records import json_paths, json_records, read_head, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_TOOLS = ("signal", "chat.md")
_WHATSAPP_MARKS = "\u200e\u200f\u202f"


def recognise(head: Head) -> str | None:
    """Say why a file is a Signal chat: its first line as the tools write it, or the JSON of one of them."""
    if kind_of(head.mapping) is not None or head.members:
        return None
    form = find_form(json_paths(head.text))
    if form:
        return f"messages of Signal as {form} writes them"
    return "a Signal chat as text" if _is_text(head) else None


def _is_text(head: Head) -> bool:
    """Signal's tools write ``[2019-12-24, 12:23]``, and ``[2019-12-24 12:23:05]`` with two spaces behind each message."""
    text = head.text
    first = starts_with_header(text)
    if first is None or not first.shape.bracket or first.shape.separator != "-" or "first" not in first.shape.year:
        return False
    if any(mark in text for mark in _WHATSAPP_MARKS) or "whatsapp" in head.name.casefold():
        return False
    if not first.shape.seconds:
        return first.shape.comma
    return any(name in head.name.casefold() for name in _TOOLS) or "  \n" in text


def _is_json(head: Head) -> bool:
    """Whether a file holds objects, alone or in a list; a line of text begins with a bracket and a date."""
    return re.match(r"\s*(\[\s*)?\{", head.text) is not None


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give the raw messages, from 1: items of JSON, or messages of a text with all their lines."""
    if _is_json(read_head(source)):
        return json_records(source, options)
    text = read_text(source, options, rows=True)
    return raw_records(text, study_layout(text, source.name))


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the payment content of every message as events.

    Raises SourceError for JSON that is cut or no messages of Signal, and for a text in which no line is a header.
    """
    reader = Reader(source, options)
    if not _is_json(read_head(source)):
        yield from reader.read_text(read_text(source, options, rows=True))
        return
    # one damaged message, be it the first, is refused by itself; a file without any is no chat
    if not any(has_form(each.value) for each in json_records(source, options)):
        raise SourceError(
            f"{source.name}: JSON, but not of Signal Desktop, signal-export or signal-cli; see `trails connectors`"
        )
    yield from reader.read_json(json_records(source, options))
