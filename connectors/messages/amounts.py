"""Sums with a currency in a message's text: ``3.500,50 €``, ``$2 million``, ``2 lakh afghani``, ``1250e``, ``۳،۵۰۰ دالر``.

One grammar for all languages: numbers, currencies and words that multiply stand in any order, marks that nobody sees
between them. The words are kept as they stand: what ``3.500`` is worth depends on who writes it, and is not decided here.
A sum is found whole, or it is noted as *unclear* (``200-300 EUR``, ``2x500 EUR``, ``10k``): never a part of it as a sum.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.messages.found import Found
from connectors.messages.hidden import drop_hidden
from connectors.messages.money_tokens import SIGN_CLASS, WORD, Token, find_meaning, is_well_written, may_hold_sums, split_runs
from trails.money import ascii_digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_FIRST_WORD = re.compile(rf"[\d\u00bd\u00bc\u00be](?:[^\w\n{SIGN_CLASS}]|\d)*+({WORD}|[{SIGN_CLASS}])")
_URL = re.compile(r"[a-z]{2,10}://\S+", re.IGNORECASE)
_SIGNS = "-\u2010\u2011\u2012\u2013\u2212+~\u223c"
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212*"
_SHARED = "several numbers share one currency (a range, a product or a choice): which sum is meant is not stated"
_BETWEEN = "a currency stands between two numbers: which of them it counts is not stated"
_NO_CURRENCY = "a number is multiplied, or written as a price, and no currency stands beside it"
_TWO_CURRENCIES = "a number stands between two currencies: which of them counts is not stated"
_BADLY_WRITTEN = "digits and marks do not stand as a number is written: damaged, or several numbers"
_GLUED = "letters stand right against the number: whether it is whole is not stated"
_SHORTEST_WEAK = 3
#: How far a sum that begins somewhere is looked for.
_REACH = 80


@dataclass(slots=True)
class _Part:
    """A number with all that multiplies it, a currency with whose it is, or what joins two numbers."""

    kind: str
    start: int
    end: int
    text: str = ""
    names: frozenset[str] = frozenset()
    code: bool = False
    weak: bool = False
    alone: bool = False
    glued: bool = False
    problem: str | None = None


@dataclass(slots=True)
class _Sum:
    """Numbers and the currencies that count them; ``bound`` where there is one, ``before`` where it stands before them."""

    start: int
    end: int
    bound: bool
    before: bool = False
    alone: bool = False
    problem: str | None = None


def find_amounts(text: str) -> Iterator[Found]:
    """The sums of a text in their order, each with its currency (``amount_mentioned``), and what may be one
    (``amount_unclear``).

    >>> [found.text for found in find_amounts("3750 EUR, $300 i 20 KM")]
    ['3750 EUR', '$300', '20 KM']
    >>> [(found.kind, found.text) for found in find_amounts("200-300 EUR")]
    [('amount_unclear', '200-300 EUR')]
    """
    for each, start, end in _scan(text):
        if each.problem is None:
            yield Found("amount_mentioned", text[start:end], start, end)
        else:
            said = f"{text[start:end]!r}: {each.problem}"
            yield Found("amount_unclear", text[start:end], start, end, problem=said)


def begins_amount(text: str, start: int) -> bool:
    """Whether a number that begins here is a sum: ``250 EUR``, ``2x500 EUR``."""
    return _may_begin(text, start) and any(begin == 0 for _, begin, _ in _scan(text[start : start + _REACH]))


def is_priced(text: str, start: int, end: int) -> bool:
    """Whether the word at a place is the beginning of a sum that no number follows: ``250 EUR`` is a price, ``4718 EUR 300``
    a code and a sum, ``4718e`` a code."""
    for each, begin, stop in _scan(text[start : start + _REACH]) if _may_begin(text, start) else ():
        whole = start + stop > end or text[end - 2 : end].isalpha()
        followed = re.match(r"\s?\d", text[start + stop :])
        return begin == 0 and each.bound and each.problem != _BETWEEN and whole and not followed
    return False


def _may_begin(text: str, start: int) -> bool:
    """A quick look whether the first word after the digits that begin here is one of sums."""
    follows = _FIRST_WORD.match(text, start)
    return bool(follows) and (find_meaning(follows[1]) is not None or not follows[1].isalpha())


def _scan(text: str) -> Iterator[tuple[_Sum, int, int]]:
    """The sums of a text, each with its place among all characters, hidden ones too."""
    plain, places = drop_hidden(text)
    if not plain.isascii() and _FOREIGN_DIGIT.search(plain):
        plain = ascii_digits(plain)
    if not may_hold_sums(plain):
        return
    links = [match.span() for match in _URL.finditer(plain)] if "://" in plain else []
    for each in _read_sums(plain):
        if each.bound or not any(start <= each.start < end for start, end in links):
            yield (each, places[each.start], places[each.end - 1] + 1) if places else (each, each.start, each.end)


def _read_sums(text: str) -> Iterator[_Sum]:
    """Every sum of a text and every number that may be one, in order."""
    for run, followed in split_runs(text):
        parts: list[_Part] = []
        for part in _make_parts(run):
            if part.kind == "break":
                yield from _read_parts(text, parts, followed=False)
                parts = []
            else:
                parts.append(part)
        yield from _read_parts(text, parts, followed=followed)


def _make_parts(run: list[Token]) -> Iterator[_Part]:
    at = 0
    while at < len(run):
        kind = run[at].kind
        if kind == "number" or (kind == "times" and _kind(run, at + 1) == "number"):
            part, at = _make_number(run, at)
        elif kind in ("unit", "owner"):
            part, at = _make_unit(run, at)
        else:
            token = run[at]
            part = _Part(kind if kind in ("join", "minor") else "break", token.start, token.end, token.text)
            at += 1
        yield part


def _kind(run: Sequence[Token], at: int) -> str:
    return run[at].kind if 0 <= at < len(run) else ""


def _make_number(run: list[Token], at: int) -> tuple[_Part, int]:
    """A number with what multiplies it, and the smaller numbers after it: ``2 lakh 50 thousand``."""
    first, last = run[at], run[at]
    glued, alone, problem = first.glued, False, None
    while True:
        at += 1 if _kind(run, at) in ("times", "and") else 0
        number = run[at]
        glued, alone = glued or number.glued, alone or number.tail
        problem = problem or (None if is_well_written(number.text) else _BADLY_WRITTEN)
        at, last = at + 1, number
        while _kind(run, at) in ("times", "half"):
            last, at = run[at], at + 1
            alone = alone or last.mean.alone
        follows = at + 1 if last.kind == "times" and _kind(run, at) == "and" else at
        if last.kind == "number" or _kind(run, follows) != "number" or run[follows].tail:
            break
        if run[follows].start == last.end:  # 3k30
            glued = True
            break
    return _Part("number", first.start, last.end, number.text, alone=alone, glued=glued, problem=problem), at


def _make_unit(run: list[Token], at: int) -> tuple[_Part, int]:
    """A currency with the words that say whose it is, and a second writing of the same: ``US$``, ``USD$``."""
    begin, unit, last = run[at].start, None, run[at]
    while _kind(run, at) in ("unit", "owner"):
        token = run[at]
        if token.kind == "unit":
            if unit and unit.names and token.mean.names and not unit.names & token.mean.names:
                break
            unit = token.mean if unit is None or token.mean.code else unit
        last, at = token, at + 1
    if unit is None:
        return _Part("break", begin, last.end), at
    return _Part("unit", begin, last.end, last.text, names=unit.names, code=unit.code, weak=unit.weak), at


def _read_parts(text: str, parts: list[_Part], *, followed: bool) -> Iterator[_Sum]:
    """The sums of a run: what stands between two joins is read first, then what the joins mean."""
    if not any(part.kind == "number" for part in parts):
        return
    parts = _drop_dashes(parts)
    row: list[_Sum | _Part] = []
    between: list[_Part] = []
    for part in parts:
        if part.kind == "join":
            row += [*_bind(text, between, followed=True), part]
            between = []
        else:
            between.append(part)
    row += _bind(text, between, followed=followed)
    yield from (each for each in _link(text, row) if each.bound or each.alone)


def _drop_dashes(parts: list[_Part]) -> list[_Part]:
    """The parts without a dash that only ties a number to its currency: ``500-dollar``, ``*500* EUR``."""
    kept: list[_Part] = []
    for at, part in enumerate(parts):
        before, after = parts[at - 1] if at else None, parts[at + 1] if at + 1 < len(parts) else None
        tied = before and after and before.kind == "number" and after.kind == "unit" and before.end == part.start
        counted = at + 2 < len(parts) and parts[at + 2].kind == "number"
        if part.kind == "join" and tied and not counted and before and not part.text.isalpha():
            if part.text not in _DASHES:
                before.problem = before.problem or _SHARED
            continue
        kept.append(part)
    return kept


def _bind(text: str, parts: list[_Part], *, followed: bool) -> list[_Sum]:
    """The numbers of a stretch, each with its currency. ``followed``: a word stands after it, which the last may count."""
    sums: list[_Sum] = []
    at = 0
    while at < len(parts):
        if parts[at].kind == "unit" and _is(parts, at + 1, "number"):
            found, at = _bind_before(parts, at)
        elif parts[at].kind == "number":
            found, at = _bind_after(text, parts, at, followed=followed)
        else:
            found, at = None, at + 1
        if found:
            sums.append(found)
    return sums


def _is(parts: list[_Part], at: int, kind: str) -> bool:
    return at < len(parts) and parts[at].kind == kind


def _bind_before(parts: list[_Part], at: int) -> tuple[_Sum | None, int]:
    """A currency and the number after it."""
    unit, number = parts[at], parts[at + 1]
    if unit.weak and not number.alone and len(number.text) < _SHORTEST_WEAK:
        return None, at + 1
    second = parts[at + 2] if _is(parts, at + 2, "unit") else None
    paired = _is(parts, at + 3, "number") and not _is(parts, at + 4, "unit")
    if second is None or paired:
        return _Sum(unit.start, number.end, bound=True, before=True, problem=_problem(number)), at + 2
    if not unit.names or not second.names or unit.names & second.names:
        return _Sum(unit.start, second.end, bound=True, problem=_problem(number)), at + 3
    if not unit.code:  # a word before a number is mostly no currency of it: Dinara 500 EUR
        return _Sum(number.start, second.end, bound=True, problem=_problem(number)), at + 3
    if _is(parts, at + 3, "number"):
        return _Sum(unit.start, number.end, bound=True, before=True, problem=_problem(number)), at + 2
    return _Sum(unit.start, second.end, bound=True, problem=_TWO_CURRENCIES), at + 3


def _bind_after(text: str, parts: list[_Part], at: int, *, followed: bool) -> tuple[_Sum, int]:
    """A number and the currency after it, or the number alone."""
    number = parts[at]
    if not _is(parts, at + 1, "unit"):
        if _is_torn(text, parts, at):
            unit = parts[at + 2].end if _is(parts, at + 2, "unit") else parts[at + 1].end
            bound = _is(parts, at + 2, "unit")
            return _Sum(number.start, unit, bound=bound, problem=_BADLY_WRITTEN), at + (3 if bound else 2)
        return _Sum(number.start, number.end, bound=False, alone=number.alone and not number.glued), at + 1
    unit = parts[at + 1]
    after = parts[at + 2] if _is(parts, at + 2, "number") else None
    if after and _is(parts, at + 3, "minor"):
        return _Sum(number.start, parts[at + 3].end, bound=True, problem=_problem(number)), at + 4
    if after and not _is(parts, at + 3, "unit"):
        left, right = unit.start - number.end, after.start - unit.end
        if (left == right == 0) or (left and right and unit.code and not (followed and at + 3 == len(parts))):
            return _Sum(number.start, after.end, bound=True, problem=_BETWEEN), at + 3
        if right == 0 < left:
            return _Sum(number.start, number.end, bound=False, alone=number.alone and not number.glued), at + 1
    return _Sum(number.start, unit.end, bound=True, problem=_problem(number)), at + 2


def _is_torn(text: str, parts: list[_Part], at: int) -> bool:
    """Whether two numbers may be one with a gap inside: ``5 00 EUR``, ``12 50 EUR``."""
    if not _is(parts, at + 1, "number"):
        return False
    first, second = parts[at].text, parts[at + 1].text
    apart = parts[at + 1].start - parts[at].end
    return first.isdigit() and len(first) <= 3 and apart <= 1 and (second[0] == "0" or len(second) < 3) and second.isdigit()


def _problem(number: _Part) -> str | None:
    return number.problem or (_GLUED if number.glued else None)


def _link(text: str, row: list[_Sum | _Part]) -> list[_Sum]:
    """The sums of a run, those that a join makes one as one that is unclear."""
    sums: list[_Sum] = []
    linked = False
    for at, each in enumerate(row):
        if isinstance(each, _Sum):
            before = row[at - 1] if at else None
            if isinstance(before, _Part) and (at == 1 or not isinstance(row[at - 2], _Sum)):
                each.start = _sign_start(text, before, each.start)
            if linked and sums and isinstance(before, _Part) and _is_one(sums[-1], before, each):
                last = sums.pop()
                shared = _SHARED if last.bound or each.bound else None
                each = _Sum(last.start, each.end, last.bound or each.bound, last.before, last.alone or each.alone, shared)
            sums.append(each)
            linked = False
        else:
            linked = bool(sums) and (linked or isinstance(row[at - 1], _Sum))
    for each in sums:
        if not each.bound:
            each.problem = _NO_CURRENCY
    return sums


def _sign_start(text: str, join: _Part, start: int) -> int:
    """Where a sum with its sign begins: ``-$2.45M``. A dash after a word or before a gap is none."""
    free = join.start == 0 or not (text[join.start - 1].isalnum() or text[join.start - 1] == "_")
    return join.start if join.end == start and join.text in _SIGNS and free else start


def _is_one(left: _Sum, join: _Part, right: _Sum) -> bool:
    """Whether a join makes two numbers one statement; each with a currency of its own are two sums."""
    if left.bound and right.bound and not left.problem == _SHARED:
        return False
    spaced = left.end < join.start and join.end < right.start
    if left.bound and not left.before and spaced and not left.problem:
        return False  # 500 EUR - 3 persons
    return not (right.before and not left.bound and spaced and not join.text.isalpha())
