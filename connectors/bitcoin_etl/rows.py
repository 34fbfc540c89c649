"""What one row of a table states: a transaction, one of its inputs or outputs, or only its fee."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.bitcoin_etl.layout import Kind, find_kind
from connectors.bitcoin_etl.values import (
    is_aws,
    read_address,
    read_flag,
    read_items,
    read_satoshi,
    read_time,
    read_whole,
)
from connectors.evm import refuse
from trails.errors import ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Record, Skip
from trails.records import say_broken
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trails.connector import ReadOptions

_POSITIONS = 10**6
_MOST_BLOCKS = 10**9


def stated_addresses(value: Any) -> Iterator[str]:
    """The addresses a row states, as far as they can be read."""
    rows = [value] if isinstance(value, dict) else []
    for name in ("inputs", "outputs"):
        try:
            rows += read_items(value.get(name), name) if rows else []
        except ValueProblem:
            continue
    for row in rows:
        try:
            address = read_address(row)
        except ValueProblem:
            continue
        if address:
            yield address


@dataclass
class Table:
    """The rows of one file: what each states, and what is noted once for all."""

    options: ReadOptions
    rail: str
    is_csv: bool = False
    inputs: int = 0
    unknown: int = 0
    loose: int = 0
    timeless: int = 0
    seen: set[Kind] = field(default_factory=set)

    def read_row(self, row: int, value: Any) -> Iterator[Record]:
        """Give what a row states, or the issue that refuses it."""
        if not isinstance(value, dict):
            yield Issue(row, "error", "malformed", say_broken(value, "this is no row of a table: an object with named values"))
            return
        if None in value or (self.is_csv and None in value.values()):
            yield Issue(
                row, "error", "ragged", "the row has not as many fields as the header: cut, or its columns moved"
            )
            return
        kind = find_kind(value)
        if kind:
            self.seen.add(kind)
        try:
            if kind is Kind.BLOCK:
                yield Skip(row, "a block: what moved stands in its transactions")
            elif kind is Kind.TRANSACTION:
                yield from self._transaction(row, value)
            elif kind is Kind.INPUT and not value.get("spent_transaction_hash"):
                yield Skip(row, "newly mined coins: the outputs of the transaction state how many")
            elif kind:
                yield from self._loose(row, value, kind)
            else:
                words = "the row has not the columns of a transaction, an input or an output"
                yield Issue(row, "error", "malformed", words)
        except ValueProblem as problem:
            yield refuse(row, problem)

    def _transaction(self, row: int, value: Mapping[str, Any]) -> Iterator[Record]:
        tx = _read_transaction(row, value, self.options)
        self.timeless += tx.time.time is None
        self.inputs += 0 if tx.is_coinbase else len(tx.inputs)
        self.unknown += sum(1 for each in tx.inputs if each.outpoint and each.prevout is None)
        yield from bitcoin.state(tx, bitcoin.network([tx], self.options, self.rail), note_unknown=False)

    def _loose(self, row: int, value: Mapping[str, Any], kind: Kind) -> Iterator[Record]:
        time, doubts = read_time(row, value.get("block_timestamp"), self.options)
        address = None if kind is Kind.SUMMARY else read_address(value)
        rail = bitcoin.network_of([address], self.options, self.rail)
        txid = parse_txid(str(value.get("hash" if kind is Kind.SUMMARY else "transaction_hash")))
        junction = bitcoin.Junction(row, txid, rail, time, _place(value) if kind is Kind.SUMMARY else None)
        if kind is Kind.SUMMARY:
            facts = list(_summarise(junction, value))
        elif kind is Kind.INPUT:
            each = _input(value)
            self.inputs += 1
            self.unknown += each.prevout is None
            facts = [junction.spend(each)]
        else:
            facts = [junction.pay(_output(value), bitcoin.output_number(read_whole(value.get("index"), "index")))]
        self.loose += 1
        self.timeless += time.time is None
        yield from doubts
        yield from facts

    def notes(self) -> Iterator[Issue]:
        """Note once what holds for many rows."""
        if self.unknown:
            message = (
                f"{self.unknown:,} of {self.inputs:,} inputs do not state whose output they spend, or how much it is; "
                "it is sought in the case"
            )
            yield Issue(None, "note", "prevout_unknown", message)
        if self.loose:
            rows = count_words(self.loose, "row states", "rows state")
            message = (
                f"{rows} parts of transactions: no transaction can be hashed again or "
                "balanced from this file alone"
            )
            yield Issue(None, "note", "not_rehashed", message)
        for kind, other in ((Kind.INPUT, "outputs"), (Kind.OUTPUT, "inputs")):
            if self.seen == {kind}:
                message = f"the file states no {other}: add them too, or value seems to vanish inside transactions"
                yield Issue(None, "note", "partial_data", message)
        if self.timeless:
            many = count_words(self.timeless, "row states", "rows state")
            yield Issue(None, "note", "time_missing", f"{many} no block_timestamp")


def _place(value: Mapping[str, Any]) -> int | None:
    """The place of a transaction in the chain, where block and position are stated."""
    block, index = read_whole(value.get("block_number"), "block_number"), read_whole(value.get("index"), "index")
    if block is None or index is None:
        return None
    return bitcoin.whole(block, "block_number", most=_MOST_BLOCKS) * _POSITIONS + bitcoin.whole(
        index, "index", most=_POSITIONS - 1
    )


def _read_transaction(row: int, value: Mapping[str, Any], options: ReadOptions) -> bitcoin.Transaction:
    items, paid = read_items(value.get("inputs"), "inputs"), read_items(value.get("outputs"), "outputs")
    inputs, outputs = [_input(each) for each in items], [_output(each) for each in paid]
    valued = all(each.get("value") is not None for each in items)
    if _is_coinbase(value, inputs):
        inputs = [bitcoin.Input(None, None, None, None)]
    else:
        _check_count(value, "input_count", len(inputs))
    _check_count(value, "output_count", len(outputs))
    in_btc = any(map(is_aws, paid))
    sums = {"output_value": sum(each.amount for each in outputs)}
    if valued and items:
        sums["input_value"] = sum(_amount(each) or 0 for each in items)
    stated = {name: read_satoshi(value, name, in_btc=in_btc) for name in sums}
    time, doubts = read_time(row, value.get("block_timestamp"), options)
    return bitcoin.Transaction(
        row=row,
        txid=parse_txid(str(value.get("hash"))),
        version=read_whole(value.get("version"), "version"),
        locktime=_optional(value.get("lock_time"), "lock_time"),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        fee=read_satoshi(value, "fee", in_btc=in_btc) if valued else None,
        time=time,
        seq=_place(value),
        status="ok",
        doubts=(*doubts, *_check_sums(row, stated, sums)),
    )


def _is_coinbase(value: Mapping[str, Any], inputs: list[bitcoin.Input]) -> bool:
    """Whether a transaction creates coins: bitcoin-etl leaves its one input out."""
    stated = read_flag(value.get("is_coinbase"), "is_coinbase")
    if stated and inputs:
        raise ValueProblem("a coinbase spends nothing, but the row states inputs")
    if stated is False and not inputs:
        raise ValueProblem("the row states no inputs: they were left out of the export")
    return not inputs


def _check_count(value: Mapping[str, Any], name: str, found: int) -> None:
    stated = read_whole(value.get(name), name)
    if stated is not None and stated != found:
        raise ValueProblem(f"{name} is {stated}, but {found} stand in the row: some were left out")


def _check_sums(row: int, stated: Mapping[str, int | None], found: Mapping[str, int]) -> Iterator[Issue]:
    for name, total in found.items():
        if stated[name] not in (None, total):
            message = f"{name} is {stated[name]} satoshi, those in the row sum up to {total}: an amount was altered"
            yield Issue(row, "error", "sum_mismatch", message)


def _amount(value: Mapping[str, Any]) -> int | None:
    return read_satoshi(value, "value", in_btc=is_aws(value))


def _optional(value: Any, name: str) -> int | None:
    found = read_whole(value, name)
    return None if found is None else bitcoin.whole(found, name)


def _input(value: Mapping[str, Any]) -> bitcoin.Input:
    amount, address = _amount(value), read_address(value)
    known = amount is not None and address is not None
    return bitcoin.Input(
        outpoint=bitcoin.outpoint(
            value.get("spent_transaction_hash"), read_whole(value.get("spent_output_index"), "spent_output_index")
        ),
        script=bitcoin.hex_bytes(value.get("script_hex"), "script_hex"),
        sequence=_optional(value.get("sequence"), "sequence"),
        prevout=bitcoin.Output(amount or 0, None, address) if known else None,
    )


def _output(value: Mapping[str, Any]) -> bitcoin.Output:
    return bitcoin.Output(
        amount=bitcoin.satoshi(_amount(value), "value"),
        script=bitcoin.hex_bytes(value.get("script_hex"), "script_hex"),
        address=read_address(value),
    )


def _summarise(junction: bitcoin.Junction, value: Mapping[str, Any]) -> Iterator[Record]:
    """What a transaction without its inputs and outputs states: its fee, or the coins it creates."""
    fee, brought, paid = (read_satoshi(value, name) for name in ("fee", "input_value", "output_value"))
    if read_flag(value.get("is_coinbase"), "is_coinbase"):
        if paid is None:
            raise ValueProblem("a coinbase without output_value")
        yield junction.mine(paid)
    elif fee is None or (brought is not None and paid is not None and fee != brought - paid):
        raise ValueProblem(f"the fee is {fee} satoshi, input_value less output_value is not: an amount was altered")
    elif fee:
        yield junction.pay_fee(fee)
    else:
        yield Skip(junction.row, "a transaction without a fee; its inputs and outputs are not in the row")
