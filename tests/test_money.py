"""Exact amounts: declared marks only, nothing guessed, nothing rounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trails.errors import AmountError
from trails.money import MAX_AMOUNT, as_decimal, currency, format_units, parse_amount, parse_units, token


@pytest.mark.parametrize(
    ("text", "decimal_mark", "thousands_mark", "cents"),
    [
        ("4.500", ",", ".", 450_000),
        ("4.500", ".", ",", 450),
        ("4,500", ".", ",", 450_000),
        ("1 250,5", ",", " ", 125_050),
        ("۳٬۵۰۰", ".", ",", 350_000),
        ("-12,30", ",", ".", -1230),
    ],
)
def test_marks_decide_what_a_sum_is(text: str, decimal_mark: str, thousands_mark: str, cents: int) -> None:
    assert parse_amount(text, 2, decimal_mark=decimal_mark, thousands_mark=thousands_mark) == cents


@pytest.mark.parametrize("text", ["4.500", "45.00,1", "1.2.3", "12,345", "", "abc", "1e5", "٤,٥٥٥", "--5"])
def test_what_does_not_fit_the_declared_marks_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text, 2, decimal_mark=",", thousands_mark="")


def test_more_digits_than_fit_are_refused_aloud() -> None:
    assert parse_units(str(MAX_AMOUNT), 0) == MAX_AMOUNT
    with pytest.raises(AmountError, match="39 digits"):
        parse_units("1" + "0" * 38, 0)
    with pytest.raises(AmountError, match="at most 38"):
        parse_units("9" * 100, 18)
    with pytest.raises(AmountError, match="more than the 6 decimal places"):
        parse_units("1.0000001", 6)


@given(st.integers(-MAX_AMOUNT, MAX_AMOUNT), st.integers(0, 18))
def test_units_and_decimals_go_round(amount: int, decimals: int) -> None:
    value = as_decimal(amount, decimals)
    assert parse_units(f"{value:f}", decimals) == amount
    shown = format_units(amount, decimals).replace(",", "")
    assert parse_units(shown, decimals) == amount


def test_usdt_is_the_contract_and_never_the_symbol() -> None:
    for rail, contract, decimals in (
        ("tron", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", 6),
        ("ethereum", "0xdAC17F958D2ee523a2206206994597C13D831ec7", 6),
        ("bsc", "0x55d398326f99059fF775485246999027B3197955", 18),
    ):
        found = token(rail, contract, "anything", 2)
        assert (found.asset, found.decimals) == (f"USDT@{rail}", decimals)
    assert token("bsc", "0xdAC17F958D2ee523a2206206994597C13D831ec7", "USDT", 6).asset != "USDT@bsc"


def test_currencies_are_iso_and_others_are_refused() -> None:
    assert (currency("bam").asset, currency("JPY").decimals) == ("BAM", 0)
    with pytest.raises(AmountError, match="ISO 4217"):
        currency("KM")
