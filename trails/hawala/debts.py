"""Two books, one debt: which rows of different books tell of the same deposit or payout, so that it is counted once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import DAY_US, make_table, node_column
from trails.words import count_words

if TYPE_CHECKING:
    from trails.graph import CaseTables

#: One office writes a payout days after the other.
DAYS_APART = 3
#: Rows of one code further apart are another use of it, whatever the sums.
WINDOW_DAYS = 90
#: Books are moved against one another by so many days to see how often sums and days agree by luck.
_MOVED = (-17, -10, 10, 17)
#: Codes unlike are only paired where luck would give at most this share of what there is.
MOST_BY_LUCK = 0.05
#: A mistyped sum has the same digits: one too many or too few, or two swapped.
_TIMES = (10.0, 0.1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far two tellings of one movement may differ in value: the largest fee, and rates and rounding besides."""

    fee_max: float = 0.06
    tolerance: float = 0.02


def find_debts(legs: pd.DataFrame, tables: CaseTables, *, bounds: Bounds | None = None) -> pd.DataFrame:
    """Which rows of two books are one deposit, payout or refund; each row is told again by at most one row of another book.

    Two rows of one kind are one movement when two of three agree besides it: the code, the day, the sum. A code agrees when
    it is the same, in the same form, or when one sign of it differs or two are swapped (then both other signs must agree). A
    day agrees up to 3 days apart, both uncertainties aside; a sum within the largest fee and 2 %. Without any common code,
    as where one office counts by codes and the other by banknotes, a deposit **and** a payout of the same two codes must agree
    in sum and day, of no third code, and at most a
    twentieth as many may agree when one of the books is moved by some days.

    Parameters
    ----------
    legs
        As ``list_legs`` gives them.
    tables
        The case, for names.
    bounds
        The largest fee, and the tolerance besides.

    Returns
    -------
    DataFrame
        Table ``debts``: ``transfer_a`` (the row that stays a record: with the surer time, else the first), ``transfer_b``
        (the row that tells it again), ``basis`` (which signs agree), ``wording``.

    Notes
    -----
    Cost: a merge on code and kind, one on day for codes misread, one on day for codes unlike; no pairs beyond these. What it
    misses: rows whose code and sum are both wrong, or that stand more than 3 days apart under another code.
    """
    said = bounds or Bounds()
    known = _set_unit(legs[legs["timed"] & (legs["kind"] != "fee")])
    exact = _agree(_pair(known, known, ["kind", "text"]), said)
    exact = exact[
        (exact["same_sum"] & (exact["days"] <= WINDOW_DAYS)) | (exact["same_day"] & (exact["same_sum"] | exact["typo"]))
    ]
    exact = exact.assign(basis=np.where(exact["same_sum"] & exact["same_day"], "code, day and sum",
                                        np.where(exact["same_sum"], "code and sum", "code and day")), rank=0)  # fmt: skip
    near = _agree(_pair_by_day(known, known), said)
    near = near[near["same_day"] & near["same_sum"] & (near["text_a"] != near["text_b"])]
    misread = near[[is_misread(a, b) for a, b in zip(near["text_a"], near["text_b"], strict=True)]]
    misread = misread.assign(basis="day and sum, code misread", rank=1)
    unlike = _find_unlike(near[~near.index.isin(misread.index)], said)
    if len(unlike) and _expect_unlike(known, said) > MOST_BY_LUCK * len(unlike):
        unlike = unlike.iloc[:0]
    every = pd.concat([exact, misread, unlike.assign(basis="day and sum of deposit and payout", rank=2)])
    chosen = _choose(every)
    return _tabulate(chosen, legs, tables)


def _set_unit(legs: pd.DataFrame) -> pd.DataFrame:
    """Sums in the reference where there is a rate, else in their own asset, where they compare with their like alone."""
    valued = (legs["value"] > 0).to_numpy()
    own = np.array([-1 if amount is None else min(int(amount), 2**62) for amount in legs["amount"]], dtype=np.int64)
    return legs.assign(value=np.where(valued, legs["value"], own), unit=np.where(valued, "", legs["asset"]))


def _pair(left: pd.DataFrame, right: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Pairs of rows of two sources, the first of the smaller number."""
    joined = left.merge(right, on=on, suffixes=("_a", "_b"))
    for name in on:
        joined[f"{name}_a"] = joined[f"{name}_b"] = joined[name]
    return joined[
        (joined["source_id_a"] != joined["source_id_b"]) & (joined["transfer_id_a"] < joined["transfer_id_b"])
    ]


def _file(legs: pd.DataFrame) -> pd.DataFrame:
    valued = legs[legs["value"] > 0]
    day = ((valued["low"] + valued["high"]) // 2) // ((DAYS_APART + 2) * DAY_US)
    return valued.assign(day=day, size=np.floor(np.log(valued["value"].astype(float)) / 0.09).astype(np.int64))


def _pair_by_day(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Pairs of one kind whose days are near and whose values are: by days and sums in steps, each looking at its neighbours."""
    mine, theirs = _file(left), _file(right)
    found = [
        _pair(mine, theirs.assign(day=theirs["day"] + by_day, size=theirs["size"] + by_size), ["kind", "unit", "day", "size"])
        for by_day in (-1, 0, 1) for by_size in (-1, 0, 1)
    ]  # fmt: skip
    return pd.concat(found).drop_duplicates(["transfer_id_a", "transfer_id_b"]).reset_index(drop=True)


def _agree(pairs: pd.DataFrame, said: Bounds) -> pd.DataFrame:
    """Which signs of each pair agree, and how far apart the two are."""
    apart = np.maximum(np.maximum(pairs["low_b"] - pairs["high_a"], pairs["low_a"] - pairs["high_b"]), 0)
    a, b = pairs["value_a"].astype(float), pairs["value_b"].astype(float)
    known = (a > 0) & (b > 0) & (pairs["unit_a"] == pairs["unit_b"])
    ratio = np.where(known, a / np.where(known, b, 1.0), np.nan)
    most = 1 / (1 - said.fee_max) + said.tolerance
    off = np.abs(np.log(np.where(known, ratio, 1.0)))
    typo = pd.Series([
        known_ and _is_typo(left, right, said.tolerance) for known_, left, right in zip(known, a, b, strict=True)
    ], index=pairs.index, dtype=bool) if len(pairs) else pd.Series(dtype=bool)  # fmt: skip
    return pairs.assign(
        days=apart / DAY_US,
        same_day=apart <= DAYS_APART * DAY_US,
        same_sum=known & (off <= np.log(most)),
        off=off,
        typo=typo,
    )


def _is_typo(a: float, b: float, tolerance: float) -> bool:
    """Whether two sums differ by a digit too many, or have the same digits in another order."""
    if any(abs(a / (b * times) - 1) <= tolerance for times in _TIMES):
        return True
    left, right = (str(round(each / 1e6)) for each in (a, b))
    return len(left) == len(right) and sum(x != y for x, y in zip(left, right, strict=True)) <= 2


def is_misread(a: str, b: str) -> bool:
    """Whether two codes differ by one sign, by two neighbours swapped, or by a prefix of letters.

    >>> is_misread("4718", "4781"), is_misread("4718", "4719"), is_misread("n4718", "4718"), is_misread("4718", "5728")
    (True, True, True, False)
    """
    if len(a) == len(b):
        wrong = [at for at, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        swapped = (
            len(wrong) == 2 and wrong[1] == wrong[0] + 1 and a[wrong[0]] == b[wrong[1]] and a[wrong[1]] == b[wrong[0]]
        )
        return len(wrong) == 1 or swapped
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    prefix = longer.removesuffix(shorter)
    if prefix != longer and prefix.isalpha():
        return True
    return len(longer) == len(shorter) + 1 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )


def _expect_unlike(legs: pd.DataFrame, said: Bounds) -> float:
    """How many rows of unlike codes would agree by luck: those that do when one of the two books is moved by some days."""
    counted = []
    for days in _MOVED:
        moved = legs.assign(low=legs["low"] + days * DAY_US, high=legs["high"] + days * DAY_US)
        near = _agree(_pair_by_day(legs, moved), said)
        counted.append(
            len(_find_unlike(near[near["same_day"] & near["same_sum"] & (near["text_a"] != near["text_b"])], said))
        )
    return float(np.mean(counted))


def _find_unlike(near: pd.DataFrame, said: Bounds) -> pd.DataFrame:
    """Rows of two codes that have nothing in common but that both a deposit and a payout agree, and of no third code."""
    exact = (near["kind"] != "deposit") | (near["off"] <= said.tolerance)
    near = near[(near["scope_a"] != near["scope_b"]) & (near["days"] <= 1) & exact]
    if not len(near):
        return near
    kinds = near.groupby(["code_a", "code_b"])["kind"].nunique()
    both = kinds[kinds > 1].index
    left = pd.Series(both.get_level_values(0)).value_counts()
    right = pd.Series(both.get_level_values(1)).value_counts()
    alone = {(a, b) for a, b in both if left[a] == 1 and right[b] == 1}
    return near[[(a, b) in alone for a, b in zip(near["code_a"], near["code_b"], strict=True)]]


def _choose(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each row once per other source: better signs first, then the nearer in days and sum."""
    ordered = pairs.sort_values(["rank", "days", "off", "transfer_id_a", "transfer_id_b"], kind="stable")
    taken: set[tuple[int, int]] = set()
    keep = []
    columns = ["transfer_id_a", "source_id_a", "transfer_id_b", "source_id_b"]
    for at, (a, source_a, b, source_b) in enumerate(ordered[columns].itertuples(index=False, name=None)):
        if (a, source_b) not in taken and (b, source_a) not in taken:
            taken |= {(a, source_b), (b, source_a)}
            keep.append(at)
    return ordered.iloc[keep]


def _tabulate(chosen: pd.DataFrame, legs: pd.DataFrame, tables: CaseTables) -> pd.DataFrame:
    """Table ``debts``; of each two the row with the surer time stays the record."""
    width = dict(zip(legs["transfer_id"].tolist(), (legs["high"] - legs["low"]).tolist(), strict=True))
    labels = dict(zip(legs["transfer_id"].tolist(), node_column(tables.nodes, "key", legs["code"]), strict=True))
    rows = []
    for a, b, kind, basis, days in chosen[["transfer_id_a", "transfer_id_b", "kind", "basis", "days"]].itertuples(
        index=False, name=None
    ):
        first, again = sorted((int(a), int(b)), key=lambda each: (width[each], each))
        codes = " and ".join(sorted({str(labels[first]), str(labels[again])}))
        apart = "on the same day" if round(days) == 0 else f"{count_words(round(days), 'day')} apart"
        wording = (
            f"{str(kind).capitalize()} transfers {first} and {again} ({codes}) are consistent with one {kind} told in two books: "
            f"{basis} agree, {apart}. It is counted once."
        )
        rows.append((first, again, str(basis), wording))
    rows.sort()
    names = ("transfer_a", "transfer_b", "basis", "wording")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return make_table("debts", {"debt_id": range(1, len(rows) + 1), **columns})


def map_same(debts: pd.DataFrame) -> dict[int, int]:
    """Which record each row tells again, through rows of a third book too."""
    same = dict(zip(debts["transfer_b"].tolist(), debts["transfer_a"].tolist(), strict=True))
    found = {}
    for again in same:
        first, seen = again, {again}
        while first in same and same[first] not in seen:
            first = same[first]
            seen.add(first)
        found[int(again)] = int(first)
    return found
