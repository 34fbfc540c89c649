"""The rows of a Telegram Desktop export: its contacts, its owner, and the messages of its chats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.records import items_at, json_records, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions, Source

_CHAT_LISTS = ("chats", "left_chats")


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat a message stands in; ``key`` is Telegram's id, or the file's hash where the export states none."""

    key: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One row; ``chat`` is None for a contact and for the owner's own record."""

    record: RawRecord
    chat: Chat | None = None


def read_items(source: Source, options: ReadOptions) -> Iterator[Item]:
    """Every row in order; raises SourceError for broken JSON, or JSON that is no Telegram export.

    Cost: every part is decoded about six times to find where its own text stands; linear in the file.
    """
    row = 0
    for document in json_records(source, options):
        if not isinstance(document.value, dict) or not _is_export(document.value):
            raise SourceError(f"{source.name}: it holds no messages, chats or contacts; it is no Telegram export")
        for chat, raw, value in _parts(document, source):
            row += 1
            yield Item(RawRecord(row, raw, value), chat)


def _is_export(value: dict[str, Any]) -> bool:
    found = [isinstance(value.get("messages"), list), isinstance(value.get("personal_information"), dict)]
    return any(found) or any(_has_list(value, name) for name in ("contacts", *_CHAT_LISTS))


def _has_list(value: dict[str, Any], name: str) -> bool:
    return isinstance(value.get(name), dict) and isinstance(value[name].get("list"), list)


def _parts(document: RawRecord, source: Source) -> Iterator[tuple[Chat | None, str, Any]]:
    value, raw, name = document.value, document.raw, source.name
    if _has_list(value, "contacts"):
        for item_raw, item in items_at(raw, ("contacts", "list"), name):
            yield None, item_raw, item
    if isinstance(value.get("personal_information"), dict):
        yield None, *value_at(raw, ("personal_information",), name)
    for part in _CHAT_LISTS:
        if _has_list(value, part):
            for chat_raw, chat in items_at(raw, (part, "list"), name):
                yield from _messages(chat_raw, chat, source)
    yield from _messages(raw, value, source)


def _messages(raw: str, value: object, source: Source) -> Iterator[tuple[Chat, str, Any]]:
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return
    stated = value.get("id")
    kind = value.get("type")
    key = str(stated) if isinstance(stated, int | str) else source.sha256[:16]
    chat = Chat(key, kind if isinstance(kind, str) else None)
    for item_raw, item in items_at(raw, ("messages",), source.name):
        yield chat, item_raw, item
