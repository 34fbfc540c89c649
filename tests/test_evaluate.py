"""Figures of accuracy against slow readings of their definitions."""

from __future__ import annotations

import json
from itertools import combinations
from math import log
from pathlib import Path

import numpy as np
import pytest

from trails.errors import SourceError
from trails.evaluate.clusters import MEASURES, measure_clusters
from trails.evaluate.owners import read_owners


def slow_figures(cluster: list[int], owner: list[int]) -> dict[str, float]:
    """Precision, recall, Rand index and entropies by looking at every pair and every address."""
    pairs = list(combinations(range(len(cluster)), 2))
    joined = [cluster[a] == cluster[b] for a, b in pairs]
    one = [owner[a] == owner[b] for a, b in pairs]
    right = sum(j and o for j, o in zip(joined, one, strict=True))
    expected = sum(joined) * sum(one) / len(pairs)
    most = (sum(joined) + sum(one)) / 2

    def entropy(words: list[int]) -> float:
        return -sum(words.count(word) / len(words) * log(words.count(word) / len(words)) for word in set(words))

    def given(words: list[int], parts: list[int]) -> float:
        inside = [[w for w, p in zip(words, parts, strict=True) if p == part] for part in set(parts)]
        return sum(len(each) / len(words) * entropy(each) for each in inside)

    return {
        "precision": right / sum(joined), "recall": right / sum(one), "adjusted_rand": (right - expected) / (most - expected),
        "f1": 2 * right / (sum(joined) + sum(one)), "homogeneity": 1 - given(owner, cluster) / entropy(owner),
        "completeness": 1 - given(cluster, owner) / entropy(cluster),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_figures_are_what_they_are_called(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cluster, owner = rng.integers(0, 9, 50), rng.integers(0, 5, 50)
    found = measure_clusters(cluster, owner, rounds=50)
    slow = slow_figures(cluster.tolist(), owner.tolist())
    assert {name: found[name].value for name in MEASURES} == pytest.approx(slow)
    assert all(found[name].low <= found[name].high for name in MEASURES)
    assert measure_clusters(cluster, owner, rounds=50) == found, "the same draws each time"


def test_perfect_clusters_stay_perfect_in_every_draw() -> None:
    owner = np.repeat(np.arange(6), 7)
    for figure in measure_clusters(owner * 3, owner, rounds=40).values():
        assert (figure.value, figure.low, figure.high) == pytest.approx((1, 1, 1))


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """Owners drawn from a population: its precision lies in about 95 of 100 intervals, and never in all by width alone."""
    rng = np.random.default_rng(5)
    inside, widths = 0, []
    for _ in range(60):
        owner, cluster = [], []
        for number in range(60):
            wrong = rng.random() < 0.3
            owner += [number] * 4
            cluster += [1000 + number // 2] * 2 + [number] * 2 if wrong else [number] * 4
        found = measure_clusters(np.array(cluster), np.array(owner), rounds=200, seed=int(rng.integers(1 << 30)))["recall"]
        inside += found.low <= (0.7 * 6 + 0.3 * 2) / 6 <= found.high
        widths.append(found.high - found.low)
    assert 50 <= inside <= 60
    assert max(widths) < 0.25


def test_owners_from_a_table_and_from_wallets(tmp_path: Path) -> None:
    table = tmp_path / "owners.csv"
    table.write_text("address,owner\n1a,ann\n1b,ben\n")
    assert read_owners(table) == {"1a": "ann", "1b": "ben"}
    wallets = tmp_path / "wallets.json"
    wallets.write_text(json.dumps({"ann": ["1a", {"address": "1c"}], "ben": {"1b": {"label": "x"}}}))
    assert read_owners(wallets) == {"1a": "ann", "1c": "ann", "1b": "ben"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("address,owner\n1a,ann\n1a,ben\n", "row 3: address 1a has the owners 'ann' and 'ben'"),
        ("address,name\n1a,ann\n", "row 1 has no columns address and owner"),
        ("address,owner\n1a,\n", "row 2: address or owner is empty"),
        ("address,owner\n", "names no owner"),
        ('{"ann": 5}', "'ann' holds no list"),
        ('{"ann": [5]}', "'ann' lists 5"),
        ('{"ann": [', "Expecting value"),
    ],
)
def test_owners_that_cannot_be_read_are_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "owners"
    path.write_text(text)
    with pytest.raises(SourceError) as raised:
        read_owners(path)
    assert said in str(raised.value)
