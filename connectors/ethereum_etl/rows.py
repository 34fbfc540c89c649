"""One row of token_transfers, read field by field: JSON lines, and the CSV rows that the bulk reader sets aside."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.evm import refuse
from trails.errors import AmountError, TimeError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import check_amount, token
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix, parse_time

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
MAX_LOGS = 10**6
MAX_BLOCK = 10**12
_DIGITS = re.compile(r"\d{1,80}\Z", re.ASCII)


def read_row(row: int, value: Any, rail: str, options: ReadOptions) -> Iterator[Record]:
    """Give the transfer a row states, with its warnings, or the issue that refuses it."""
    if not isinstance(value, dict):
        yield Issue(row, "error", "malformed", "this is no token transfer: an object with token_address and the like")
        return
    if not any(value.values()):
        yield Skip(row, "an empty line")
        return
    try:
        block, log = _whole(value, "block_number", MAX_BLOCK), _whole(value, "log_index", MAX_LOGS)
        amount = check_amount(_number(value, "value"))
        time, doubt = read_stamp(value.get(TIME), options)
        transfer = Transfer(
            row,
            Node(rail, canonical_address(_text(value, "from_address"), rail)),
            Node(rail, canonical_address(_text(value, "to_address"), rail)),
            token(rail, canonical_address(_text(value, "token_address"), rail)),
            amount,
            "transfer",
            time,
            tx=parse_txid(_text(value, "transaction_hash")),
            index=log,
            seq=block * MAX_LOGS + log,
        )
    except ValueProblem as problem:
        yield refuse(row, problem)
        return
    if doubt:
        yield implausible(row, doubt)
    yield transfer


def implausible(row: int, message: str) -> Issue:
    """Warn of a time that cannot be; the transfer is kept without it."""
    return Issue(row, "warning", "time_implausible", message)


def time_note(count: int) -> Iterator[Issue]:
    """Note once per source how many transfers state no time."""
    if count:
        message = f"{count} transfer(s) state no {TIME}: their time stays unknown; export with block timestamps"
        yield Issue(None, "note", "time_missing", message)


def _text(value: dict[str, Any], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not text:
        raise ValueProblem(f"{name} is missing")
    return text


def _number(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    text = str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    if not isinstance(text, str) or not _DIGITS.match(text):
        raise AmountError(f"{name} {str(found)[:90]!r} is not a whole number of at most 80 digits")
    return int(text)


def _whole(value: dict[str, Any], name: str, bound: int) -> int:
    try:
        number = _number(value, name)
    except AmountError as problem:
        raise ValueProblem(str(problem)) from None
    if number >= bound:
        raise ValueProblem(f"{name} {number} is {bound} or more")
    return number


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
        return _from_seconds(int(text))
    plain = text.removesuffix("UTC").rstrip() + "+00:00" if text.endswith("UTC") else text
    try:
        parsed = datetime.fromisoformat(plain)
    except ValueError:
        raise TimeError(f"{TIME} {text[:60]!r} is neither Unix seconds nor ISO 8601") from None
    if parsed.tzinfo is None:
        return parse_time(text, zone_name=options.timezone), None
    return _from_seconds(int(parsed.timestamp()))


def _from_seconds(seconds: int) -> tuple[Instant, str | None]:
    try:
        return from_unix(seconds), None
    except TimeError as problem:
        return UNKNOWN_TIME, str(problem)
