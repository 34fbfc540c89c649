"""The word lists of ``words.toml`` and ``money_words.toml``: what the words of a book in a declared language mean."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.money_words import languages
from trails.calendars.words import fold_text
from trails.money import unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.mapping import DeclaredColumns
    from trails.money import Unit

#: What a word of a list means as the status of a row.
_MEANINGS = {
    "held": "deposit", "released": "payout", "refund": "refund", "credit": "credit", "debit": "debit",
    "correction": "correction",
}  # fmt: skip


@lru_cache(maxsize=1)
def load_lists() -> Mapping[str, Mapping[str, Any]]:
    """The lists by language: its words of money, and those of its books where we know some."""
    path = Path(__file__).with_name("words.toml")
    books = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: {**table, **books.get(name, {})} for name, table in languages().items()}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one book, folded for comparing (:func:`trails.calendars.words.fold_text`)."""

    status: Mapping[str, str]
    units: Mapping[str, Unit]
    multipliers: Mapping[str, int]
    heads: frozenset[str]
    halves: frozenset[str]
    media: Mapping[str, str]


def find_words(mapping: DeclaredColumns) -> Words:
    """The words of a book: the lists of its declared languages, and over them what its mapping says itself."""
    chosen = [load_lists()[name] for name in mapping.lists.get("words", ()) if name in load_lists()]
    status = {fold_text(word): kind for each in chosen for key, kind in _MEANINGS.items() for word in each.get(key, ())}
    units = {
        fold_text(word): unit(code)
        for each in chosen
        for word, code in {**each["currencies"], **each.get("book", {})}.items()
    }
    status.update({fold_text(word): kind for word, kind in mapping.status.items()})
    units.update({fold_text(word): unit(code) for word, code in mapping.currencies.items()})
    return Words(
        status=status,
        units=units,
        multipliers={fold_text(word): by for each in chosen for word, by in each["multipliers"].items()},
        heads=frozenset(fold_text(word) for each in chosen for word in each.get("heads", ())),
        halves=frozenset(fold_text(word) for each in chosen for word in each.get("half", ())),
        media={
            fold_text(word): medium
            for each in chosen
            for medium in ("cash", "chain", "bank")
            for word in each.get(medium, ())
        },
    )
