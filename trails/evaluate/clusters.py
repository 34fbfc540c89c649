"""Clusters against known owners: pairs, adjusted Rand index, homogeneity and completeness, with bootstrap intervals.

A pair is two addresses. It is right where both belong to one owner and to one cluster. Intervals come from drawing
*owners* anew, with replacement: addresses of one owner are no independent observations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MEASURES = ("precision", "recall", "f1", "adjusted_rand", "homogeneity", "completeness")
ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def measure_clusters(cluster: Ints, owner: Ints, *, rounds: int = ROUNDS, seed: int = 0) -> dict[str, Measured]:
    """How well clusters agree with owners.

    Parameters
    ----------
    cluster, owner
        By address: the number of its cluster and of its owner.
    rounds, seed
        Bootstrap rounds, and the seed of their draws: the same seed gives the same intervals.

    Returns
    -------
    dict
        ``precision`` (pairs joined that are right), ``recall`` (right pairs that are joined), ``f1``, ``adjusted_rand``,
        ``homogeneity`` (clusters hold one owner) and ``completeness`` (owners lie in one cluster), each 0 to 1 (the Rand
        index may be below 0). A measure without any pair to look at is 1, as nothing was wrong.

    Notes
    -----
    Cost: linear in addresses, times the rounds in owners and clusters. Sources: L. Hubert and P. Arabie, "Comparing
    partitions" (1985), doi:10.1007/BF01908075; A. Rosenberg and J. Hirschberg, "V-Measure" (EMNLP 2007); B. Efron,
    percentile bootstrap. What it misses: owners of whom no address is known.

    >>> measured = measure_clusters(np.array([1, 1, 2]), np.array([1, 1, 1]), rounds=10)
    >>> measured["precision"].value, round(measured["recall"].value, 3)
    (1.0, 0.333)
    """
    table = _count(cluster, owner)
    value = _measure(table, np.ones(table.shape[1]))
    rng = np.random.default_rng(seed)
    owners = table.shape[1]
    drawn = np.array([
        _measure(table, rng.multinomial(owners, np.full(owners, 1 / owners)).astype(float)) for _ in range(rounds)
    ])  # fmt: skip
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return {
        name: Measured(float(value[at]), float(low[at]), float(high[at])) for at, name in enumerate(MEASURES)
    }  # fmt: skip


def _count(cluster: Ints, owner: Ints) -> csr_array:
    """Addresses by cluster (rows) and owner (columns)."""
    rows, columns = np.unique(cluster, return_inverse=True)[1], np.unique(owner, return_inverse=True)[1]
    shape = (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
    return coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr()


def _measure(table: csr_array, weight: Floats) -> Floats:
    """Every measure, each owner's addresses counted ``weight`` times as different owners' (its pairs never cross)."""
    counts = table.data
    columns = table.indices
    sizes = np.asarray(table.sum(axis=0)).ravel()
    right = float((weight[columns] * counts * (counts - 1)).sum() / 2)
    weighted = table @ weight
    own = table.multiply(table) @ (weight * weight)
    crossing = float((weighted * weighted - own).sum() / 2)
    # a copy of an owner drawn twice counts as one owner of its own: pairs between copies are left out of both sides
    joined, actual = right + crossing, float((weight * sizes * (sizes - 1)).sum() / 2)
    precision = right / joined if joined else 1.0
    recall = right / actual if actual else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    total = float(weight @ sizes)
    pairs = total * (total - 1) / 2
    expected = joined * actual / pairs if pairs else 0.0
    most = (joined + actual) / 2
    rand = (right - expected) / (most - expected) if most != expected else 1.0
    return np.array([precision, recall, f1, rand, *_entropies(table, weight, total)])


def _entropies(table: csr_array, weight: Floats, total: float) -> tuple[float, float]:
    """Homogeneity and completeness, each address counted ``weight`` times as its owner's."""
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    share = weight[table.indices] * table.data / total
    by_cluster = np.bincount(rows, share, minlength=table.shape[0]).astype(np.float64)
    by_owner = np.bincount(table.indices, share, minlength=table.shape[1]).astype(np.float64)
    used = share > 0
    inside = share[used]
    given_cluster = float(-(inside * np.log(inside / by_cluster[rows[used]])).sum())
    given_owner = float(-(inside * np.log(inside / by_owner[table.indices[used]])).sum())
    of_owners, of_clusters = _entropy(by_owner), _entropy(by_cluster)
    return (
        1.0 if of_owners == 0 else 1 - given_cluster / of_owners,
        1.0 if of_clusters == 0 else 1 - given_owner / of_clusters,
    )


def _entropy(shares: Floats) -> float:
    kept = shares[shares > 0]
    return float(-(kept * np.log(kept)).sum())
