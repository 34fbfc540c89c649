"""Layouts we know: profiles that declare the columns of a file as a person's mapping would.

A profile is ``profiles/<name>.toml`` in a connector's folder: a table ``[profile]`` that says what it is, where its
layout was seen and which column names make a file its own, followed by the ordinary settings of a mapping::

    kind = "statement"
    timezone = "UTC"

    [profile]
    name = "binance-withdrawals"
    title = "Binance withdrawal history"
    source = "public sample export, 2024"
    header = ["Date(UTC)", "Coin", "Network", "TransactionFee", "TXID"]

    [columns]
    date = "Date(UTC)"

All names of ``header`` must stand in one row near the top of the file; of several profiles that fit, the one with the
most names wins, and two with equally many are no match.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from trails.identifiers import normalise_name
from trails.records import HEAD_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from trails.connector import Head

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Profile:
    """A known layout: its name and title, where it was seen, the columns that show it, and its mapping."""

    name: str
    title: str
    source: str
    header: tuple[str, ...]
    mapping: Mapping[str, Any]
    #: The names of ``header`` as they are compared.
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A profile that fits a file: in which row its header stands, and what separates the fields (CSV)."""

    profile: Profile
    header_row: int
    delimiter: str
    #: The file's own names of columns -> those of the profile, both as they are compared.
    aliases: Mapping[str, str] = field(default_factory=dict)

    def settings(self, said: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The mapping to read with; what a person said in a mapping of their own wins over the profile."""
        merged = {"delimiter": self.delimiter, "header_row": self.header_row, **self.profile.mapping}
        for key, value in (said or {}).items():
            old = merged.get(key)
            merged[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        return merged


@lru_cache(maxsize=32)
def load_profiles(folder: Path) -> tuple[Profile, ...]:
    """The profiles in a connector's folder, by file name."""
    profiles = []
    for path in sorted((folder / "profiles").glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        about = data.pop("profile")
        header = tuple(about.get("header", ()))
        names = frozenset(map(normalise_name, header))
        profiles.append(Profile(about["name"], about["title"], about["source"], header, data, names))
    return tuple(profiles)


def find_profile(
    head: Head, profiles: Sequence[Profile], languages: Iterable[Mapping[str, str]] = ({},)
) -> Found | None:
    """The one profile whose header stands among the first rows of a file, None where none or several fit.

    ``languages`` are vocabularies of column names (the file's own -> the profile's); the first that makes one fit is used.
    """
    rows = [(row, delimiter, {normalise_name(cell) for cell in cells}) for row, delimiter, cells in _rows(head)]
    for aliases in languages:
        found = [
            Found(profile, row, delimiter, aliases)
            for row, delimiter, own in rows
            if not aliases or not aliases.keys().isdisjoint(own)
            for names in [{aliases.get(name, name) for name in own} if aliases else own]
            for profile in profiles
            if profile.names and profile.names <= names
        ]
        best = max((len(each.profile.header) for each in found), default=0)
        top = {each.profile.name: each for each in reversed(found) if len(each.profile.header) == best}
        if top:
            return next(iter(top.values())) if len(top) == 1 else None
    return None


def _rows(head: Head) -> list[tuple[int, str, Sequence[str]]]:
    """The first rows of a file, as (number, delimiter, cells): of a sheet, or of a text by each usual delimiter."""
    if head.sheet:
        return [(row, ",", cells) for row, cells in enumerate(head.sheet, start=1)]
    if b"\x00" in head.data[:4_096] and not head.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return []
    lines = _text(head).splitlines()[:HEAD_ROWS]
    rows: list[tuple[int, str, Sequence[str]]] = []
    for delimiter in DELIMITERS:
        if any(delimiter in line for line in lines):
            try:
                read = list(csv.reader(lines, delimiter=delimiter))
            except csv.Error:
                continue
            rows += [(row, delimiter, cells) for row, cells in enumerate(read, start=1) if len(cells) > 1]
    return rows


def _text(head: Head) -> str:
    if head.data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.data[: len(head.data) & ~1].decode("utf-16", errors="replace")
    return head.text
