"""One row of token_transfers, read field by field: JSON lines, and the rows that the bulk reader sets aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.evm import MAX_LOGS, block_seq, implausible, read_stamp, refuse, token_notes
from trails.errors import AmountError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import check_amount, token
from trails.timestamps import Instant
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions

REQUIRED = (
    "token_address",
    "from_address",
    "to_address",
    "value",
    "transaction_hash",
    "log_index",
    "block_number",
)
TIME = "block_timestamp"
MAX_BLOCK = 10**12
MAX_DIGITS = 80
NO_TIMES: Mapping[int, Instant] = MappingProxyType({})
_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)


def read_row(
    row: int, value: Any, rail: str, options: ReadOptions, times: Mapping[int, Instant] = NO_TIMES
) -> Iterator[Record]:
    """Give the transfer of a token a row states, with its warnings, or the issue that refuses it."""
    if not isinstance(value, dict):
        yield Issue(row, "error", "malformed", "this is no token transfer: an object with token_address and the like")
        return
    if not any(value.values()):
        yield Skip(row, "an empty line")
        return
    try:
        block, log = _whole(value, "block_number", MAX_BLOCK), _whole(value, "log_index", MAX_LOGS)
        amount = check_amount(required_number(value, "value"))
        time, doubt = read_stamp(value.get(TIME), options)
        if time.time is None and block in times:
            time, doubt = times[block], None
        transfer = Transfer(
            row,
            Node(rail, canonical_address(required_text(value, "from_address"), rail)),
            Node(rail, canonical_address(required_text(value, "to_address"), rail)),
            token(rail, canonical_address(required_text(value, "token_address"), rail)),
            amount,
            "transfer",
            time,
            tx=parse_txid(required_text(value, "transaction_hash")),
            index=log,
            seq=block_seq(block, log),
        )
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    if doubt:
        yield implausible(row, doubt)
    yield from token_notes(row, transfer.asset, "", "", amount)
    yield transfer


def time_note(count: int) -> Iterator[Issue]:
    """Note once per source how many transfers state no time."""
    if count:
        many = count_words(count, "transfer states", "transfers state")
        message = (
            f"{many} no {TIME}: the time stays unknown; give the blocks with --with, or export with "
            "block timestamps"
        )
        yield Issue(None, "note", "time_missing", message)


def required_text(value: Mapping[str, Any], name: str) -> str:
    """Give a field as text; raises ValueProblem where it is missing."""
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise ValueProblem(f"{name} is missing")
    return text


def required_number(value: Mapping[str, Any], name: str) -> int:
    """Give a field as a whole number of at most 80 digits; raises AmountError.

    >>> required_number({"value": "7400000000000000000"}, "value")
    7400000000000000000
    """
    found = value.get(name)
    if isinstance(found, Decimal) and found.adjusted() < MAX_DIGITS and found == found.to_integral_value():
        found = int(found)
    text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(text, str) or not _DIGITS.match(text):
        raise AmountError(f"{name} {str(found)[:90]!r} is not a whole number of at most 80 digits")
    return int(text)


def optional_number(value: Mapping[str, Any], name: str) -> int | None:
    """Give a field as a whole number, None where it is missing or empty; raises AmountError."""
    return None if value.get(name) in (None, "") else required_number(value, name)


def _whole(value: Mapping[str, Any], name: str, bound: int) -> int:
    try:
        number = required_number(value, name)
    except AmountError as problem:
        raise ValueProblem(str(problem)) from None
    if number >= bound:
        raise ValueProblem(f"{name} {number} is {bound} or more")
    return number
