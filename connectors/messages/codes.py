"""Quoted hawala codes in a message's text.

A code is read only after a code word or a number sign, because any number may be a price, a time or a house::

    OK rasid. kod 4 7 1 8        -> code 4718
    رمز ن-۴۷۱۸                   -> code ن4718
    kod 9134 dali samo 1600 EUR  -> code 9134
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from connectors.messages.amounts import begins_amount, is_priced
from connectors.messages.found import Found
from trails.identifiers import normalise_code

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Words for a code: Bosnian, Croatian, Serbian, Turkish, English, Persian, Dari, Arabic, Urdu.
CODE_WORDS = (
    "kod", "kôd", "koda", "kodu", "code", "token", "šifra", "šifru", "sifra", "sifru", "код", "кода", "шифра",
    "kodi", "kodin", "کد", "كد", "کود", "كود", "الكود", "رمز", "الرمز", "کوڈ", "کۆد", "कोड", "কোড",
)  # fmt: skip
#: Before a code word, these make it another kind of code; most are passwords for one time that a service sends.
_OTHER_CODES = re.compile(
    r"(?<!\w)(?:log-?in|verification|security|confirmation|activation|authenti[cf]ation|registration|reset|recovery|access|"
    r"error|status|exit|http|"
    r"zip|postal|promo|discount|qr|sms|country|dial(?:l?ing)?|otp|2fa|one[- ]time|single[- ]use|verifikacijski|verifikacioni|"
    r"sigurnosni|bezbed?nosni|jednokratni|potvrdni|aktivacijski|poštanski|pozivni|doğrulama|onay|güvenlik|tek kullanımlık|"
    r"aktivasyon|giriş|posta|проверочный|одноразовый|верификациони|безбедносни|једнократни|почтовый)\W{0,3}\Z",
    re.IGNORECASE,
)
#: After a code word, the same: *code de vérification*, ``کد تایید``, ``رمز یکبار مصرف``, *kod za potvrdu*.
_OTHER_AFTER = re.compile(
    r"\W{0,3}(?:za (?:potvrdu|prijavu|verifikaciju|aktivaciju)|de (?:vérification|verificación|confirmation|seguridad|sécurité)|"
    r"подтверждения|для входа|доступа|تایید|تأیید|تائید|یک\s?بار مصرف|یکبار مصرف|پویا|ورود|فعال\s?سازی|"
    r"(?:ال)?(?:تحقق|تأكيد|تفعيل)|for (?:log|sign|verif|confirm))",
    re.IGNORECASE,
)
#: Before a code word: a service, or a word for secrets. It sends such passwords, and people pass codes on through it.
_SERVICES = re.compile(
    r"(?<!\w)(?:whatsapp|telegram|signal|viber|instagram|facebook|google|microsoft|apple|binance|paypal|pin|pass|auth|"
    r"pristupni|kontrolni|секретный)\W{0,3}\Z",
    re.IGNORECASE,
)
#: Anywhere in a message, these say that a code may be a password for one time.
_ONE_TIME = re.compile(
    r"(?<!\w)(?:otp|one[- ]time|2fa|verification code|do(?:n['\u2019]t| not) (?:share|give|tell|forward)|never share|"
    r"(?:valid|expires?) (?:for|in) \d+ ?min\w*|to (?:verify|log ?in|sign ?in)|log ?in|"
    r"ne (?:dijeli|dijelite|deli|delite) (?:s|sa|ovaj|ga)|vrijedi \d+ min\w*|jednokratn\w+|kimseyle paylaş\w+|"
    r"никому не (?:сообщайте|говорите)|با کسی به اشتراک نگذارید|لا تشارك)(?!\w)|<#>|@[\w-]{1,60}\.[\w.-]{2,60} #\d",
    re.IGNORECASE,
)
_DASHES = "\\-\u2010-\u2013"
_INVISIBLE = "\u200b-\u200f\u202a-\u202e\u2066-\u2069"
_NUMBER_WORD = r"(?:is|je|br|broj|no|nr|number|شماره|رقم|حواله|حوالة|الحوالة|حوالہ)\b"
_FILLER = rf"[\s{_INVISIBLE}{_DASHES}:=.#№]{{0,6}}(?:{_NUMBER_WORD}[\s{_INVISIBLE}:.#№]{{0,4}})?"
_KEYCAPS = r"(?:\d\ufe0f?\u20e3[ ]?){3,40}"
_SERIAL = r"[A-Za-z]\d{3} \d{3} \d{3}(?!\w)"
_WORD = rf"[^\W_]{{1,40}}(?:[{_DASHES}./][^\W_]{{1,40}}){{0,8}}"
_CODE = re.compile(rf"({_KEYCAPS}|{_SERIAL}|{_WORD})")
_NUMBERED = re.compile(rf"(?<![\w#№&/])[#№]\s?(\d[\d{_DASHES}./]{{1,40}}\d)(?!\w)")
_NEXT_GROUP = re.compile(r"[ \u00a0·](\d{1,12})(?![\w])(?![.,:/\-]\d)")
_SHORTEST = 3
#: How far before a code word the word may begin that makes it another code.
_REACH = 24


@lru_cache(maxsize=16)
def compile_code_words(extra: tuple[str, ...] = ()) -> re.Pattern[str]:
    """The pattern of a code word and what may stand between it and its code."""
    listed = "|".join(re.escape(word) for word in sorted({*CODE_WORDS, *extra}, key=len, reverse=True))
    return re.compile(rf"(?<!\w)({listed})(?![^\W\d_]){_FILLER}", re.IGNORECASE)


def find_codes(text: str, code_words: re.Pattern[str]) -> Iterator[Found]:
    """The codes of a text (kind ``code_quoted``), and the places where one is not clear (``code_unclear``)."""
    end = 0
    for word in code_words.finditer(text):
        match = _CODE.match(text, word.end())
        if match and match.start() >= end and not _is_other(text, word, code_words):
            for code in _read_code(text, match.start(1), match.end(1)):
                end = code.end
                yield _doubt(text, code, word.start(), code_words)
    if "#" not in text and "№" not in text:
        return
    for number in _NUMBERED.finditer(text):
        if number.start(1) >= end:
            code = Found("code_quoted", normalise_code(number[1]), number.start(1), number.end(1))
            yield _doubt(text, code, number.start(), code_words)


def _is_other(text: str, word: re.Match[str], code_words: re.Pattern[str]) -> bool:
    """Whether the words around a code word make it the code of something else: of a log-in, a door, a post office."""
    before = text[max(0, word.start() - _REACH) : word.start()]
    return _says(_OTHER_CODES, before, code_words) or bool(_OTHER_AFTER.match(text, word.end(1)))


def _says(pattern: re.Pattern[str], text: str, code_words: re.Pattern[str]) -> bool:
    """Whether a text holds one of a pattern's words, other than one that a mapping declares a code word."""
    said = pattern.search(text)
    return said is not None and not code_words.match(text, said.start())


def _doubt(text: str, code: Found, start: int, code_words: re.Pattern[str]) -> Found:
    """A code, as unclear where it may be a password for one time by the word before it or the rest of the message."""
    before = text[max(0, start - _REACH) : start]
    if code.kind == "code_unclear" or not (_says(_SERVICES, before, code_words) or _says(_ONE_TIME, text, code_words)):
        return code
    what = (
        "the message speaks of passwords for one time or of a service that sends them: "
        "whether its code is a payment's is not stated"
    )
    return Found("code_unclear", text[code.start : code.end], code.start, code.end, problem=what)


def _read_code(text: str, start: int, end: int) -> Iterator[Found]:
    """The code at a place: one word with a digit in it, or groups of digits that are one number written apart."""
    groups = _digit_groups(text, start, end)
    if len(groups) > 1:
        first = groups[0][1] - groups[0][0]
        if first > _SHORTEST or any(b - a != first for a, b in groups):
            what = f"after a code word stand {len(groups)} numbers: which of them is the code is not stated"
            yield Found("code_unclear", text[start : groups[-1][1]], start, groups[-1][1], problem=what)
            return
        end = groups[-1][1]
    elif is_priced(text, start, end):
        return
    code = normalise_code(text[start:end])
    if len(code) >= _SHORTEST and any(ch.isdecimal() for ch in code):
        yield Found("code_quoted", code, start, end)


def _digit_groups(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The first word and the groups of digits after it, without one that begins a sum (``250 EUR``)."""
    groups = [(start, end)]
    if not text[start:end].isdecimal():
        return groups
    while (group := _NEXT_GROUP.match(text, groups[-1][1])) and not begins_amount(text, group.start(1)):
        groups.append((group.start(1), group.end(1)))
    return groups
