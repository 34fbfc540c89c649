"""JSON out of a source, value by value: items of a list, lines, or whole documents, each with its own text.

A list at the top is read item by item through a window that moves over the text, so memory holds one item, whatever the
file's length. A value is held whole, so it has bounds of its own: on its text, and on how many values it is made of, since an
empty list takes two characters in a file and seventy bytes in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.short_rows import RowLengths
from trails.texts import count_damage, find_damage, read_lines, read_pieces
from trails.words import quote_word

if TYPE_CHECKING:
    from trails.connector import ReadOptions, Source

#: The longest text of one value: one transaction, one whole block, one page of an answer.
MOST_VALUE_TEXT = 1 << 26
#: So many values one value may be made of: a block of many thousand transactions, a page of a hundred thousand rows.
MOST_VALUES = 2_000_000
#: Lines hold one value each; some writers put a few into one.
MOST_IN_LINE = 1_000
#: Key paths are asked for to this depth; deeper nesting says nothing about whose file it is.
_DEEPEST_PATH = 12
#: A value shorter than this cannot be made of too many.
_SHORT = 1 << 20
#: How near the end of the window a mistake may only be that the window ends there.
_NEAR_END = 512
_SPACE, _WHITE = re.compile(r"[\s,]*"), re.compile(r"\s*")
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}\]]', re.DOTALL)
# control characters inside a text are looked at where rows are made of values: they refuse one row, not the file
_DECODER = json.JSONDecoder(parse_float=Decimal, strict=False)
_KEY_END, _WIDE_KEY_END = '":', '" :'
_NESTED = frozenset((dict, list))


@dataclass(frozen=True, slots=True)
class Broken:
    """What stands where a row's value would, when the row cannot be read: why."""

    message: str


def say_broken(value: object, otherwise: str) -> str:
    """Why a value is none: what is wrong with its text, or else that it is not what is expected."""
    return value.message if isinstance(value, Broken) else otherwise


def json_records(source: Source, options: ReadOptions, *, at: tuple[str, ...] = ()) -> Iterator[RawRecord]:
    """The items of a JSON file, from 1: of a list, of JSON lines, or the one document; with ``at``, the items of the
    list found under those keys in each document (``data``, ``result``), counted on over all documents.

    An item whose text is damaged (a byte of another encoding, a NUL, a line of JSON lines that is no JSON) has a
    :class:`Broken` as its value. Raises SourceError with line and column where the file is truncated or no JSON, for a value of
    more than two million values or 64 Mi characters, and for rows without end that hold next to nothing.
    """
    row, lengths = 0, RowLengths(source.name)
    for raw, value in _all_documents(source, options):
        for item_raw, item in _items(raw, value, at, source.name):
            row += 1
            lengths.see(len(item_raw))
            yield RawRecord(row, item_raw, check_row(item_raw, item))


def json_documents(source: Source, options: ReadOptions, *, pages: tuple[str, ...] = ()) -> Iterator[RawRecord]:
    """What :func:`json_records` gives without ``at``, for files of pages and answers, whose rows are inside.

    Where a page is cut into rows each of them is looked at for damage (:func:`items_at`, :func:`check_row`); of the page itself
    what stands in no list is. ``pages`` are keys that only a page of many rows has: where a broken line has one, the file
    is refused, since nobody knows how many rows it held. Raises SourceError as :func:`json_records` does.
    """
    for row, (raw, found) in enumerate(_all_documents(source, options), start=1):
        damage = find_damage(raw)
        value = Broken(damage) if damage and _is_damaged_outside(found) else found
        if isinstance(value, Broken) and any(f'"{key}"' in raw for key in pages):
            raise SourceError(f"{source.name}: {value.message}")
        yield RawRecord(row, raw, value)


def _is_damaged_outside(value: Any) -> bool:
    """Whether damage stands in a value's own keys and texts, not in what its lists hold."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.keys()
            waiting += each.values()
        elif isinstance(each, str) and find_damage(each):
            return True
    return False


def check_row(raw: str, value: Any) -> Any:
    """A row's value, or why it is broken: its text holds what no text of its encoding does, or one key with two values."""
    if isinstance(value, Broken):
        return value
    damage = find_damage(raw) or find_doubled(raw, value)
    return Broken(damage) if damage else value


def find_doubled(raw: str, value: Any) -> str | None:
    """What is wrong where a key stands twice in an object with two values, of which a parser keeps the last; else None.

    As many keys as colons behind quotation marks is the rule, and is counted fast; only what breaks it is looked at closely.

    >>> find_doubled('{"a": 1, "a": 2}', {"a": 2})
    "the key 'a' stands twice in one object, with two values: which of them counts is not known"
    """
    if not isinstance(value, dict | list):
        return None
    try:
        if raw.count(_KEY_END) == _count_keys(value) and _WIDE_KEY_END not in raw:
            return None
        doubled = _find_two_values(raw)
    except RecursionError:  # by a hair: there are more calls above this one
        return "JSON nested too deeply"
    except ValueError:  # a row of YAML, whose own reader knows keys that stand twice
        return None
    if doubled is None:
        return None
    return f"the key {quote_word(doubled, 40)} stands twice in one object, with two values: which of them counts is not known"


def _find_two_values(raw: str) -> str | None:
    """The first key that stands in one object with two values."""
    doubled: list[str] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            doubled.extend(key for key, each in pairs if found[key] != each or type(found[key]) is not type(each))
        return found

    json.loads(raw, parse_float=Decimal, strict=False, object_pairs_hook=keep)
    return doubled[0] if doubled else None


def _count_keys(value: Any) -> int:
    """How many keys a value has, at any depth."""
    inside = value
    count = 0
    if value.__class__ is dict:
        count, inside = len(value), value.values()
    for each in inside:
        if each.__class__ in _NESTED:
            count += _count_keys(each)
    return count


def _all_documents(source: Source, options: ReadOptions) -> Iterator[tuple[str, Any]]:
    if not _is_json_lines(source, options):
        yield from Window(read_pieces(source, options, rows=True), source.name).documents()
        return
    for number, line in enumerate(read_lines(source, options, most=MOST_VALUE_TEXT, rows=True)):
        if line.isspace():
            continue
        try:
            found = _read_line(line, source.name, number)
        except SourceError as problem:
            found = [(line.strip(), Broken(str(problem).removeprefix(f"{source.name}: ")))]
        yield from found


def _read_line(line: str, name: str, lines_before: int) -> list[tuple[str, Any]]:
    """What a line holds, the whole line before any of it is given: what is broken in it is one row."""
    found = list(islice(Window(iter((line,)), name, lines_before=lines_before).documents(), MOST_IN_LINE + 1))
    if len(found) > MOST_IN_LINE:
        raise SourceError(f"{name}: line {lines_before + 1} holds more than {MOST_IN_LINE:,} values one after another")
    return found


def _is_json_lines(source: Source, options: ReadOptions) -> bool:
    """Whether the first line that holds anything is one whole JSON object, and another line follows it."""
    first = ""
    for line in read_lines(source, options, most=MOST_VALUE_TEXT, rows=True):
        if not line.strip():
            continue
        if first:
            return _is_whole(first, source.name)
        if line.lstrip("\ufeff \t")[:1] != "{":
            return False
        first = line
    return False


def _is_whole(line: str, name: str) -> bool:
    try:
        return sum(1 for _ in Window(iter((line,)), name).documents()) == 1
    except SourceError:
        return False


class Window:
    """A JSON text of which a part is in memory: what was read is let go, what comes is asked for when it is needed."""

    def __init__(self, pieces: Iterator[str], name: str, *, lines_before: int = 0) -> None:
        self.name = name
        self._pieces = pieces
        self._text, self._at = "", 0
        self._lines, self._column, self._gone = lines_before, 0, 0

    def documents(self) -> Iterator[tuple[str, Any]]:
        """The top-level documents: one, several after each other, and the items of lists.

        Raises SourceError with line and column where the text is no JSON, and for a value beyond the bounds.
        """
        while sign := self.peek():
            if sign == "[":
                yield from self.items()
            else:
                yield self.value()

    def peek(self, space: re.Pattern[str] = _SPACE) -> str:
        """The next character that is neither white space nor, as it is asked for, a comma; empty at the end."""
        sign = self._text[self._at : self._at + 1]
        if sign and not sign.isspace() and (sign != "," or space is _WHITE):
            return sign  # nothing to go past
        while True:
            found = space.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def skip(self) -> None:
        """Go past the character that :meth:`peek` gave."""
        self._at += 1

    def items(self) -> Iterator[tuple[str, Any]]:
        """The items of the list that begins here."""
        for _ in self.places():
            yield self.value()

    def places(self) -> Iterator[int]:
        """The places of the list that begins here, from 1; whoever asks reads the value at each."""
        place = 0
        while not self._closes("]", first=not place):
            place += 1
            yield place

    def keys(self) -> Iterator[str]:
        """The keys of the object that begins here; whoever asks reads the value behind each.

        Raises SourceError where a key is none, or no colon follows.
        """
        first = True
        while not self._closes("}", first=first):
            first = False
            if self.peek() != '"':
                raise self._no_json("a key in quotation marks")
            key = self.value()[1]
            if self.peek() != ":":
                raise self._no_json("':'")
            self.skip()
            self.peek()
            yield str(key)

    def _closes(self, sign: str, *, first: bool) -> bool:
        """Go to the next value of a list or object, past its beginning or the comma; True where it ends instead."""
        found = "," if first else self.peek(_WHITE)
        if found == ",":  # or the bracket that opens it
            self.skip()
            found = self.peek()
            if found and found != sign:
                return False
        if found == sign:
            self.skip()
            return True
        if not found:
            what = "list" if sign == "]" else "object"
            raise SourceError(f"{self.name}: the file is truncated: its {what} is never closed; get the whole file")
        raise self._no_json("','")

    def value(self) -> tuple[str, Any]:
        """The value that begins here, with its text."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as problem:
                cut = "Unterminated" in problem.msg or len(self._text) - problem.pos < _NEAR_END
                if cut and self._grow():
                    continue
                raise self._not_whole(problem) from None
            except (ValueError, ArithmeticError):
                where = self._gone + self._at
                raise SourceError(
                    f"{self.name}: a number of thousands of digits, or beyond all measure, after character {where}; "
                    "nothing was added"
                ) from None
            except RecursionError:
                where = self._gone + self._at
                raise SourceError(f"{self.name}: JSON nested too deeply near character {where}; nothing was added") from None
            # digits at the end of the window may go on behind it
            if end < len(self._text) or isinstance(value, dict | list | str) or not self._grow():
                break
        raw = self._text[self._at : end]
        self._at = end
        check_values(raw, self.name)
        return raw, value

    def _grow(self) -> bool:
        """Take in as much again as is held; False at the end of the text.

        Raises SourceError where the value that begins here is beyond the bounds already.
        """
        held = self._text[self._at :]
        if len(held) > MOST_VALUE_TEXT:
            raise SourceError(
                f"{self.name}: one JSON value of more than {MOST_VALUE_TEXT:,} characters, after character "
                f"{self._gone + self._at:,}; get the data in smaller pages, or as JSON lines"
            )
        check_values(held, self.name)
        parts, size, wanted = [held], 0, max(1, len(held))
        for piece in self._pieces:
            parts.append(piece)
            size += len(piece)
            if size >= wanted:
                break
        self._forget()
        self._text, self._at = "".join(parts), 0
        return size > 0

    def _forget(self) -> None:
        """Let go of what was read, and keep count of its lines."""
        lines = self._text.count("\n", 0, self._at)
        self._lines += lines
        self._column = self._at - self._text.rfind("\n", 0, self._at) - 1 + (0 if lines else self._column)
        self._gone += self._at

    def _no_json(self, missing: str) -> SourceError:
        """What is wrong where a sign is missing."""
        return self._not_whole(json.JSONDecodeError(f"{missing} is missing", self._text, self._at))

    def _not_whole(self, problem: json.JSONDecodeError) -> SourceError:
        rest = self._text[problem.pos : problem.pos + 1_000].strip()
        what = "the file is truncated" if len(rest) < 2 or "Unterminated" in problem.msg else problem.msg
        column = problem.colno + (self._column if problem.lineno == 1 else 0)
        where = f"line {self._lines + problem.lineno}, column {column}"
        return SourceError(f"{self.name}: not whole JSON at {where}: {what}; nothing was added")


def check_values(text: str, name: str) -> None:
    """Raise SourceError where a JSON value is made of more than :data:`MOST_VALUES`; signs inside its texts count too."""
    if len(text) < min(_SHORT, MOST_VALUES):
        return
    count = sum(map(text.count, ",{["))
    if count > MOST_VALUES:
        raise SourceError(
            f"{name}: one JSON value made of {count:,} values, more than {MOST_VALUES:,}, would take the memory of many files: "
            "refused. Get the data in smaller pages, or as JSON lines"
        )


def json_paths(text: str) -> set[str]:
    """The dotted key paths of the first object in a JSON text that may be cut anywhere; lists add no step.

    >>> sorted(json_paths('[{"a": 1, "b": [{"c": {"d": "x'))
    ['a', 'b', 'b.c', 'b.c.d']
    """
    paths: set[str] = set()
    if text.lstrip()[:1] not in ("{", "["):
        return paths
    keys: list[str] = []
    for found in _TOKEN.finditer(text):
        mark = found[0]
        if mark == "{":
            keys.append("")
        elif mark == "}":
            keys = keys[:-1]
            if not keys:
                break
        elif found[2] and keys:
            keys[-1] = found[1]
            if len(keys) <= _DEEPEST_PATH:
                paths.add(".".join(keys))
    return paths


def items_at(raw: str, at: tuple[str, ...], name: str) -> Iterator[tuple[str, Any]]:
    """The items, as text and value, of the list that is known to stand under keys of a JSON object's text.

    One whose text is damaged has a :class:`Broken` as its value.
    """
    for item_raw, item in _list_items(raw, _find_list(raw, at, name), name):
        yield item_raw, check_row(item_raw, item)


def value_at(raw: str, at: tuple[str, ...], name: str) -> tuple[str, Any]:
    """The text and value of what is known to stand under keys of a JSON object's text."""
    start = _find_list(raw, at, name)
    value, end = _decode(raw, start, name)
    return raw[start:end], value


def _list_items(text: str, start: int, name: str) -> Generator[tuple[str, Any], None, int]:
    position = _skip_space(text, start + 1)
    while position < len(text) and text[position] != "]":
        value, end = _decode(text, position, name)
        yield text[position:end], value
        position = _skip_space(text, end)
    return position + 1


def _items(raw: str, value: object, at: tuple[str, ...], name: str) -> Iterator[tuple[str, Any]]:
    if not at:
        yield raw, value
        return
    inner: Any = value
    for key in at:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if isinstance(value, Broken):
        raise SourceError(f"{name}: {value.message}")
    if not isinstance(inner, list):
        raise SourceError(
            f"{name}: there is no list under {'.'.join(at)!r}; the file is no such answer, or is an error page"
        )
    start, inside = _find_list(raw, at, name), 0
    whole = count_damage(raw)
    for item_raw, item in _list_items(raw, start, name):
        inside += count_damage(item_raw) if whole else 0
        yield item_raw, item
    if whole > inside:  # round the rows: which part of the answer is wrong is not known
        raise SourceError(f"{name}: {find_damage(raw)}")


def _find_list(raw: str, at: tuple[str, ...], name: str) -> int:
    """Where the list under the keys ``at`` begins inside a document's text."""
    position = raw.index("{")
    for key in at:
        position = _find_value(raw, position, key, name)
    return position


def _find_value(raw: str, start: int, wanted: str, name: str) -> int:
    """Where the value of a key begins in the object that opens at ``start``; raises SourceError where it stands twice."""
    position, found = _skip_space(raw, start + 1), -1
    while raw[position] != "}":
        key, end = _decode(raw, position, name)
        position = _skip_space(raw, raw.index(":", end) + 1)
        if key == wanted and found >= 0:
            raise SourceError(
                f"{name}: the key {wanted!r} stands twice in one object: which of the two counts is not known; nothing was added"
            )
        if key == wanted:
            found = position
        position = _skip_space(raw, _decode(raw, position, name)[1])
    return found


def _decode(text: str, start: int, name: str) -> tuple[Any, int]:
    """A value inside a text that was decoded as a whole before, so that it is JSON."""
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:  # by a hair: there are more calls above this one
        raise SourceError(f"{name}: JSON nested too deeply near character {start}; nothing was added") from None


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
