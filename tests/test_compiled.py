"""Loops on all cores give what one core gives, and lose no place between two pieces."""

from __future__ import annotations

import os
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from trails.clustering.arrays import take_low_words
from trails.compiled import run_ahead, run_in_pieces
from trails.errors import AmountError


@pytest.mark.parametrize(("cores", "count", "pieces"), [(3, 1_000_001, 3), (8, 250_000, 2), (1, 900_000, 1), (4, 5, 1), (4, 0, 1)])
def test_every_place_is_visited_once(monkeypatch: pytest.MonkeyPatch, cores: int, count: int, pieces: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    visits = np.zeros(count, np.int64)
    calls: list[tuple[int, int]] = []

    def visit(begin: int, end: int) -> None:
        visits[begin:end] += 1
        calls.append((begin, end))

    run_in_pieces(visit, count)
    assert len(calls) == pieces
    assert (visits == 1).all()


def test_an_error_in_a_piece_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    def fail(begin: int, _: int) -> None:
        if begin:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_in_pieces(fail, 400_000)


@pytest.mark.parametrize("cores", [1, 3])
def test_what_is_computed_ahead_comes_in_order(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert list(run_ahead(abs, range(-20, 0))) == list(range(20, 0, -1))
    assert list(run_ahead(abs, [])) == []


def test_the_pieces_of_a_compiled_loop_are_its_whole() -> None:
    from trails.ownership.loops import measure_transactions

    rng = np.random.default_rng(5)
    starts = [np.append(0, np.cumsum(rng.integers(1, 6, 400))) for _ in range(2)]
    node = rng.integers(1, 9, starts[0][-1]).astype(np.int32)
    amount = rng.choice([0, 4_000, 7_000, 9_000, 12_345], starts[1][-1])
    whole, parts = np.zeros((400, 10), np.int64), np.zeros((400, 10), np.int64)
    measure_transactions(0, 400, whole, starts[0], node, starts[1], amount, 5_000)
    for begin, end in ((0, 1), (1, 173), (173, 400)):
        measure_transactions(begin, end, parts, starts[0], node, starts[1], amount, 5_000)
    assert (whole == parts).all()
    assert whole[:, 4].max() > 1


def test_amounts_are_read_without_a_conversion_and_none_is_cut() -> None:
    numbers = [0, 1, -1, 2**63 - 1, -(2**63), 21 * 10**14]
    column = pa.array([Decimal(7), *map(Decimal, numbers)], pa.decimal128(38, 0))
    assert take_low_words(column[1:]).tolist() == numbers, "a slice begins where it says"
    with pytest.raises(AmountError, match=str(2**63)):
        take_low_words(pa.array([Decimal(5), Decimal(2**63)], pa.decimal128(38, 0)))
