"""The rows of a Telegram Desktop export: its contacts, its owner, and the messages of its chats.

An export is one JSON document of up to a gigabyte, so it is walked twice and never held: the first walk learns how many rows each
part has and which chat is which, the second gives the rows. Rows are numbered by part: contacts, owner, chats, chats that were
left, and the messages of an export of one chat, in whatever order the file has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.records import RowLengths, Window, check_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trails.connector import Source

#: In a shape: a value that is wanted whole.
_WHOLE = "whole"
_CHAT: dict[str, Any] = {"id": _WHOLE, "type": _WHOLE, "messages": [_WHOLE]}
_CHAT_PARTS = ("chats", "left_chats")
_EXPORT: dict[str, Any] = {
    **_CHAT,
    "contacts": {"list": [_WHOLE]},
    "personal_information": _WHOLE,
    **{name: {"list": [_CHAT]} for name in _CHAT_PARTS},
}
#: An account has some thousand chats.
_MOST_CHATS = 50_000

#: Where a value stands: keys, each with which of equal ones it is, and places in lists.
_Path = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat a message stands in; ``key`` is Telegram's id, or the file's hash where the export states none."""

    key: str
    kind: str | None


class Item(NamedTuple):
    """One row; ``chat`` is None for a contact and for the owner's own record."""

    record: RawRecord
    chat: Chat | None = None


@dataclass(slots=True)
class _Plan:
    """What the first walk over a document learnt.

    ``last`` is which of equal keys counts (the last, as for every JSON parser), ``lists`` how many items a list has, and
    ``stated`` what an export or a chat says of itself.
    """

    last: dict[_Path, int] = field(default_factory=dict)
    lists: dict[_Path, int] = field(default_factory=dict)
    stated: dict[_Path, dict[str, Any]] = field(default_factory=dict)
    owner: bool = False

    def counts(self, path: _Path) -> bool:
        """Whether no key on the way to a value stands once more behind it."""
        return all(
            self.last[(*path[:place], step[0])] == step[1] for place, step in enumerate(path) if isinstance(step, tuple)
        )


def read_items(open_window: Callable[[], Window], source: Source, doubled: list[str]) -> Iterator[Item]:
    """Every row in the order of the file; raises SourceError for broken JSON, or JSON that is no Telegram export.

    ``doubled`` is given the keys round the rows that stand twice in one object: of them the last counts.

    Cost: the text is walked twice, each value decoded each time; linear in the file. Memory holds one message, and some
    hundred bytes for each chat.
    """
    first, second = open_window(), open_window()
    before = 0
    if not first.peek():
        raise SourceError(f"{source.name}: the file is empty")
    while first.peek():
        plan = _make_plan(first, source)
        doubled += [path[-1] for path, count in plan.last.items() if count > 1]
        second.peek()
        rows = _Numbers(plan, source, before)
        yield from _in_order(_read_rows(second, rows), rows.owner)
        before = rows.end


def _read_rows(window: Window, rows: _Numbers) -> Iterator[Item]:
    for path, raw, value in _walk(window, _EXPORT, ()):
        if raw is not None and (row := rows.take(path)) is not None:
            yield Item(RawRecord(row, raw, check_row(raw, value)), rows.chat_of(path))


def _in_order(items: Iterator[Item], owner: int) -> Iterator[Item]:
    """Rows as they come, but for the owner's: Telegram writes it before the contacts, and it is counted behind them."""
    waiting: Item | None = None
    for item in items:
        if item.record.row == owner:
            waiting = item
            continue
        if waiting and item.record.row > owner:
            yield waiting
            waiting = None
        yield item
    if waiting:
        yield waiting


def _make_plan(window: Window, source: Source) -> _Plan:
    plan, lengths = _Plan(), RowLengths(source.name)
    for path, raw, value in _walk(window, _EXPORT, ()):
        step = path[-1]
        if raw is None:
            if isinstance(step, tuple):
                plan.last[(*path[:-1], step[0])] = step[1]
            if value == "[":
                plan.lists[path] = 0
        elif isinstance(step, int):
            plan.lists[path[:-1]] += 1
            lengths.see(len(raw))
        elif step[0] == "personal_information":
            plan.owner = isinstance(value, dict)
        else:
            plan.stated.setdefault(path[:-1], {})[step[0]] = value
        if len(plan.lists) > _MOST_CHATS:
            raise SourceError(f"{source.name}: more than {_MOST_CHATS:,} chats: no account has as many; refused")
    if not plan.owner and not any(plan.counts(path) for path in plan.lists):
        raise SourceError(f"{source.name}: it holds no messages, chats or contacts; it is no Telegram export")
    return plan


def _walk(window: Window, shape: Any, path: _Path) -> Iterator[tuple[_Path, str | None, Any]]:
    """What a shape names of the value that comes, in the order of the file: its path, its text and the value.

    A key, and a list or object that begins, come without a text, so that what stands in no place is known too.
    """
    sign = window.peek()
    if isinstance(shape, dict) and sign == "{":
        seen: dict[str, int] = {}
        for key in window.keys():  # noqa: SIM118 - no dictionary: it moves on
            if key not in shape:
                window.value()
                continue
            seen[key] = seen.get(key, 0) + 1
            inner = (*path, (key, seen[key]))
            yield inner, None, window.peek()
            yield from _walk(window, shape[key], inner)
    elif isinstance(shape, list) and sign == "[":
        for place in window.places():
            yield from _walk(window, shape[0], (*path, place))
    elif shape == _WHOLE:
        yield path, *window.value()
    else:
        window.value()


class _Numbers:
    """Gives each value its row, by how many rows stand in the parts before its own."""

    def __init__(self, plan: _Plan, source: Source, before: int) -> None:
        self.plan = plan
        self.source = source
        self.starts: dict[_Path, int] = {}
        self.end = before
        self.owner = 0
        self._chats: dict[_Path, Chat] = {}
        counting = [path for path in plan.lists if plan.counts(path)]
        self._begin([path for path in counting if path[0][0] == "contacts"])
        if plan.owner:
            self.end += 1
            self.owner = self.end
        for part in _CHAT_PARTS:
            self._begin([path for path in counting if path[0][0] == part and path[-1][0] == "messages"])
        self._begin([path for path in counting if path[0][0] == "messages"])

    def _begin(self, lists: list[_Path]) -> None:
        for path in lists:
            self.starts[path] = self.end
            self.end += self.plan.lists[path]

    def take(self, path: _Path) -> int | None:
        """The row of a value, None for what is none: it states something of a chat, or a later key takes its place."""
        step = path[-1]
        if isinstance(step, int):
            start = self.starts.get(path[:-1])
            return None if start is None else start + step
        return self.owner if step[0] == "personal_information" and self.plan.owner and self.plan.counts(path) else None

    def chat_of(self, path: _Path) -> Chat | None:
        """The chat a row stands in; None for a contact and for the owner."""
        if not isinstance(path[-1], int) or path[0][0] == "contacts":
            return None
        chat = path[:-2]
        if chat not in self._chats:
            self._chats[chat] = self._make_chat(self.plan.stated.get(chat, {}))
        return self._chats[chat]

    def _make_chat(self, stated: dict[str, Any]) -> Chat:
        number, kind = stated.get("id"), stated.get("type")
        # half of a broken character becomes a mark: it could not be stored
        key = str(number).encode("utf-8", "replace").decode() if isinstance(number, int | str) else self.source.sha256[:16]
        return Chat(key, kind if isinstance(kind, str) else None)
