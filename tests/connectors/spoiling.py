"""One cell or one row of a sample spoiled: what tests/connectors/test_one_bad_cell.py reads.

A row's own text stands in its file as it is (``RawRecord.raw``), so a row is spoiled by putting another text in its place: a cell
of a CSV, a value anywhere in a JSON item, the text of an element, a word of a line.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

#: What stands in a cell that ought to hold something else.
BAD_CELLS = ("-5", "abc", "", "31.02.2024", "2024-02-31 10:00:00", "NaN", "1e999", "9" * 60)
#: What stands in a value of JSON that ought to be something else; ``...`` takes the value out.
BAD_VALUES: tuple[Any, ...] = (-5, "-5", "abc", "", "2024-02-31T10:00:00Z", None, [], {}, 10**60, 1.5, True, ...)
BAD_WORDS = ("-5", "abc", "2024-02-31", "9" * 60)
_ELEMENT = re.compile(r">([^<>\s][^<>\n]*)(?=<|\n)")
#: A word behind another: what stands first in a line says what the line is.
_WORD = re.compile(r"(?<=[\s:/,|])[^\s:/,|]+")


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A row's text with one thing wrong: where, what stands there now, and the text."""

    where: str
    bad: str
    raw: str


def spoil(name: str, raw: str, columns: list[str], delimiter: str) -> Iterator[Spoiled]:
    """A row of a file in all the ways there are for its kind; ``columns`` and ``delimiter`` are those of a CSV."""
    if name.endswith((".json", ".jsonl")) and raw.lstrip()[:1] in "[{":
        yield from _spoil_json(raw)
    elif name.endswith((".csv", ".tsv")):
        yield from _spoil_csv(raw, columns, delimiter)
    elif name.endswith((".xml", ".ofx")):
        yield from _spoil_found(raw, _ELEMENT, 1)
    elif not name.endswith(".yaml"):  # a word more or less is another structure there, not another value
        yield from _spoil_found(raw, _WORD, 0)


def choose(spoiled: Iterator[Spoiled], each: int) -> Iterator[Spoiled]:
    """So many of the ways for each place, other ones from place to place."""
    for turn, (_, group) in enumerate(groupby(spoiled, key=lambda one: one.where)):
        ways = list(group)
        yield from (ways[(turn * each + step) % len(ways)] for step in range(min(each, len(ways))))


def _spoil_csv(raw: str, columns: list[str], delimiter: str) -> Iterator[Spoiled]:
    fields = next(csv.reader(io.StringIO(raw), delimiter=delimiter))
    for place, before in enumerate(fields):
        name = columns[place] if place < len(columns) else f"field {place + 1}"
        for bad in BAD_CELLS:
            if bad != before:
                yield Spoiled(name, bad, _write([*fields[:place], bad, *fields[place + 1 :]], delimiter))
    yield Spoiled("", "one field less", _write(fields[1:], delimiter))
    yield Spoiled("", "one field more", _write([*fields, "x"], delimiter))
    yield Spoiled("", "cut", _write(fields[:1], delimiter))


def _write(fields: list[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(fields)
    return out.getvalue()


def _spoil_json(raw: str) -> Iterator[Spoiled]:
    for path in _paths(json.loads(raw), ()):
        for bad in BAD_VALUES:
            value = json.loads(raw)
            _set(value, path, bad)
            text = json.dumps(value, ensure_ascii=False)
            yield Spoiled(".".join(map(str, path)), "taken out" if bad is ... else json.dumps(bad), text)


def _paths(value: Any, before: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*before, key)
        yield from _paths(each, (*before, key))


def _set(value: Any, path: tuple[str | int, ...], bad: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    if bad is ...:
        del value[path[-1]]
    else:
        value[path[-1]] = bad


def _spoil_found(raw: str, pattern: re.Pattern[str], group: int) -> Iterator[Spoiled]:
    for found in pattern.finditer(raw):
        for bad in BAD_WORDS:
            where = f"{found.start(group)}: {found[group][:30]}"
            yield Spoiled(where, bad, raw[: found.start(group)] + bad + raw[found.end(group) :])
