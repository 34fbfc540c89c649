"""In which order the states of a code came, how sure that is, and what would turn it round: another clock, another calendar."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from trails.graph import DAY_US, HOUR_US, time_bounds
from trails.kept import read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A clock is rarely wrong by more than this: from one end of the inhabited zones of a case to the other.
MOST_HOURS = 14
#: A lunar date is a day or two off by reckoning, and another month's day by mistake.
_LUNAR_DAYS = 2
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Dated:
    """A state with the interval it was entered in (microseconds) and the rows that say so."""

    state: str
    since: int
    until: int
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Two states one after the other: whether the first came first, and what would turn that round."""

    first: str
    then: str
    verdict: str
    flips: tuple[str, ...]


def order_states(steps: Sequence[Dated], facts: pd.DataFrame) -> list[Order]:
    """How sure the order of recorded states is, pair by pair.

    Parameters
    ----------
    steps
        Recorded states in the order of a code's life.
    facts
        By name like ``transfer:12``: ``time``, ``time_error_s``, ``time_basis``, ``source`` (name of the file), ``row``.

    Returns
    -------
    list of Order
        ``verdict``: ``in order`` (the intervals do not overlap), ``not certain`` (they do), ``reversed``. ``flips`` names, in
        words, each way of reading a row that gives another verdict: the clock of its file off by some hours, day and month
        swapped, or a lunar date.

    Notes
    -----
    No verdict means more than the rows do: a row read under the wrong calendar is wrong in every pair. Cost: some readings for
    each row of the code.
    """
    found = []
    for first, then in pairwise(steps):
        verdict = _judge(first.since, first.until, then.since, then.until)
        flips = [
            *_flip_by_clock(first, then, verdict, facts),
            *_flip_by_reading(first, then, verdict, facts, moves_first=True),
            *_flip_by_reading(then, first, verdict, facts, moves_first=False),
        ]
        found.append(Order(first.state, then.state, verdict, tuple(dict.fromkeys(flips))))
    return found


def _judge(first_low: int, first_high: int, then_low: int, then_high: int) -> str:
    if first_high <= then_low:
        return "in order"
    return "reversed" if then_high < first_low else "not certain"


def _flip_by_clock(first: Dated, then: Dated, verdict: str, facts: pd.DataFrame) -> list[str]:
    """By how many whole hours one file's clock must be off for another verdict."""
    one, other = (_files(step, facts) for step in (first, then))
    if one == other:
        return []  # one clock moves both
    for hours in range(1, MOST_HOURS + 1):
        for sign in (-1, 1):
            shift = sign * hours * HOUR_US
            if _judge(first.since, first.until, then.since + shift, then.until + shift) != verdict:
                names = ", ".join(sorted(other)) or "the second row's file"
                return [f"if the clock of {names} is off by {hours} h or more against the other, the order is another"]
    return []


def _files(step: Dated, facts: pd.DataFrame) -> set[str]:
    """The files whose clock is not a chain's."""
    rows = facts[facts["fact"].isin(step.facts) & (facts["time_basis"] != "chain")]
    return set(rows["source"].astype(str))


def _flip_by_reading(moved: Dated, fixed: Dated, verdict: str, facts: pd.DataFrame, *, moves_first: bool) -> list[str]:
    found = []
    rows = facts[facts["fact"].isin(moved.facts) & (facts["time_basis"] == "assumed")]
    for source, row, time in rows[["source", "row", "time"]].itertuples(index=False, name=None):
        away = [days for days in range(-_LUNAR_DAYS, _LUNAR_DAYS + 1) if days]
        shifts = {f"lunar, {days:+} day{'' if abs(days) == 1 else 's'}": days * DAY_US for days in away}
        instant = pd.Timestamp(time)
        if instant.day <= _MONTHS and instant.day != instant.month:
            swapped = instant.replace(day=instant.month, month=instant.day)
            shifts["with day and month the other way round"] = int((swapped - instant).value // 1_000)
        for how, shift in shifts.items():
            span = (moved.since + shift, moved.until + shift)
            pair = (*span, fixed.since, fixed.until) if moves_first else (fixed.since, fixed.until, *span)
            if _judge(*pair) != verdict:
                found.append(
                    f"if {source} row {row} is read {how}, {moved.state} and {fixed.state} are {_judge(*pair)}"
                )
                break
    return found


def date_steps(states: pd.DataFrame) -> list[Dated]:
    """The recorded states of one code that have an interval, in their order."""
    listed = states[
        (states["basis"] == "recorded")
        & states["since"].notna()
        & states["until"].notna()
        & (states["state"] != "coded")
    ]
    low, _, _ = time_bounds(pd.DataFrame({"time": listed["since"], "time_error_s": 0}))
    high, _, _ = time_bounds(pd.DataFrame({"time": listed["until"], "time_error_s": 0}))
    return [
        Dated(str(state), int(since), int(until), tuple(read_texts(evidence, "the evidence of a state")))
        for state, since, until, evidence in zip(listed["state"], low, high, listed["evidence"], strict=True)
    ]
