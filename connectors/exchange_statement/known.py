"""Which known layout a table has: by its header, in the languages an exchange writes, and the columns each word is in."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connectors.exchange_statement.settings import FOLDER
from connectors.profiles import Found, find_profile, load_profiles
from trails.identifiers import normalise_name
from trails.mapping import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trails.connector import Head


def said_mapping(data: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a person's mapping says, where it is one of statements."""
    return data if data and kind_of(data) == "statement" else {}


def find_layout(head: Head, mapping: Mapping[str, Any] | None) -> Found | None:
    """The profile that fits a table: the one a mapping names, else the one whose header stands in it, in any language."""
    said = said_mapping(mapping)
    profiles = load_profiles(FOLDER)
    if "profile" in said:
        profiles = tuple(profile for profile in profiles if profile.name == said["profile"])
    elif "columns" in said:
        return None
    own = said.get("headers")
    if isinstance(own, dict) and own:
        aliases = {normalise_name(str(name)): normalise_name(str(theirs)) for name, theirs in own.items()}
        return find_profile(head, profiles, ({**names, **aliases} for names in ({}, *read_languages())))
    return find_profile(head, profiles, ({}, *read_languages()))


@lru_cache(maxsize=1)
def read_languages() -> tuple[dict[str, str], ...]:
    """The vocabularies of column names, of each exchange and language: the file's own -> the profile's."""
    data = tomllib.loads((FOLDER / "languages.toml").read_text(encoding="utf-8"))
    return tuple(
        {normalise_name(name): normalise_name(theirs) for name, theirs in each["names"].items()}
        for each in data["language"]
    )


_COIN = r"(?P<coin>[A-Za-z0-9]{2,12})"


def coin_columns(header: Sequence[str], forms: Sequence[str], word: str) -> dict[str, str]:
    """The columns of a header that are those of one coin each, by our words.

    >>> coin_columns(["Date", "BTC Amount BTC", "USD Amount USD"], ["{coin} Amount {coin}"], "amount")
    {'amount:BTC': 'BTC Amount BTC', 'amount:USD': 'USD Amount USD'}
    """
    found: dict[str, str] = {}
    for form in forms:
        first, *rest = form.split("{coin}")
        shape = re.compile(re.escape(first) + _COIN + "(?P=coin)".join(map(re.escape, rest)))
        for column in header:
            if fits := shape.fullmatch(column.strip()):
                found.setdefault(f"{word}:{fits['coin'].upper()}", column.strip())
    return found


def wide_columns(settings: Mapping[str, Any], header: list[str]) -> dict[str, str]:
    """The columns of a wide table, each of one coin."""
    amounts = coin_columns(header, settings.get("amount_columns", ()), "amount")
    return {**amounts, **coin_columns(header, settings.get("fee_columns", ()), "fee")}


def check_headers(said: Mapping[str, str], found: Found | None, header: list[str]) -> list[str]:
    """What is wrong with declared names of columns: each must stand in the file and be one the profile knows."""
    if not said:
        return []
    if found is None:
        return ["[headers] gives a profile's names to columns; with [columns] it has no effect"]
    has = {normalise_name(name) for name in header}
    listed = [found.profile.mapping.get("ignored", []), found.profile.header]
    listed += [names if isinstance(names, list) else [names] for names in found.profile.mapping["columns"].values()]
    known = {normalise_name(name) for names in listed for name in names}
    problems = [f"[headers] {name!r}: the file has no such column" for name in said if normalise_name(name) not in has]
    return problems + [
        f"[headers] {name} = {theirs!r} is no column of the layout {found.profile.name}"
        for name, theirs in said.items()
        if normalise_name(theirs) not in known
    ]


def ignored_columns(names: Sequence[str], found: Found | None) -> frozenset[str]:
    """The columns known to hold nothing for us, also by their names in the file's language."""
    plain = set(map(normalise_name, names))
    return frozenset(plain | {own for own, theirs in (found.aliases if found else {}).items() if theirs in plain})
