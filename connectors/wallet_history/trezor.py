"""Trezor Suite's transaction list as CSV: the columns of today, and those of the first versions.

Raw::

    Timestamp;Date;Time;Type;Transaction ID;Fee;Fee unit;Address;Label;Amount;Amount unit;Fiat (EUR);Other
    1738139996;29.01.2025;09:39:56 GMT+1;SENT;48554a..;0.0000042;BTC;bc1qr..;rent;9.58583;BTC;;
    Date & Time;Type;Transaction ID;Addresses;Fee;Total
    1/25/2022, 2:58:40 AM;RECV;48554a..;bc1qr..;0.0003;0.05

Today's lines name one payee each, so one transaction may be several lines and its fee stands on the first; the amount is
without the fee. The first versions wrote the computer's local time in its own order of day and month, and do not say
whether Total holds the fee. Specification: none published; the export code of the trezor-suite repository.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.coin_codes import is_coin_code, quote_code
from connectors.wallet_history.entry import UNITS, Entry, to_units
from trails.columns import CellProblem, read_instant
from trails.errors import ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Skip
from trails.said import check_order
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix
from trails.words import quote_cell, quote_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOW = {"Timestamp", "Type", "Transaction ID", "Fee", "Fee unit", "Address", "Amount", "Amount unit"}
FIRST = {"Date & Time", "Type", "Transaction ID", "Addresses", "Fee", "Total"}
_WRITTEN = re.compile(
    r"(\d{1,2})([/.-]) ?(\d{1,2})\2 ?(\d{4}),? (\d{1,2}:\d{2}(?::\d{2})?)(?:\s?([AaPp])\.?[Mm]\.?)?\Z", re.ASCII
)
_ORDERS = ("mdy", "dmy")
_SIGNS = {"RECV": 1, "SENT": -1, "SELF": 0}
_NO_MOVE = {"FAILED": "failed: moves nothing"}
_TEST_UNITS = ("test", "tbtc", "regtest")


def find_order(rows: Iterable[Mapping[str, object]], said: str | None, name: str) -> str | None:
    """The order of day and month in a file: the one said, else the only one in which every date of it exists.

    Raises SourceError where the dates prove another one than the one said.
    """
    found = [hit for row in rows if (hit := _WRITTEN.match(_plain(str(row.get("Date & Time") or ""))))]
    if said in _ORDERS:
        check_order(said, [(int(hit[1]), int(hit[3])) for hit in found], name)
        return said
    possible = {order for order, month in (("mdy", 1), ("dmy", 3)) if all(int(hit[month]) <= 12 for hit in found)}
    return possible.pop() if len(possible) == 1 else None


def read_entry(row: int, cells: Mapping[str, str], zone: str | None, order: str | None) -> Entry | Skip:
    """One line; raises ValueProblem."""
    kind = cells["Type"].strip().upper()
    if kind in _NO_MOVE:
        return Skip(row, _NO_MOVE[kind])
    if kind == "JOINT":
        return Skip(row, "a CoinJoin: the line does not say what the wallet gained or lost")
    if kind not in _SIGNS:
        raise ValueProblem(f"type {quote_word(kind)} is none of {', '.join([*_SIGNS, *_NO_MOVE, 'JOINT'])}")
    return _read_now(row, cells, kind) if "Timestamp" in cells else _read_first(row, cells, kind, zone, order)


def is_test_network(cells: Mapping[str, object]) -> bool:
    """Whether a line counts in coins of a test network."""
    return str(cells.get("Amount unit") or "").strip().casefold() in _TEST_UNITS


def _read_now(row: int, cells: Mapping[str, str], kind: str) -> Entry | Skip:
    unit = cells["Amount unit"].strip()
    decimals = 8 if is_test_network(cells) else UNITS.get(unit.casefold())
    if decimals is None:
        return Skip(row, f"coin not in trails: {unit if is_coin_code(unit) else quote_code(unit)}")
    amount, fee_text = to_units(cells["Amount"], decimals), cells["Fee"].strip()
    fee_decimals = UNITS.get(cells["Fee unit"].strip().casefold(), decimals)
    fee = to_units(fee_text, fee_decimals) if fee_text and kind != "RECV" else 0
    seconds = cells["Timestamp"].strip()
    if seconds and not re.fullmatch(r"\d{1,12}", seconds, re.ASCII):
        raise CellProblem("time_damaged", f"Timestamp {quote_cell(seconds, 40)} is not a whole number of seconds")
    time = from_unix(int(seconds), basis="stated", error_s=bitcoin.BLOCK_TIME_ERROR_S) if seconds else UNKNOWN_TIME
    return Entry(
        row=row,
        time=time,
        status="ok" if seconds else "unconfirmed",
        txid=parse_txid(cells["Transaction ID"]),
        change=_SIGNS[kind] * amount - fee,
        fee=fee or None,
        addresses=_addresses(cells["Address"]),
        label=cells.get("Label", "").strip(),
    )


def _read_first(row: int, cells: Mapping[str, str], kind: str, zone: str | None, order: str | None) -> Entry:
    time = _read_written(cells["Date & Time"], zone, order)
    total, fee = to_units(cells["Total"], 8), cells["Fee"].strip()
    change = _SIGNS[kind] * total
    if kind == "SELF":
        change = -to_units(fee, 8) if fee else 0
    doubt = Issue(row, "note", "fee_unclear", "this export does not say whether Total holds the fee: no fee is counted")
    return Entry(
        row=row,
        time=time,
        status="ok",
        txid=parse_txid(cells["Transaction ID"]),
        change=change,
        fee=-change or None if kind == "SELF" else None,
        addresses=_addresses(cells["Addresses"]),
        doubts=(doubt,) if kind == "SENT" and fee else (),
    )


def _read_written(text: str, zone: str | None, order: str | None) -> Instant:
    found = _WRITTEN.match(_plain(text))
    if not found:
        raise CellProblem("time_damaged", f"time {quote_cell(text, 60)} is no date and time as Trezor Suite writes it")
    if order is None:
        message = f"time {text[:40]!r}: day or month first? no date of the file tells; say it with --date-order"
        raise CellProblem("time_ambiguous", message)
    if zone is None:
        message = f"time {text[:40]!r} states no zone; say it with --timezone, like Europe/Sarajevo"
        raise CellProblem("time_no_zone", message)
    read = read_instant(_plain(text), zone_name=zone, order=order)
    return replace(read, error_s=(read.error_s or 0) + bitcoin.BLOCK_TIME_ERROR_S)


def _addresses(text: str) -> tuple[str, ...]:
    """The addresses of a cell; data outputs (``OP_RETURN ..``) are none."""
    found = [word for word in re.split(r"[,;\s]+", text.strip()) if word]
    return () if found[:1] and found[0].startswith("OP_RETURN") else tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    """Narrow and other special spaces, which newer browsers put before AM and PM, as plain ones."""
    return " ".join(text.split())
