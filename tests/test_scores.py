"""Shares with intervals, Cllr and calibration, against figures worked out by hand or another way."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from trails.evaluate.scores import Count, bin_calibration, measure_cllr, score_counts, share_of


def test_shares_of_several_cases_are_of_their_sums() -> None:
    scored = score_counts([[Count("a", "x", 1, 2, 1, 4)], [Count("a", "x", 3, 4, 3, 4)]])[0]
    assert (scored.right, scored.claimed, scored.found, scored.there) == (4, 6, 4, 8)
    assert scored.precision.value == pytest.approx(4 / 6)
    assert scored.recall.value == pytest.approx(0.5)
    assert scored.f1.value == pytest.approx(2 * (4 / 6) * 0.5 / (4 / 6 + 0.5))
    assert (scored.precision.low, scored.precision.high) == (0.5, 0.75)


def test_all_right_everywhere_still_says_how_bad_it_may_be() -> None:
    scored = score_counts([[Count("a", "x", 5, 5, 0, 5)], [Count("a", "x", 5, 5, 0, 5)]])[0]
    assert scored.precision == share_of(10, 10)
    assert scored.recall == share_of(0, 10)


def test_cases_without_a_row_count_as_nothing_said() -> None:
    scored = score_counts([[Count("a", "x", 1, 1, 1, 1)], []])[0]
    assert scored.precision.value == 1.0


def test_where_nothing_was_said_there_is_no_share() -> None:
    scored = score_counts([[Count("a", "x", 0, 0, 0, 3)]])[0]
    assert scored.precision.value is None
    assert scored.recall.value == 0.0
    assert scored.f1.value is None
    assert str(scored.precision) == "none"


def test_rows_come_by_inference() -> None:
    counts = [[Count("a", "1", 1, 1, 1, 1), Count("b", "1", 1, 1, 1, 1)], [Count("a", "2", 1, 1, 1, 1)]]
    assert [(each.inference, each.what) for each in score_counts(counts)] == [("a", "1"), ("a", "2"), ("b", "1")]


def test_the_same_counts_give_the_same_intervals() -> None:
    counts = [[Count("a", "x", n, 10, n, 20)] for n in range(8)]
    assert score_counts(counts) == score_counts(counts)


@pytest.mark.parametrize(("part", "whole", "low", "high"), [(0, 10, 0.0, 0.3085), (5, 10, 0.1871, 0.8129), (10, 10, 0.6915, 1.0)])
def test_exact_binomial_intervals(part: int, whole: int, low: float, high: float) -> None:
    share = share_of(part, whole)
    assert share.low == pytest.approx(low, abs=1e-4)
    assert share.high == pytest.approx(high, abs=1e-4)


def brute_cllr(true: list[float], false: list[float]) -> float:
    return 0.5 * (
        sum(math.log2(1 + 1 / ratio) for ratio in true) / len(true) + sum(math.log2(1 + ratio) for ratio in false) / len(false)
    )


def test_cllr_is_the_mean_cost_in_bits() -> None:
    assert measure_cllr([10.0, 100.0], [0.1, 1.0])[0] == pytest.approx(brute_cllr([10.0, 100.0], [0.1, 1.0]))


def test_cllr_of_ratios_that_separate_can_be_made_nothing_and_of_silence_is_one() -> None:
    assert measure_cllr([2.0, 3.0], [0.5, 0.4])[1] == pytest.approx(0.0, abs=1e-12)
    assert measure_cllr([1.0], [1.0]) == (1.0, 1.0)
    wrong, least = measure_cllr([0.01, 0.02], [50.0, 60.0])
    assert wrong > 5
    assert least <= 1.0


@pytest.mark.parametrize("seed", range(5))
def test_the_minimum_is_never_above_any_rescaling(seed: int) -> None:
    rng = random.Random(seed)
    true = [math.exp(rng.gauss(1, 1)) for _ in range(60)]
    false = [math.exp(rng.gauss(-1, 1)) for _ in range(80)]
    cllr, least = measure_cllr(true, false)
    assert 0 <= least <= cllr
    for power in (0.25, 0.5, 1.5, 2.0, 4.0):
        for factor in (0.2, 1.0, 5.0):
            assert least <= brute_cllr([factor * x**power for x in true], [factor * x**power for x in false]) + 1e-9


@pytest.mark.parametrize(("true", "false"), [([], [1.0]), ([1.0], []), ([0.0], [1.0]), ([1.0], [-1.0])])
def test_cllr_refuses_what_is_no_ratio(true: list[float], false: list[float]) -> None:
    with pytest.raises(ValueError, match=r"ratio"):
        measure_cllr(true, false)


def test_bins_hold_every_statement_once() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(101).tolist()
    bins = bin_calibration(said, [value > 0.5 for value in said])
    assert sum(each.count for each in bins) == 101
    assert [each.said for each in bins] == sorted(each.said for each in bins)
    assert bins[0].was == 0.0
    assert bins[-1].was == 1.0
    assert bin_calibration([], []) == []
