"""One row about a token: a transfer of it, exact or refused; and what all rows share, their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.evm import block_seq, from_seconds, implausible, refuse, token_notes
from trails.errors import AmountError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import Asset, check_amount, parse_amount, token
from trails.timestamps import Instant, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.etherscan.fields import Entry
    from trails.connector import ReadOptions

COLLECTIBLE = "a collectible with a token number (ERC-721, ERC-1155), not money"


def token_records(entry: Entry, rail: str, options: ReadOptions) -> Iterator[Record]:
    """Give the transfer a row states with its notes, or the issue that refuses it."""
    row = entry.row
    if entry.text("token_id"):
        yield Skip(row, COLLECTIBLE)
        return
    try:
        asset = _asset(entry, rail)
        if not entry.exact and asset.decimals is None:
            yield _decimals_unknown(entry, asset)
            yield from token_notes(row, asset, entry.text("symbol"), entry.text("name"), None)
            return
        amount = _amount(entry, asset.decimals or 0)
        time, doubts = read_time(entry, options)
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
    contract = entry.address("contract", rail)
    return token(rail, contract, entry.text("symbol") or None, decimals)


def _amount(entry: Entry, decimals: int) -> int:
    if entry.exact:
        return whole_value(entry)
    text = entry.text("value")
    amount = parse_amount(text, decimals, decimal_mark=".", thousands_mark=",")
    if amount < 0:
        raise AmountError(f"amount {text[:60]!r} is negative")
    return amount


def whole_value(entry: Entry) -> int:
    """Give the value of an answer's item in base units; raises AmountError."""
    text = entry.text("value")
    if not (text.isascii() and text.isdigit() and len(text) <= 80):
        raise AmountError(f"value {text[:90]!r} is not a whole number of at most 80 digits")
    return check_amount(int(text))


def read_time(entry: Entry, options: ReadOptions) -> tuple[Instant, tuple[Issue, ...]]:
    """Read a row's time: Unix seconds first, else the column that says UTC, else one without a zone if a zone was named.

    Raises TimeError.
    """
    unix = entry.number("unix")
    if unix is not None:
        time, doubt = from_seconds(unix)
        return time, (implausible(entry.row, doubt),) if doubt else ()
    if entry.text("utc"):
        found = _written(entry.text("utc"), "UTC", options)
        return Instant(found.time, found.error_s, "stated"), ()
    return _written(entry.text("local"), options.timezone, options), ()


def _written(text: str, zone_name: str | None, options: ReadOptions) -> Instant:
    """Read a written time; one of three numbers only in the order of day and month that was named."""
    return parse_time(text, zone_name=zone_name, order=options.date_order)


def _transfer(entry: Entry, rail: str, asset: Asset, amount: int, time: Instant) -> Transfer:
    log = entry.number("log")
    return Transfer(
        entry.row,
        Node(rail, entry.address("src", rail)),
        Node(rail, entry.address("dst", rail)),
        asset,
        amount,
        "transfer",
        time,
        tx=parse_txid(entry.text("tx")),
        index=log,
        seq=block_seq(entry.number("block"), log),
        status="failed" if entry.text("failed") == "1" else "ok",
    )
