"""Morning and afternoon in the words phones use beside a twelve-hour clock, in forty languages.

Source: the day periods of the Unicode CLDR (short and wide forms), and the shapes seen in chat exports.
"""

from __future__ import annotations

import re
import unicodedata

_MORNING = (
    "am", "a m", "vorm", "öö", "πμ", "дп", "пр об", "преди обяд", "пре подне", "претпладне", "pre podne",
    "prijepodne", "prije podne", "dop", "dopoledne", "de", "pd", "e paradites", "priešpiet", "ص", "صباحا", "صباحًا",
    "ق ظ", "قبل از ظهر", "قبل‌ازظهر", "غ م", "ب ن", "قبل دوپہر", "पूर्वाह्न", "पूर्वाह्ण", "পূর্বাহ্ণ", "முற்பகல்",
    "上午", "凌晨", "清晨", "早上",
    "午前", "오전", "sa", "ก่อนเที่ยง", "pg", "gh", "ጥዋት", "לפנה״צ",
)  # fmt: skip
_AFTERNOON = (
    "pm", "p m", "nachm", "ös", "μμ", "пп", "сл об", "след обяд", "по подне", "попладне", "po podne", "poslijepodne",
    "poslije podne", "popodne", "pop", "odpoledne", "odp", "du", "md", "e pasdites", "popiet", "م", "مساء", "مساءً",
    "ب ظ", "بعد از ظهر", "بعدازظهر", "غ و", "د ن", "بعد دوپہر", "अपराह्न", "अपराह्ण", "অপরাহ্ণ", "பிற்பகல்", "下午", "晚上",
    "午後", "오후", "ch", "หลังเที่ยง", "ptg", "gd", "ከሰዓት", "אחה״צ",
)  # fmt: skip
_BETWEEN = r"\.?[ \u00a0\u202f\u200c]?"


def _pattern(words: tuple[str, ...]) -> str:
    """Any of the words, each with or without dots and thin spaces between its parts: ``a. m.``, ``AM``, ``a.m.``"""
    shapes = []
    for word in sorted(words, key=len, reverse=True):
        parts = word.split() if " " in word else list(word) if len(word) == 2 else [word]
        shapes.append(_BETWEEN.join(map(re.escape, parts)))
    return rf"(?:(?:{'|'.join(shapes)})\.?)"


#: A pattern of any marker of morning or afternoon, for a regular expression that ignores case.
MARKER = _pattern((*_MORNING, *_AFTERNOON))


def _plain(text: str) -> str:
    return "".join(ch for ch in text.casefold() if unicodedata.category(ch)[0] in "LM")


_IS_AFTERNOON = {_plain(word): False for word in _MORNING} | {_plain(word): True for word in _AFTERNOON}


def read_hour(hour: int, marker: str | None) -> int | None:
    """The hour of a 24-hour clock; None where hour and marker do not fit together.

    >>> read_hour(9, "p. m."), read_hour(12, "AM"), read_hour(0, "a. m."), read_hour(13, "PM"), read_hour(21, None)
    (21, 0, 0, None, 21)
    """
    if marker is None:
        return hour if hour < 24 else None
    if hour > 12:
        return None
    return hour % 12 + (12 if _IS_AFTERNOON[_plain(marker)] else 0)
