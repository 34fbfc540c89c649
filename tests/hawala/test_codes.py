from __future__ import annotations

import pandas as pd
import pytest
from trails.hawala.codes import check_codes, find_code_reuse

from tests.links.small_case import SmallCase, cell, shuffled


def code_case(**amounts: int | None) -> SmallCase:
    case = SmallCase()
    code = case.node("4718", "hawala", "junction")
    payer, payee, office = (case.node(name, "hawala") for name in ("payer", "payee", "office"))
    ends = {"deposit": (payer, code), "payout": (code, payee), "refund": (code, payer), "fee": (code, office)}
    for kind, amount in amounts.items():
        case.move(*ends[kind], amount, kind=kind, asset="EUR")
    return case


@pytest.mark.parametrize(
    ("amounts", "state", "difference"),
    [
        ({"deposit": 1000, "payout": 900, "fee": 100}, "balanced", 0),
        ({"deposit": 1000, "refund": 950, "fee": 50}, "balanced", 0),
        ({"deposit": 1000, "payout": 400}, "open", 600),
        ({"deposit": 1000, "payout": 1015}, "balanced", -15),
        ({"deposit": 1000, "payout": 1500}, "over", -500),
        ({"payout": 1500}, "over", -1500),
        ({"deposit": None, "payout": 1500}, "unknown", -1500),
    ],
)
def test_balance(amounts: dict[str, int | None], state: str, difference: int) -> None:
    tables = code_case(**amounts).tables()
    row = check_codes(tables.transfers, tables.nodes).iloc[0]
    assert (row["state"], row["difference"]) == (state, difference)


def test_two_currencies_on_one_code_are_not_compared() -> None:
    case = code_case(deposit=1000)
    case.move(1, 3, 1100, kind="payout", asset="USD")
    tables = case.tables()
    found = check_codes(tables.transfers, tables.nodes)
    assert found[["asset", "state"]].to_numpy().tolist() == [["EUR", "mixed"], ["USD", "mixed"]]
    pd.testing.assert_frame_equal(found, check_codes(shuffled(tables, 1).transfers, tables.nodes))


@pytest.mark.parametrize(("days", "reused"), [(0, True), (90, True), (91, False)])
def test_two_payers_within_ninety_days_are_reuse(days: int, reused: bool) -> None:
    case = SmallCase()
    code = case.node("4718", "hawala", "junction")
    one, two = case.node("a", "hawala"), case.node("b", "hawala")
    case.move(one, code, kind="deposit", asset="EUR", at=0)
    case.move(one, code, kind="deposit", asset="EUR", at=-24 * 5)
    case.move(two, code, kind="deposit", asset="EUR", at=24 * days)
    case.move(two, code, kind="deposit", asset="EUR", at=None)
    tables = case.tables()
    found = find_code_reuse(tables.transfers, tables.nodes)
    assert len(found) == int(reused)
    if reused:
        assert cell(found, 0, "days") == days
        assert cell(found, 0, "payers") == "[2, 3]"


def test_one_payer_twice_is_no_reuse() -> None:
    case = code_case(deposit=1)
    case.move(2, 1, 5, kind="deposit", asset="EUR")
    tables = case.tables()
    assert find_code_reuse(tables.transfers, tables.nodes).empty
