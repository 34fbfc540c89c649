"""The rows of a Telegram Desktop export: its contacts, its owner, and the messages of its chats."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.messages.json_places import PART, decode_at, find_places, items_of, skip_space
from trails.connector import RawRecord
from trails.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Source

_CHAT_LISTS = ("chats", "left_chats")
_CHAT: dict[str, Any] = {"id": PART, "type": PART, "messages": [PART]}
_EXPORT: dict[str, Any] = {
    **_CHAT,
    "contacts": {"list": [PART]},
    "personal_information": PART,
    **{name: {"list": [_CHAT]} for name in _CHAT_LISTS},
}


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


def read_items(text: str, source: Source) -> Iterator[Item]:
    """Every row in order; raises SourceError for broken JSON, or JSON that is no Telegram export.

    Cost: the text is walked once to find the rows, and each row is decoded once more; linear in the file.
    """
    position, row = skip_space(text, 0), 0
    while position < len(text):
        places, position = find_places(text, position, _EXPORT, source.name)
        if not isinstance(places, dict) or not _is_export(places, text):
            raise SourceError(f"{source.name}: it holds no messages, chats or contacts; it is no Telegram export")
        for chat, raw, value in _rows(text, places, source):
            row += 1
            yield Item(RawRecord(row, raw, value), chat)
        position = skip_space(text, position)


def _is_export(places: dict[str, Any], text: str) -> bool:
    owner = places.get("personal_information")
    found = [isinstance(places.get("messages"), array), owner is not None and text.startswith("{", owner[0])]
    return any(found) or any(_has_list(places, name) for name in ("contacts", *_CHAT_LISTS))


def _has_list(places: dict[str, Any], name: str) -> bool:
    return isinstance(places.get(name), dict) and isinstance(places[name].get("list"), array | list)


def _rows(text: str, places: dict[str, Any], source: Source) -> Iterator[tuple[Chat | None, str, Any]]:
    name = source.name
    if _has_list(places, "contacts"):
        for raw, item in items_of(text, places["contacts"]["list"], name):
            yield None, raw, item
    owner = places.get("personal_information")
    if owner is not None and text.startswith("{", owner[0]):
        yield None, text[owner[0] : owner[1]], decode_at(text, owner[0], name)[0]
    for part in _CHAT_LISTS:
        if _has_list(places, part):
            for chat in places[part]["list"]:
                yield from _messages(text, chat, source)
    yield from _messages(text, places, source)


def _messages(text: str, places: object, source: Source) -> Iterator[tuple[Chat, str, Any]]:
    if not isinstance(places, dict) or not isinstance(places.get("messages"), array):
        return
    stated = _value(text, places.get("id"), source.name)
    kind = _value(text, places.get("type"), source.name)
    # half of a broken character becomes a mark: it could not be stored
    key = str(stated).encode("utf-8", "replace").decode() if isinstance(stated, int | str) else source.sha256[:16]
    chat = Chat(key, kind if isinstance(kind, str) else None)
    for raw, item in items_of(text, places["messages"], source.name):
        yield chat, raw, item


def _value(text: str, place: tuple[int, int] | None, name: str) -> Any:
    return None if place is None else decode_at(text, place[0], name)[0]
