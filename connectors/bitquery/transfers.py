"""One transfer of a Bitquery answer, version 1 (lower-case names) or 2, on an EVM chain or TRON; one Bitcoin output.

Amounts are decimal: exact only with the token's places, which the answer states where it was asked for them
(``Currency { Decimals }``), and which are known for the issuer's USDT and the coins of the chains. Version 2 writes
amounts as text; version 1 as numbers, which a computer keeps to 15 digits: longer ones are refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.bitcoin import block_time
from connectors.bitquery.answers import Item, at, first_of
from connectors.evm import from_seconds, implausible, native_coin, read_stamp, refuse, token_notes
from connectors.evm_coins import FAILED, OK, UNSTATED
from connectors.tron import TRX
from trails.errors import AmountError, IdentifierError, ValueProblem
from trails.identifiers import canonical_address, parse_txid
from trails.model import Issue, Node, Record, Skip, Transfer
from trails.money import BTC, Asset, check_amount, parse_units, token
from trails.records import say_broken
from trails.timestamps import Instant, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import ReadOptions

_NATIVE = ("0x", "-")
_EXACT_DIGITS = 15
_COLLECTIBLES = ("ERC721", "ERC1155", "TRC721", "TRC1155")
_MOST_INDEX = 10**6


def item_records(item: Item, rail: str, options: ReadOptions) -> Iterator[Record]:
    """Give what an item states, why it is left out, or what refuses it."""
    row, value = item.raw.row, item.raw.value
    try:
        if item.kind in ("v1", "v2"):
            records = list(_transfer_records(row, value, rail, options))
        elif item.kind == "output":
            records = list(_output_records(row, value, options))
        elif item.kind == "input":
            records = [
                Skip(row, "an input that does not state which output it spends: add the transaction from a node")
            ]
        elif item.kind == "other":
            records = [Skip(row, "no transfer: an item of another list of the query")]
        else:
            records = [Issue(row, "error", "malformed", say_broken(value, "this is no object"))]
    except ValueProblem as problem:
        records = [refuse(row, problem)]
    yield from records


def read_place(value: Any, options: ReadOptions) -> tuple[int, int] | None:
    """Give the block and Unix time of a transfer, where it states both exactly."""
    block = first_of(value, ("block", "height"), ("Block", "Number"))
    try:
        time, _ = _time(value, options)
        number = int(str(block)) if str(block).isdecimal() and len(str(block)) < 19 else None
    except ValueProblem:
        return None
    return None if number is None or time.time is None or time.error_s else (number, int(time.time.timestamp()))


def read_chain(value: Any) -> int | None:
    """Give the chain id a transfer of version 2 states where it was asked for."""
    text = str(at(value, "ChainId"))
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _transfer_records(row: int, value: dict[str, Any], rail: str, options: ReadOptions) -> Iterator[Record]:
    currency = first_of(value, ("Transfer", "Currency"), ("currency",))
    currency = currency if isinstance(currency, dict) else {}
    if _is_collectible(value, currency):
        yield Skip(row, "a collectible with a token number, not money")
        return
    tx = parse_txid(str(first_of(value, ("Transaction", "Hash"), ("transaction", "hash"), ("txHash",), ("hash",))))
    asset = _asset(currency, rail)
    amount = _amount(first_of(value, ("Transfer", "Amount"), ("amount",)), asset)
    time, doubt = _time(value, options)
    transfer = Transfer(
        row,
        Node(rail, canonical_address(_address(value, "Sender", "sender"), rail)),
        Node(rail, canonical_address(_address(value, "Receiver", "receiver"), rail)),
        asset,
        amount,
        "transfer",
        time,
        tx=tx,
        status=_status(value, asset),
    )
    if doubt:
        yield implausible(row, doubt)
    symbol, name = (str(currency.get(key) or currency.get(key.lower()) or "") for key in ("Symbol", "Name"))
    yield from token_notes(row, asset, symbol if asset.contract else "", name if asset.contract else "", amount)
    yield transfer


def _is_collectible(value: dict[str, Any], currency: dict[str, Any]) -> bool:
    if currency.get("Fungible") is False or str(currency.get("tokenType")) in _COLLECTIBLES:
        return True
    number = first_of(value, ("Transfer", "Id"), ("entityId",))
    return currency.get("Fungible") is not True and number not in (None, "0", 0, "-")


def _address(value: dict[str, Any], upper: str, lower: str) -> str:
    found = first_of(value, ("Transfer", upper), (lower, "address"))
    if not isinstance(found, str):
        raise IdentifierError(f"the {lower}'s address is missing: ask for it in the query")
    return found


def _asset(currency: dict[str, Any], rail: str) -> Asset:
    """Name what moved: by its contract, or the chain's own coin; a symbol decides nothing."""
    contract = first_of(currency, ("SmartContract",), ("address",))
    if currency.get("Native") is True or contract in _NATIVE or (rail == "tron" and contract == "_"):
        return TRX if rail == "tron" else native_coin(rail)
    if not isinstance(contract, str):
        raise IdentifierError("the currency names no contract: ask for it in the query (SmartContract, or address)")
    decimals = first_of(currency, ("Decimals",), ("decimals",))
    if decimals is not None and (
        not isinstance(decimals, int) or isinstance(decimals, bool) or not 0 <= decimals <= 255
    ):
        raise ValueProblem(f"decimals {str(decimals)[:40]!r} are no whole number from 0 to 255")
    symbol = first_of(currency, ("Symbol",), ("symbol",))
    return token(rail, canonical_address(contract, rail), symbol if isinstance(symbol, str) else None, decimals)


def _amount(stated: Any, asset: Asset) -> int:
    """Read a decimal amount in base units; raises AmountError where it is not exact."""
    if asset.decimals is None:
        raise AmountError(
            f"the answer states no decimals for token {asset.contract}, so {str(stated)[:60]!r} is no exact amount: ask "
            "for them in the query (Currency { Decimals }, or currency { decimals })"
        )
    if isinstance(stated, str):
        return _not_negative(parse_units(stated, asset.decimals))
    if isinstance(stated, bool) or not isinstance(stated, int | Decimal):
        raise AmountError(f"amount {str(stated)[:60]!r} is no number")
    if not -60 < Decimal(stated).adjusted() < 60:
        raise AmountError(f"amount {str(stated)[:60]!r} is too large or too small")
    plain = format(Decimal(stated), "f")
    if len(plain.replace(".", "").strip("-0")) > _EXACT_DIGITS:
        raise AmountError(
            f"amount {plain[:60]} has more than {_EXACT_DIGITS} digits: version 1 rounds its numbers; ask version 2 for it"
        )
    return _not_negative(parse_units(plain, asset.decimals))


def _not_negative(amount: int) -> int:
    if amount < 0:
        raise AmountError(f"amount {amount} is negative")
    return check_amount(amount)


def _status(value: dict[str, Any], asset: Asset) -> str:
    """Say whether the transfer succeeded; tokens send their events only where the transaction did."""
    stated = [
        at(value, *path)
        for path in (
            ("Transfer", "Success"),
            ("TransactionStatus", "Success"),
            ("success",),
            ("transaction", "success"),
        )
    ]
    if False in stated:
        return FAILED
    return OK if True in stated or asset.contract else UNSTATED


def _time(value: Any, options: ReadOptions) -> tuple[Instant, str | None]:
    """Read a block's time; Bitquery's times are UTC, and a query may have asked for the day alone."""
    unix = first_of(value, ("block", "timestamp", "unixtime"))
    if isinstance(unix, int) and not isinstance(unix, bool):
        return from_seconds(unix)
    written = first_of(value, ("block", "timestamp", "iso8601"), ("Block", "Time"), ("Transaction", "Time"))
    if isinstance(written, str):
        return read_stamp(written, options)
    plain = first_of(value, ("block", "timestamp", "time"), ("Block", "Date"), ("date", "date"))
    if not isinstance(plain, str):
        return read_stamp(None, options)
    found = parse_time(plain, zone_name="UTC")
    return Instant(found.time, found.error_s, "stated"), None


def _output_records(row: int, value: dict[str, Any], options: ReadOptions) -> Iterator[Record]:
    tx = parse_txid(str(first_of(value, ("transaction", "hash"), ("txHash",))))
    index = value.get("outputIndex")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < _MOST_INDEX:
        raise IdentifierError("the output states no number (outputIndex): ask for it in the query")
    address = first_of(value, ("outputAddress", "address"))
    if not isinstance(address, str):
        raise IdentifierError("the output states no address: ask for it in the query (outputAddress { address })")
    time, doubts = _block_time(row, value, options)
    yield from doubts
    yield Transfer(
        row,
        Node("bitcoin", tx, "junction"),
        Node("bitcoin", canonical_address(address, "bitcoin")),
        BTC,
        _amount(value.get("value"), BTC),
        "output",
        time,
        tx=tx,
        index=index,
    )


def _block_time(row: int, value: dict[str, Any], options: ReadOptions) -> tuple[Instant, tuple[Issue, ...]]:
    time, doubt = _time(value, options)
    if doubt:
        return time, (implausible(row, doubt),)
    if time.time is None or time.error_s:
        return time, ()
    return block_time(row, int(time.time.timestamp()))
