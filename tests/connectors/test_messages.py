"""What is drawn from a message: every kind of content, its span, and what is left alone."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages import find_content, make_rules, media_kind
from connectors.messages.found import blank_out
from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.identifiers import normalise_code
from trails.ingest import add_source

PLAIN = make_rules(None, "x")
BOSNIAN = make_rules({"region": "BA"}, "x")
WALLET = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
EVM = "0xdac17f958d2ee523a2206206994597c13d831ec7"
TX = "ab" * 32


def found(text: str, rules: object = PLAIN) -> list[tuple[str, str]]:
    assert rules in (PLAIN, BOSNIAN)
    return [(piece.kind, piece.text) for piece in find_content(text, BOSNIAN if rules is BOSNIAN else PLAIN)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.500,50 € / $300 / ۳٬۵۰۰ دالر", ["3.500,50 €", "$300", "۳٬۵۰۰ دالر"]),
        ("5 gl x 250 = 1250e, kuća 8 kom x 20 KM", ["1250e", "20 KM"]),
        (
            "2 lakh afghani i ۲ لک کلدار, 5k eur, 5 hiljada din",
            ["2 lakh afghani", "۲ لک کلدار", "5k eur", "5 hiljada din"],
        ),
        ("EUR250 EUR 300", ["EUR250", "EUR 300"]),
        ("4 500 EUR", ["4 500 EUR"]),
        ("1.400 € i 20", ["1.400 €"]),
        ("v1.5e7 x12e 3try 5 km all", []),
    ],
)
def test_sums_are_found_with_their_currency(text: str, expected: list[str]) -> None:
    assert found(text) == [("amount_mentioned", words) for words in expected]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (WALLET[:-1], "has 33 characters"),
        (WALLET + "k", "has 35 characters"),
        (WALLET.replace("o", "O"), "holds O"),
        ("\u0422" + WALLET[1:], "another alphabet"),
        (WALLET[:-1] + "Q", "checksum"),
        (EVM[:-1], "39 digits"),
        (EVM[:-1] + "g", "not hexadecimal"),
        ("bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv4", "checksum"),
    ],
)
def test_a_near_miss_is_damaged_and_never_mended(written: str, said: str) -> None:
    (piece,) = find_content(f"na {written} danas", PLAIN)
    assert (piece.kind, piece.text, piece.key) == ("damaged_address", written, None)
    assert piece.problem
    assert said in piece.problem


@pytest.mark.parametrize(
    "text",
    [
        "konto 1234567890123456789012345678",
        "slika 3f2a5b7c9d1e4f6a8b2c4d6e8f1a3b5c",
        "Telekommunikationsüberwachungsverordnung",
        "https://docs.example/file/1BxiMVs2XRA5nFMdKvBdBZjgmUUqptlbs7",
        "THIS_IS_A_VERY_LONG_NAME_OF_SOME_FILE",
        "Then...when i 2024...2025",
    ],
)
def test_long_words_are_no_damaged_addresses(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "written", ["TL6AVH7j…PrCiP", "TL6A..PrCiP", "TL6AVH7j***PrCiP", "0xdac1...1ec7", "bc1qrp3…fmv3"]
)
def test_an_address_cut_short_is_possible_at_most(written: str) -> None:
    (piece,) = find_content(f"pola na {written}, ok", PLAIN)
    assert (piece.kind, piece.text, piece.rail, piece.key) == ("possible_address", written, None, None)
    assert piece.problem
    assert "look-alikes" in piece.problem


@pytest.mark.parametrize(
    ("link", "kind", "rail", "key"),
    [
        (f"https://tronscan.org/#/address/{WALLET}", "mention", "tron", WALLET),
        (f"tronscan.org/#/transaction/{TX}", "mention_tx", None, None),
        (f"https://etherscan.io/address/{EVM}", "mention", "ethereum", EVM),
        (f"https://bscscan.com/token/0x55d3?a={EVM}", "mention", "bsc", EVM),
        (f"https://www.oklink.com/polygon/address/{EVM}", "mention", "polygon", EVM),
        (f"https://blockchair.com/bitcoin/transaction/{TX}", "mention_tx", "bitcoin", TX),
        (f"https://mempool.space/tx/{TX}", "mention_tx", "bitcoin", TX),
        (f"https://blockstream.info/testnet/tx/{TX}", "mention_tx", "bitcoin-test", TX),
        (f"https://sepolia.etherscan.io/address/{EVM}", "mention", "evm", EVM),
        (f"https://elsewhere.example/address/{EVM}", "mention", "evm", EVM),
        (f"https://evil-etherscan.io/address/{EVM}", "mention", "evm", EVM),
    ],
)
def test_an_explorers_link_states_the_rail(link: str, kind: str, rail: str | None, key: str | None) -> None:
    (piece,) = find_content(f"vidi {link}", PLAIN)
    assert (piece.kind, piece.rail, piece.key) == (kind, rail, key)
    if kind == "mention_tx":
        assert piece.text.startswith(f"{TX} (")
        assert piece.node_kind == ("junction" if rail else "account")


def test_a_transaction_without_a_link_states_no_rail() -> None:
    assert found(f"tx 0x{TX}") == [("mention_tx", TX)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zovi +387 65 000 111 300 EUR", [("mention", "+387 65 000 111"), ("amount_mentioned", "300 EUR")]),
        ("+90 5xx 000 00 00: ok", []),
        ("+387 65 000 1** zovi", []),
        ("+۳۸۷۶۵۰۰۰۱۱۱", [("mention", "+۳۸۷۶۵۰۰۰۱۱۱")]),
        ("065 123 456 ili 1+1234567", []),
    ],
)
def test_phones_have_a_plus(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_local_phones_need_a_declared_region() -> None:
    pieces = find_content("zovi 065 123 456, kod 065123457, 12.05.2024", BOSNIAN)
    assert [(piece.kind, piece.key or piece.text) for piece in pieces] == [
        ("mention", "+38765123456"), ("code_quoted", "065123457"),
    ]  # fmt: skip
    with pytest.raises(SourceError, match="region"):
        make_rules({"region": "Bosnia"}, "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tablice A12-E-345", "A12-E-345 (BA)"),
        ("ZG 1234-AB dolazi", "ZG-1234-AB (HR)"),
        ("golf BG-1234-CD", "BG-1234-CD (RS)"),
        ("PG AB123 crni", "PG-AB-123 (ME)"),
        ("LJ AB-123", "LJ-AB-123 (SI)"),
        ("kombi ns 123 xy", "NS-123-XY (RS)"),
        ("plaka 34 ABC 123", "34-ABC-123 (TR)"),
        ("Kennzeichen W-12345X", "W-12345-X (AT)"),
        ("rendszám ABC-123", "ABC-123 (HU)"),
        ("auto m-ab 1234", "M-AB-1234 (DE)"),
        ("DE 1234-AB", "DE-1234-AB (HR or RS)"),
    ],
)
def test_plates_are_named_with_their_country(text: str, expected: str) -> None:
    assert found(text) == [("plate_mentioned", expected)]


@pytest.mark.parametrize("text", ["kod A12-E-345", "34 ABC 123", "W-12345X", "zg 1234 ab", "ABC-123", "IMG 1234 XY"])
def test_codes_and_words_are_no_plates(text: str) -> None:
    assert not any(kind == "plate_mentioned" for kind, _ in found(text))


def test_a_price_is_no_plate() -> None:
    assert found("PO 500 KM") == [("amount_mentioned", "500 KM")]


@pytest.mark.parametrize("text", ["", "dobro, idemo", "vidimo se u 5", "😊😙", "🔓 ok", "Hello World", "a..b"])
def test_other_words_give_nothing(text: str) -> None:
    assert found(text) == []


@given(st.text(max_size=60), st.sampled_from([WALLET, "kod 4718", "300 EUR", "+387 65 000 111", EVM, "A12-E-345"]))
def test_spans_lie_in_the_text_in_order_and_do_not_overlap(noise: str, core: str) -> None:
    text = f"{noise} {core}"
    pieces = [piece for piece in find_content(text, BOSNIAN) if piece.kind != "code_unclear"]
    assert all(0 <= piece.start < piece.end <= len(text) for piece in pieces)
    assert all(a.end <= b.start for a, b in pairwise(pieces))
    assert len(blank_out(text, pieces)) == len(text)


@given(st.text("0123456789", min_size=3, max_size=9))
def test_a_code_in_keycaps_or_spaced_is_the_same_code(code: str) -> None:
    keycaps = "".join(f"{digit}\ufe0f\u20e3" for digit in code)
    for written in (code, " ".join(code), keycaps):
        assert ("code_quoted", normalise_code(code)) in found(f"kod {written}")


@pytest.mark.parametrize(
    ("name", "stated", "kind"),
    [
        ("IMG-20220323-WA0002.jpg", "", "photo"),
        ("00000031-VIDEO-2024-08-02-23-40-55.mp4", "", "video"),
        ("b", "video/mp4", "video"),
        ("STK-20220323-WA0003.webp", "", None),
        ("00000050-GIF-2023-01-12.mp4", "", None),
        ("PTT-20220323-WA0000.opus", "audio/ogg", None),
        ("Alex.vcf", "", None),
    ],
)
def test_only_photos_and_videos_may_be_proofs(name: str, stated: str, kind: str | None) -> None:
    assert media_kind(name, stated) == kind


ADDRESS = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
SAID = f"šalji ovde {ADDRESS} kod 4718"
_TELEGRAM = {
    "name": "fictional", "type": "personal_chat", "id": 7, "messages": [
        {"id": 1, "type": "message", "date": "2024-08-02T23:40:00", "date_unixtime": "1722642000", "from": "A",
         "from_id": "user1", "text": SAID},
        {"id": 2, "type": "message", "date": "2024-08-02T23:41:00", "date_unixtime": "1722642060", "from": "A",
         "from_id": "user1", "text": ["šalji ovde ", {"type": "code", "text": ADDRESS}, " kod 4718"]},
    ],
}  # fmt: skip
_CHATS: dict[str, tuple[str, dict[str, Any]]] = {
    "result.json": (json.dumps(_TELEGRAM), {}),
    "WhatsApp Chat with fictional.txt": (
        f"02.08.24, 23:40 - A: {SAID}\n13.08.24, 23:41 - A: {SAID}\n", {"timezone": "Europe/Belgrade"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _CHATS)
def test_each_mention_keeps_the_characters_of_its_message(name: str, tmp_path: Path) -> None:
    text, said = _CHATS[name]
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with Case.create(tmp_path / "case") as case:
        add_source(case, path, options=ReadOptions(**said))
        found = case.con.execute(
            "SELECT kind, span_start, span_end FROM events WHERE span_start IS NOT NULL ORDER BY row, span_start"
        ).fetchall()
    assert [(kind, SAID[start:end]) for kind, start, end in found] == 2 * [
        ("mention", ADDRESS),
        ("code_quoted", "4718"),
    ]
