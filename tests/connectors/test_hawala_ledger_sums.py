"""Sums as books write them, exactly, in every script; and each cell that must be refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hawala_ledger.sums import read_sums
from connectors.hawala_ledger.vocabulary import choose_vocabulary
from connectors.hawala_ledger.words import find_words, load_lists
from trails.columns import CellProblem
from trails.errors import AmountError, ValueProblem
from trails.identifiers import normalise_name
from trails.mapping import load_mapping
from trails.money import GOLD_GRAM, unit

COMMA = {"decimal_mark": ",", "thousands_mark": ".", "columns": {}, "currencies": {"gr": "XAU-g", "den": "MKD"}}
POINT = {"decimal_mark": ".", "thousands_mark": ",", "columns": {}}
SPACE = {"decimal_mark": ",", "thousands_mark": " ", "columns": {}}


def sums(
    text: str, marks: dict[str, Any] = COMMA, *, default: str | None = None, words: list[str] | None = None
) -> Any:
    data = {**marks, "words": list(load_lists()) if words is None else words, "layout": "lines"}
    mapping = load_mapping(data, choose_vocabulary(data))
    found = read_sums(text, mapping, find_words(mapping), unit(default) if default else None)
    return [(each.asset.asset, each.amount) for each in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4.500 €", [("EUR", 450_000)]), ("٤٥٠٠ يورو", [("EUR", 450_000)]), ("300e", [("EUR", 30_000)]),
        ("12.000 din", [("RSD", 1_200_000)]), ("12.000 din.", [("RSD", 1_200_000)]), ("€ 300", [("EUR", 30_000)]),
        ("1.425 € + 12,5 gr", [("EUR", 142_500), ("XAU-g", 12_500)]),
        ("300e ; 12.000 din", [("EUR", 30_000), ("RSD", 1_200_000)]),
        ("8 kom x 20 KM", [("BAM", 16_000)]), ("8 ком х 20 КМ", [("BAM", 16_000)]),
        ("5 gl x 250 = 1250e", [("EUR", 125_000)]), ("250e × 5 gl = 1250", [("EUR", 125_000)]),
        ("۲ لک کلدار", [("PKR", 20_000_000)]), ("2 لاکھ روپے", [("PKR", 20_000_000)]),
        ("२ लाख रुपये", [("INR", 20_000_000)]), ("1,5 करोड़ रुपये", [("INR", 1_500_000_000)]),
        ("1½ lakh kaldar", [("PKR", 15_000_000)]), ("½ لک افغانی", [("AFN", 5_000_000)]),
        ("2 لک 50 هزار افغانی", [("AFN", 25_000_000)]), ("۵۰۰ هزار تومان", [("IRR", 500_000_000)]),
        ("3 ألف دولار أمريكي", [("USD", 300_000)]), ("10 bin TL", [("TRY", 1_000_000)]),
        ("18.200 USDT", [("USDT", 18_200_000_000)]), ("0,00000001 BTC", [("BTC", 1)]), ("-500e", [("EUR", -50_000)]),
        ("\u22125 €", [("EUR", -500)]), ("\u200f4.500\u200f €", [("EUR", 450_000)]), ("100 ден", [("MKD", 10_000)]),
        ("12,345 gr", [("XAU-g", 12_345)]), ("۳٬۵۰۰٫۲۵ €", [("EUR", 350_025)]),
    ],
)  # fmt: skip
def test_sums(text: str, found: list[tuple[str, int]]) -> None:
    assert sums(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5k €", [("EUR", 500_000)]), ("20 k€", [("EUR", 2_000_000)]), ("€ 5 hiljada", [("EUR", 500_000)]),
        ("$2 million", [("USD", 200_000_000)]), ("1,5 mln €", [("EUR", 150_000_000)]), ("5 тыс €", [("EUR", 500_000)]),
        ("5 χιλιάδες ευρώ", [("EUR", 500_000)]), ("৫ হাজার টাকা", [("BDT", 500_000)]), ("5 hezar dolar", [("USD", 500_000)]),
        ("۵ كرور $", None), ("250,-€", [("EUR", 25_000)]), ("1.250,- €", [("EUR", 125_000)]), ("5000/- PKR", [("PKR", 500_000)]),
        ("US$500", [("USD", 50_000)]), ("USD$ 300", [("USD", 30_000)]), ("500 US dollars", [("USD", 50_000)]),
        ("gorivo € 300", [("EUR", 30_000)]), ("۳،۵۰۰ €", None), ("A$500", None), ("gorivo A$500", None),
        ("500 A$", None), ("€ gorivo $ 300", None),
    ],
)  # fmt: skip
def test_sums_in_the_words_of_chats(text: str, found: list[tuple[str, int]] | None) -> None:
    """A currency beside the number counts, whatever stands before it: it was taken for a part of the label."""
    if found is None:
        with pytest.raises(AmountError):
            sums(text, default="BAM")
    else:
        assert sums(text, default="BAM") == found


def test_what_a_mark_means_is_declared() -> None:
    assert sums("4.500", default="EUR") == [("EUR", 450_000)]
    assert sums("4.500", POINT, default="USDT") == [("USDT", 4_500_000)]
    assert sums("4 500,25 €", SPACE) == [("EUR", 450_025)]
    with pytest.raises(AmountError):
        sums("4 500 €")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pola 1250e", "half of which sum"), ("½ 1250e", "no unit or multiplier"), ("100 Taler", "'Taler'"),
        ("2 zlr €", "'zlr'"), ("4.500 € EUR", "'EUR'"), ("100 € 5", "'5'"), ("5 x", "a number is missing"),
        ("5 gl", "counts heads"), ("5 gl x 250 KM = 1250e", "two currencies"), ("2 x 3 x 4 €", "only `heads x rate`"),
        ("300 - 100 €", "only `heads x rate`"), ("2 gl x 3 gl = 6e", "which factor"), ("2,5 gl x 100e", "which factor"),
        ("5€ x 20€", "which factor"), ("", "missing"), ("€", "a number is missing"), ("1,005 €", "more decimal places"),
        ("12,3456 gr", "more decimal places"), ("1.2.3 €", "groups of three"), ("300€ @ 5", "'@'"),
        ("2 هزار 3 لک افغانی", "follows another"), ("9" * 40 + " €", "at most 38"), ("1e;" * 60 + "1e", "more than 50"),
    ],
)  # fmt: skip
def test_what_is_not_wholly_understood_is_refused(text: str, said: str) -> None:
    with pytest.raises(AmountError) as caught:
        sums(text)
    assert said in str(caught.value)


def test_a_sum_without_a_currency_is_refused_unless_one_is_declared() -> None:
    with pytest.raises(CellProblem) as caught:
        sums("4500")
    assert caught.value.code == "currency_missing"
    assert sums("4500", default="toman") == [("IRR", 4_500_000)]


def test_words_count_only_in_a_declared_language() -> None:
    assert sums("2 lakh kaldar", POINT, words=["en"]) == [("PKR", 20_000_000)]
    with pytest.raises(AmountError, match="'lakh'"):
        sums("2 lakh kaldar", POINT, words=["tr"])
    # a code of capitals names itself
    assert sums("200 PKR", POINT, words=[]) == [("PKR", 20_000)]


def test_a_product_that_is_written_wrong_keeps_what_is_written() -> None:
    data = {**COMMA, "words": ["bcs"], "layout": "lines"}
    mapping = load_mapping(data, choose_vocabulary(data))
    (found,) = read_sums("gorivo 5 gl x 250 = 1200e", mapping, find_words(mapping), None)
    assert (found.amount, found.heads, found.rate, found.label) == (120_000, 5, 25_000, "gorivo")
    assert found.differs == "5 x 250 is 1,250, but 1,200 is written"


@given(st.integers(1, 10**9), st.sampled_from(["لک", "lakh", "crore", "هزار", "hiljada"]), st.integers(0, 99))
def test_a_multiplied_sum_is_exact(whole: int, word: str, cents: int) -> None:
    by = {"لک": 100_000, "lakh": 100_000, "crore": 10_000_000, "هزار": 1_000, "hiljada": 1_000}[word]
    assert sums(f"{whole},{cents:02} {word} EUR") == [("EUR", (whole * 100 + cents) * by)]


@given(st.text(max_size=80))
def test_any_cell_is_read_or_refused(text: str) -> None:
    try:
        found = sums(text, default="EUR")
    except ValueProblem:
        return
    assert found
    assert any(ch.isdigit() or ch.isnumeric() for ch in text)


def test_units_that_are_no_currency() -> None:
    assert (unit("Toman").asset.asset, unit("toman").factor, unit("xau-G").asset) == ("IRR", 10, GOLD_GRAM)
    assert unit("XAU").asset != GOLD_GRAM
    with pytest.raises(AmountError):
        unit("riyal")


def test_the_word_lists_have_credit_and_debit_in_six_languages_and_contradict_nothing() -> None:
    lists = load_lists()
    assert [name for name in lists if "credit" in lists[name] and "debit" in lists[name]] == [
        "fa", "ar", "ur", "tr", "bcs", "en",
    ]  # fmt: skip
    assert {"بستانکار", "جمع", "له", "alacak", "potražuje", "credit"} <= {
        w for x in lists.values() for w in x.get("credit", ())
    }
    assert {"بدهکار", "نام", "عليه", "borç", "duguje", "debit"} <= {
        w for x in lists.values() for w in x.get("debit", ())
    }
    for name, words in lists.items():
        meanings = [
            normalise_name(w)
            for key in ("held", "released", "refund", "credit", "debit", "correction")
            for w in words.get(key, ())
        ]
        assert len(meanings) == len(set(meanings)), name
        assert all(unit(code) for code in words["currencies"].values())
