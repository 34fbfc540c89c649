"""Where the rows of a Bitquery answer stand, and what kind each list is.

A query names its lists freely (aliases), so a list is known by what its items hold and by the chain above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.connector import RawRecord
from trails.errors import SourceError
from trails.records import items_at, json_documents, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import ReadOptions, Source

#: The keys under which an answer has a chain's lists, in lower case, and the family of rails they mean.
CHAINS = {"ethereum": "evm", "evm": "evm", "tron": "tron", "bitcoin": "bitcoin"}


@dataclass(frozen=True, slots=True)
class Item:
    """One row of an answer: its raw text and value, the chain's family, and what kind of list it stands in."""

    raw: RawRecord
    family: str
    kind: str


def read_items(source: Source, options: ReadOptions) -> Iterator[Item]:
    """Give the items of all lists of all answers, counted from 1.

    Raises SourceError for an answer that is an error, or has no chain in it.
    """
    row = 0
    for document in json_documents(source, options):
        where = f"{source.name}: answer {document.row}"
        _check_errors(document.value, where)
        lists = list(_find_lists(document.value))
        if not lists:
            raise SourceError(f"{where}: no Bitquery answer: an object with ethereum, EVM, tron, Tron or bitcoin")
        for path, family in lists:
            for raw, value in items_at(document.raw, path, source.name):
                row += 1
                yield Item(RawRecord(row, raw, value), family, kind_of(value))


def _check_errors(value: Any, where: str) -> None:
    """Raise SourceError for GraphQL errors, and for the plain errors of a gateway before it."""
    if not isinstance(value, dict):
        raise SourceError(f"{where}: {say_broken(value, 'no Bitquery answer: an object with data')}")
    errors = value.get("errors") or value.get("error")
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) else errors
    message = first.get("message") if isinstance(first, dict) else first
    raise SourceError(
        f"{where}: the answer is an error: {str(message)[:200]}; mend the query or the key, and get it again"
    )


def _find_lists(value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give the path and the chain's family of each list of rows, ``data`` standing above once, twice or not."""
    path: tuple[str, ...] = ()
    while isinstance(value, dict) and isinstance(value.get("data"), dict) and len(path) < 3:
        value, path = value["data"], (*path, "data")
    for chain, inner in value.items() if isinstance(value, dict) else ():
        family = CHAINS.get(chain.casefold())
        if family is None or not isinstance(inner, dict):
            continue
        yield from (((*path, chain, name), family) for name, rows in inner.items() if isinstance(rows, list))


def kind_of(item: Any) -> str:
    """Name what an item is: ``v2`` or ``v1`` transfer, ``output``, ``input``, or ``other``."""
    if not isinstance(item, dict):
        return "malformed"
    if isinstance(item.get("Transfer"), dict):
        return "v2"
    if isinstance(item.get("sender"), dict) or isinstance(item.get("receiver"), dict):
        return "v1"
    if "outputAddress" in item or "outputIndex" in item:
        return "output"
    return "input" if "inputAddress" in item or "inputIndex" in item else "other"


def at(value: Any, *path: str) -> Any:
    """Give what stands under keys of nested objects, None where something is missing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def first_of(value: Mapping[str, Any], *paths: tuple[str, ...]) -> Any:
    """Give the first of several places that holds something."""
    return next((found for path in paths if (found := at(value, *path)) not in (None, "")), None)
