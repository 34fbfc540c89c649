"""Known owners, as a person or a data set states them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from trails.errors import SourceError
from trails.plain_files import read_plain_text

if TYPE_CHECKING:
    from pathlib import Path


def read_owners(path: Path) -> dict[str, str]:
    """The owner of every address a file names.

    A CSV file has the columns ``address`` and ``owner``; a JSON file an object whose keys are owners and whose values are
    lists of addresses, of objects with an ``address``, or objects whose keys are addresses (as Wasabi's emulator writes
    its wallets' coins and keys).

    Raises SourceError naming the row or owner that is no such thing, or an address that two owners claim.
    """
    text = read_plain_text(path)
    rows = _read_json(path, text) if text.lstrip().startswith("{") else _read_csv(path, text)
    owners: dict[str, str] = {}
    for where, address, owner in rows:
        if owners.setdefault(address, owner) != owner:
            raise SourceError(f"{path}, {where}: address {address} has the owners {owners[address]!r} and {owner!r}")
    if not owners:
        raise SourceError(
            f"{path} names no owner; columns address and owner, or JSON of owner to addresses, are needed"
        )
    return owners


def _read_csv(path: Path, text: str) -> list[tuple[str, str, str]]:
    reader = csv.DictReader(text.replace("\x00", "\ufffd").splitlines())
    rows = []
    try:
        if not {"address", "owner"} <= set(reader.fieldnames or ()):
            raise SourceError(
                f"{path}: row 1 has no columns address and owner, but {', '.join(reader.fieldnames or ())[:200]}"
            )
        for number, row in enumerate(reader, start=2):
            if not row["address"] or not row["owner"]:
                raise SourceError(f"{path}, row {number}: address or owner is empty")
            rows.append((f"row {number}", row["address"].strip(), row["owner"].strip()))
    except csv.Error as problem:
        raise SourceError(f"{path}, line {reader.line_num}: {problem}") from None
    return rows


def _read_json(path: Path, text: str) -> list[tuple[str, str, str]]:
    try:
        value = json.loads(text)
    except ValueError as problem:  # JSON's own, and a number of thousands of digits
        raise SourceError(f"{path}: {problem}") from None
    except RecursionError:
        raise SourceError(f"{path}: JSON nested too deeply: refused") from None
    rows = []
    for owner, listed in value.items():
        if not isinstance(listed, (list, dict)):
            raise SourceError(f"{path}: {owner!r} holds no list of addresses")
        for each in listed:  # of an object, its keys
            address = each.get("address") if isinstance(each, dict) else each
            if not isinstance(address, str) or not address:
                raise SourceError(f"{path}: {owner!r} lists {_shown(each)}, which is no address")
            rows.append((f"owner {owner}", address, str(owner)))
    return rows


def _shown(value: Any) -> str:
    return repr(value)[:60]
