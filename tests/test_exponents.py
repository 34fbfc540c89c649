"""Numbers in scientific form are read exactly, or refused where a spreadsheet has cut them; a doubt is said."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import rates, wallet_history
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import AmountError
from trails.money import expand_exponent, may_lack_digits

TX, TO = "8f" * 32, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"


@given(st.decimals(min_value=0, max_value=10**9, places=12), st.integers(0, 30))
def test_the_same_number_in_plain_digits(number: Decimal, places: int) -> None:
    for text in (f"{number:.{places}E}", f"{number:.{places}e}"):
        try:
            plain = expand_exponent(text)
        except AmountError:
            assert int(text.upper().partition("E")[2]) > places, "only what does not show all its digits is refused"
        else:
            assert "e" not in plain.lower()
            assert Decimal(plain) == Decimal(text)


@pytest.mark.parametrize("text", ["4.73E+14", "1E+3", "1.5e21", "1E-999", "1E+999"])
def test_a_number_that_does_not_show_its_digits_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        expand_exponent(text)


def trezor_first(folder: Path, fee: str, total: str, kind: str = "SELF") -> Reading:
    text = (
        "Date & Time;Type;Transaction ID;Addresses;Fee;Total\n"
        f"2/29/2024, 11:45:34 AM;{kind};{TX};{TO};{fee};{total}\n"
    )
    return read_all(wallet_history, make_source(folder, text, "trezor.csv"), ReadOptions(timezone="UTC"))


def test_a_fee_in_scientific_form(tmp_path: Path) -> None:
    found = trezor_first(tmp_path, "8.36E-05", "8.36E-05")
    assert [(t.kind, t.amount) for t in found.transfers] == [("transfer", 8_360), ("fee", 8_360)]
    assert not found.issues


@pytest.mark.parametrize(
    ("fee", "graded"),
    [
        ("5.00E-05", {("warning", "amount_scientific"): 1}),
        ("8,36E-05", {}),
        ("8.36123E-05", {("error", "amount"): 1}),
        ("8.36E+05", {("error", "amount"): 1}),
        ("E-05", {("error", "amount"): 1}),
    ],
)
def test_a_fee_of_which_digits_may_be_lost(tmp_path: Path, fee: str, graded: dict[tuple[str, str], int]) -> None:
    assert trezor_first(tmp_path, fee, "0.1").graded == graded


def test_histories_that_a_spreadsheet_saved(tmp_path: Path) -> None:
    electrum = (
        "transaction_hash,label,confirmations,value,fiat_value,fee,fiat_fee,timestamp\n"
        f"{TX},rent,5,-2E-05,,8.36E-06,,29/06/2018 15:52\n"
    )
    found = read_all(
        wallet_history, make_source(tmp_path, electrum, "electrum.csv"), ReadOptions(timezone="UTC", date_order="dmy")
    )
    assert [(t.kind, t.amount) for t in found.transfers] == [("transfer", 2_000), ("fee", 836)]
    assert {(str(t.time.time), t.time.error_s) for t in found.transfers} == {("2018-06-29 15:52:00+00:00", 7_260)}
    sparrow = f"Date (UTC),Label,Value,Balance,Fee,Txid\n31/12/2024 12:33,rent,-2E-05,8E-05,,{TX}\n"
    found = read_all(wallet_history, make_source(tmp_path, sparrow, "sparrow.csv"), ReadOptions(date_order="dmy"))
    assert [t.amount for t in found.transfers] == [2_000], "no number has a point, and yet the unit is BTC"


def test_a_small_rate(tmp_path: Path) -> None:
    text = "date,base,quote,rate,source\n2024-08-02,TRX,BTC,2.1E-06,made up\n2024-08-02,IRR,USD,4.7E+05,made up\n"
    found = read_all(rates, make_source(tmp_path, text, "rates.csv"))
    assert [str(price.rate) for price in found.prices] == ["0.0000021"]
    assert found.errors == [(3, "rate_damaged")]


@given(st.text("0123456789.eE+-", max_size=12))
def test_any_text_is_a_number_or_none(text: str) -> None:
    may_lack_digits(text)
    try:
        expand_exponent(text)
    except AmountError:
        return
