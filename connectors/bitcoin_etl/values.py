"""Single values of the tables: numbers that each format writes differently, lists in cells, block times, addresses."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from trails.errors import AmountError, TimeError, ValueProblem
from trails.timestamps import UNKNOWN_TIME, Instant, is_numbered, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.connector import ReadOptions
    from trails.model import Issue

_WHOLE = re.compile(r"-?\d{1,20}", re.ASCII)
#: BigQuery's NUMERIC has nine decimal places (BIGNUMERIC 38); a whole number is written with all of them in Parquet.
_NUMERIC_PLACES = -9
_SATOSHI = 10**8
#: bitcoin-etl's own name for a script without an address: a hash of it, nobody's address.
_NO_ADDRESS = "nonstandard"


def read_whole(value: Any, name: str) -> int | None:
    """A whole number however the format writes it (number, text, NUMERIC), None where it is missing.

    Raises ValueProblem. A fraction or a double is no whole number: ``50.0`` may be BTC.

    >>> read_whole("5000000000", "value")
    5000000000
    """
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip())
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and (exponent == 0 or exponent <= _NUMERIC_PLACES):
            return int(value)
    raise ValueProblem(f"{name} {str(value)[:40]!r} is not a whole number")


def read_satoshi(row: Mapping[str, Any], name: str, *, in_btc: bool = False) -> int | None:
    """An amount in satoshi, None where it is missing; raises AmountError.

    Doubles are accepted where they are BTC (``in_btc``): one holds every amount of Bitcoin to the satoshi (21 million
    BTC have 51 bits), so it is rounded to the nearest. Anywhere else a double has lost what it meant.
    """
    value = row.get(name)
    if isinstance(value, float):
        if not in_btc or not abs(value) < bitcoin.MAX_SATOSHI:
            raise AmountError(f"{name} {value!r} is a rounded number; satoshi are whole numbers")
        return bitcoin.satoshi(round(value * _SATOSHI), name)
    try:
        found = read_whole(value, name)
    except ValueProblem as problem:
        raise AmountError(str(problem)) from None
    return None if found is None else bitcoin.satoshi(found, name)


def is_aws(row: Mapping[str, Any]) -> bool:
    """Whether an input or output is in the form of the AWS data set: one ``address``, and its value in BTC."""
    return "address" in row and "addresses" not in row


def read_flag(value: Any, name: str) -> bool | None:
    """Yes or no, None where it is missing; raises ValueProblem."""
    if value is None or value == "":
        return None
    text = str(value).strip().lower()
    if text not in ("true", "false", "1", "0"):
        raise ValueProblem(f"{name} {text[:40]!r} is neither true nor false")
    return text in ("true", "1")


def read_items(value: Any, name: str) -> list[dict[str, Any]]:
    """Nested rows, in a CSV cell as JSON text, in their own order by ``index``; raises ValueProblem."""
    items = _read_list(value, name)
    if not all(isinstance(item, dict) for item in items):
        raise ValueProblem(f"{name} holds something that is no object")
    numbers = [read_whole(item.get("index"), f"{name}.index") for item in items]
    if sorted(-1 if number is None else number for number in numbers) != list(range(len(items))):
        raise ValueProblem(f"{name} are not numbered from 0 to {len(items) - 1}: some are missing or stand twice")
    return [item for _, item in sorted(zip(numbers, items, strict=True), key=lambda pair: pair[0] or 0)]


def _read_list(value: Any, name: str) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal)
        except (ValueError, RecursionError, ArithmeticError):
            raise ValueProblem(f"{name} {value[:40]!r} is no JSON list; export nested columns as JSON") from None
    if not isinstance(value, list):
        raise ValueProblem(f"{name} is no list")
    return value


def read_address(row: Mapping[str, Any]) -> str | None:
    """The one address a row states for an output. None for several (the keys of a bare multisig are not its owner), and
    for the hash that bitcoin-etl puts where a script has no address; raises ValueProblem."""
    value = row.get("addresses", row.get("address"))
    if isinstance(value, str) and value.strip().startswith("["):
        value = _read_list(value.replace("'", '"'), "addresses")
    elif isinstance(value, str):
        value = [part for part in value.split(",") if part.strip()]
    if value is not None and not isinstance(value, list):
        raise ValueProblem("addresses is no list")
    texts = [str(each).strip() for each in value or []]
    if len(texts) != 1 or texts[0].startswith(_NO_ADDRESS) or row.get("type") == "multisig":
        return None
    return texts[0]


def read_time(row: int, value: Any, options: ReadOptions) -> tuple[Instant, tuple[Issue, ...]]:
    """A block's time: Unix seconds, ``2010-04-10 16:31:40 UTC`` or ISO 8601; unknown with a warning where impossible.

    Raises TimeError for text that is no time, or states no zone while ``--timezone`` says none.
    """
    if value is None or value == "":
        return UNKNOWN_TIME, ()
    text = str(value).strip()
    if _WHOLE.fullmatch(text):
        return bitcoin.block_time(row, max(int(text), 0))
    plain = text.removesuffix("UTC").rstrip() + "+00:00" if text.endswith("UTC") else text
    try:
        parsed = datetime.fromisoformat(plain)
    except ValueError:
        if not is_numbered(plain):
            raise TimeError(f"block_timestamp {text[:60]!r} is neither Unix seconds nor ISO 8601") from None
        parsed = None
    if parsed is not None and parsed.tzinfo is not None:
        return bitcoin.block_time(row, max(int(parsed.timestamp()), 0))
    local = parse_time(text, zone_name=options.timezone, order=options.date_order)
    if local.basis == "stated" and local.time is not None:
        time, doubts = bitcoin.block_time(row, max(int(local.time.timestamp()), 0))
        return (replace(time, error_s=(time.error_s or 0) + (local.error_s or 0)) if time.time else time), doubts
    return Instant(local.time, (local.error_s or 0) + bitcoin.BLOCK_TIME_ERROR_S, local.basis), ()
