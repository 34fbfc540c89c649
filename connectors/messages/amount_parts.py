"""The parts of a sum in their order: numbers with all that multiplies them, currencies, and what joins two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.messages.money_tokens import Token, is_well_written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARED = "several numbers share one currency (a range, a product or a choice): which sum is meant is not stated"
BETWEEN = "a currency stands between two numbers: which of them it counts is not stated"
NO_CURRENCY = "a number is multiplied, or written as a price, and no currency stands beside it"
TWO_CURRENCIES = "a number stands between two currencies: which of them counts is not stated"
BADLY_WRITTEN = "digits and marks do not stand as a number is written: damaged, or several numbers"
PARTED = "a sign stands between a number and a currency: whether they belong together is not stated"
GLUED = "letters stand right against the number: whether it is whole is not stated"
_SIGNS = "-\u2010\u2011\u2012\u2013\u2212+~\u223c"
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212*"


@dataclass(slots=True)
class Part:
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


def make_parts(run: list[Token]) -> Iterator[Part]:
    """The parts of a run of tokens; what goes with no number or currency is a break."""
    at = 0
    while at < len(run):
        kind = run[at].kind
        if kind == "number" or (kind == "times" and _kind(run, at + 1) == "number"):
            part, at = _make_number(run, at)
        elif kind in ("unit", "owner") or (
            kind == "times" and _kind(run, at + 1) == "unit" and _kind(run, at + 2) == "number"
        ):
            part, at = _make_unit(run, at)
        else:
            token = run[at]
            part = Part(kind if kind in ("join", "minor", "half") else "break", token.start, token.end, token.text)
            at += 1
        yield part


def _kind(run: Sequence[Token], at: int) -> str:
    return run[at].kind if 0 <= at < len(run) else ""


def _make_number(run: list[Token], at: int) -> tuple[Part, int]:
    """A number with what multiplies it, and the smaller numbers after it: ``2 lakh 50 thousand``."""
    first, last = run[at], run[at]
    glued, alone, problem = first.glued, False, None
    seen: set[str] = set()
    while True:
        at += 1 if _kind(run, at) in ("times", "and") else 0
        number = run[at]
        glued, alone = glued or number.glued, alone or number.tail
        problem = problem or (None if is_well_written(number.text) else BADLY_WRITTEN)
        at, last = at + 1, number
        while _kind(run, at) in ("times", "half"):
            last, at = run[at], at + 1
            alone = alone or last.mean.alone
            if last.kind == "times" and len(seen) == len(seen := {*seen, last.text}):
                problem = problem or SHARED  # 2 lakh 3 lakh
        follows = at + 1 if last.kind == "times" and _kind(run, at) == "and" else at
        if last.kind == "number" or _kind(run, follows) != "number" or run[follows].tail:
            break
        if run[follows].start == last.end:  # 3k30
            glued = True
            run[follows] = run[follows]._replace(glued=True)
            break
        if last.kind == "times" and len(last.text) == 1 and not last.mean.alone:  # 30 t 500 EUR
            problem = problem or BADLY_WRITTEN
    return Part("number", first.start, last.end, number.text, alone=alone, glued=glued, problem=problem), at


def _make_unit(run: list[Token], at: int) -> tuple[Part, int]:
    """A currency with the words that say whose it is, and a second writing of the same: ``US$``, ``USD$``."""
    begin, unit, last = run[at].start, None, run[at]
    at += 1 if _kind(run, at) == "times" else 0  # M€ 5
    while _kind(run, at) in ("unit", "owner", "network"):
        token = run[at]
        if token.kind == "network":
            at += 1
            continue
        if token.kind == "unit":
            if unit and unit.names and token.mean.names and not unit.names & token.mean.names:
                break
            unit = token.mean if unit is None or token.mean.code else unit
        last, at = token, at + 1
    if unit is None:
        return Part("break", begin, last.end), at
    return Part("unit", begin, last.end, last.text, names=unit.names, code=unit.code, weak=unit.weak), at


def drop_dashes(parts: list[Part]) -> list[Part]:
    """The parts without a sign that only ties a number to its currency: ``500-dollar``, ``*500* EUR``, ``EUR -500``."""
    kept: list[Part] = []
    for at, part in enumerate(parts):
        around = [*([None] * max(0, 2 - at)), *parts[max(0, at - 2) : at + 3], None, None]
        if part.kind == "join" and not part.text.isalpha() and _ties(part, around):
            continue
        kept.append(part)
    return kept


def _ties(join: Part, around: Sequence[Part | None]) -> bool:
    """Whether a sign stands between a number and its own currency; the number says where that is not certain."""
    earlier, before, _, after, later = around[:5]
    if not before or not after:
        return False
    mark = join.text not in _DASHES and not _is_sign(join.text)
    if before.kind == "number" and after.kind == "unit" and (before.end == join.start or mark):
        if later and later.kind == "number":
            return False
        if join.text not in _DASHES:
            before.problem = before.problem or (PARTED if mark else SHARED)
        return True
    if before.kind != "unit" or after.kind != "number" or (earlier and earlier.kind == "number"):
        return False
    if later and later.kind == "unit":
        return False
    if not (join.text == "*" or (join.end == after.start and join.text in _SIGNS)):
        after.problem = after.problem or PARTED
    return True


def _is_sign(text: str) -> bool:
    """Whether a sign joins two numbers, and is no bracket or picture."""
    return text[0] in "+/\u00d7~\u223c\u301c\u2026.&>\u2192\u00b1\u00b7\u2219\u22c5"
