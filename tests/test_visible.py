"""What nobody could see, or what would act, is seen; every ordinary letter stays as it is."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from trails.visible import HIDDEN, hide_in_json, show_name, show_text

#: Drawn round the digits that follow them, although Unicode calls them format characters (Prepended_Concatenation_Mark).
DRAWN = {0x0600, 0x0601, 0x0602, 0x0603, 0x0604, 0x0605, 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}
ACTING = "\x00\x07\x08\n\r\t\x1b\x7f\x85\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u180e\u200b\u2060\u2061\u2064\u206a\u3164\ufeff\uffa0\ufff9\U000e0001\U000e0041\U000e0100"


@pytest.mark.parametrize("sign", [*ACTING, *UNSEEN, "\ud800", "\uffff"], ids=lambda sign: f"U+{ord(sign):04X}")
def test_what_acts_or_is_unseen_becomes_an_escape(sign: str) -> None:
    shown = show_text(f"a{sign}b")
    assert sign not in shown
    assert shown.isascii()
    assert shown.isprintable()
    assert (shown[0], shown[1], shown[-1]) == ("a", "\\", "b")


def test_escapes_name_the_character() -> None:
    assert show_text("\n\r\t") == r"\n\r\t"
    assert show_text("\x00\x1b\x7f\x9b") == r"\u0000\u001b\u007f\u009b"
    assert show_text("\u202e\u200b\U000e0041") == r"\u202e\u200b\U000e0041"
    assert show_text("\ud800 \udc41 \udcff") == r"\ud800 \udc41 \xff"  # half a character, another, a byte of a name


@pytest.mark.parametrize(
    "text",
    [
        "Đurđa Žagar", "Ελένη", "Жарко", "محمد رضا", "זלמן", "मोहन", "山田太郎", "김철수", "አበበ", "สมชาย", "İstanbul", "ß",
        "e\u0301", "1 680,50 €", "1\u00a0680", "a—b", "→ ×", "②", "🇧🇦", "👍🏽", "\U0001f4b8", "\ufffd", r"C:\new\table", "",
    ],
)  # fmt: skip
def test_ordinary_text_stays(text: str) -> None:
    assert show_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "نمی\u200cشود", "می\u200cخواهم", "क्\u200dष", "क्\u200cष", "ശ്\u200dരീ", "അവന്\u200d",
        "👨\u200d👩\u200d👧", "👩🏽\u200d🚀", "❤\ufe0f", "#\ufe0f",
    ],
)  # fmt: skip
def test_joiners_stay_where_writing_needs_them(text: str) -> None:
    assert show_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u200cab", r"\u200cab"),
        ("ab\u200d", r"ab\u200d"),
        ("1\u200d2", r"1\u200d2"),
        ("a\u200d\u200db", r"a\u200d\u200db"),
        ("a \u200cb", r"a \u200cb"),
        ("a\ufe0fb", r"a\ufe0fb"),
        ("a\U000e0100b", r"a\U000e0100b"),
    ],
)
def test_joiners_elsewhere_are_shown(text: str, shown: str) -> None:
    assert show_text(text) == shown


def test_to_show_twice_changes_nothing() -> None:
    shown = show_text(f"{ACTING}{UNSEEN}\udcff")
    assert show_text(shown) == shown


def test_the_table_has_all_that_python_calls_control_format_separator_or_half() -> None:
    hidden = {code for first, last in HIDDEN for code in range(first, last + 1)}
    called = {
        code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    }
    assert called - hidden == DRAWN
    letters = {code for code in hidden if unicodedata.category(chr(code))[0] in "LNPS"}
    assert letters == {0x115F, 0x1160, 0x3164, 0xFFA0}  # fillers: letters that are empty by design


def test_a_name_keeps_all_but_bytes_that_are_no_text() -> None:
    assert show_name("a\udcff\udc80.csv") == r"a\xff\x80.csv"
    assert show_name("a\nb\u202e.csv") == "a\nb\u202e.csv"
    show_name("a\udcff").encode()


def test_json_stays_the_same_json() -> None:
    value = {"a\u202eb": [f"{ACTING}{UNSEEN}", "نمی\u200cشود", "\udcff"], "plain": 1.5}
    text = json.dumps(value, ensure_ascii=False, indent=2)
    hidden = hide_in_json(text)
    assert json.loads(hidden) == value
    assert "نمی\u200cشود" in hidden
    assert not any(sign in hidden for sign in (ACTING + UNSEEN).replace("\n", ""))
    assert hidden.count("\n") == text.count("\n")
