"""The tokens that sums are made of: numbers, currencies, words that multiply, and what joins two numbers.

The words are those of ``connectors/money_words.toml``, of all its languages at once. A word that is none of them, a time
of day, a date and a line's end are *breaks*: no sum goes across one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.money_words import languages, load_money_words
from trails.calendars.words import fold_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHAT: Mapping[str, Any] = load_money_words()["chat"]
_SIGNS: Mapping[str, list[str]] = load_money_words()["signs"]
SIGN_CLASS = "".join(_SIGNS)
#: What letters of Arabic and Indic scripts carry; Python counts them as no letters.
_CARRIED = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd\u09d7"
WORD = rf"(?:[^\W\d_]++[{_CARRIED}]*+)++"
_SPACE = " \u00a0\u2000-\u200a\u202f\u205f\u3000"
_MARKS = ".,'\u2019\u2018\u201b\u02bc\u02b9\u02c8\u2032\u00b4`\u060c\u066c\u066b\uff0c\uff0e\uff07\u2024\u201a\ufe50"
_DASH = "\\-\u2010-\u2015\u2212"
_SHARES = "\u00bd\u00bc\u00be" + "".join(map(chr, range(0x2150, 0x215F)))
#: What damages a number: raised and lowered digits, letters that look like a zero, marks laid over digits.
_ODD = "\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089Oo\u041e\u043e\u3001\u3002\u0300-\u036f\u20d0-\u20df"
#: Pictures of money: no currency is certain, but the number before them is a sum.
_PICTURES = "\U0001f4b4-\U0001f4b7"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = rf"(?:1[34]|19|20)\d\d([-./]){_MONTH}\2{_DAY}(?!\d)|{_DAY}([-./])\s?{_MONTH}\3\s?(?:\d{{4}}|\d{{2}})(?!\d)"
#: What stands for cents that are none: ``250,-``, ``Rs 5000/-``, ``250:-``.
_TAIL = rf"\s?[.,:][{_DASH}]{{1,2}}(?!\s?\d)|\s?/[{_DASH}=](?!\s?\d)|\s?[{_PICTURES}]"
#: Numbers that are no sums: shares of a hundred, areas.
_OTHER_NUMBERS = r"\d[\d.,]*+\s?(?:[%\u2030\u066a]|[ck]?m[23\u00b2\u00b3](?!\w))"
#: The networks that carry a token, which say more of a currency.
_NETWORKS = r"[-/(]?(?:[TtEeBb][Rr][Cc]|[Bb][Ee][Pp])[-\s]?(?:20|721|2|10)(?!\w)\)?"
#: Currencies in letters with points: the riyal, dirham and pound of Arab countries, thousands of roubles.
_POINTED = (
    "[\u0631\u062f\u0644\u062c]\\.\\s?[\u0625\u0627\u0643\u0639\u0633\u062a\u062c\u0645\u0642\u0644\u0628\u064a]\\.?(?![^\\W_])"
    "|[\u0442\u0422]\\.\\s?[\u0440\u0420](?![^\\W_])"
)
_TOKEN = re.compile(
    rf"(?P<clock>\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?!\d)|{_DATE}|{_OTHER_NUMBERS})"
    rf"|(?P<number>(?:(?<![\w.,])[.,](?=\d))?(?:\d{{1,3}}(?:[{_SPACE}]\d{{3}}(?!\d))+(?:[.,]\d{{1,18}})?(?![{_MARKS}]?\d)"
    rf"|\d(?:[\d{_MARKS}]*\d)?)(?:[{_SHARES}]|[{_ODD}](?:[\d{_ODD}{_MARKS}]{{0,20}}[\d{_ODD}])?(?![^\W_]))?"
    rf"|[{_SHARES}])(?P<tail>{_TAIL})?"
    r"|(?P<of>[dD]['\u2019](?=[^\W\d_]))"
    rf"|(?P<pointed>{_POINTED})|(?P<network>{_NETWORKS})"
    r"|(?P<dotted>[Uu]\.\s?[Ss]\.?(?:\s?[Aa]\.?)?(?![^\W_]))"
    rf"|(?P<word>{WORD})(?P<point>\.)?"
    rf"|(?P<sign>[{SIGN_CLASS}])"
    rf"|(?P<join>[{_DASH}+*/\u00d7~\u223c\u301c\u2026&>\u2192\u00b1\u00b7\u2219\u22c5]|\.\.+|(?<=\d)[;\"\u201d\u2022\\](?=\d))"
    r"|(?P<line>[^\S\n]*\n)"
    r"|(?P<other>_+|\S)"
)
#: Groups of three with one mark, Indian groups, or digits with at most one mark.
_WELL_WRITTEN = re.compile(
    rf"[.,]?\d+|\d+[{_MARKS}]\d+|[1-9]\d{{0,2}}(?:([{_MARKS}{_SPACE}])\d{{3}})(?:\1\d{{3}})*(?:(?!\1)[.,\u066b]\d+)?"
    r"|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?"
)
#: No word of money is longer; longer ones are not looked up.
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word may be in a sum. ``names`` are the codes it may stand for, none where several countries have it."""

    unit: bool = False
    names: frozenset[str] = frozenset()
    code: bool = False
    weak: bool = False
    times: bool = False
    alone: bool = False
    owner: bool = False
    role: str = ""


_NOTHING = Meaning()
_VAGUE = Meaning(unit=True)
#: The kind of token that a group of the pattern is, but for words.
_KINDS = {
    "number": "number", "tail": "number", "sign": "unit", "dotted": "owner", "join": "join", "line": "line",
    "clock": "break", "other": "break", "of": "break", "pointed": "unit", "network": "network",
}  # fmt: skip


class Token(NamedTuple):
    """One token with its place. ``glued`` numbers have letters right before them; ``mean`` says what a word is."""

    kind: str
    start: int
    end: int
    text: str
    mean: Meaning = _NOTHING
    glued: bool = False
    tail: bool = False


_TIGHT = frozenset(_CHAT["tight"])
_POINTS = frozenset(map(fold_text, _CHAT["points"]))
_NOT_BEFORE = {fold_text(word): frozenset(after) for word, after in _CHAT["not_before"].items()}
_HALVES = tuple(sorted((tuple(fold_text(words).split()) for words in _CHAT["halves"]), key=len, reverse=True))
_HALF_BEGINS = frozenset(words[0] for words in _HALVES)
_BETWEENS = frozenset(map(fold_text, _CHAT["betweens"]))
BOTH = frozenset(map(fold_text, _CHAT["both"]))
#: Words that mean something only beside others.
_SPECIAL = frozenset().union(_TIGHT, _HALF_BEGINS, _BETWEENS, BOTH, *(map(fold_text, _CHAT[each]) for each in ("seconds", "of")))
#: Owners that need no sign right after them, short as they are.
_LONG_OWNERS = ("us", "usa")
_UNIT_SIGNS = {sign: Meaning(unit=True, names=frozenset(names), code=True) for sign, names in _SIGNS.items()}
_NEXT_DIGIT = re.compile(r"\s*\d")
_EXPONENT = re.compile(r"[-+\u2212]?\d")
_NEXT_WORD = re.compile(rf"\s*({WORD})")


def _make_meanings() -> dict[str, Meaning]:
    """Every folded word with what it may be; a currency wins over a multiplier, and that over what joins."""
    made: dict[str, Meaning] = {}
    for role in ("joins", "ands", "minors"):
        made |= {fold_text(word): Meaning(role=role) for word in _CHAT[role]}
    listed = {word for table in languages().values() for word in table["multipliers"]} | set(_CHAT["multipliers"])
    never_alone = set(map(fold_text, _CHAT["never_alone"]))
    for word in sorted(map(fold_text, listed)):
        made[word] = Meaning(times=True, alone=word not in never_alone)
    for word in map(fold_text, _CHAT["owners"]):
        made[word] = Meaning(owner=True, role=made[word].role if word in made else "")
    for table in languages().values():
        made |= {fold_text(word): Meaning(unit=True) for word in table["vague"]}
    for table in languages().values():
        for word, code in table["currencies"].items():
            if len(word.split()) == 1 and word not in _SIGNS:
                made[fold_text(word)] = Meaning(unit=True, names=frozenset({code.upper()}))
    made |= {code.casefold(): Meaning(unit=True, names=frozenset({code}), code=True) for code in _CHAT["codes"]}
    made["rs"] = Meaning(unit=True, code=True)
    return made | {word: Meaning(unit=True, code=True, weak=True) for word in _CHAT["weak"]}


_MEANINGS = _make_meanings()
_CAPITALS = {
    word: Meaning(unit=True, names=frozenset({fold_text(word).upper()}), code=True) for word in _CHAT["capitals"]
} | {word: Meaning(times=True) for word in _CHAT["capital_multipliers"]}


def find_meaning(word: str) -> Meaning | None:
    """What a written word is in a sum, None where it is nothing; a multiplier and its currency may be one word.

    >>> find_meaning("Lakh").times, find_meaning("keur").unit, find_meaning("km"), find_meaning("KM").unit
    (True, True, None, True)
    """
    return None if len(word) > _LONGEST_WORD else _look_up(word)


@lru_cache(maxsize=1 << 14)
def _look_up(word: str) -> Meaning | None:
    if word in _CAPITALS:
        return _CAPITALS[word]
    folded = fold_text(word)
    found = _MEANINGS.get(folded)
    if found is None:
        for cut in range(1, len(folded) - 1):
            times, unit = _MEANINGS.get(folded[:cut]), _MEANINGS.get(folded[cut:])
            if times and times.times and unit and unit.unit and (times.alone or unit.code):
                return unit
    return found


_WORDS = re.compile(rf"{WORD}|[{SIGN_CLASS}]")
_ASCII_WORDS = re.compile(r"[A-Za-z]+|\$")
_BARE_TAILS = re.compile(rf"\d(?:,[{_DASH}]|/-|\s?[{_PICTURES}])|{_POINTED}")


def may_hold_sums(text: str) -> bool:
    """A quick look whether a word of money, its sign or a dash for cents stands in a text."""
    plain = text.isascii()
    words = (_ASCII_WORDS if plain else _WORDS).findall(text)
    if any(map(_is_money, words)):
        return True
    return (",-" in text or "/-" in text or not plain) and bool(_BARE_TAILS.search(text))


def _is_money(word: str) -> bool:
    return len(word) <= _LONGEST_WORD and _look_up_money(word)


@lru_cache(maxsize=1 << 14)
def _look_up_money(word: str) -> bool:
    found = find_meaning(word)
    return word in _UNIT_SIGNS or fold_text(word) in _TIGHT or bool(found and not found.role)


def is_well_written(number: str) -> bool:
    """Whether digits and marks stand as people write a number: ``5,00,000`` and not ``12,50,0``."""
    return bool(_WELL_WRITTEN.fullmatch(number.rstrip(_SHARES)) or number in _SHARES)


BREAK = Token("break", 0, 0, "")
#: Parts that a currency after them counts.
COUNTED = ("number", "times", "half")


def read_tokens(text: str) -> Iterator[Token]:
    """The tokens of a text, one after the other."""
    earlier = before = BREAK
    skipped: re.Match[str] | None = None
    for match in _TOKEN.finditer(text):
        if match.start() < before.end:  # a word of *and a half*
            continue
        group = match.lastgroup
        if group == "word" and before.kind == "break" and is_plain(match[0]):
            skipped = match  # of plain words in a row the last says as much as all
            continue
        if skipped is not None:
            earlier, before, skipped = before, Token("break", skipped.start(), skipped.end(), skipped[0]), None
            yield before
        if group in ("word", "point"):
            token = _read_word(text, match, before, earlier)
        else:
            start, end = match.span()
            kind = _KINDS[str(group)]
            mean = _UNIT_SIGNS.get(match[0], _VAGUE) if kind == "unit" else _NOTHING
            words = match["number"] if kind == "number" else match[0]
            token = Token(kind, start, end, words, mean, tail=group == "tail")
        if token.kind == "number":
            if _is_glued(token, before, earlier):
                token = token._replace(glued=True)
        elif before.kind == "number" and token.kind in ("break", "and") and _is_between(token, earlier):
            token = token._replace(kind="join")
        yield token
        earlier, before = before, token
        if group == "point" and token.end < match.end():
            before = Token("break", match.end() - 1, match.end(), ".")
            yield before


def is_plain(word: str) -> bool:
    """Whether a word says nothing about a sum, whatever stands beside it.

    >>> is_plain("brate"), is_plain("EUR"), is_plain("hiljada"), is_plain("between")
    (True, False, False, False)
    """
    return len(word) > _LONGEST_WORD or _look_up_plain(word)


@lru_cache(maxsize=1 << 14)
def _look_up_plain(word: str) -> bool:
    return word not in _UNIT_SIGNS and find_meaning(word) is None and fold_text(word) not in _SPECIAL


def _is_between(word: Token, earlier: Token) -> bool:
    """Whether a word after a number is the *and* of ``between 200 and 300``."""
    return fold_text(word.text) in BOTH and fold_text(earlier.text) in _BETWEENS


def _is_glued(number: Token, before: Token, earlier: Token) -> bool:
    """Whether letters stand against a number that are no currency, nor the times of ``2x500``."""
    if before.end != number.start or not (before.text[-1:].isalpha() or before.text[-1:] == "_"):
        return False
    if before.text == "_":  # the mark of slanted letters, but for 1_500
        return earlier.end == before.start and earlier.text[-1:].isalnum()
    if before.kind == "join":
        return earlier.kind != "number" or earlier.glued or earlier.text == "0"  # 0x1F
    return before.kind not in ("unit", "times", "and")


def _read_word(text: str, match: re.Match[str], before: Token, earlier: Token) -> Token:
    start, stop, word = match.start(), match.end("word"), match["word"]
    folded = fold_text(word)
    tight = before.kind == "number" and before.end == start and not before.glued
    if folded in _TIGHT and tight and not _EXPONENT.match(text, stop):
        return Token("unit", start, stop, word, Meaning(unit=True, names=frozenset({"EUR"})))
    if before.kind in ("number", "times") and folded in _HALF_BEGINS and (end := _match_half(text, start)):
        return Token("half", start, end, text[start:end])
    counted = before.kind == "unit" and earlier.kind in COUNTED
    if counted and folded in _HALF_BEGINS and (end := _match_half(text, start)) and not _NEXT_DIGIT.match(text, end):
        return Token("half", start, end, text[start:end])
    mean = find_meaning(word)
    if mean is None:
        return Token("break", start, stop, word)
    # the point of a short form is no end of a sentence
    stop = match.end() if match["point"] and folded in _POINTS and _goes_on(text, match.end()) else stop
    kind = _kind_of(text, folded, mean, stop)
    return Token(kind, start, stop, word, mean)


def _goes_on(text: str, end: int) -> bool:
    after = text[end : end + 2].lstrip()[:1]
    return bool(after) and (after.isalnum() or after in SIGN_CLASS)


def _kind_of(text: str, folded: str, mean: Meaning, stop: int) -> str:
    if mean.unit:
        return "unit"
    if mean.owner and (len(folded) > 2 or folded in _LONG_OWNERS or text[stop : stop + 1] in _UNIT_SIGNS):
        return "owner"
    if mean.times:
        following = _NEXT_WORD.match(text, stop)
        return "break" if following and fold_text(following[1]) in _NOT_BEFORE.get(folded, ()) else "times"
    return {"joins": "join", "ands": "and", "minors": "minor"}.get(mean.role, "break")


def _match_half(text: str, start: int) -> int:
    """Where *and a half* that begins here ends, 0 where it is something else."""
    words = [(fold_text(match[0]), match.end()) for match in re.finditer(WORD, text[start : start + 24])]
    for phrase in _HALVES:
        if tuple(word for word, _ in words[: len(phrase)]) == phrase:
            return start + words[len(phrase) - 1][1]
    return 0
