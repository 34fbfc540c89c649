"""The columns and fields of Etherscan's exports by all names seen, and one row of them as a transfer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.evm import refuse, token_notes
from trails.errors import AmountError, TimeError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import Asset, check_amount, parse_amount, token
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trails.connector import ReadOptions

#: Our name, and the header names that mean it, in lower case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "tx": ("transaction hash", "txhash", "txn hash", "hash"),
    "block": ("blockno", "block number", "blocknumber", "block"),
    "unix": ("unixtimestamp", "unix timestamp"),
    "utc": ("datetime (utc)", "date time (utc)", "timestamp (utc)"),
    "local": ("datetime", "date time"),
    "src": ("from", "from address"),
    "dst": ("to", "to address"),
    "value": ("tokenvalue", "token value", "value", "quantity", "amount"),
    "contract": ("contractaddress", "contract address", "token contract", "tokencontract", "token address"),
    "name": ("tokenname", "token name", "token"),
    "symbol": ("tokensymbol", "token symbol", "symbol"),
    "decimals": ("tokendecimal", "token decimal", "decimals"),
    "unused": ("usdvaluedayoftx", "usd value day of tx", "value (usd)", "method", "from_nametag", "to_nametag"),
}

#: Our name, and the field of a tokentx answer.
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
    "token_id": "tokenID",
}
_LOGS = 10**6
_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)


def find_columns(header: Iterable[str | None]) -> dict[str, str]:
    """Map our names to the columns of a header, the first known name counting."""
    found: dict[str, str] = {}
    names = {name.strip().casefold(): name for name in header if name}
    for ours, known in COLUMNS.items():
        match = next((names[each] for each in known if each in names), None)
        if match is not None and ours != "unused":
            found[ours] = match
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with its columns; ``exact`` where values are base units and not decimal text."""

    row: int
    value: Any
    columns: Mapping[str, str]
    exact: bool

    def text(self, name: str) -> str:
        """Give a field as text, empty where it is missing."""
        column = self.columns.get(name)
        found = self.value.get(column) if column and isinstance(self.value, dict) else None
        return str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""

    def number(self, name: str) -> int | None:
        """Give a field as a whole number, None where it is missing; raises ValueProblem."""
        text = self.text(name)
        if text and not _DIGITS.match(text):
            raise ValueProblem(f"{name} {text[:60]!r} is not a whole number")
        return int(text) if text else None

    @property
    def pace(self) -> tuple[int, int] | None:
        """Give the block number and Unix time, where the row states both."""
        block, unix = self.text("block"), self.text("unix")
        whole = _DIGITS.match(block) and _DIGITS.match(unix) and unix != "0"
        return (int(block), int(unix)) if whole else None

    @property
    def is_ragged(self) -> bool:
        """Whether the row has more or fewer fields than the header."""
        return isinstance(self.value, dict) and (None in self.value or (not self.exact and None in self.value.values()))


def transfer_records(entry: Entry, rail: str, options: ReadOptions) -> Iterator[Record]:
    """Give the transfer a row states with its notes, or the issue that refuses it."""
    row = entry.row
    if not isinstance(entry.value, dict) or entry.is_ragged:
        yield Issue(row, "error", "ragged", "the row does not have the fields of its header; it may be cut")
        return
    if entry.text("token_id"):
        yield Skip(row, "a collectible with a token number (ERC-721), not money")
        return
    try:
        asset = _asset(entry, rail)
        if not entry.exact and asset.decimals is None:
            yield _decimals_unknown(entry, asset)
            yield from token_notes(row, asset, entry.text("symbol"), entry.text("name"), None)
            return
        amount = _amount(entry, asset.decimals or 0)
        time, doubts = _time(entry, options)
        transfer = _transfer(entry, rail, asset, amount, time)
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from doubts
    yield from token_notes(row, asset, entry.text("symbol"), entry.text("name"), amount)
    yield transfer


def _decimals_unknown(entry: Entry, asset: Asset) -> Issue:
    message = (
        f"the export states no decimals for token {asset.contract} on {asset.rail}, so {entry.text('value')[:60]!r} is "
        "no exact amount; get the API answer (tokentx) instead, or name the chain with --rail if this is USDT"
    )
    return Issue(entry.row, "error", "decimals_unknown", message)


def _asset(entry: Entry, rail: str) -> Asset:
    decimals = entry.number("decimals")
    if decimals is not None and decimals > 255:
        raise ValueProblem(f"a token cannot have {decimals} decimals")
    contract = canonical_address(entry.text("contract"), rail)
    return token(rail, contract, entry.text("symbol") or None, decimals)


def _amount(entry: Entry, decimals: int) -> int:
    text = entry.text("value")
    if not entry.exact:
        amount = parse_amount(text, decimals, decimal_mark=".", thousands_mark=",")
        if amount < 0:
            raise AmountError(f"amount {text[:60]!r} is negative")
        return amount
    if not _DIGITS.match(text):
        raise AmountError(f"value {text[:90]!r} is not a whole number of at most 80 digits")
    return check_amount(int(text))


def _time(entry: Entry, options: ReadOptions) -> tuple[Instant, tuple[Issue, ...]]:
    """Read the time: Unix seconds first, else the column that says UTC, else one without a zone if a zone was named."""
    unix = entry.number("unix")
    if unix is not None:
        try:
            return from_unix(unix), ()
        except TimeError as problem:
            return UNKNOWN_TIME, (Issue(entry.row, "warning", "time_implausible", str(problem)),)
    if entry.text("utc"):
        found = parse_time(entry.text("utc"), zone_name="UTC")
        return Instant(found.time, found.error_s, "stated"), ()
    return parse_time(entry.text("local"), zone_name=options.timezone), ()


def _transfer(entry: Entry, rail: str, asset: Asset, amount: int, time: Instant) -> Transfer:
    block, log = entry.number("block"), entry.number("log")
    return Transfer(
        entry.row,
        Node(rail, canonical_address(entry.text("src"), rail)),
        Node(rail, canonical_address(entry.text("dst"), rail)),
        asset,
        amount,
        "transfer",
        time,
        tx=parse_txid(entry.text("tx")),
        index=log,
        seq=None if block is None or log is None or log >= _LOGS else block * _LOGS + log,
        status="failed" if entry.text("failed") == "1" else "ok",
    )
