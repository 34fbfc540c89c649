"""What the connectors of token transfers share: refusing a row, reading a block's time, the coin of each chain, and the two
traps of tokens (a counterfeit symbol, a transfer of nothing). Which chain a file is of: ``connectors.evm_chains``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from trails.errors import AmountError, IdentifierError, TimeError, ValueProblem
from trails.identifiers import plain_symbol
from trails.model import Event, Issue
from trails.money import USDT_CONTRACTS, Asset
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix, is_numbered, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions
    from trails.model import Node

MAX_LOGS = 10**6
#: No chain has come near such numbers of a block, or of a log in it; larger ones do not fit the tables of a case.
_MOST_BLOCK, _MOST_LOG = 10**12, 2**31

_PROBLEM_CODES = {AmountError: "amount", TimeError: "time", IdentifierError: "identifier"}


def refuse(row: int, problem: ValueProblem) -> Issue:
    """Make the error issue that refuses a row for one value nobody can understand."""
    codes = (code for kind, code in _PROBLEM_CODES.items() if isinstance(problem, kind))
    return Issue(row, "error", next(codes, "malformed"), str(problem))


#: The coin of each chain itself: the id of the asset, and its symbol. Matic was renamed POL in 2024, one for one.
COINS: dict[str, tuple[str, str]] = {
    "ethereum": ("ETH", "ETH"),
    "bsc": ("BNB@bsc", "BNB"),
    "polygon": ("POL@polygon", "POL"),
    "gnosis": ("xDAI@gnosis", "xDAI"),
}


def native_coin(rail: str, stated: str | None = None) -> Asset:
    """Give the coin of a chain itself, in which value and fees are paid; 18 places on every EVM chain.

    On the rail of the chains without one of their own it is called by the coin that the file states, so that two chains'
    coins are never one; ETH, which is the coin of many of them, says no more than nothing.

    >>> native_coin("ethereum").asset, native_coin("evm").asset, native_coin("evm", "MNT").asset
    ('ETH', 'coin@evm', 'MNT@evm')
    """
    if rail not in COINS and stated and stated.upper() != "ETH":
        return Asset(f"{stated.upper()}@{rail}", rail, None, stated.upper(), 18)
    asset, symbol = COINS.get(rail, (f"coin@{rail}", None))
    return Asset(asset, rail, None, symbol, 18)


def read_stamp(value: object, options: ReadOptions) -> tuple[Instant, str | None]:
    """Read a block's time: Unix seconds, ISO 8601, or ``2023-05-02 12:19:59 UTC``.

    A missing one is unknown; an impossible one (1970) is unknown with the reason. Raises TimeError for text that is no
    time or states no zone.

    >>> from trails.connector import ReadOptions
    >>> read_stamp("2023-05-02 12:19:59 UTC", ReadOptions())[0].time.isoformat()
    '2023-05-02T12:19:59+00:00'
    """
    if value is None or value == "":
        return UNKNOWN_TIME, None
    text = str(value).strip()
    if re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return from_seconds(int(text))
    plain = text.removesuffix("UTC").rstrip() + "+00:00" if text.endswith("UTC") else text
    try:
        parsed = datetime.fromisoformat(plain)
    except ValueError:
        if not is_numbered(plain):
            raise TimeError(f"block time {text[:60]!r} is neither Unix seconds nor ISO 8601") from None
        return _read_numbered(text, options)
    if parsed.tzinfo is None:
        return parse_time(text, zone_name=options.timezone), None
    return from_seconds(int(parsed.timestamp()))


def _read_numbered(text: str, options: ReadOptions) -> tuple[Instant, str | None]:
    """A block's time as a spreadsheet wrote it; where it states its zone it is the chain's, as it is in any other form."""
    found = parse_time(text, zone_name=options.timezone, order=options.date_order)
    if found.basis != "stated" or found.time is None:
        return found, None
    time, doubt = from_seconds(int(found.time.timestamp()))
    return (replace(time, error_s=found.error_s) if time.time else time), doubt


def from_seconds(seconds: int) -> tuple[Instant, str | None]:
    """Give a block's time from Unix seconds; an impossible one is unknown, with the reason."""
    try:
        return from_unix(seconds), None
    except TimeError as problem:
        return UNKNOWN_TIME, str(problem)


def implausible(row: int, message: str) -> Issue:
    """Warn of a time that cannot be; the transfer is kept without it."""
    return Issue(row, "warning", "time_implausible", message)


def block_seq(block: int | None, log: int | None) -> int | None:
    """Give the order of a log inside its chain (block x 10^6 + log), None where the row does not state both.

    Raises ValueProblem for numbers that no block and no log can have.
    """
    if (block or 0) >= _MOST_BLOCK or (log or 0) >= _MOST_LOG:
        raise ValueProblem(f"block {block}, log {log}: too large to be the numbers of a block and a log")
    return None if block is None or log is None or log >= MAX_LOGS else block * MAX_LOGS + log


def approval(
    row: int, time: Instant, tx: str, contract: Node, owner: Node, spender: Node, amount: int, index: int | None
) -> Event:  # fmt: skip
    """State that an account let another spend its tokens, or took that back (amount 0): a permission, which moves nothing."""
    kind = "approved" if amount else "approval_revoked"
    done = "lets" if amount else "no longer lets"
    text = f"{owner.key} {done} {spender.key} spend its tokens of {contract.key}, transaction {tx}: nothing moved"
    place = f"{contract.key}:{owner.key}:{spender.key}:{index}"  # one transaction may repeat it
    return Event(row, kind, time, owner, spender, text, f"{owner.rail}:{tx}:{kind}:{place}")


def token_notes(row: int, asset: Asset, symbol: str, name: str, amount: int | None) -> Iterator[Issue]:
    """Note what a reader of a token transfer must know: the token only calls itself USDT, or nothing was moved."""
    issuers = {contract for contract, _ in USDT_CONTRACTS.values()}
    if asset.contract not in issuers and _calls_itself_usdt(symbol, name):
        yield Issue(
            row,
            "note",
            "counterfeit_symbol",
            f"token {asset.contract} calls itself {symbol or name!r} but is not the issuer's USDT contract on "
            f"{asset.rail}: a counterfeit or a bridged token, never added up with USDT",
        )
    if amount == 0:
        yield Issue(row, "note", "zero_value", "a transfer of zero tokens: often address poisoning, moves nothing")


def _calls_itself_usdt(symbol: str, name: str) -> bool:
    return plain_symbol(symbol) == "USDT" or plain_symbol(name) in ("TETHERUSD", "TETHERUSDT", "USDT")

