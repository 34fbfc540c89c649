"""The runs of tokens that may be sums: what *and*, a colon, a sign and a line's end between two of them mean."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from connectors.messages.money_tokens import BOTH, BREAK, COUNTED, Token, read_tokens
from connectors.money_words import load_money_words
from trails.calendars.words import fold_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = frozenset(map(fold_text, load_money_words()["chat"]["seconds"]))
_OF = frozenset(map(fold_text, load_money_words()["chat"]["of"]))
_COLONS = (":", "=", "\uff1a")
_MARK_CATEGORIES = ("So", "Sk", "Ps", "Pe", "Pi", "Pf")
#: The widest gap between two parts of one sum.
_WIDEST_GAP = 3


def split_runs(text: str) -> Iterator[tuple[list[Token], bool]]:
    """The runs of tokens that may be sums, each with whether a word that is none of ours follows it."""
    run: list[Token] = []
    end = 0
    for token in _join_lines(list(read_tokens(text))):
        gap, end = token.start - end, token.end
        if token.kind == "none":
            continue
        if token.kind == "break" or (run and gap > _WIDEST_GAP):
            if run:
                yield run, token.text.isalpha()
            run = []
        if token.kind != "break":
            run.append(token)
    if run:
        yield run, False


def _join_lines(tokens: list[Token]) -> Iterator[Token]:
    """The tokens without the line ends that only wrap a sum, and without the colons inside one; what *and* and a sign
    between two of them mean."""
    before = BREAK
    for at, token in enumerate(tokens):
        role = token.kind
        if role == "line":
            if _is_wrapped(tokens, at):
                continue
            role = "break"
        elif token.text in _COLONS and token.kind == "break":
            if _is_led(tokens, at):
                continue
        elif token.kind in ("break", "and", "join", "unit") and at + 1 < len(tokens):
            role = _find_role(token, before, tokens, at)
        before = token if role == token.kind else token._replace(kind=role)
        yield before


def _find_role(token: Token, before: Token, tokens: list[Token], at: int) -> str:
    """What a word or sign is by the tokens around it; ``none`` where it says nothing."""
    after = tokens[at + 1].kind
    word = token.text[:1].isalpha() and fold_text(token.text.rstrip("'\u2019"))
    if word in BOTH and after == "number":
        if before.kind == "times":
            return "and" if len(before.text) > 1 else "join"
        if before.kind == "unit":
            return "none" if at + 2 < len(tokens) and tokens[at + 2].kind == "minor" else token.kind
        return "join" if before.kind == "number" else token.kind
    if token.kind == "break":
        if word:
            return _find_word_role(word, before.kind, after)
        if len(token.text) == 1 and _is_between_parts(tokens, at) and _is_mark(token.text):
            return "join"
    return token.kind


def _find_word_role(word: str, before: str, after: str) -> str:
    if word in _OF and before == "times" and after == "unit":
        return "none"
    return "join" if word in _SECONDS and before == "join" and after == "number" else "break"


def _is_mark(sign: str) -> bool:
    """Whether a sign is a bracket, a quotation mark, a mark of bold letters or a picture."""
    return sign in "\"'_`|" or unicodedata.category(sign) in _MARK_CATEGORIES


def _is_between_parts(tokens: list[Token], at: int) -> bool:
    """Whether a sign parts a number from its currency, and neither goes with another."""
    kinds = ["", *(token.kind for token in tokens[max(0, at - 2) : at + 3]), ""]
    kinds = [""] * max(0, 2 - at) + kinds
    earlier, left, right, later = kinds[1], kinds[2], kinds[4], kinds[5]
    if left in ("number", "times"):
        return right == "unit" and later != "number"
    return left == "unit" and right == "number" and earlier not in COUNTED and later not in ("unit", "times")


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
    return kinds[-2:] == ["break", "number"] and kinds[-3] in ("unit", "network") and kinds[-4] not in COUNTED
