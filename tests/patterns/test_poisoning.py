"""Address poisoning and counterfeit tokens are found where they are, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from trails.graph import CaseTables, make_table
from trails.money import USDT_CONTRACTS
from trails.patterns.counterfeits import find_counterfeits
from trails.patterns.poisoning import find_poisoning

USDT, OTHER = "USDT@tron", "0xfake@tron"
ISSUER = USDT_CONTRACTS["tron"][0]
TRUE, LOOKALIKE, STRANGER, VICTIM = (
    "TGagiXXXXXXXXXXXXXXXXXXXXXXXXXkqLw",
    "TGaYYYYYYYYYYYYYYYYYYYYYYYYYYYkqLw",
    "TZZ9",
    "TVictim",
)
KEYS = [TRUE, LOOKALIKE, STRANGER, VICTIM]


def tables(*moves: tuple[int, int, int | None, str], rail: str = "tron", status: str = "ok") -> CaseTables:
    """Transfers (src, dst, amount, asset) between the nodes 1 to 4 of KEYS."""
    nodes = {"node_id": [1, 2, 3, 4], "kind": ["account"] * 4, "rail": [rail] * 4, "key": KEYS, "label": [None] * 4}
    assets = {"asset": [USDT, OTHER], "rail": ["tron"] * 2, "contract": [ISSUER, "0xfake"], "symbol": ["USDT", "USD\u20ae"],
              "decimals": [6, None]}  # fmt: skip
    count = len(moves)
    columns: dict[str, Any] = {
        "transfer_id": list(range(1, count + 1)), "public_id": [f"T{n:016x}" for n in range(count)],
        "src": [m[0] for m in moves], "dst": [m[1] for m in moves], "asset": [m[3] for m in moves],
        "amount": [m[2] for m in moves], "kind": ["transfer"] * count,
        "time": [pd.Timestamp("2024-08-02") + pd.Timedelta(hours=n) for n in range(count)], "time_error_s": [0] * count,
        "time_basis": ["chain"] * count, "seq": [None] * count, "status": [status] * count, "ref": ["x"] * count,
        "source_id": [1] * count, "row": list(range(1, count + 1)),
    }  # fmt: skip
    made = {"nodes": nodes, "assets": assets, "transfers": columns}
    rest = ("events", "tags", "prices", "judgements")
    return CaseTables(
        **{name: make_table(name, cells) for name, cells in made.items()},
        **{name: make_table(name, {}) for name in rest},
    )


PAID = (4, 1, 680_000_000, USDT)


@pytest.mark.parametrize("dust", [(2, 4, 0, USDT), (4, 2, 0, USDT), (2, 4, 10_000, USDT), (2, 4, 0, OTHER)])
def test_next_to_nothing_from_or_to_a_lookalike_of_a_true_counterparty(dust: tuple[int, int, int, str]) -> None:
    found = find_poisoning(tables(PAID, dust))
    assert found.to_dict("records") == [
        {
            "transfer_id": 2,
            "victim": 4,
            "lookalike": 2,
            "imitated": 1,
            "like_transfer_id": 1,
            "same_first": 2,
            "same_last": 4,
        }
    ]


@pytest.mark.parametrize(
    "moves",
    [
        (PAID, (2, 4, 10_001, USDT)),  # more than a cent is money
        (PAID, (3, 4, 0, USDT)),  # a stranger's address looks like nobody's
        (PAID, (1, 4, 0, USDT)),  # the true counterparty itself
        ((3, 1, 680_000_000, USDT), (2, 4, 0, USDT)),  # the victim never dealt with the imitated one
        (PAID, (2, 4, None, USDT)),  # an unknown amount is not next to nothing
        ((4, 1, 5, USDT), (2, 4, 0, USDT)),  # both are dust: no true payment to imitate
        (PAID, (2, 4, 1, OTHER)),  # without decimals only zero is known to be little
    ],
)
def test_everything_else_is_left_alone(moves: tuple[tuple[int, int, int, str], ...]) -> None:
    assert find_poisoning(tables(*moves)).empty


def test_a_failed_payment_is_no_true_one() -> None:
    assert find_poisoning(tables(PAID, (2, 4, 0, USDT), status="failed")).empty


def test_bitcoin_is_not_looked_at() -> None:
    assert find_poisoning(tables(PAID, (2, 4, 0, USDT), rail="bitcoin")).empty


def test_equals_brute_force_on_random_cases() -> None:
    random = np.random.default_rng(7)
    for _ in range(60):
        moves = [
            (int(a), int(b), int(random.choice([0, 5_000, 20_000, 10**6])), USDT)
            for a, b in random.integers(1, 5, (12, 2))
            if a != b
        ]
        found = find_poisoning(tables(*moves))
        got = set(found[["transfer_id", "victim", "lookalike", "imitated"]].itertuples(index=False, name=None))
        assert got == brute_force(moves)


def brute_force(moves: list[tuple[int, int, int, str]]) -> set[tuple[int, int, int, int]]:
    real = {(a, b) for src, dst, amount, _ in moves if amount > 10_000 for a, b in ((src, dst), (dst, src))}
    ends = {node: key[:3] + key[-4:] for node, key in enumerate(KEYS, start=1)}
    return {
        (number, victim, other, node)
        for number, (src, dst, amount, _) in enumerate(moves, start=1)
        if amount <= 10_000
        for victim, other in ((src, dst), (dst, src))
        for node in ends
        if node != other and (victim, node) in real and ends[node] == ends[other]
    }


def test_a_token_that_calls_itself_usdt_is_named_with_its_moves() -> None:
    found = find_counterfeits(tables(PAID, (3, 4, 9, OTHER), (3, 1, 9, OTHER)))
    assert found.to_dict("records") == [
        {
            "asset": OTHER,
            "contract": "0xfake",
            "symbol": "USD\u20ae",
            "transfers": 2,
            "receivers": 2,
            "first_transfer_id": 2,
        }
    ]
    assert find_counterfeits(tables(PAID)).empty
