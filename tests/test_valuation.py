from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, cell, shuffled
from trails.valuation import PEGS, value_transfers

if TYPE_CHECKING:
    from trails.graph import CaseTables


def value(case: SmallCase, **options: object) -> pd.DataFrame:
    tables = case.tables()
    return value_transfers(tables.transfers, tables.assets, tables.prices, **options)  # type: ignore[arg-type]


def one(
    asset: str, amount: int | None, *prices: tuple[str, str, str], at: float | None = 10, **options: object
) -> dict[str, Any]:
    case = SmallCase()
    case.move(1, 2, amount, asset=asset, at=at)
    for base, quote, rate in prices:
        case.price(base, quote, rate, at=5)
    return {str(name): item for name, item in value(case, **options).iloc[0].items()}


@pytest.mark.parametrize(
    ("asset", "amount", "prices", "reference", "expected"),
    [
        ("USD", 1234, (), "USD", "12.34"),
        ("EUR", 10_000, (("EUR", "USD", "1.0888"),), "USD", "108.88"),
        ("USD", 10_888, (("EUR", "USD", "1.0888"),), "EUR", "100"),
        ("BTC", 50_000_000, (("BTC", "EUR", "60000"), ("EUR", "USD", "1.1")), "USD", "33000"),
        ("USDT@tron", 680_000_000, (), "USD", "680"),
        ("USDT@bsc", 680 * 10**18, (), "USD", "680"),
        ("USDT@tron", 680_000_000, (("USDT", "USD", "0.97"),), "USD", "659.6"),
        ("BAM", 195_583, (), "EUR", "1000"),
        ("BAM", 195_583, (("EUR", "USD", "1.1"),), "USD", "1100"),
        ("EUR", 100_000, (), "BAM", "1955.83"),
        ("AED", 36_725, (), "USD", "100"),
        ("SAR", 100_000, (("EUR", "USD", "1.25"),), "EUR", "213.333333333333"),
        ("JOD", 709, (), "USD", "1"),
        ("USDT@tron", 1_100_000, (("EUR", "USD", "1.1"),), "BAM", "1.95583"),
    ],
)
def test_values(
    asset: str, amount: int, prices: tuple[tuple[str, str, str], ...], reference: str, expected: str
) -> None:
    assert one(asset, amount, *prices, reference=reference)["value"] == Decimal(expected)


def test_the_rate_and_its_price_are_named() -> None:
    row = one("BTC", 1, ("BTC", "EUR", "60000.50"), ("EUR", "USD", "1.1"))
    first, second = (
        "1 BTC = 60000.5 EUR (on 2024-08-01, test; price 1)",
        "1 EUR = 1.1 USD (on 2024-08-01, test; price 2)",
    )
    assert row["rate_text"] == f"{first}, {second}"
    assert row["rate_price_id"] == 1
    assert "assumption" in one("USDT@tron", 1)["note"]
    assert "1.95583" in one("BAM", 1, reference="EUR")["note"]


@pytest.mark.parametrize(
    ("asset", "amount", "at", "reason"),
    [
        ("0xfake@ethereum", 5, 10, "no known currency"),  # it calls itself USDT
        ("unheard", 5, 10, "no known currency"),
        ("EUR", None, 10, "states the amount"),
        ("EUR", 5, None, "time is unknown"),
        ("EUR", 5, 4, "no source states a rate"),  # before the first rate
        ("BTC", 5, 10, "no source states a rate"),
    ],
)
def test_no_value_without_a_reason(asset: str, amount: int | None, at: float | None, reason: str) -> None:
    row = one(asset, amount, ("EUR", "USD", "1.1"), at=at)
    assert row["value"] is None
    assert reason in row["note"]


def test_pegs_need_no_time() -> None:
    assert one("USDT@tron", 1_000_000, at=None)["value"] == 1


def test_an_old_rate_is_used_and_noted_and_a_fresh_detour_preferred() -> None:
    case = SmallCase()
    case.move(1, 2, 100, asset="EUR", at=100)
    case.price("EUR", "USD", "1.5", at=0)
    assert cell(value(case), 0, "note") == "rate older than 3 days"
    assert cell(value(case, max_age_days=5), 0, "note") == ""
    case.price("EUR", "CHF", "1.0", at=99)
    case.price("CHF", "USD", "1.2", at=99)
    assert cell(value(case), 0, "value") == Decimal("1.2")


def test_old_rates_are_marked() -> None:
    case = SmallCase()
    case.move(1, 2, 100, asset="EUR", at=100)
    case.move(1, 2, 100, asset="EUR", at=20)
    case.price("EUR", "USD", "1.5", at=0)
    assert value(case)["old_rate"].tolist() == [True, False]


def test_every_peg_names_its_reason_and_is_near_its_inverse() -> None:
    for code, peg in PEGS.items():
        assert code in peg.note
        assert peg.symbol in peg.note
        assert Fraction(1, 10) < peg.rate < 3


def test_a_dealers_side_is_named() -> None:
    case = SmallCase()
    case.move(1, 2, 58_850_000, asset="IRR", at=10)
    case.price("USD", "IRR", "588500", at=5, origin="bazaar (buy)")
    case.price("USD", "IRR", "589500", at=5, origin="bazaar (sell)")
    row = value(case).iloc[0]
    assert row["value"] == 1
    assert "buying rate" in row["note"]
    assert "bazaar (buy)" in row["rate_text"]


def test_a_rate_of_the_day_holds_for_its_whole_day() -> None:
    case = SmallCase()
    case.move(1, 2, 100, asset="EUR", at=25)
    case.price("EUR", "USD", "2", at=36, error=12 * 3600)
    assert cell(value(case), 0, "value") == 2


@pytest.mark.parametrize("seed", range(5))
def test_values_are_exact_and_do_not_depend_on_row_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = SmallCase()
    rates = [str(Decimal(int(rng.integers(9_000, 12_000))) / 10_000) for _ in range(6)]
    for day, rate in enumerate(rates):
        case.price("EUR", "USD", rate, at=24 * day)
    amounts = [int(rng.integers(1, 10**9)) * 10 ** int(rng.integers(0, 20)) for _ in range(50)]
    hours = [float(rng.integers(0, 140)) for _ in amounts]
    for amount, at in zip(amounts, hours, strict=True):
        case.move(1, 2, amount, asset="EUR", at=at)
    tables = case.tables()
    found = value(case)
    for row, (amount, at) in enumerate(zip(amounts, hours, strict=True)):
        exact = Fraction(amount, 100) * Fraction(rates[min(int(at // 24), 5)])
        assert Fraction(cell(found, row, "value")) == exact
    other: CaseTables = shuffled(tables, seed)
    pd.testing.assert_frame_equal(found, value_transfers(other.transfers, other.assets, other.prices))
