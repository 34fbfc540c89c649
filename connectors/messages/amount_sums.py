"""Which currency counts which number: the parts of a run as sums, and what a join between two of them makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.messages.amount_parts import (
    BADLY_WRITTEN,
    BETWEEN,
    GLUED,
    NO_CURRENCY,
    SHARED,
    TWO_CURRENCIES,
    Part,
    drop_dashes,
    make_parts,
)
from connectors.messages.money_runs import split_runs
from connectors.messages.money_tokens import BOTH
from connectors.messages.simple_sums import read_simple
from trails.calendars.words import fold_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNS = "-\u2010\u2011\u2012\u2013\u2212+~\u223c"
_TIMES = ("x", "\u0445", "\u00d7", "*")
#: The rest of a number that a gap broke: ``5 00``, ``12 50``, ``5 00 000``.
_REST = re.compile(r"0|\d{1,2}(?!\d)|[.,]")
_FAR_REST = re.compile(r"00|\d{3}(?!\d)|[.,]")
_FEW_DIGITS = 3


@dataclass(slots=True)
class Sum:
    """Numbers and the currencies that count them; ``bound`` where there is one, ``before`` where it stands before them."""

    start: int
    end: int
    bound: bool
    before: bool = False
    alone: bool = False
    problem: str | None = None


def read_sums(text: str) -> Iterator[Sum]:
    """Every sum of a text and every number that may be one, in order."""
    simple = read_simple(text)
    if simple is not None:
        yield from (Sum(start, end, bound=True) for start, end in simple)
        return
    yield from read_whole(text)


def read_whole(text: str) -> Iterator[Sum]:
    """The same by the whole grammar, however the text is written."""
    for run, followed in split_runs(text):
        parts: list[Part] = []
        for part in make_parts(run):
            if part.kind == "break":
                yield from _read_parts(text, parts, followed=False)
                parts = []
            else:
                parts.append(part)
        yield from _read_parts(text, parts, followed=followed)


def _read_parts(text: str, parts: list[Part], *, followed: bool) -> Iterator[Sum]:
    """The sums of a run: what stands between two joins is read first, then what the joins mean."""
    if not any(part.kind == "number" for part in parts):
        return
    parts = drop_dashes(parts)
    row: list[Sum | Part] = []
    between: list[Part] = []
    for part in parts:
        if part.kind == "join":
            row += [*_bind(text, between, followed=True), part]
            between = []
        else:
            between.append(part)
    row += _bind(text, between, followed=followed)
    yield from (each for each in _link(text, row) if each.bound or each.alone)


def _bind(text: str, parts: list[Part], *, followed: bool) -> list[Sum]:
    """The numbers of a stretch, each with its currency. ``followed``: a word stands after it, which the last may count."""
    sums: list[Sum] = []
    at = 0
    while at < len(parts):
        if parts[at].kind == "unit" and _is(parts, at + 1, "number"):
            found, at = _bind_before(text, parts, at)
        elif parts[at].kind == "number":
            found, at = _bind_after(parts, at, followed=followed)
        else:
            found, at = None, at + 1
        if found:
            sums.append(found)
    return sums


def _is(parts: list[Part], at: int, kind: str) -> bool:
    return at < len(parts) and parts[at].kind == kind


def _bind_before(text: str, parts: list[Part], at: int) -> tuple[Sum | None, int]:
    """A currency and the number after it."""
    unit, number = parts[at], parts[at + 1]
    following = text[number.end : number.end + 2]
    slanted = following[:1] == "_" and not (following[1:].isalnum() or following[1:] == "_")
    if at + 2 == len(parts) and (following[:1].isalpha() or following[:1] == "_") and not slanted:
        if unit.end == number.start and text[unit.end - 1].isalpha():  # TL6AVH is one word
            return None, at + 2
        number.glued = True
    if unit.weak and not number.alone and len(number.text) < _FEW_DIGITS:
        return None, at + 1
    if _is_torn(parts, at + 1):
        return Sum(unit.start, parts[at + 2].end, bound=True, problem=BADLY_WRITTEN), at + 3
    second = parts[at + 2] if _is(parts, at + 2, "unit") else None
    counts = second and _is(parts, at + 3, "number")  # the second is that of the next number
    if second is None or (counts and not _is(parts, at + 4, "unit")):
        return Sum(unit.start, number.end, bound=True, before=True, problem=_problem(number)), at + 2
    return _bind_twice(unit, number, second, at, counts=bool(counts))


def _bind_twice(unit: Part, number: Part, second: Part, at: int, *, counts: bool) -> tuple[Sum, int]:
    """A number between two currencies: the same one twice, a name that is a currency's too, or two."""
    if not unit.names or not second.names or unit.names & second.names:
        return Sum(unit.start, second.end, bound=True, problem=_problem(number)), at + 3
    if not unit.code:  # a word before a number is mostly no currency of it: Dinara 500 EUR
        return Sum(number.start, second.end, bound=True, problem=_problem(number)), at + 3
    if counts:
        return Sum(unit.start, number.end, bound=True, before=True, problem=_problem(number)), at + 2
    return Sum(unit.start, second.end, bound=True, problem=TWO_CURRENCIES), at + 3


def _bind_after(parts: list[Part], at: int, *, followed: bool) -> tuple[Sum, int]:
    """A number and the currency after it, or the number alone."""
    number = parts[at]
    alone = Sum(number.start, number.end, bound=False, alone=number.alone and not number.glued)
    if not _is(parts, at + 1, "unit"):
        if not _is_torn(parts, at):
            return alone, at + 1
        bound = _is(parts, at + 2, "unit")
        size = 3 if bound else 2
        return Sum(number.start, parts[at + size - 1].end, bound=bound, problem=BADLY_WRITTEN), at + size
    unit = parts[at + 1]
    after = parts[at + 2] if _is(parts, at + 2, "number") else None
    if after and _is(parts, at + 3, "minor"):
        return Sum(number.start, parts[at + 3].end, bound=True, problem=_problem(number)), at + 4
    if after and not _is(parts, at + 3, "unit"):
        left, right = unit.start - number.end, after.start - unit.end
        if (left == right == 0) or (left and right and unit.code and not (followed and at + 3 == len(parts))):
            return Sum(number.start, after.end, bound=True, problem=BETWEEN), at + 3
        if right == 0 < left:
            return alone, at + 1
    last = at + 2 if _is(parts, at + 2, "half") else at + 1  # 2 eura i po
    return Sum(number.start, parts[last].end, bound=True, problem=_problem(number)), last + 1


def _is_torn(parts: list[Part], at: int) -> bool:
    """Whether two numbers may be one with a gap inside: ``5 00 EUR``, ``12 50 EUR``."""
    if not _is(parts, at + 1, "number"):
        return False
    first, second = parts[at], parts[at + 1]
    if not first.text.isdigit() or len(first.text) > _FEW_DIGITS:
        return False
    return bool((_REST if second.start - first.end <= 1 else _FAR_REST).match(second.text))


def _problem(number: Part) -> str | None:
    return number.problem or (GLUED if number.glued else None)


def _link(text: str, row: list[Sum | Part]) -> list[Sum]:
    """The sums of a run, those that a join makes one as one that is unclear."""
    sums: list[Sum] = []
    linked = False
    for at, each in enumerate(row):
        if isinstance(each, Part):
            linked = bool(sums) and (linked or isinstance(row[at - 1], Sum))
            continue
        before = row[at - 1] if at else None
        if isinstance(before, Part) and (at == 1 or not isinstance(row[at - 2], Sum)):
            each.start = _sign_start(text, before, each.start)
        if linked and isinstance(before, Part) and _is_one(sums[-1], before, each):
            sums.append(_merge(sums.pop(), each))
        else:
            sums.append(each)
        linked = False
    for each in sums:
        each.problem = each.problem if each.bound else NO_CURRENCY
    return sums


def _merge(left: Sum, right: Sum) -> Sum:
    bound = left.bound or right.bound
    return Sum(left.start, right.end, bound, left.before, left.alone or right.alone, SHARED if bound else None)


def _sign_start(text: str, join: Part, start: int) -> int:
    """Where a sum with its sign begins: ``-$2.45M``. A dash after a word or before a gap is none."""
    free = join.start == 0 or not (text[join.start - 1].isalnum() or text[join.start - 1] == "_")
    return join.start if join.end == start and join.text in _SIGNS and free else start


def _is_one(left: Sum, join: Part, right: Sum) -> bool:
    """Whether a join makes two numbers one statement; each with a currency of its own are two sums."""
    if left.bound and right.bound and left.problem != SHARED:
        return False
    spaced = left.end < join.start and join.end < right.start and join.text.casefold() not in _TIMES
    if left.bound and not left.before and spaced and not left.problem:
        return False  # 500 EUR - 3 persons
    if fold_text(join.text) in BOTH:  # EUR 500 i 3 osobe
        return not left.bound or left.problem == SHARED
    return not (right.before and not left.bound and spaced and not join.text.isalpha())
