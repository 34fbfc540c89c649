"""Electrum's history as CSV (three generations of columns) and JSON (by id, as a list, or with a summary).

Raw, CSV of 4.5.2 and JSON, shortened::

    oc_transaction_hash,ln_payment_hash,label,confirmations,amount_chain_bc,amount_lightning_bc,fiat_value,...
    0ef1c9..,,rent,1232632,-0.00201,0.,,0.00001,,2018-06-29 15:52:26
    {"0ef1c9..": {"amount_sat": -201000, "bc_value": "-0.00201", "bc_balance": "0.09799", "fee_sat": 1000, "height":
     1346970, "txpos_in_block": 3, "lightning": false, "label": "rent", "timestamp": 1530280346, "txid": "0ef1c9.."}}

Amounts are in BTC whatever the program shows. CSV times are the local time of the computer, without a zone; JSON has
Unix seconds. A channel opened or closed is one line (in JSON a group with ``children``) that moves on chain and on
Lightning at once. Specification: wallet.py of the Electrum repository, get_full_history and export_history_to_file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.wallet_history.balances import Balance
from connectors.wallet_history.entry import Entry, to_units
from trails.columns import CellProblem, read_instant
from trails.connector import RawRecord
from trails.errors import AmountError, SourceError, ValueProblem
from trails.identifiers import parse_txid
from trails.records import check_row, items_at, json_documents, say_broken
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import ReadOptions, Source

HEADERS = (
    {"oc_transaction_hash", "ln_payment_hash", "amount_chain_bc", "amount_lightning_bc", "timestamp"},
    {"transaction_hash", "label", "value", "timestamp"},
)
_FEES = {"network_fee_bc": 8, "network_fee_satoshi": 0, "fee": 8}
_NOTHING = ("", "No Data", "None", "unconfirmed", "unknown")
_FAR = 1 << 40


def read_csv_entry(row: int, cells: Mapping[str, str], zone: str | None, order: str | None = None) -> Entry:
    """One line of CSV; raises ValueProblem."""
    first = "oc_transaction_hash" if "oc_transaction_hash" in cells else "transaction_hash"
    on_chain = _id(cells[first])
    payment = _id(cells.get("ln_payment_hash", ""))
    change = _units(cells.get("amount_chain_bc", cells.get("value", "")), 8)
    lightning = _units(cells.get("amount_lightning_bc", ""), 11)
    column = next((name for name in _FEES if name in cells), None)
    places = _FEES[column] if column else 8
    fee = _units(cells[column], places if on_chain else places + 3) if column else 0
    confirmed = cells["timestamp"] not in _NOTHING
    return Entry(
        row=row,
        time=_local_time(cells["timestamp"], zone, order, on_chain=on_chain is not None) if confirmed else UNKNOWN_TIME,
        status="ok" if confirmed else "unconfirmed",
        txid=on_chain,
        payment=payment,
        change=change,
        lightning=lightning,
        fee=fee or None,
        label=cells.get("label", ""),
    )


def _local_time(text: str, zone: str | None, order: str | None, *, on_chain: bool) -> Instant:
    found = read_instant(text, zone_name=zone, order=order)
    minute_only = 60 if text.count(":") == 1 and not found.error_s else 0
    return replace(found, error_s=(found.error_s or 0) + minute_only + (bitcoin.BLOCK_TIME_ERROR_S if on_chain else 0))


def _id(text: str) -> str | None:
    """A transaction id or payment hash; none where a group of Lightning payments has no transaction (``----``)."""
    plain = text.strip()
    return parse_txid(plain) if plain.strip("-") else None


def _units(text: str, decimals: int) -> int:
    return 0 if text.strip() in _NOTHING else to_units(text, decimals)


def json_items(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """The lines of a JSON history, as text and value, whichever way they are wrapped."""
    row = 0
    for document in json_documents(source, options, pages=("transactions",)):
        value = document.value
        items: Any = [(document.raw, value)]
        if isinstance(value, dict) and isinstance(value.get("transactions"), list):
            items = items_at(document.raw, ("transactions",), source.name)
        elif isinstance(value, dict) and value and all(isinstance(each, dict) for each in value.values()):
            items = _members(document.raw, source.name)
        for raw, item in items:
            row += 1
            yield RawRecord(row, raw, check_row(raw, item))


def _members(raw: str, name: str) -> Iterator[tuple[str, Any]]:
    """The values of a JSON object, each with its own text: one walk over the text."""
    decoder = json.JSONDecoder(parse_float=Decimal, strict=False)
    position = raw.index("{") + 1
    try:
        while raw[(position := _skip(raw, position))] != "}":
            position = _skip(raw, decoder.raw_decode(raw, position)[1])
            start = _skip(raw, position)
            value, position = decoder.raw_decode(raw, start)
            yield raw[start:position], value
    except (ValueError, IndexError, RecursionError):
        raise SourceError(f"{name}: not whole JSON near character {position}; nothing was added") from None


def _skip(raw: str, position: int) -> int:
    """Skip spaces, commas and colons."""
    while raw[position : position + 1] in (" ", "\t", "\r", "\n", ",", ":"):
        position += 1
    return position


def read_json_entry(row: int, value: Any) -> Entry:
    """One line of JSON; raises ValueProblem."""
    if not isinstance(value, dict):
        raise ValueProblem(say_broken(value, "this is no line of a history: an object with txid or payment_hash"))
    parts = _parts(value)
    on_chain, lightning = _chain_change(parts), sum(_lightning_change(part) for part in parts)
    txid = _text_id(value.get("txid"))
    fees = [part.get("fee_sat") for part in parts] if txid else [value.get("fee_msat")]
    fee = sum(bitcoin.whole(each, "fee", most=bitcoin.MAX_SATOSHI * 1_000) for each in fees if each is not None)
    label = value.get("label")
    time = _unix_time(value.get("timestamp"), on_chain=txid is not None)
    return Entry(
        row=row,
        time=time,
        status="unconfirmed" if time.time is None else "ok",
        txid=txid,
        payment=None if txid else _text_id(value.get("payment_hash")),
        change=on_chain,
        lightning=lightning,
        fee=fee or _btc_fee(value) or None,
        label=label.strip() if isinstance(label, str) else "",
    )


def json_balances(row: int, value: Any) -> Iterator[tuple[tuple[int, int], Balance]]:
    """The running balances a line states, each with its place on the chain: height and position in the block."""
    for part in _parts(value) if isinstance(value, dict) else []:
        after = part.get("bc_balance", part.get("balance"))
        if not part.get("lightning") and isinstance(after, str):
            places = [part.get(name) for name in ("height", "txpos_in_block")]
            height, place = (each if isinstance(each, int) and each > 0 else None for each in places)
            balance = Balance(row, _chain_change([part]), to_units(after, 8))
            yield (_FAR if height is None else height, 0 if place is None else place), balance


def _parts(value: dict[str, Any]) -> list[dict[str, Any]]:
    """A line's own parts: the children of a group, else itself."""
    children = value.get("children")
    if not isinstance(children, list) or not children:
        return [value]
    if not all(isinstance(child, dict) for child in children):
        raise ValueProblem("a part of a group is not an object")
    return list(children)


def _chain_change(parts: list[dict[str, Any]]) -> int:
    total = 0
    for part in parts:
        stated = part.get("bc_value", part.get("value"))
        amount = to_units(stated, 8) if isinstance(stated, str) else 0
        exact = part.get("amount_sat")
        if exact is not None and not part.get("lightning") and exact != amount:
            raise AmountError(f"bc_value {stated!r} and amount_sat {str(exact)[:40]!r} are not the same: altered")
        total += amount
    return total


def _lightning_change(part: dict[str, Any]) -> int:
    """Thousandths of a satoshi: exact where stated, else the rounded amount in BTC."""
    exact = part.get("amount_msat")
    if exact is not None:
        if not isinstance(exact, int) or isinstance(exact, bool) or abs(exact) > bitcoin.MAX_SATOSHI * 1_000:
            raise AmountError(f"amount_msat {str(exact)[:40]!r} is not a whole number that can be")
        return exact
    rounded = part.get("ln_value")
    return to_units(rounded, 11) if isinstance(rounded, str) else 0


def _btc_fee(value: dict[str, Any]) -> int:
    """The fee as histories before 4.0 state it: a text in BTC."""
    fee = value.get("fee")
    return abs(to_units(fee, 8)) if isinstance(fee, str) and fee.strip() not in _NOTHING else 0


def _text_id(value: object) -> str | None:
    return _id(value) if isinstance(value, str) else None


def _unix_time(value: object, *, on_chain: bool) -> Instant:
    if value is None:
        return UNKNOWN_TIME
    if not isinstance(value, int) or isinstance(value, bool):
        raise CellProblem("time_damaged", f"timestamp {str(value)[:40]!r} is not a whole number of seconds")
    if on_chain:
        return from_unix(value, error_s=bitcoin.BLOCK_TIME_ERROR_S)
    return from_unix(value, basis="stated")
