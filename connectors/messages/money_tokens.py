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
_MARKS = ".,'\u2019\u2018\u02bc\u00b4`\u060c\u066c\u066b\uff0c"
_DASH = "\\-\u2010-\u2015\u2212"
_SHARES = "\u00bd\u00bc\u00be"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = rf"(?:1[34]|19|20)\d\d([-./]){_MONTH}\2{_DAY}(?!\d)|{_DAY}([-./])\s?{_MONTH}\3\s?(?:\d{{4}}|\d{{2}})(?!\d)"
#: What stands for cents that are none: ``250,-``, ``Rs 5000/-``, ``250:-``.
_TAIL = rf"\s?[.,:][{_DASH}]{{1,2}}(?!\s?\d)|\s?/[{_DASH}=](?!\s?\d)"
_TOKEN = re.compile(
    rf"(?P<clock>\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?!\d)|{_DATE})"
    rf"|(?P<number>(?:(?<![\w.,])[.,](?=\d))?(?:\d{{1,3}}(?:[{_SPACE}]\d{{3}}(?!\d))+(?:[.,]\d{{1,18}})?(?![{_MARKS}]?\d)"
    rf"|\d(?:[\d{_MARKS}]*\d)?)[{_SHARES}]?|[{_SHARES}])(?P<tail>{_TAIL})?"
    r"|(?P<dotted>[Uu]\.\s?[Ss]\.?(?:\s?[Aa]\.?)?(?![^\W_]))"
    rf"|(?P<word>{WORD})(?P<point>\.)?"
    rf"|(?P<sign>[{SIGN_CLASS}])"
    rf"|(?P<join>[{_DASH}+*/\u00d7~\u223c\u301c\u2026&]|\.\.+)"
    r"|(?P<line>[^\S\n]*\n)"
    r"|(?P<other>_+|\S)"
)
#: Groups of three with one mark, Indian groups, or digits with at most one mark.
_WELL_WRITTEN = re.compile(
    rf"[.,]?\d+|\d+[{_MARKS}]\d+|\d{{1,3}}(?:([{_MARKS}{_SPACE}])\d{{3}})(?:\1\d{{3}})*(?:(?!\1)[.,\u066b]\d+)?"
    r"|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?"
)
#: The widest gap between two parts of one sum.
_WIDEST_GAP = 3


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
#: The kind of token that a group of the pattern is, but for words.
_KINDS = {
    "number": "number", "tail": "number", "sign": "unit", "dotted": "owner", "join": "join", "line": "line",
    "clock": "break", "other": "break",
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
_BOTH = frozenset(map(fold_text, _CHAT["both"]))
#: Words that mean something only beside others.
_SPECIAL = frozenset().union(_TIGHT, _HALF_BEGINS, _BETWEENS, _BOTH)
#: Owners that need no sign right after them, short as they are.
_LONG_OWNERS = ("us", "usa")
_UNIT_SIGNS = {sign: Meaning(unit=True, names=frozenset(names), code=True) for sign, names in _SIGNS.items()}
_EXPONENT = re.compile(r"[-+\u2212]?\d")
_NEXT_WORD = re.compile(rf"\s*({WORD})")


def _make_meanings() -> dict[str, Meaning]:
    """Every folded word with what it may be; a currency wins over a multiplier, and that over what joins."""
    made: dict[str, Meaning] = {}
    for role in ("joins", "ands", "minors"):
        made |= {fold_text(word): Meaning(role=role) for word in _CHAT[role]}
    listed = {word for table in languages().values() for word in table["multipliers"]} | set(_CHAT["multipliers"])
    for word in sorted(map(fold_text, listed)):
        made[word] = Meaning(times=True, alone=word not in {fold_text(each) for each in _CHAT["never_alone"]})
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
}


@lru_cache(maxsize=1 << 14)
def find_meaning(word: str) -> Meaning | None:
    """What a written word is in a sum, None where it is nothing; a multiplier and its currency may be one word.

    >>> find_meaning("Lakh").times, find_meaning("keur").unit, find_meaning("km"), find_meaning("KM").unit
    (True, True, None, True)
    """
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


def is_half_begin(word: str) -> bool:
    """Whether a word begins *and a half*."""
    return fold_text(word) in _HALF_BEGINS


_WORDS = re.compile(rf"{WORD}|[{SIGN_CLASS}]")
_ASCII_WORDS = re.compile(r"[A-Za-z]+|\$")
_BARE_TAILS = re.compile(rf"\d(?:,[{_DASH}]|/-)")


def may_hold_sums(text: str) -> bool:
    """A quick look whether a word of money, its sign or a dash for cents stands in a text."""
    plain = text.isascii()
    words = (_ASCII_WORDS if plain else _WORDS).findall(text)
    if any(map(_is_money, words)):
        return True
    return (",-" in text or "/-" in text or not plain) and bool(_BARE_TAILS.search(text))


@lru_cache(maxsize=1 << 14)
def _is_money(word: str) -> bool:
    found = find_meaning(word)
    if word in _UNIT_SIGNS or fold_text(word) in _TIGHT or (found and not found.role):
        return True
    return is_half_begin(word)


def is_well_written(number: str) -> bool:
    """Whether digits and marks stand as people write a number: ``5,00,000`` and not ``12,50,0``."""
    return bool(_WELL_WRITTEN.fullmatch(number.rstrip(_SHARES)) or number in _SHARES)


def split_runs(text: str) -> Iterator[tuple[list[Token], bool]]:
    """The runs of tokens that may be sums, each with whether a word that is none of ours follows it."""
    run: list[Token] = []
    for token in _join_lines(list(_read_tokens(text))):
        if token.kind == "break" or (run and token.start - run[-1].end > _WIDEST_GAP):
            if run:
                yield run, token.text.isalpha()
            run = []
        if token.kind != "break":
            run.append(token)
    if run:
        yield run, False


def _join_lines(tokens: list[Token]) -> Iterator[Token]:
    """The tokens without the line ends that only wrap a sum, and without the colons inside one."""
    for at, token in enumerate(tokens):
        if token.kind == "line":
            if not _is_wrapped(tokens, at):
                yield token._replace(kind="break")
        elif token.text != ":" or not _is_led(tokens, at):
            yield token


def _is_wrapped(tokens: list[Token], at: int) -> bool:
    """Whether a line's end parts a number from its currency: nothing else on either line may go with one of them."""
    above = ["", "", *(token.kind for token in tokens[max(0, at - 2) : at])][-2:]
    below = [*(token.kind for token in tokens[at + 1 : at + 4]), "", ""]
    if above[1] == "unit":
        return (
            above[0] not in ("number", "times", "half")
            and below[0] == "number"
            and below[1] not in ("unit", "times", "owner")
        )
    unit = below[0] == "unit" and below[1] != "number"
    return above[1] in ("number", "times") and above[0] != "unit" and (unit or below[:2] == ["times", "unit"])


def _is_led(tokens: list[Token], at: int) -> bool:
    """Whether a colon stands between a currency that counts nothing yet and a number: ``EUR: 500``."""
    kinds = ["", "", *(token.kind for token in tokens[max(0, at - 2) : at + 2])]
    return kinds[-2:] == ["break", "number"] and kinds[-3] == "unit" and kinds[-4] not in ("number", "times", "half")


def _read_tokens(text: str) -> Iterator[Token]:
    earlier = before = Token("break", 0, 0, "")
    skipped: re.Match[str] | None = None
    for match in _TOKEN.finditer(text):
        if match.start() < before.end:  # a word of *and a half*
            continue
        group = match.lastgroup
        if group == "word" and before.kind == "break" and _is_plain(match[0]):
            skipped = match  # of plain words in a row the last says as much as all
            continue
        if skipped is not None:
            earlier, before, skipped = before, Token("break", skipped.start(), skipped.end(), skipped[0]), None
            yield before
        if group in ("word", "point"):
            token = _read_word(text, match, before)
        else:
            start, end = match.span()
            kind = _KINDS[str(group)]
            mean = _UNIT_SIGNS[match[0]] if kind == "unit" else _NOTHING
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


@lru_cache(maxsize=1 << 14)
def _is_plain(word: str) -> bool:
    """Whether a word says nothing about a sum, whatever stands beside it."""
    return find_meaning(word) is None and fold_text(word) not in _SPECIAL


def _is_between(word: Token, earlier: Token) -> bool:
    """Whether a word after a number is the *and* of ``between 200 and 300``."""
    return fold_text(word.text) in _BOTH and fold_text(earlier.text) in _BETWEENS


def _is_glued(number: Token, before: Token, earlier: Token) -> bool:
    """Whether letters stand against a number that are no currency, nor the times of ``2x500``."""
    if before.end != number.start or not (before.text[-1:].isalpha() or before.text[-1:] == "_"):
        return False
    if before.kind == "join":
        return earlier.kind != "number" or earlier.glued or earlier.text == "0"  # 0x1F
    return before.kind not in ("unit", "times", "and")


def _read_word(text: str, match: re.Match[str], before: Token) -> Token:
    start, stop, word = match.start(), match.end("word"), match["word"]
    folded = fold_text(word)
    tight = before.kind == "number" and before.end == start and not before.glued
    if folded in _TIGHT and tight and not _EXPONENT.match(text, stop):
        return Token("unit", start, stop, word, Meaning(unit=True, names=frozenset({"EUR"})))
    if before.kind in ("number", "times") and folded in _HALF_BEGINS and (end := _match_half(text, start)):
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
