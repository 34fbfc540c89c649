"""Addresses damaged on the way, one-time passwords and hashes in links: noted, or left alone, and never a node."""

from __future__ import annotations

import re

import pytest
from base58_bech32 import base58, bech32
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages import find_content, make_rules
from connectors.messages.found import Found

PLAIN = make_rules(None, "x")
TRON = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
TX = "ab" * 32


def tron_address(body: bytes) -> str:
    return str(base58.b58encode_check(b"\x41" + body).decode())


def bitcoin_address(body: bytes) -> str:
    return str(base58.b58encode_check(b"\x00" + body).decode())


def segwit_address(body: bytes) -> str:
    return str(bech32.bech32_encode("bc", [0, *bech32.convertbits(list(body), 8, 5, True)]).decode())


def ethereum_address(body: bytes) -> str:
    return f"0x{body.hex()}"


BECH32 = segwit_address(bytes(range(20)))
BITCOIN = bitcoin_address(bytes(range(40, 60)))


def only(text: str) -> Found:
    (piece,) = find_content(text, PLAIN)
    return piece


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("B" + BECH32[1:], "in small letters its checksum holds"),
        (BECH32[:9] + BECH32[9:].upper(), "mixes capitals and small letters"),
        (TRON.lower(), "has small letters only"),
        ("T" + TRON[1:].lower(), "has small letters only"),
        (TRON.upper(), "has capitals only"),
        (BITCOIN.lower(), "has small letters only"),
        (TRON[:7] + "\u200b" + TRON[7:], "1 mark that nobody sees (U+200B)"),
        (TRON[:7] + "\u00ad" + TRON[7:20] + "\u2060" + TRON[20:], "2 marks that nobody sees (U+00AD U+2060)"),
        (TRON[:20] + "\n" + TRON[20:], "is broken by spaces or over lines"),
        (" ".join(TRON[at : at + 4] for at in range(0, 34, 4)), "its checksum holds"),
        (TRON[:20] + "-\n" + TRON[20:], "its checksum holds"),
        (BECH32[:20] + " " + BECH32[20:], "is broken"),
        ("0x" + "2f5052c9fd15b19a18c5\n84d01363568198613f0c", "the 40 digits of one"),
        (TRON.replace("A", "\u0410"), "of another alphabet"),
        (BITCOIN.replace("c", "\u0441", 1), "with Latin letters its checksum holds"),
        (BECH32.replace("p", "\u0440", 1), "of another alphabet"),
        ("".join(chr(ord(ch) + 0xFEE0) for ch in TRON), "with Latin letters its checksum holds"),
        ("0X" + "2f5052c9fd15b19a18c584d01363568198613f0c", "a capital that a phone set"),
        (BITCOIN[:9] + "O" + BITCOIN[10:], "holds O"),
    ],
)  # fmt: skip
def test_what_was_damaged_on_the_way_is_noted_whole_and_never_mended(written: str, said: str) -> None:
    piece = only(f"na {written} danas")
    assert (piece.kind, piece.text, piece.rail, piece.key) == ("damaged_address", written, None, None)
    assert piece.problem
    assert said in piece.problem
    assert TRON not in piece.problem  # what it may have been is not said


@pytest.mark.parametrize(
    "text",
    [
        "slika 3F2A5B7C9D1E4F6A8B2C4D6E8F1A3B5C", "IMG-20241117-WA0820.jpg (file attached)", "kutija A1B poslata danas u 5",
        "Telekommunikationsüberwachungsverordnung", "пренаселённейшегопревысокомногорассмотрительствующий",
        "3 osobe i 1 dijete u 4x4 kombiju, tablice A1B", "1Z999AA10123456784", "TR330006100519786457841326",
        "https://docs.example/file/1bximvs2xra5nfmdkvbdbzjgmuuqptlbs7",
    ],
)  # fmt: skip
def test_other_long_words_are_no_damaged_addresses(text: str) -> None:
    assert [piece.kind for piece in find_content(text, PLAIN) if "address" in piece.kind] == []


def test_a_whole_address_between_hidden_marks_is_whole() -> None:
    piece = only(f"\u200e{TRON}\u200f \u2066ok\u2069")
    assert (piece.kind, piece.key) == ("mention", TRON)


_ADDRESSES = st.one_of(
    *(
        st.builds(make, st.binary(min_size=20, max_size=20))
        for make in (tron_address, bitcoin_address, segwit_address, ethereum_address)
    )
)
_HIDDEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u2060\u2066\ufeff"
_ALIKE = {
    "a": "\u0430",
    "c": "\u0441",
    "e": "\u0435",
    "p": "\u0440",
    "x": "\u0445",
    "B": "\u0412",
    "A": "\u0391",
    "K": "\u039a",
    "M": "\u041c",
}


@given(_ADDRESSES, st.integers(2, 33), st.sampled_from([*_HIDDEN, " ", "\n", "  ", "\r\n", "\u00a0"]))
def test_an_address_with_something_inside_is_damaged_and_no_node(address: str, at: int, inside: str) -> None:
    at = min(at, len(address) - 2)
    written = address[:at] + inside + address[at:]
    pieces = [piece for piece in find_content(f"moj: {written} ok", PLAIN) if piece.kind != "code_unclear"]
    assert not any(piece.key == address for piece in pieces)
    if inside.strip() or re.search(r"[A-Za-z]\d[A-Za-z]|\d[A-Za-z]\d", f"{address[:at]} {address[at:]}"):
        assert [(piece.kind, piece.text) for piece in pieces] == [("damaged_address", written)]


@given(_ADDRESSES, st.sampled_from(sorted(_ALIKE)))
def test_an_address_with_a_letter_of_another_alphabet_is_damaged_and_no_node(address: str, letter: str) -> None:
    written = address.replace(letter, _ALIKE[letter])
    pieces = find_content(f"moj: {written} ok", PLAIN)
    if written == address:
        assert [piece.kind for piece in pieces] == ["mention"]
    else:
        assert [(piece.kind, piece.key) for piece in pieces] == [("damaged_address", None)]


@given(st.one_of(*(st.builds(make, st.binary(min_size=20, max_size=20)) for make in (tron_address, bitcoin_address))))
def test_an_address_in_one_case_is_damaged_and_no_node(address: str) -> None:
    for written in (address.lower(), address.upper()):
        pieces = find_content(f"moj: {written} ok", PLAIN)
        assert all(piece.key is None for piece in pieces)
        if sum(map(str.isdecimal, address)) > 2 and len(address) > 30:
            assert [(piece.kind, piece.text) for piece in pieces] == [("damaged_address", written)]


@pytest.mark.parametrize(
    "text",
    [
        "Your verification code is 482913", "Login code: 12345", "Your one-time code is 482913", "OTP code 482913",
        "jednokratni kod 482913", "Sigurnosni kod: 482913", "Doğrulama kodu: 482913", "Onay kodu 482913", "کد تایید: 48291",
        "رمز یکبار مصرف 48291", "رمز التحقق 482913", "Код подтверждения: 4829", "kod za potvrdu 482913",
        "code de vérification 482913",
    ],
)  # fmt: skip
def test_a_password_for_one_time_is_no_code(text: str) -> None:
    assert find_content(text, PLAIN) == []


@pytest.mark.parametrize(
    "text",
    [
        "Your WhatsApp code: 123-456", "Telegram code: 12345. Do not give this code to anyone",
        "<#> Your code is 123456 FA+9qCX9VR",
        "code 123456. Valid for 5 minutes", "@shop.example #123456", "pin kod 4718",
    ],
)  # fmt: skip
def test_what_may_be_one_is_unclear(text: str) -> None:
    piece = only(text)
    assert piece.kind == "code_unclear"
    assert piece.problem
    assert "passwords for one time" in piece.problem


def test_a_word_that_a_mapping_declares_makes_a_code() -> None:
    rules = make_rules({"code_words": ["otp"]}, "x")
    assert [piece.kind for piece in find_content("otp 4718", rules)] == ["code_quoted"]
    assert find_content("otp 4718", PLAIN) == []


@pytest.mark.parametrize(
    ("link", "kinds"),
    [
        (f"https://files.example/get?hash={TX}", []),
        (f"files.example/get?hash={TX}", []),
        (f"https://files.example/{TX}.jpg", []),
        (f"https://unknown-explorer.example/tx/0x{TX}", ["mention_tx"]),
        (f"https://unknown.example/view?txid={TX}", ["mention_tx"]),
        (f"https://tronscan.org/?hash={TX}", ["mention_tx"]),
        (f"https://arbiscan.io/tx/0x{TX}", ["mention_tx"]),
        (f"hash {TX}", ["mention_tx"]),
    ],
)
def test_a_hash_in_a_link_is_a_transaction_only_at_an_explorer(link: str, kinds: list[str]) -> None:
    assert [piece.kind for piece in find_content(f"vidi {link}", PLAIN)] == kinds
