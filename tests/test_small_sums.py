"""Fuel and dust are no payments: by what they were worth, or by how many coins where no rate says."""

from __future__ import annotations

import pytest

from tests.links.small_case import SmallCase
from trails.small_sums import flag_payments

COIN = {"TRX": 6, "ETH": 18, "BNB": 18, "BTC": 8, "USDT@tron": 6, "USDT@bsc": 18, "EUR": 2, "0xfake@ethereum": 6}


def counts(asset: str, units: str, *, rate: str = "", fuel: float = 20, dust: float = 1, status: str = "ok") -> bool:
    case = SmallCase()
    amount = round(float(units) * 10 ** COIN[asset])
    case.move(case.node("Ta"), case.node("Tb"), amount, asset=asset, status=status)
    if rate:
        case.price({"TRX": "TRX", "ETH": "ETH", "BNB": "BNB", "BTC": "BTC"}.get(asset, asset), "USD", rate)
    tables = case.tables()
    return bool(flag_payments(tables.transfers, tables.assets, tables.prices, fuel_usd=fuel, dust_usd=dust).iloc[0])


@pytest.mark.parametrize(("asset", "below", "from_here_on"), [
    ("TRX", "99.999999", "100"), ("ETH", "0.00999", "0.01"), ("BNB", "0.01999", "0.02"), ("USDT@tron", "0.999999", "1"),
    ("USDT@bsc", "0.99", "1"),
])  # fmt: skip
def test_the_floors_where_nothing_values_a_coin_and_of_a_dollar(asset: str, below: str, from_here_on: str) -> None:
    assert not counts(asset, below)
    assert counts(asset, from_here_on)


def test_a_rate_decides_where_there_is_one() -> None:
    assert not counts("TRX", "150", rate="0.1")
    assert counts("TRX", "99", rate="0.3")
    assert not counts("BTC", "0.00001", rate="60000")
    assert counts("BTC", "0.00002", rate="60000")
    assert not counts("EUR", "0.80", rate="1.1")
    assert counts("EUR", "0.95", rate="1.1")


def test_the_floors_are_settings() -> None:
    assert counts("TRX", "150", rate="0.1", fuel=10)
    assert not counts("USDT@tron", "4", dust=5)
    assert counts("TRX", "0.5", rate="0.1", fuel=0, dust=0)


def test_what_nothing_values_is_a_payment_unless_it_is_a_chains_own_coin() -> None:
    assert counts("0xfake@ethereum", "0.000001")


def test_what_did_not_move_is_none() -> None:
    assert not counts("USDT@tron", "50", status="failed")
    assert not counts("USDT@tron", "0")


def test_an_unknown_amount_is_a_payment_and_every_row_keeps_its_place() -> None:
    case = SmallCase()
    a, b = case.node("Ta"), case.node("Tb")
    for amount in (None, 5, 5_000_000):
        case.move(a, b, amount)
    tables = case.tables()
    shuffled = tables.transfers.iloc[[2, 0, 1]]
    found = flag_payments(shuffled, tables.assets, tables.prices, fuel_usd=20, dust_usd=1)
    assert found.tolist() == [True, True, False]
    assert flag_payments(tables.transfers.iloc[:0], tables.assets, tables.prices, fuel_usd=20, dust_usd=1).empty
