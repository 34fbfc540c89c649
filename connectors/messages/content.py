"""All payment content of one message. What is one thing is not read as another: an address holds no sum.

Most messages hold none, so the first look is one search for a digit, a long word or a word cut short; only what passes
it is searched for each kind of content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.messages.addresses import find_addresses
from connectors.messages.amounts import find_amounts
from connectors.messages.codes import compile_code_words, find_codes
from connectors.messages.found import Found, blank_out
from connectors.messages.phones import find_phones
from connectors.messages.plates import find_plates
from trails.errors import SourceError
from trails.model import Issue
from trails.records import find_damage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The longest text of one message that is searched: the apps allow 4,096 to 65,536 characters.
MOST_MESSAGE = 100_000
_ANY = re.compile(r"\d|\w{26}|\w(?:\u2026|\.\.|\*\*|[\u00ad\u200b-\u200f\u2060\ufeff])\w")
_DIGIT = re.compile(r"\d")
_PLATE_DIGITS = re.compile(r"\d{2}")


@dataclass(frozen=True, slots=True)
class Rules:
    """What was declared about a chat: its code words, and the country whose local phone numbers it holds."""

    code_words: re.Pattern[str]
    region: str | None = None


def make_rules(mapping: Mapping[str, Any] | None, name: str) -> Rules:
    """The rules a mapping declares; raises SourceError for a setting that is none."""
    import phonenumbers

    said = mapping or {}
    extra, region = said.get("code_words", []), said.get("region")
    if not isinstance(extra, list) or not all(isinstance(word, str) and word.strip() for word in extra):
        raise SourceError(f"{name}: `code_words` in the mapping must be a list of words")
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise SourceError(f"{name}: `region` {region!r} in the mapping is no two-letter country code; try one like BA")
    return Rules(compile_code_words(tuple(extra)), region)


def find_damaged(row: int, text: str) -> Issue | None:
    """What refuses a message before it is searched: bytes that are no text, or a length that no app allows."""
    damage = find_damage(text)
    if damage:
        return Issue(row, "error", "text_damaged", damage)
    if len(text) > MOST_MESSAGE:
        message = f"a message of {len(text):,} characters, more than any app sends: it was not searched"
        return Issue(row, "error", "message_too_long", message)
    return None


def find_content(text: str, rules: Rules, known: Sequence[Found] = ()) -> list[Found]:
    """The payment content of a text in its order; ``known`` pieces (a phone the app itself marks) are kept as they are.

    >>> [(f.kind, f.text) for f in find_content("kod 4 7 1 8 pusten, 3750 EUR", make_rules(None, ""))]
    [('code_quoted', '4718'), ('amount_mentioned', '3750 EUR')]
    """
    if not _ANY.search(text):
        return list(known)
    found = [*known, *find_addresses(text)]
    rest = blank_out(text, found) if found else text
    if not _DIGIT.search(rest):
        return sorted(found, key=_place)
    if "+" in rest:
        rest = _take(rest, found, find_phones(rest, rules.region, local=False))
    rest = _take(rest, found, find_codes(rest, rules.code_words))
    if rules.region:
        rest = _take(rest, found, find_phones(rest, rules.region, local=True))
    if _PLATE_DIGITS.search(rest):
        rest = _take(rest, found, find_plates(rest))
    found += find_amounts(rest)
    return sorted(found, key=_place)


def _take(text: str, found: list[Found], pieces: Any) -> str:
    """Add pieces to what is found; the text without them. What is unclear stays in the text: it may hold a sum."""
    fresh = list(pieces)
    found += fresh
    certain = [piece for piece in fresh if piece.kind != "code_unclear"]
    return blank_out(text, certain) if certain else text


def _place(piece: Found) -> tuple[int, str]:
    return piece.start, piece.kind
