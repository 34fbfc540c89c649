"""The people of a simulation, from its answer key, and a search for them that shares nothing with the product's own."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

#: Beginnings of addresses by which people tell them apart, when a text is searched for shortened forms.
_BEGINNING, _END = 8, 4


@dataclass(frozen=True)
class Person:
    """Somebody of the story: how they are written anywhere, their phone, and their accounts on every rail."""

    number: str
    side: str
    names: frozenset[str]
    phones: frozenset[str]
    accounts: frozenset[str]


def read_persons(simulation: Path) -> list[Person]:
    """Everybody in the answer key."""
    accounts: dict[str, set[str]] = {}
    for row in _rows(simulation / "truth" / "accounts.csv"):
        for owner in row["owners"].split("|"):
            if row["rail"] not in ("hawala", "chat"):
                accounts.setdefault(owner, set()).add(row["key"].rpartition(":")[2])
    return [
        Person(
            row["person"], row["side"], _names(row), frozenset({row["phone"], row["phone"].removeprefix("+")} - {""}),
            frozenset(accounts.get(row["person"], ())),
        )
        for row in _rows(simulation / "truth" / "persons.csv")
    ]  # fmt: skip


def find_people(text: str, persons: Iterable[Person], *, accounts: bool) -> list[tuple[str, str]]:
    """Who is named in a text, as (person, what stands there): by name or phone, with ``accounts`` by account or address too.

    Words match whole and in any case, in the text as it stands, as a browser shows it, and as JSON is read.
    """
    words = _index(text)
    found = []
    for person in persons:
        terms = sorted(person.names | person.phones | (person.accounts if accounts else frozenset()))
        found += [(person.number, term) for term in terms if _stands(term, words)]
        short = [account for account in sorted(person.accounts) if len(account.removeprefix("0x")) > 20] if accounts else []
        found += [(person.number, f"{account} (shortened)") for account in short if _stands_shortened(account, words)]
    return found


def _names(row: dict[str, str]) -> frozenset[str]:
    written = {row["name"], row["native"], *row["also_written"].split("|")}
    return frozenset(name for name in written if len(name) >= 5)


def _rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@dataclass(frozen=True)
class _Words:
    text: str
    words: frozenset[str]
    #: What stands before and behind the dots of shortened words.
    shortened: frozenset[tuple[str, str]]


@lru_cache(maxsize=2)
def _index(text: str) -> _Words:
    seen = {text, html.unescape(text), re.sub(r"\\u[0-9a-f]{4}", lambda m: json.loads(f'"{m[0]}"'), text)}
    whole = "\n".join(sorted(seen)).casefold()
    shortened = re.findall(rf"(\w{{{_BEGINNING}}})(?:\.\.\.|…)(\w+)", whole)
    return _Words(whole, frozenset(re.findall(r"\w+", whole)), frozenset(shortened))


def _stands(term: str, words: _Words) -> bool:
    folded = term.casefold()
    parts = re.findall(r"\w+", folded)
    if not parts or not words.words.issuperset(parts):
        return False
    return re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", words.text) is not None


def _stands_shortened(account: str, words: _Words) -> bool:
    folded = account.casefold()
    return any(begin == folded[:_BEGINNING] and folded[-_END:] in end for begin, end in words.shortened)
