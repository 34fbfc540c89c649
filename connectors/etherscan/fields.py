"""The columns and fields of Etherscan's exports by all names seen, which kind of export has them, and one row of them.

Header names seen in the wild differ by year and explorer: ``Txhash`` became ``Transaction Hash``, ``DateTime`` became
``DateTime (UTC)``, ``Value`` became ``TokenValue``; the chain's coin stands in names like ``Value_IN(BNB)``; prices
stand in names like ``CurrentValue @ $2038.09/Eth``. Rows may end with one empty field more than the header has.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.errors import IdentifierError, ValueProblem
from trails.identifiers import canonical_address
from trails.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Our name, and the header names that mean it, in lower case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "tx": ("transaction hash", "txhash", "txn hash", "hash", "parent transaction hash"),
    "block": ("blockno", "block number", "blocknumber", "block"),
    "unix": ("unixtimestamp", "unix timestamp"),
    "utc": ("datetime (utc)", "date time (utc)", "timestamp (utc)"),
    "local": ("datetime", "date time"),
    "src": ("from", "from address"),
    "dst": ("to", "to address", "txto"),
    "value": ("tokenvalue", "token value", "value", "quantity", "amount"),
    "contract": ("contractaddress", "contract address", "token contract", "tokencontract", "token address"),
    "name": ("tokenname", "token name", "token"),
    "symbol": ("tokensymbol", "token symbol", "symbol"),
    "decimals": ("tokendecimal", "token decimal", "decimals"),
    "token_id": ("tokenid", "token id", "token_id"),
    "chain": ("chainid", "chain id"),
    "status": ("status",),
    "error": ("errcode", "error code"),
    "type": ("type",),
    "src_tag": ("from_nametag",),
    "dst_tag": ("to_nametag",),
    "parent": ("parenttxfrom", "parent transaction hash"),
    "list_fee": ("txn fee",),
}
#: Columns whose name holds the chain's coin: our name, and the pattern.
_COIN_COLUMNS = {
    "coin_in": re.compile(r"value_in\(([^()]{1,20})\)"),
    "coin_out": re.compile(r"value_out\(([^()]{1,20})\)"),
    "coin_value": re.compile(r"value\((?!usd\))([^()]{1,20})\)"),
    "coin_fee": re.compile(r"txnfee\((?!usd\))([^()]{1,20})\)"),
}
_UNUSED = re.compile(
    r"usdvaluedayoftx|usd value day of tx|value \(usd\)|method|txnfee\(usd\)|chain|parenttx.*|currentvalue.*"
    r"|historical \$price.*"
)

#: Our name, and the field of an answer about transactions or transfers.
JSON_FIELDS: dict[str, str] = {
    "tx": "hash",
    "block": "blockNumber",
    "unix": "timeStamp",
    "src": "from",
    "dst": "to",
    "value": "value",
    "contract": "contractAddress",
    "name": "tokenName",
    "symbol": "tokenSymbol",
    "decimals": "tokenDecimal",
    "log": "logIndex",
    "failed": "isError",
    "receipt": "txreceipt_status",
    "token_id": "tokenID",
    "gas": "gasUsed",
    "gas_price": "gasPrice",
    "input": "input",
    "type": "type",
}
#: The API's own names of fields: a table that has them was made of its answers.
_ANSWER = {"blockNumber", "timeStamp", "hash", "from", "to", "value"}
_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a header means: our names to its columns, the delimiter, the coin its names state, the kind of its rows.

    ``kind`` is ``token``, ``collectible``, ``coin`` (transactions), ``internal`` (calls between contracts), ``list``
    (the download of a page's list, which has no columns for in and out) or ``answer`` (a table of the API's own fields,
    whose sums are base units). It says what the columns are for; what a row is about its cells decide.
    """

    kind: str
    columns: Mapping[str, str]
    delimiter: str = ","
    coins: tuple[str, ...] = ()

    @property
    def coin(self) -> str | None:
        """The coin that the columns' names state."""
        return self.coins[0] if self.coins else None


def find_layout(first_line: str) -> Layout | None:
    """Say what the header of a CSV export means; None where it is no header of the Etherscan family."""
    for delimiter in _DELIMITERS:
        header = next(csv.reader([first_line], delimiter=delimiter), [])
        if set(map(str.strip, header)) >= _ANSWER:
            return Layout("answer", {ours: name for ours, name in JSON_FIELDS.items() if name in header}, delimiter)
        columns, coins = find_columns(header)
        kind = _kind(columns)
        if kind:
            return Layout(kind, columns, delimiter, coins)
    return None


def _kind(columns: Mapping[str, str]) -> str | None:
    has = columns.keys()
    if not {"tx", "src", "dst"} <= has or not has & {"block", "unix"}:
        return None
    if "coin_in" in has or "coin_out" in has:
        return "internal" if "parent" in has else "coin"
    if "token_id" in has:
        return "collectible"
    if "src_tag" in has and "value" in has:
        return "token" if "name" in has else "list"
    return "token" if "value" in has and has & {"block", "symbol"} else None


def find_columns(header: Iterable[str | None]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Map our names to the columns of a header, the first known name counting; and name the coins they state."""
    found: dict[str, str] = {}
    coins: dict[str, None] = {}
    names = {name.strip().casefold(): name.strip() for name in header if name}
    for ours, known in COLUMNS.items():
        match = next((names[each] for each in known if each in names), None)
        if match is not None:
            found[ours] = match
    for ours, pattern in _COIN_COLUMNS.items():
        for plain, name in names.items():
            stated = pattern.fullmatch(plain)
            if stated:
                found[ours] = name
                coins[stated[1].upper()] = None
    return found, tuple(coins)


def unknown_columns(names: Iterable[str | None], layout: Layout) -> list[str]:
    """List the columns of a file that mean nothing to us and are not known to be left out on purpose."""
    known = set(layout.columns.values())
    return [name for name in names if name and name not in known and not _UNUSED.fullmatch(name.strip().casefold())]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with its columns; ``exact`` where values are base units and not decimal text."""

    row: int
    value: Any
    columns: Mapping[str, str]
    exact: bool
    date_order: str | None = None

    def text(self, name: str) -> str:
        """Give a field as text, empty where it is missing."""
        column = self.columns.get(name)
        found = self.value.get(column) if column and isinstance(self.value, dict) else None
        return str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""

    def number(self, name: str) -> int | None:
        """Give a field as a whole number, None where it is missing; raises ValueProblem."""
        text = self.text(name)
        if text and not _DIGITS.match(text):
            damaged = "; a spreadsheet has cut it: use the file as it was downloaded" if "E+" in text.upper() else ""
            raise ValueProblem(f"{name} {text[:60]!r} is not a whole number{damaged}")
        return int(text) if text else None

    def address(self, name: str, rail: str) -> str:
        """Give an address in the form of its chain; raises IdentifierError, which names the column where it is empty."""
        text = self.text(name)
        if not text:
            raise IdentifierError(f"the row states no address under {self.columns.get(name, name)!r}")
        return canonical_address(text, rail)

    @property
    def pace(self) -> tuple[int, int] | None:
        """Give the block number and Unix time, where the row states both."""
        block, unix = self.text("block"), self.text("unix") or self._unix_of_utc()
        whole = _DIGITS.match(block) and _DIGITS.match(unix) and unix != "0"
        return (int(block), int(unix)) if whole else None

    def _unix_of_utc(self) -> str:
        text = self.text("utc")
        try:
            time = parse_time(text, zone_name="UTC", order=self.date_order).time if text else None
        except ValueProblem:
            return ""
        return str(int(time.timestamp())) if time else ""

    @property
    def chain(self) -> int | None:
        """Give the chain id the row states, if it is one."""
        text = self.text("chain")
        return int(text) if _DIGITS.match(text) else None

    @property
    def is_ragged(self) -> bool:
        """Whether the row has other fields than the header; one empty field too many is how some exports end rows."""
        if not isinstance(self.value, dict) or self.exact:
            return not isinstance(self.value, dict) or None in self.value
        surplus = self.value.get(None) or []
        return any(str(field).strip() for field in surplus) or None in self.value.values()

    @property
    def is_empty(self) -> bool:
        """Whether every field is empty."""
        return isinstance(self.value, dict) and not any(self.value.values())
