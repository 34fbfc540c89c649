"""One row about a token: a transfer of it, exact or refused; and what all rows share, their time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.evm import block_seq, from_seconds, implausible, refuse, token_notes
from connectors.token_decimals import decimals_of, rails_of
from trails.columns import CellProblem
from trails.errors import AmountError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import USDT_CONTRACTS, Asset, check_amount, parse_amount, token
from trails.timestamps import Instant, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.etherscan.fields import Entry
    from trails.connector import ReadOptions

#: The number of a collectible, in tens or hexadecimal; some downloads write # before it.
_TOKEN_NUMBER = re.compile(r"#?\d{1,80}|0x[0-9a-fA-F]{1,64}", re.ASCII)
COLLECTIBLE = "a collectible with a token number (ERC-721, ERC-1155), not money"


def token_records(entry: Entry, rail: str, options: ReadOptions) -> Iterator[Record]:
    """Give the transfer a row states with its notes, or the issue that refuses it."""
    row = entry.row
    try:
        if is_collectible(entry):
            yield Skip(row, COLLECTIBLE)
            return
        asset = _asset(entry, rail)
        unknown = None if entry.exact or asset.decimals is not None else _decimals_unknown(entry, asset)
        amount = None if unknown else _amount(entry, asset.decimals or 0)
        time, doubts = read_time(entry, options)
        transfer = _transfer(entry, rail, asset, amount, time)
    except CellProblem as problem:
        yield Issue(row, "error", problem.code, str(problem))
        return
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    yield from doubts
    if unknown:
        yield unknown
    yield from _note_decimals(entry, asset)
    yield from token_notes(row, asset, entry.text("symbol"), entry.text("name"), amount)
    yield transfer


def is_collectible(entry: Entry) -> bool:
    """Whether a row states the number of a token; raises ValueProblem for what is none, like the ``nan`` of a program."""
    text = entry.text("token_id")
    if text and not _TOKEN_NUMBER.fullmatch(text):
        raise ValueProblem(f"token number {text[:60]!r} is none: the row may be about money or a collectible")
    return bool(text)


def _decimals_unknown(entry: Entry, asset: Asset) -> Issue:
    """Warn that an amount is kept open, because nobody states the decimals of its token.

    Raises AmountError where they would be known on another chain: then it is the chain that is to be said.
    """
    others = rails_of(asset.contract)
    others += [rail for rail, (contract, _) in USDT_CONTRACTS.items() if contract == asset.contract]
    shown = f"the export states no decimals for token {asset.contract} on {asset.rail}"
    if others:
        raise CellProblem(
            "decimals_unknown",
            f"{shown}; they are known of {' and '.join(others)}: name the chain with --rail, or get the API answer (tokentx)",
        )
    value = entry.text("value")
    parse_amount(value, len(value.partition(".")[2]), decimal_mark=".", thousands_mark=",")  # a number all the same
    message = (
        f"{shown}, so {value[:60]!r} is no exact amount: the transfer is kept without one, and the API answer (tokentx) "
        "completes it"
    )
    return Issue(entry.row, "warning", "decimals_unknown", message)


def _asset(entry: Entry, rail: str) -> Asset:
    decimals = entry.number("decimals")
    if decimals is not None and decimals > 255:
        raise ValueProblem(f"a token cannot have {decimals} decimals")
    contract = entry.address("contract", rail)
    if decimals is None:
        decimals = decimals_of(rail, contract)
    return token(rail, contract, entry.text("symbol") or None, decimals)


def _note_decimals(entry: Entry, asset: Asset) -> Iterator[Issue]:
    """Warn where a row states other decimals than its contract is known to have: its sums would be shown wrongly."""
    known = decimals_of(str(asset.rail), asset.contract)
    if known is not None and asset.decimals != known:
        message = f"the row states {asset.decimals} decimals for token {asset.contract}, which is known to have {known}"
        yield Issue(entry.row, "warning", "decimals_differ", message)


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


def _transfer(entry: Entry, rail: str, asset: Asset, amount: int | None, time: Instant) -> Transfer:
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
