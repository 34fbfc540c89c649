"""More sums in messages: what was cut, lost or put together with its neighbour before, each tiny."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages import find_content, make_rules

PLAIN = make_rules(None, "x")


def found(text: str) -> list[tuple[str, str]]:
    return [(piece.kind.removeprefix("amount_"), piece.text) for piece in find_content(text, PLAIN)]


@pytest.mark.parametrize(
    "text",
    [
        "2 hiljade i 500 eura", "1 milyon ve 200 bin TL", "2 tausend und 500 Euro", "2 тысячи и 500 рублей", "2 mijë e 500 euro",
        "2 eura i po", "۵ دلار و نیم", "5 KM i 50 feninga", "500 Euro und 50 Cent", "3 millions de dinars", "1 million d'euros",
        "2 milioni di euro", "1⅓ lakh rupees", "1′500 CHF", "500💶EUR", "EUR -500", "$-500", "EUR = 500", "500р", "5 т.р",
        "٢٬٥٠٠٫٧٥ ر.س", "500 د.إ", "₹2.5L", "2.5L INR", "USDT TRC20: 1500", "usdt trc20 1000", "1000 avroya", "500 دۆلارە",
        "5000 tk", "500 000 FCFA", "5\u3164000 EUR", "5\u2060\u115f00 EUR",
    ],
)  # fmt: skip
def test_a_sum_is_found_whole(text: str) -> None:
    assert found(text) == [("mentioned", text)]


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("500 i 300 EUR",) * 2, ("500 ve 300 euro",) * 2, ("۵۰۰ و ۳۰۰ دلار",) * 2, ("5k i 10k eura",) * 2,
        ("۵ هزار و ۱۰ هزار دلار",) * 2, ("2 lakh 3 lakh rupees",) * 2, ("500 ose 600 euro",) * 2, ("500 ya da 600 euro",) * 2,
        ("500 up to 700 euro",) * 2, ("500 bis zu 700 Euro",) * 2, ("500→700€",) * 2, ("500±50 €",) * 2, ("2·500 €",) * 2,
        ("30 t 500 EUR",) * 2, ("1  500 €",) * 2, ("$5 .000",) * 2, ("5OO EUR",) * 2, ("$5⁹⁹",) * 2,
        ("5\u03380\u03380\u0338 EUR",) * 2,
        ("061 123 456 500 EUR",) * 2, ("500;300 EUR",) * 2, ("500 (EUR)", "500 (EUR"), ("500 👉 EUR",) * 2, ("500 💶",) * 2,
        ("_500_ EUR", "500_ EUR"), ("EUR - 500",) * 2, ("3 soma",) * 2, ("j6t500 USDT", "500 USDT"),
    ],
)  # fmt: skip
def test_what_is_not_one_sum_is_noted_as_unclear(text: str, unclear: str) -> None:
    assert found(text) == [("unclear", unclear)]


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("TRC20 500 usdt", ["500 usdt"]), ("TRC 20 500 usdt", ["500 usdt"]),
        ("1000 usdt trc20 500 usdt", ["1000 usdt", "500 usdt"]),
        ("1000 EUR 5%", ["1000 EUR"]), ("5% 1000 EUR", ["1000 EUR"]), ("stan 45m2 300€", ["300€"]), ("_500€_", ["500€"]),
        ("500 EUR i 3 osobe", ["500 EUR"]),
        ("EUR 500 i 3 osobe", ["EUR 500"]), ("500 EUR (EUR)", ["500 EUR"]), ("1) EUR 500", ["EUR 500"]),
    ],
)  # fmt: skip
def test_each_number_keeps_its_own_currency(text: str, sums: list[str]) -> None:
    assert found(text) == [("mentioned", each) for each in sums]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kod 4718 i 1500 eura", ["code_quoted", "amount_mentioned"]),
        ("kod 4718 - 1500 EUR", ["code_quoted", "amount_mentioned"]),
        ("رمز: ۴۷۱۸ – ۱۵۰۰$", ["code_quoted", "amount_mentioned"]),
        ("رمز حواله ۴۷۱۸", ["code_quoted"]), ("الرمز 4718", ["code_quoted"]),
        ("kodi: 4718", ["code_quoted"]), ("error code 404", []),
    ],
)  # fmt: skip
def test_a_dash_with_gaps_parts_a_code_from_its_sum(text: str, kinds: list[str]) -> None:
    assert [piece.kind for piece in find_content(text, PLAIN)] == kinds


_AND = st.sampled_from(["i", "and", "und", "et", "ve", "и", "و", "dhe"])


@given(st.integers(100, 999), _AND, st.integers(100, 999), st.sampled_from(["EUR", "dolara", "евра", "دلار"]))
def test_numbers_joined_by_and_are_never_cut(left: int, word: str, right: int, unit: str) -> None:
    written = f"{left} {word} {right} {unit}"
    assert found(written) == [("unclear", written)]


@pytest.mark.parametrize("unit", ["k", "Aa", "T", "5k", "5 lakh ", "\u200b", "5 i ", "5O", "EUR ", "ر\u064b"])
def test_a_hostile_message_costs_no_more_than_its_length(unit: str) -> None:
    began = time.process_time()
    find_content("5 EUR " + (unit * 90_000)[:90_000], PLAIN)
    assert time.process_time() - began < 5
