"""Morning and afternoon in the words phones use beside a twelve-hour clock, in forty languages.

Source: the day periods of the Unicode CLDR (short and wide forms), and the shapes seen in chat exports.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MORNING = (
    "am", "a m", "vorm", "öö", "πμ", "дп", "пр об", "преди обяд", "пре подне", "претпладне", "pre podne",
    "prijepodne", "prije podne", "dop", "dopoledne", "de", "pd", "e paradites", "priešpiet", "ص", "صباحا", "صباحًا",
    "ق ظ", "قبل از ظهر", "قبل‌ازظهر", "غ م", "ب ن", "قبل دوپہر", "पूर्वाह्न", "पूर्वाह्ण", "পূর্বাহ্ণ", "முற்பகல்",
    "上午", "凌晨", "清晨", "早上", "早晨",
    "午前", "오전", "sa", "ก่อนเที่ยง", "pg", "gh", "ጥዋት", "לפנה״צ",
)  # fmt: skip
_AFTERNOON = (
    "pm", "p m", "nachm", "ös", "μμ", "пп", "сл об", "след обяд", "по подне", "попладне", "po podne", "poslijepodne",
    "poslije podne", "popodne", "pop", "odpoledne", "odp", "du", "md", "e pasdites", "popiet", "م", "مساء", "مساءً",
    "ب ظ", "بعد از ظهر", "بعدازظهر", "غ و", "د ن", "بعد دوپہر", "अपराह्न", "अपराह्ण", "অপরাহ্ণ", "பிற்பகல்", "下午",
    "傍晚", "午後", "오후", "ch", "หลังเที่ยง", "ptg", "gd", "ከሰዓት", "אחה״צ",
)  # fmt: skip
#: Parts of the day that begin before noon or midnight and end after it: the hours each of them may name, as the day counts
#: them. An hour that is not among them is none; of the evening the twelfth is left out, since it may be noon or midnight.
_PARTS = {
    "中午": {10: 10, 11: 11, 12: 12, 1: 13, 2: 14},
    "正午": {12: 12},
    "晚上": {hour: hour + 12 for hour in range(5, 12)},
    "深夜": {10: 22, 11: 23, 12: 0, 1: 1, 2: 2, 3: 3},
    "半夜": {11: 23, 12: 0, 1: 1, 2: 2, 3: 3, 4: 4},
    "午夜": {11: 23, 12: 0, 1: 1},
}
_BETWEEN = r"\.?[ \u00a0\u202f\u200c]?"


def _pattern(words: tuple[str, ...]) -> str:
    """Any of the words, each with or without dots and thin spaces between its parts: ``a. m.``, ``AM``, ``a.m.``"""
    shapes = []
    for word in sorted(words, key=len, reverse=True):
        parts = word.split() if " " in word else list(word) if len(word) == 2 else [word]
        shapes.append(_BETWEEN.join(map(re.escape, parts)))
    return rf"(?:(?:{'|'.join(shapes)})\.?)"


#: A pattern of any marker of morning or afternoon, for a regular expression that ignores case.
MARKER = _pattern((*_MORNING, *_AFTERNOON, *_PARTS))


def _plain(text: str) -> str:
    return "".join(ch for ch in text.casefold() if unicodedata.category(ch)[0] in "LM")


_IS_AFTERNOON = {_plain(word): False for word in _MORNING} | {_plain(word): True for word in _AFTERNOON}


@lru_cache(maxsize=1 << 10)
def is_marker(word: str) -> bool:
    """Whether a word beside a time is one that phones write there.

    >>> is_marker("p. m."), is_marker("中午"), is_marker("Uhr")
    (True, True, False)
    """
    plain = _plain(word)
    return plain in _IS_AFTERNOON or plain in _PARTS


def read_hour(hour: int, marker: str | None) -> int | None:
    """The hour of a 24-hour clock; None where hour and marker do not fit together, or the marker is not known.

    >>> read_hour(9, "p. m."), read_hour(12, "AM"), read_hour(0, "a. m."), read_hour(13, "PM"), read_hour(21, None)
    (21, 0, 0, None, 21)
    >>> read_hour(12, "中午"), read_hour(12, "晚上"), read_hour(9, "Uhr")
    (12, None, None)
    """
    if marker is None:
        return hour if hour < 24 else None
    plain = _plain(marker)
    if hour > 12 or not is_marker(marker):
        return None
    if plain in _PARTS:
        return _PARTS[plain].get(hour)
    return hour % 12 + (12 if _IS_AFTERNOON[plain] else 0)
