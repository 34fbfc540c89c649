from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from trails.hawala.assign import assign_pairs

LIMITS = {"least": 0.0, "block_cells": 4_000_000, "block_size": 20_000}


def best_sum(pairs: dict[tuple[int, int], float], records: list[int]) -> float:
    """The greatest sum of weights with each side used once, by trying everything."""
    if not records:
        return 0.0
    options = [best_sum(pairs, records[1:])]
    for (record, place), weight in pairs.items():
        if record == records[0]:
            options.append(weight + best_sum({pair: w for pair, w in pairs.items() if pair[1] != place}, records[1:]))
    return max(options)


def draw(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    records, places = int(rng.integers(1, 6)), int(rng.integers(1, 7))
    listed = [(r, p) for r, p in product(range(records), range(places)) if rng.random() < 0.6]
    record, place = (np.array([pair[side] for pair in listed], dtype=np.int64) for side in (0, 1))
    return record * 10, place * 7, rng.integers(-3, 12, len(listed)).astype(float)


@pytest.mark.parametrize("cells", [4_000_000, 0])
@pytest.mark.parametrize("seed", range(40))
def test_the_sum_is_the_greatest_there_is(seed: int, cells: int) -> None:
    record, place, weight = draw(seed)
    made = assign_pairs(record, place, weight, **{**LIMITS, "block_cells": cells})  # type: ignore[arg-type]
    chosen = made.chosen
    assert len(set(record[chosen])) == len(set(place[chosen])) == chosen.sum()
    positive = {(int(r), int(p)): float(w) for r, p, w in zip(record, place, weight, strict=True) if w > 0}
    assert weight[chosen].sum() == pytest.approx(best_sum(positive, sorted({r for r, _ in positive})))
    assert (made.inexact_blocks, made.may_lose) == (0, 0.0)


@pytest.mark.parametrize("seed", range(40))
def test_a_block_too_large_says_so_and_by_how_much_it_may_be_off(seed: int) -> None:
    record, place, weight = draw(seed)
    made = assign_pairs(record, place, weight, **{**LIMITS, "block_size": 1})  # type: ignore[arg-type]
    exact = assign_pairs(record, place, weight, **LIMITS)  # type: ignore[arg-type]
    lost = weight[exact.chosen].sum() - weight[made.chosen].sum()
    assert 0 <= lost <= made.may_lose + 1e-9
    assert made.inexact_blocks == 0 or made.chosen.sum() > 0


def test_pairs_below_the_least_are_never_chosen() -> None:
    made = assign_pairs(np.array([1]), np.array([1]), np.array([-8.0]), least=-7.0, block_cells=10, block_size=10)
    assert made.chosen.tolist() == [False]
