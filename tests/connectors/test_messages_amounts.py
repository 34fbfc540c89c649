"""Sums in messages: in every language, order and writing whole, or noted as unclear; never a part of one."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages import find_content, make_rules
from connectors.messages.money_tokens import find_meaning
from connectors.money_words import languages, load_money_words
from tests.connectors.reading import make_source, read_all
from trails.calendars.words import fold_text
from trails.connector import ReadOptions

PLAIN = make_rules(None, "x")


def found(text: str) -> list[tuple[str, str]]:
    return [(piece.kind.removeprefix("amount_"), piece.text) for piece in find_content(text, PLAIN)]


@pytest.mark.parametrize(
    "text",
    [
        "$5k", "$54K", "€1.5M", "5k usdt", "20 k€", "USDT 5k", "5K$", "-$2.45M", "5\u043a USDT", "5keur", "M€ 5", "5 mil. EUR",
        "$2 million", "5 lakh ₹", "€ 5 hiljada", "EUR Mio. 5", "50 Tsd. Euro", "10 mila euro", "5 mille euros", "5 mil euros",
        "US$500", "US$ 1,200.50", "USD$ 300", "500 US dollars", "500 USD$", "500 U.S. dollars", "500 Canadian dollars", "A$500",
        "250,- EUR", "1.250,-€", "€ 250,-", "Fr. 250.-", "CHF 1'250.-", "250:- EUR", "500-dollar", "5 euro 50 cent",
        "₹5,00,000", "1.5 crore rupees", "Rs. 5000", "Rs 5,000/-", "PKR 5,00,000/-", "۵ کروڑ روپے", "Rs.5 lakh", "5 lac PKR",
        "2 lakh 50 hazar rupees", "1½ lakh kaldar", "2 i po hiljade eura", "۵ میلیون و نیم تومان", "۳ هزار و ۵۰۰ دالر",
        "3 آلاف و200 دولار", "۳،۵۰۰ دالر", "۵۰هزارتومان", "۵ ميليون تومان", "۲ لک كلدار", "500 دولار أمريكي", "500 دينار عراقي",
        "5 тыс. руб", "1,5 млн евро", "5 mijë lekë", "5 χιλιάδες ευρώ", "5 hezar dînar", "5 bin lira", "২ লাখ টাকা",
        "२ लाख रुपये", "₹ ५,००,०००", "5 زره افغانۍ", "500 tl", "5\u200f000\u200e EUR", "500\u00a0\u200bEUR",
        "5\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e3 EUR",
        "۵۰۰\u200cهزار\u200cتومان", "7\u202f500 €", ".50 EUR", "EUR: 500", "500\nEUR", "５００ EUR", "$500 USDT", "~500 EUR",
    ],
)  # fmt: skip
def test_a_sum_is_found_whole(text: str) -> None:
    assert found(text) == [("mentioned", text)]
    assert found(f"poslao {text}, ok") == [("mentioned", text)]


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("2x500 EUR", "2x500 EUR"), ("2 x 500 EUR", "2 x 500 EUR"), ("500+250 EUR", "500+250 EUR"),
        ("1000-1500 EUR", "1000-1500 EUR"), ("500/600 EUR", "500/600 EUR"), ("$200-300", "$200-300"),
        ("od 200 do 300 eura", "200 do 300 eura"), ("između 200 i 300 eura", "200 i 300 eura"), ("2-3 lakh rupees",) * 2,
        ("بین ۲۰۰ و ۳۰۰ دالر", "۲۰۰ و ۳۰۰ دالر"), ("100-200-300 EUR",) * 2, ("5k-10k EUR",) * 2, ("500 EUR x 2",) * 2,
        ("2 puta po 500 eura",) * 2, ("500+ EUR",) * 2, ("10k",) * 2, ("5 lakh",) * 2, ("2 karor",) * 2, ("5-6k",) * 2,
        ("250,-",) * 2, ("5000/-",) * 2, ("5€50",) * 2, ("500 EUR 300",) * 2, ("5 00 EUR",) * 2,
        ("EUR 12 50",) * 2, ("5 00 000 EUR",) * 2, ("12,50,0 EUR",) * 2,
        ("1,000,00 EUR",) * 2, ("500,,300 EUR",) * 2, ("za500 EUR", "500 EUR"), ("$500 EUR",) * 2, ("3x $500",) * 2,
    ],
)  # fmt: skip
def test_what_is_not_one_sum_is_noted_as_unclear(text: str, unclear: str) -> None:
    assert found(text) == [("unclear", unclear)]


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        ("500 EUR 300 USD", ["500 EUR", "300 USD"]), ("EUR 500 USD 300", ["EUR 500", "USD 300"]), ("$200-$300", ["$200", "$300"]),
        ("500€ 300€", ["500€", "300€"]), ("500 EUR - 3 osobe", ["500 EUR"]), ("500 EUR 3 dana", ["500 EUR"]),
        ("5.8.2024 500 EUR", ["500 EUR"]), ("u 12:30 500 EUR", ["500 EUR"]), ("2024-08-05 500 EUR", ["500 EUR"]),
        ("1 EUR = 117 RSD", ["1 EUR", "117 RSD"]), ("500 EUR\n300 USD", ["500 EUR", "300 USD"]), ("broj 300\nEUR 500", ["EUR 500"]),
        ("Mark 500 EUR", ["500 EUR"]), ("Dinara 500 EUR", ["500 EUR"]), ("ok,500 EUR", ["500 EUR"]),
    ],
)  # fmt: skip
def test_each_number_keeps_its_own_currency(text: str, sums: list[str]) -> None:
    assert found(text) == [("mentioned", each) for each in sums]


@pytest.mark.parametrize(
    "text",
    [
        "um 5 bin ich da", "5 i po", "Fr 15 Uhr", "5 km", "3 dana 4718", "1e-3", "0x317E", "TL6AVH", "https://x.example/4k-video",
        "1.- Primero, 2.- Segundo", "24/7", "5.8.24", "12-13 sati", "vidimo se u 5",
    ],
)  # fmt: skip
def test_other_numbers_are_neither_sums_nor_unclear(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kod 1.250,-€", ["amount_mentioned"]), ("kod 500k€", ["amount_mentioned"]), ("kod 200-300 EUR", ["amount_unclear"]),
        ("kod 4718 EUR 300", ["code_quoted", "amount_mentioned"]), ("kod 4718 2x500 EUR", ["code_quoted", "amount_unclear"]),
        ("kod 4718e", ["code_quoted"]),
    ],
)  # fmt: skip
def test_a_price_after_a_code_word_is_no_code(text: str, kinds: list[str]) -> None:
    assert [piece.kind for piece in find_content(text, PLAIN)] == kinds


def test_an_unclear_sum_is_an_event_and_a_note_at_its_row(tmp_path: Any) -> None:
    import connectors.message_table as connector

    mapping = {"kind": "messages", "columns": {"time": "t", "sender": "s", "text": "m"}, "timezone": "UTC"}
    source = make_source(tmp_path, "t,s,m\n2024-08-05 10:00,A,dao 200-300 EUR\n", "chat.csv")
    reading = read_all(connector, source, ReadOptions(mapping=mapping))
    assert [(fact.kind, fact.text, fact.span) for fact in reading.events] == [("amount_unclear", "200-300 EUR", (4, 15))]
    (issue,) = reading.issues
    assert (issue.row, issue.severity, issue.code) == (2, "note", "amount_unclear")
    assert issue.message.endswith("is not stated (characters 5 to 15 of the message)")


_DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯")
_HIDDEN = "\u00ad\u200d\u200e\u200f\u202a\u202c\u2066\u2069\ufeff"
_CHAT = load_money_words()["chat"]
_SHORT = {*map(fold_text, _CHAT["weak"]), *map(fold_text, _CHAT["tight"])}
_UNITS = sorted(
    {word for table in languages().values() for word in (*table["currencies"], *table["vague"]) if " " not in word}
    | {*load_money_words()["signs"], *_CHAT["codes"], *_CHAT["capitals"]}
)
_UNITS = [word for word in _UNITS if fold_text(word) not in _SHORT]
_TIMES = sorted({word for table in languages().values() for word in table["multipliers"]} | {*_CHAT["multipliers"]})


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A number as people write it, in the digits of some script."""
    whole = draw(st.integers(1, 99_999_999))
    western, indian = f"{whole:,}", f"{whole % 1000:03}"
    rest = whole // 1000
    while rest:
        indian, rest = f"{rest % 100:02},{indian}" if rest > 99 else f"{rest},{indian}", rest // 100
    plain = draw(st.sampled_from([str(whole), western, *([indian] if whole > 999 else [])]))
    mark = draw(st.sampled_from([",", ".", "'", "\u2019", " ", "\u00a0", "\u202f", "\u060c", "\u066c"]))
    plain = plain if plain == indian else plain.replace(",", mark)
    cents = draw(st.sampled_from(["", "", ".5", ",50", ",-"]))
    plain += "" if cents[:1] == mark and mark in plain else cents
    return plain.translate(str.maketrans("0123456789", draw(st.sampled_from(_DIGITS))))


@st.composite
def sums(draw: st.DrawFn) -> str:
    """A number, a currency and perhaps a multiplier, in any order."""
    number, unit = draw(numbers()), draw(st.sampled_from(_UNITS))
    times = draw(st.one_of(st.just(""), st.sampled_from(_TIMES)))
    gaps = st.sampled_from([" ", " ", "\u00a0", ""])
    tight = draw(st.booleans()) and "," + "-" not in number
    order = draw(st.sampled_from([[number, times, unit], [unit, number, times], [unit, times, number]]))
    written = ""
    for part in filter(None, order):
        gap = draw(gaps)
        both = not written[-1:].isdigit() and part[:1].isalpha()
        written += ("" if not written else " " if both or not (gap or tight) else gap) + part
    return written


@st.composite
def noisy(draw: st.DrawFn, clean: str) -> str:
    """The same with marks that nobody sees in it."""
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(1, len(clean) - 1)) if len(clean) > 1 else 0
        clean = clean[:at] + draw(st.sampled_from(_HIDDEN)) + clean[at:]
    return clean


_AROUND = st.tuples(
    st.sampled_from(["", "poslao ", "ok, ", "(", "dao: ", "بده "]),
    st.sampled_from(["", " danas", ".", ")", ", ok", "\nok"]),
)


@given(st.data(), sums(), _AROUND)
def test_a_sum_in_any_writing_is_found_whole_or_is_unclear_and_never_cut(
    data: st.DataObject, clean: str, around: tuple[str, str]
) -> None:
    written = data.draw(noisy(clean))
    text = around[0] + written + around[1]
    start, end = len(around[0]), len(around[0]) + len(written)
    pieces = find_content(text, PLAIN)
    assert pieces, text
    first = start + next(at for at, ch in enumerate(written) if ch.isdigit())
    last = start + max(at for at, ch in enumerate(written) if ch.isdigit())
    (piece,) = (piece for piece in pieces if piece.kind.startswith("amount"))
    assert piece.start <= first, (text, piece)
    assert piece.end > last, (text, piece)
    if piece.kind == "amount_mentioned":
        assert text[piece.start : piece.end].strip(_HIDDEN) == text[start:end].strip(_HIDDEN), (text, piece)


@given(
    numbers(),
    numbers(),
    st.sampled_from(_UNITS),
    st.sampled_from(["-", " - ", "–", "/", "+", "x", " x ", " do ", " bis ", " تا ", " ili "]),
)
def test_numbers_that_share_a_currency_are_one_unclear_piece(left: str, right: str, unit: str, join: str) -> None:
    written = f"{left.removesuffix(',-')}{join}{right} {unit}"
    pieces = find_content(f"dao {written} jučer", PLAIN)
    assert [(piece.kind, piece.text) for piece in pieces] == [("amount_unclear", written)]


_BITS = st.lists(
    st.one_of(
        numbers(), st.sampled_from(_UNITS), st.sampled_from(_TIMES),
        st.sampled_from([*_CHAT["joins"], *_CHAT["owners"], *_CHAT["halves"]]),
        st.sampled_from(["-", "+", "/", "x", ".", ",", ":", "(", "\n", "e", "danas", "5.8.2024", "12:30", "_", "\u200f", "*"]),
    ), max_size=9,
)  # fmt: skip


@given(_BITS, st.lists(st.sampled_from(["", " ", " ", "  "]), min_size=9, max_size=9))
def test_no_sum_begins_or_ends_inside_a_number(bits: list[str], gaps: list[str]) -> None:
    text = "".join(bit + gap for bit, gap in zip(bits, gaps, strict=False))
    pieces = [piece for piece in find_content(text, PLAIN) if piece.kind.startswith("amount")]
    assert all(a.end <= b.start for a, b in pairwise(pieces))
    for piece in pieces:
        assert piece.text == text[piece.start : piece.end]
        assert any(map(str.isdigit, piece.text))
        if piece.text[0].isdigit():
            assert not re.search(r"\d[.,'\u2019\u060c\u066c]?\Z", text[: piece.start]), (text, piece)
        if piece.text[-1].isdigit():
            assert not re.match(r"[.,'\u2019\u060c\u066c]?\d", text[piece.end :]), (text, piece)


def test_every_word_of_the_lists_means_money() -> None:
    for word in (*_UNITS, *_TIMES):
        meaning = find_meaning(word)
        assert word in load_money_words()["signs"] or (meaning and (meaning.unit or meaning.times)), word
