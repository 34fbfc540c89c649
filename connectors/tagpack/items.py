"""A YAML pack cut into its header and its items, each with its own text.

Values stay the texts that stand in the file: YAML would read ``0x00ab`` as a number and ``2022-11-16`` as a date. The
file is read event by event, so an alias (a few lines that unfold to gigabytes) or endless nesting is met before it
costs anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.records import check_row, count_damage, find_damage, mend, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions, Source

LISTS = ("tags", "actors")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 50
#: Packs have some mebibytes of text, and some hundred thousand keys and values.
MOST_TEXT = 1 << 26
MOST_PARTS = 2_000_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class Pack:
    """A pack's header, which list it holds (``tags`` or ``actors``), and its items with their rows and texts."""

    header: dict[str, Any]
    kind: str
    items: list[RawRecord]


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read; ``spans`` are where the items of a list begin and end."""

    value: dict[str, Any] | list[Any]
    start: int
    key: str | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)


def read_pack(source: Source, options: ReadOptions) -> Pack:
    """The pack of a file; raises SourceError for broken YAML, aliases, several documents, or no pack. Cost: linear."""
    text = read_text(source, options, most=MOST_TEXT, rows=True)
    try:
        header, spans = _build(mend(text), source.name)
    except yaml.YAMLError as problem:
        raise SourceError(f"{source.name}: no whole YAML: {' '.join(str(problem).split())}") from None
    kind = next((name for name in LISTS if isinstance(header.get(name), list)), None)
    if kind is None:
        raise SourceError(f"{source.name}: no list of tags or actors stands at its top; it is no TagPack")
    values = header.pop(kind)
    pairs = zip(values, spans[kind], strict=True)
    items = [_make_item(row, text[a:b].rstrip(), value) for row, (value, (a, b)) in enumerate(pairs, start=1)]
    if (whole := count_damage(text)) and whole > sum(count_damage(text[a:b]) for a, b in spans[kind]):
        # what stands round the items holds for every one of them
        raise SourceError(f"{source.name}: {find_damage(text)}")
    return Pack(header, kind, items)


def _make_item(row: int, raw: str, value: Any) -> RawRecord:
    return RawRecord(row, mend(raw), check_row(raw, value))


def _build(text: str, name: str) -> tuple[dict[str, Any], dict[str, list[tuple[int, int]]]]:
    """The document as dicts, lists and texts, and the spans of the items of the lists at its top."""
    stack: list[_Open] = []
    root: dict[str, Any] | None = None
    spans: dict[str, list[tuple[int, int]]] = {}
    for event in _events(text, name):
        if isinstance(event, yaml.CollectionStartEvent):
            if len(stack) >= _DEEPEST:
                raise SourceError(f"{name}: YAML nested deeper than {_DEEPEST} levels; refused")
            stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], _place(event.start_mark)))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            if not stack:
                root = done.value if isinstance(done.value, dict) else None
            else:
                if len(stack) == 1 and isinstance(done.value, list) and stack[0].key is not None:
                    spans[stack[0].key] = done.spans
                _put(stack[-1], done.value, done.start, _place(event.start_mark), name)
        elif isinstance(event, yaml.ScalarEvent) and stack:
            value = None if event.implicit[0] and event.value in _NULLS else event.value
            _put(stack[-1], value, _place(event.start_mark), _place(event.end_mark), name)
    return root or {}, spans


def _events(text: str, name: str) -> Iterator[Any]:
    """The parser's events; raises SourceError at an alias or a second document."""
    documents = 0
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if number > MOST_PARTS:
            raise SourceError(f"{name}: more than {MOST_PARTS:,} keys and values: no pack has as many; split it")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent):
            raise SourceError(f"{name}: line {_line(event.start_mark)} uses a YAML alias; write the value out")
        if documents > 1:
            raise SourceError(f"{name}: it holds more than one YAML document; split it")
        yield event


def _put(parent: _Open, value: object, start: int, end: int, name: str) -> None:
    """Put a value into the mapping or list it stands in; raises SourceError for a key that stands twice."""
    if isinstance(parent.value, list):
        parent.value.append(value)
        parent.spans.append((start, end))
    elif parent.key is None:
        parent.key = value if isinstance(value, str) else ""
        if parent.key in parent.value:
            raise SourceError(f"{name}: the key {parent.key!r} stands twice in one place; keep the one that holds")
    else:
        parent.value[parent.key] = value
        parent.key = None


def _place(mark: Any) -> int:
    return int(mark.index)


def _line(mark: Any) -> int:
    return int(mark.line) + 1
