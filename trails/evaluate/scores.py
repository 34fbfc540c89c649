"""Figures of right and wrong: shares with intervals, likelihood ratios (Cllr), calibration. Pure: numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ROUNDS = 2_000


@dataclass(frozen=True, slots=True)
class Count:
    """What one inference got right in one case.

    ``right`` of ``claimed`` statements are true; ``found`` of ``there`` true things were stated. ``what`` narrows the
    inference (a rule, a role, how many of the best).
    """

    inference: str
    what: str
    right: int
    claimed: int
    found: int
    there: int


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval; ``value`` is None where there was nothing to take a share of."""

    value: float | None
    low: float = 0.0
    high: float = 1.0

    def __str__(self) -> str:
        """``0.50 (0.20-0.80)``."""
        return "none" if self.value is None else f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Scored(Count):
    """One row of an accuracy table: what was right over all cases, and its shares."""

    precision: Share
    recall: Share
    f1: Share


def score_counts(counts: Sequence[Sequence[Count]], *, rounds: int = ROUNDS, seed: int = 0) -> list[Scored]:
    """Shares over several cases, each with the interval that drawing the cases anew gives (percentile bootstrap).

    With one case, and where all or none are right, the interval is the exact binomial one. Rows come in the order in
    which the first case that has them lists them.

    >>> one = [Count("matches", "all", 3, 4, 3, 6)]
    >>> score_counts([one])[0].precision.value, score_counts([one])[0].recall.value
    (0.75, 0.5)
    """
    keys = _order_keys(counts)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=rounds).astype(float)
    scored = []
    for key in keys:
        table = np.zeros((len(counts), 4))
        for place, case in enumerate(counts):
            for each in case:
                if (each.inference, each.what) == key:
                    table[place] += (each.right, each.claimed, each.found, each.there)
        right, claimed, found, there = (int(x) for x in table.sum(axis=0))
        shares = _shares(table, drawn) if len(counts) > 1 else _exact(table[0])
        scored.append(Scored(*key, right, claimed, found, there, *shares))
    return scored


def _order_keys(counts: Sequence[Sequence[Count]]) -> list[tuple[str, str]]:
    """Rows by inference, each inference's rows as the cases list them."""
    keys = list(dict.fromkeys((each.inference, each.what) for case in counts for each in case))
    inferences = list(dict.fromkeys(inference for inference, _ in keys))
    return sorted(keys, key=lambda key: inferences.index(key[0]))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    found: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    return found


def _shares(table: Floats, drawn: Floats) -> tuple[Share, Share, Share]:
    """Precision, recall and F1 of all cases together, with the quantiles of the draws."""
    found = []
    for sums in (table.sum(axis=0)[None, :], drawn @ table):
        precision, recall = _ratio(sums[:, 0], sums[:, 1]), _ratio(sums[:, 2], sums[:, 3])
        found.append((precision, recall, _f1(precision, recall)))
    shares = []
    for value, draws in zip(*found, strict=True):
        known = draws[~np.isnan(draws)]
        if np.isnan(value[0]) or not len(known):
            shares.append(Share(None))
        else:
            low, high = np.quantile(known, [0.025, 0.975])
            shares.append(Share(float(value[0]), float(low), float(high)))
    right, claimed, hit, there = (int(x) for x in table.sum(axis=0))
    return _widen(shares[0], right, claimed), _widen(shares[1], hit, there), shares[2]


def _widen(share: Share, part: int, whole: int) -> Share:
    """All right in every case, or none: drawing cases anew says nothing then, and how often it may be otherwise the exact
    binomial interval says."""
    return share_of(part, whole) if whole and part in (0, whole) else share


def _f1(precision: Floats, recall: Floats) -> Floats:
    return _ratio(2 * precision * recall, precision + recall)


def _exact(row: Floats) -> tuple[Share, Share, Share]:
    precision, recall = share_of(int(row[0]), int(row[1])), share_of(int(row[2]), int(row[3]))
    if precision.value is None or recall.value is None or precision.value + recall.value == 0:
        return precision, recall, Share(None)
    f1 = 2 * precision.value * recall.value / (precision.value + recall.value)
    bounds = [2 * p * r / (p + r) if p + r else 0.0 for p, r in ((precision.low, recall.low), (precision.high, recall.high))]
    return precision, recall, Share(f1, *bounds)


def share_of(part: int, whole: int) -> Share:
    """A share with its exact binomial interval (C. Clopper and E. Pearson 1934).

    >>> str(share_of(10, 10))
    '1.00 (0.69-1.00)'
    """
    from scipy.stats import beta

    if not whole:
        return Share(None)
    low = 0.0 if part == 0 else float(beta.ppf(0.025, part, whole - part + 1))
    high = 1.0 if part == whole else float(beta.ppf(0.975, part + 1, whole - part))
    return Share(part / whole, low, high)


def measure_cllr(of_true: Iterable[float], of_false: Iterable[float]) -> tuple[float, float]:
    """The cost of stated likelihood ratios (Cllr) and the least that any rescaling of them would have (its minimum).

    0 is perfect, 1 is what saying nothing (a ratio of 1 each time) costs. The difference of the two is what calibration
    would save. ``of_true`` are the ratios stated where the first proposition held, ``of_false`` where the second did.

    Raises ValueError where either is empty or a ratio is not above 0. Source: N. Brümmer and J. du Preez (2006),
    doi:10.1016/j.csl.2005.08.001; the minimum by pool-adjacent-violators. Cost: one sort.

    >>> measure_cllr([1.0, 1.0], [1.0, 1.0])
    (1.0, 1.0)
    """
    from scipy.optimize import isotonic_regression

    true, false = np.asarray(list(of_true), float), np.asarray(list(of_false), float)
    if not len(true) or not len(false):
        raise ValueError("Cllr needs likelihood ratios of both kinds, true and false")
    if (true <= 0).any() or (false <= 0).any():
        raise ValueError("a likelihood ratio is above 0")
    ratios = np.concatenate([true, false])
    label = np.concatenate([np.ones(len(true)), np.zeros(len(false))])
    order = np.lexsort((-label, ratios))
    # equal ratios must get equal probabilities: pool them before the regression
    values, first, size = np.unique(ratios[order], return_index=True, return_counts=True)
    share = np.add.reduceat(label[order], first) / size
    fitted = isotonic_regression(share, weights=size.astype(float)).x[np.searchsorted(values, ratios)]
    prior = len(true) / len(false)
    with np.errstate(divide="ignore"):
        best = fitted / (1 - fitted) / prior
    return _cllr(true, false), _cllr(best[: len(true)], best[len(true) :])


def _cllr(true: Floats, false: Floats) -> float:
    with np.errstate(divide="ignore"):
        return float((np.log2(1 + 1 / true).mean() + np.log2(1 + false).mean()) / 2)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a calibration curve: what was said on average, what was so, of how many."""

    said: float
    was: float
    count: int


def bin_calibration(said: Sequence[float], was: Sequence[bool], bins: int = 5) -> list[Bin]:
    """A calibration curve: statements in bins of equal number by what they said, with the share that was true.

    >>> [(each.said, each.was, each.count) for each in bin_calibration([0.1, 0.1, 0.9, 0.9], [False, False, True, True], 2)]
    [(0.1, 0.0, 2), (0.9, 1.0, 2)]
    """
    if not len(said):
        return []
    values, truth = np.asarray(said, float), np.asarray(was, float)
    order = np.argsort(values, kind="stable")
    return [
        Bin(round(float(values[part].mean()), 6), float(truth[part].mean()), len(part))
        for part in np.array_split(order, min(bins, len(order)))
        if len(part)
    ]
