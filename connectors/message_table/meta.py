"""Instagram and Messenger chats as Meta's download of one's data gives them (``message_1.json``)::

    {"participants": [..], "messages": [{"sender_name": "John Doe", "timestamp_ms": 1579294140000, "content": "Hello"}]}

Meta writes every byte of UTF-8 as a character of its own (``\\u00d1\\u0088`` for one letter); such texts are put together
again, and any other is left as it is. ``timestamp_ms`` is UTC.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from connectors.messages import (
    NO_CONTENT,
    Found,
    find_content,
    find_damaged,
    give_events,
    make_rules,
    media_kind,
    proof,
)
from connectors.messages.content import MOST_MESSAGE
from trails.columns import CellProblem
from trails.errors import SourceError, TimeError
from trails.identifiers import written_name
from trails.idle_settings import require_heeded
from trails.model import Issue, Node, RowsRead, Skip
from trails.records import json_paths, json_records, say_broken
from trails.timestamps import Instant, from_unix
from trails.words import quote_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.messages import Rules
    from trails.connector import Head, RawRecord, ReadOptions, Source
    from trails.model import Record

_WANTED = {"messages.sender_name", "messages.timestamp_ms"}
_FILES = ("photos", "videos")


def is_meta(head: Head) -> bool:
    """Whether a file is Meta's JSON of one conversation."""
    return not head.members and json_paths(head.text) >= _WANTED


def meta_records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The raw messages, from 1."""
    return json_records(source, options, at=("messages",))


def read_meta(source: Source, options: ReadOptions) -> Iterator[Record]:
    """The payment content of every message as events."""
    scope = (options.mapping or {}).get("scope", source.sha256[:16])
    if not isinstance(scope, str):
        raise SourceError(f"{source.name}: `scope` in the mapping must be a word that names this chat")
    require_heeded(options.mapping, ("scope", "code_words", "region"), source.name, "messages")
    rules = make_rules(options.mapping, source.name)
    count = 0
    seen: Counter[str] = Counter()
    for item in meta_records(source, options):
        count += 1
        yield from _read_item(item, rules, scope, seen)
    yield RowsRead(count)


def _read_item(item: RawRecord, rules: Rules, scope: str, seen: Counter[str]) -> Iterator[Record]:
    value = item.value
    content = value.get("content", "") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(content, str):
        why = say_broken(value, "an item is a JSON object whose `content` is a text")
        yield Issue(item.row, "error", "message_damaged", why)
        return
    text = mend_text(content)
    if damaged := find_damaged(item.row, text):
        yield damaged
        return
    if value.get("is_unsent"):
        pieces = [Found("message_deleted", "a message was deleted", 0, len(text))]
    else:
        text = "\n".join([text, *_shared_link(value, text)])
        pieces = find_content(text, rules)
        yield from _note_shared(item.row, value, rules)
    pieces += [proof(name, kind) for name in _file_names(value) if (kind := media_kind(name))]
    if not pieces:
        yield Skip(item.row, NO_CONTENT)
        return
    stamp, name = value.get("timestamp_ms"), value.get("sender_name")
    sender = None
    if isinstance(name, str) and name.strip():
        shown = mend_text(name)
        sender = Node("chat", f"meta:{scope}:{written_name(shown)}", label=shown)
    # the newest stands first, so a later download gives every message another row
    words = f"{stamp}|{sender.key if sender else ''}|{text}|{'|'.join(_file_names(value))}"
    digest = hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
    seen[digest] += 1
    yield from give_events(
        item.row, pieces, f"meta:{scope}:{digest}:{seen[digest]}", sender, lambda: _read_time(stamp)
    )


def _shared_link(value: Mapping[str, Any], text: str) -> Iterator[str]:
    """The link of a shared page, which stands beside the message's words, on a line of its own."""
    share = value.get("share")
    link = share.get("link") if isinstance(share, dict) else None
    if isinstance(link, str) and link.isprintable() and link not in text:
        yield link


def _note_shared(row: int, value: Mapping[str, Any], rules: Rules) -> Iterator[Issue]:
    """That the words of a shared page have payment content: they are those of who wrote it."""
    share = value.get("share")
    words = share.get("share_text") if isinstance(share, dict) else None
    found = find_content(mend_text(words), rules) if isinstance(words, str) and len(words) <= MOST_MESSAGE else []
    if any(piece.kind != "code_unclear" for piece in found):
        said = "an address, code or sum stands in a page that is shared here: not given as words of who shares it"
        yield Issue(row, "note", "message_quoted", said)


def _read_time(stamp: object) -> Instant:
    if not isinstance(stamp, int) or isinstance(stamp, bool):
        raise CellProblem("time_damaged", f"timestamp_ms {quote_id(str(stamp))} is no whole number of milliseconds")
    try:
        return from_unix(stamp // 1_000, basis="stated")
    except TimeError as problem:
        raise CellProblem("time_damaged", str(problem)) from None


def _file_names(value: Mapping[str, Any]) -> Iterator[str]:
    for key in _FILES:
        listed = value.get(key)
        for one in listed if isinstance(listed, list) else []:
            uri = one.get("uri") if isinstance(one, dict) else None
            if isinstance(uri, str) and uri.isprintable():
                yield uri


def mend_text(text: str) -> str:
    """A text as it was written, where Meta gave its bytes as characters.

    >>> mend_text("\\u00d0\\u00ba\\u00d0\\u00be\\u00d0\\u00b4 4718"), mend_text("šifra 9134")
    ('код 4718', 'šifra 9134')
    """
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text.encode("utf-8", "replace").decode()
