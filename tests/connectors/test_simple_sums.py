"""The short way to read simple sums gives what the whole grammar gives, on texts made of its words and of others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.messages.amount_sums import Sum, read_whole
from connectors.messages.money_tokens import may_hold_sums
from connectors.messages.simple_sums import read_simple

WORDS = (
    "brate", "put", "EUR", "eur", "€", "$", "USD", "KM", "din", "din.", "dolara", "hiljada", "lakh", "k", "m", "x", "i", "and",
    "between", "of", "pola", "half", "to", "u", "sati", "kod", "4711", "250", "1.250", "3,50", "2024", "12", "0", "500", "Rs", "TL",
    "bin", "تومان", "دالر", "هزار", "و", "نیم", "e", "a", "-", "/", ",", ".", "!", "\n", "KM,", "(250", "250)", "15:30", "2x500",
    "200-300", "marks", "por", "US", "A", "euro", "cents", "5k", "%", "m2", "million", "rupees", "kuna", "T",
    "TRC20", "USDT", "BTC",
    "franc", "do", "von", "bis", "po", "nîv", "û", "de",
)
TEXTS = st.builds(
    lambda words, gaps: "".join(word + gap for word, gap in zip(words, [*gaps, *[" "] * len(words)], strict=False)).strip(),
    st.lists(st.sampled_from(WORDS), max_size=9),
    st.lists(st.sampled_from([" ", " ", " ", "", "  ", " " * 9, "\u00a0"]), max_size=9),
)


def read_slowly(text: str) -> list[Sum]:
    return list(read_whole(text)) if may_hold_sums(text) else []


@given(TEXTS)
def test_the_short_way_gives_what_the_whole_grammar_gives(text: str) -> None:
    simple = read_simple(text)
    if simple is not None:
        assert [Sum(start, end, bound=True) for start, end in simple] == read_slowly(text)


def test_most_numbers_of_chats_are_read_the_short_way() -> None:
    simple = {"isplata 4700 EUR brate": [(8, 16)], "idemo u 3 sati": [], "300 € odmah": [(0, 5)], "20 KM": [(0, 5)]}
    for text, places in simple.items():
        assert read_simple(text) == places
    for text in ("EUR 300", "2 hiljade EUR", "200-300 EUR", "300 EUR KM", "between 200 and 300 EUR", "5k", "250,50,0 EUR"):
        assert read_simple(text) is None
