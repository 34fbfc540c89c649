"""The columns of explorer exports of TRON by all names seen, and what a person's mapping says of a file.

Names seen: Tronscan's transfers export (``Txn Hash, Block, Time(UTC), From, To, Token, Token Symbol, Amount/TokenID,
Result, Status``), one with ``Time (UTC), Type, Method ID, Method Name, .., Amount, Token ID(1155)``, its older export of
one token's page (``transaction_id, block, block_ts, from_address, to_address, confirmed, contractRet, quant``), and
OKLink's exports of TRON addresses, English and Chinese (``Tx Hash, blockHeight, blockTime(UTC+8), blockTime(UTC), from,
to, value, symbol, tokenAddress, isConfirm``). Case, spaces and underscores do not matter.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.tron import RAIL, TRX, account_key
from trails.errors import IdentifierError, SourceError, TimeError
from trails.money import Asset, token
from trails.records import read_lines, require_whole
from trails.timestamps import zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trails.connector import ReadOptions, Source

#: Our name, and the header names that mean it, in lower case without spaces and underscores.
NAMES: dict[str, tuple[str, ...]] = {
    "tx": ("txnhash", "txhash", "transactionhash", "transactionid", "txid", "hash", "交易哈希"),
    "src": ("from", "fromaddress", "sender", "transferfromaddress", "发送方"),
    "dst": ("to", "toaddress", "receiver", "transfertoaddress", "接收方"),
    "value": ("amount/tokenid", "amount", "value", "quantity", "数量"),
    "quant": ("quant",),
    "contract": ("contractaddress", "tokenaddress", "tokencontract", "contract", "代币地址"),
    "token": ("token", "asset", "currency"),
    "symbol": ("tokensymbol", "symbol", "tokenabbr", "代币符号"),
    "name": ("tokenname",),
    "decimals": ("tokendecimal", "tokendecimals", "decimals"),
    "type": ("contracttype", "type", "transactiontype", "tokentype"),
    "item": ("tokenid(1155)",),
    "result": ("result", "contractret", "finalresult"),
    "status": ("status", "状态"),
    "confirmed": ("confirmed", "isconfirm"),
    "revert": ("revert",),
    "unused": (
        "block", "blockno", "blocknumber", "blockheight", "区块高度", "methodid", "methodname", "method", "fee", "手续费",
        "fromtag", "totag", "age", "risk", "id",
    ),
}  # fmt: skip
#: The columns that decide what kind of row it is: few different combinations in any file.
KIND = (
    "contract", "token", "symbol", "name", "decimals", "type", "item", "result", "status", "confirmed", "revert",
)  # fmt: skip
_TIME = re.compile(r"(time|blocktime|datetime|date|timestamp|blockts)(?:\((?:utc|gmt)([+-]\d{1,2}(?::\d\d)?)?\))?\Z")
_UTC_TIME = ("utc时间", "utctime")
_DELIMITERS = (",", ";", "\t")
_SETTINGS = {"contract": str, "token": str, "decimals": int, "unit": str, "timezone": str, "kind": str}
_UNITS = ("token", "base")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands in a file, and what was said about it.

    ``columns`` gives the header for each of our names, ``offset`` the zone its time column names (``+00:00``), None for
    none. ``told`` is the asset that rows without a contract are in, ``told_word`` the token word they must have.
    """

    header: tuple[str, ...]
    columns: Mapping[str, str]
    delimiter: str
    offset: str | None
    zone_name: str | None
    told: Asset | None
    told_word: str | None
    unit: str | None
    date_order: str | None = None

    @property
    def states_contracts(self) -> bool:
        """Whether rows say the contract: in a column of its own, or in ``Token`` where the symbol has its own column."""
        return "contract" in self.columns or {"token", "symbol"} <= set(self.columns)

    @property
    def unknown(self) -> list[str]:
        """The columns that are neither read nor left out on purpose."""
        read = set(self.columns.values())
        spare = (name for name in self.header if name not in read and name)
        return [name for name in spare if _plain(name) not in NAMES["unused"] and not _time_match(name)]


def split_header(text: str) -> list[tuple[str, ...]]:
    """Give the first line of a text that holds anything, divided by each of the usual delimiters."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return [tuple(next(csv.reader([first], delimiter=delimiter), [])) for delimiter in _DELIMITERS]


def find_layout(source: Source, options: ReadOptions) -> Layout:
    """Find the columns of a CSV file by its first line; raises SourceError for a header without the needed ones."""
    first = _first_record(source, options)
    for delimiter in _DELIMITERS:
        header = tuple(next(csv.reader([first], delimiter=delimiter), []))
        columns, offset = find_columns(header)
        if is_complete(columns):
            return _told(source, options, header, columns, delimiter, offset)
    columns, _ = find_columns(tuple(next(csv.reader([first]), [])))
    missing = [NAMES[name][0] for name in ("tx", "src", "dst") if name not in columns]
    missing += ["amount"] if not {"value", "quant"} & set(columns) else []
    missing += ["time(utc)"] if "time" not in columns else []
    raise SourceError(
        f"{source.name}: row 1: no column like {', '.join(missing)}; this is no export of transfers from an explorer of TRON"
    )


def _first_record(source: Source, options: ReadOptions) -> str:
    for line in read_lines(source, options, rows=True):
        if line.strip("\r\n"):
            return require_whole(line.rstrip("\r\n"), source.name)
    raise SourceError(f"{source.name}: the file is empty")


def find_columns(header: Iterable[str]) -> tuple[dict[str, str], str | None]:
    """Map our names to the columns of a header, and give the offset that its time column names.

    >>> find_columns(["Txn Hash", "Time (UTC)", "From"])
    ({'tx': 'Txn Hash', 'src': 'From', 'time': 'Time (UTC)'}, '+00:00')
    """
    names = {_plain(name): name for name in reversed(list(header)) if name.strip()}
    found = {ours: names[known] for ours, spelled in NAMES.items() for known in reversed(spelled) if known in names}
    found.pop("unused", None)
    times = sorted((rank, name, offset) for name in names.values() for rank, offset in _time_match(name))
    if not times:
        return found, None
    _, name, offset = times[0]
    return {**found, "time": name}, offset or None


def is_complete(columns: Mapping[str, str]) -> bool:
    """Tell whether a header has what a transfer cannot do without."""
    return {"tx", "src", "dst", "time"} <= set(columns) and bool({"value", "quant"} & set(columns))


def _plain(name: str) -> str:
    return "".join(name.casefold().split()).replace("_", "").replace("\ufeff", "")


def _time_match(name: str) -> list[tuple[int, str]]:
    """Give rank and offset of a time column: UTC before another stated zone, before none; empty for another column."""
    plain = _plain(name)
    if plain in _UTC_TIME:
        return [(0, "+00:00")]
    found = _TIME.match(plain)
    if not found:
        return []
    if "(" not in plain:
        return [(2, "")]
    hours, _, minutes = (found[2] or "+0").partition(":")
    offset = f"{hours[0]}{hours[1:].zfill(2)}:{minutes or '00'}"
    return [(0 if offset[1:] == "00:00" else 1, offset)]


def _told(
    source: Source, options: ReadOptions, header: tuple[str, ...], columns: dict[str, str], delimiter: str,
    offset: str | None,
) -> Layout:  # fmt: skip
    """Add what the person said in a mapping; raises SourceError listing everything that is wrong with it."""
    stripped = [name.strip() for name in header]
    double = sorted(name for name, times in Counter(stripped).items() if name and times > 1)
    if double:
        raise SourceError(f"{source.name}: row 1: {', '.join(double)} stands twice among the column names; rename one")
    said = dict(options.mapping or {})
    problems = [f"unknown setting `{key}`; there are: {', '.join(_SETTINGS)}" for key in said if key not in _SETTINGS]
    problems += [
        f"`{key}` must be a {kind.__name__}"
        for key, kind in _SETTINGS.items()
        if key in said and (not isinstance(said[key], kind) or isinstance(said[key], bool))
    ]
    if problems:
        raise _misfit(source, problems)
    if said.get("unit", "token") not in _UNITS:
        problems.append(f"`unit` is {said['unit']!r}; say one of {', '.join(_UNITS)}")
    told, word = _told_asset(said, problems)
    zone_name = options.timezone or said.get("timezone")
    try:
        if zone_name:
            zone(zone_name)
    except TimeError as problem:
        problems.append(str(problem))
    if problems:
        raise _misfit(source, problems)
    return Layout(header, columns, delimiter, offset, zone_name, told, word, said.get("unit"), options.date_order)


def _misfit(source: Source, problems: list[str]) -> SourceError:
    listed = "\n  ".join(problems)
    return SourceError(f"{source.name}: the mapping does not fit, nothing was added:\n  {listed}")


def _told_asset(said: Mapping[str, Any], problems: list[str]) -> tuple[Asset | None, str | None]:
    """Make the asset that a mapping names by its contract; another token than USDT needs its word and its decimals."""
    if "contract" not in said:
        return None, None
    if said["contract"] == TRX.symbol:
        return TRX, said.get("token", TRX.symbol)
    try:
        asset = token(RAIL, account_key(said["contract"].strip()), said.get("token"), said.get("decimals"))
    except IdentifierError as problem:
        problems.append(f"`contract`: {problem}")
        return None, None
    if asset.decimals is None or not 0 <= asset.decimals <= 255:
        problems.append(f"`decimals` of contract {asset.contract} is missing: say how many, or amounts are not exact")
    if not asset.symbol:
        problems.append(f"`token` is missing: say the word by which this file calls contract {asset.contract}")
    return asset, said.get("token") or asset.symbol
