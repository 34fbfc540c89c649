"""One row of a dump: the output it pays or spends, or a transaction's fee."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connectors import bitcoin
from connectors.evm import refuse
from trails.errors import AmountError, TimeError, ValueProblem
from trails.identifiers import parse_txid
from trails.model import Issue, Record, Skip, Transfer
from trails.timestamps import is_numbered, parse_time
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from trails.connector import ReadOptions
    from trails.timestamps import Instant

_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
#: What stands for the recipient where a script has no address.
_NO_ADDRESS = re.compile(r"[a-z]?-[0-9a-f]{8,64}", re.ASCII)
_FILE_NAME = re.compile(r"blockchair_([a-z0-9-]+)_(?:testnet_)?(?:inputs|outputs|transactions|blocks)", re.ASCII)


class Table(Enum):
    """The dumps."""

    INPUTS = "inputs"
    OUTPUTS = "outputs"
    TRANSACTIONS = "transactions"
    BLOCKS = "blocks"


_SPENT = frozenset({"block_id", "transaction_hash", "index", "time", "value", "recipient", "script_hex"})
_SPENDS = "spending_"
_NEEDED = (
    (Table.INPUTS, _SPENT | {"spending_transaction_hash", "spending_index", "spending_time"}),
    (Table.OUTPUTS, _SPENT),
    (Table.TRANSACTIONS, frozenset({"block_id", "hash", "time", "is_coinbase", "input_total", "output_total", "fee"})),
    (Table.BLOCKS, frozenset({"id", "hash", "median_time", "coinbase_data_hex", "guessed_miner"})),
)


#: Columns that a dump may lack: no fact rests on them, or each row tells whether it can do without. Of a recipient and its
#: script one is enough.
_SPARE = {
    Table.INPUTS: {"block_id", "time", "spending_index", "recipient", "script_hex"},
    Table.OUTPUTS: {"block_id", "recipient", "script_hex"},
    Table.TRANSACTIONS: {"block_id"},
}


def find_table(columns: Collection[str]) -> tuple[Table, str] | None:
    """The dump that has these columns, all or all but one, and the name of the one that is missing."""
    has = set(columns)
    spends = any(name.startswith(_SPENDS) for name in has)
    found = [(table, sorted(needed - has)) for table, needed in _NEEDED if spends == (table is Table.INPUTS)]
    for most in (0, 1):
        for table, missing in found:
            if len(missing) == most:
                return table, "".join(missing)
    return None


def can_do_without(table: Table, column: str) -> bool:
    """Whether rows of a dump can be read that has no such column."""
    return column in _SPARE.get(table, ())


def foreign_chain(name: str) -> str | None:
    """The chain other than Bitcoin that a dump's file name states.

    >>> foreign_chain("blockchair_litecoin_outputs_20200423.tsv.gz")
    'litecoin'
    """
    found = _FILE_NAME.match(name)
    return None if found is None or found[1] in ("bitcoin", "bitcoin-testnet") else found[1]


def read_recipient(row: Mapping[Any, Any]) -> str | None:
    """The address an output pays, None where its script has none."""
    text = _text(row, "recipient")
    return None if not text or _NO_ADDRESS.fullmatch(text) else text


@dataclass
class Dump:
    """The rows of one dump."""

    table: Table
    options: ReadOptions
    rail: str
    facts: int = 0

    def read_row(self, row: int, value: Mapping[Any, Any]) -> Iterator[Record]:
        """Give what a row states, or the issue that refuses it."""
        if None in value or None in value.values():
            message = "the row has not as many fields as the header: cut, or its columns moved"
            yield Issue(row, "error", "ragged", message)
            return
        if self.table is Table.BLOCKS:
            yield Skip(row, "a block: what moved stands in its inputs and outputs")
            return
        try:
            yield from self._read(row, value)
        except ValueProblem as problem:
            yield refuse(row, problem)

    def _read(self, row: int, value: Mapping[str, str]) -> Iterator[Record]:
        spends = self.table is Table.INPUTS
        time, doubts = _read_time(row, value["spending_time" if spends else "time"], self.options.date_order)
        name = {Table.INPUTS: "spending_transaction_hash", Table.OUTPUTS: "transaction_hash"}.get(self.table, "hash")
        rail = bitcoin.network_of([read_recipient(value)], self.options, self.rail)
        junction = bitcoin.Junction(row, parse_txid(value[name]), rail, time)
        if self.table is Table.TRANSACTIONS:
            fact = _summarise(junction, value)
        elif spends:
            outpoint = bitcoin.outpoint(value["transaction_hash"], _whole(value, "index"))
            fact = junction.spend(bitcoin.Input(outpoint, None, None, _output(value)))
        else:
            fact = junction.pay(_output(value), bitcoin.output_number(_whole(value, "index")))
        self.facts += isinstance(fact, Transfer)
        yield from doubts
        yield fact

    def notes(self) -> Iterator[Issue]:
        """Note once what holds for the whole dump."""
        if not self.facts:
            return
        rows = count_words(self.facts, "row states", "rows state")
        message = (
            f"{rows} parts of transactions: none can be hashed again or balanced from this file"
        )
        yield Issue(None, "note", "not_rehashed", message)
        missing = {Table.INPUTS: "outputs", Table.OUTPUTS: "inputs"}.get(self.table, "inputs and outputs")
        message = f"a dump of {self.table.value} states no {missing}: add those dumps of the same days too"
        yield Issue(None, "note", "partial_data", message)


def _text(value: Mapping[Any, Any], name: str) -> str:
    """A cell's text, empty where the dump has no such column."""
    return str(value.get(name) or "").strip()


def _whole(value: Mapping[str, str], name: str) -> int:
    text = value[name].strip()
    if not _WHOLE.fullmatch(text):
        raise ValueProblem(f"{name} {text[:40]!r} is not a whole number")
    return int(text)


def _satoshi(value: Mapping[str, str], name: str) -> int:
    try:
        return bitcoin.satoshi(_whole(value, name), name)
    except ValueProblem as problem:
        raise AmountError(str(problem)) from None


def _output(value: Mapping[str, str]) -> bitcoin.Output:
    recipient = read_recipient(value)
    script = bitcoin.hex_bytes(_text(value, "script_hex"), "script_hex")
    if not recipient and not script and ("script_hex" not in value or "recipient" not in value):
        raise ValueProblem("the row names neither recipient nor script_hex: it does not say whose output it is")
    return bitcoin.Output(_satoshi(value, "value"), script if script or not recipient else None, recipient)


def _read_time(row: int, text: str, order: str | None) -> tuple[Instant, tuple[Issue, ...]]:
    seconds, lost = _seconds(text.strip(), order)
    time, doubts = bitcoin.block_time(row, seconds)
    return (replace(time, error_s=(time.error_s or 0) + lost) if lost and time.time else time), doubts


@lru_cache(maxsize=4_096)
def _seconds(text: str, order: str | None) -> tuple[int, int]:
    """A block's time, which the format states in UTC, as Unix seconds, and how far off it may be; raises TimeError."""
    try:
        parsed = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        if not is_numbered(text):
            raise TimeError(f"time {text[:40]!r} is not like 2020-04-23 00:01:33") from None
        found = parse_time(text, zone_name="UTC", order=order)
        return (int(found.time.timestamp()) if found.time else 0), found.error_s or 0
    return max(int(parsed.timestamp()), 0), 0


def _summarise(junction: bitcoin.Junction, value: Mapping[str, str]) -> Record:
    """What a row about a whole transaction states: newly mined coins, or its fee."""
    paid = _satoshi(value, "output_total")
    mined = value["is_coinbase"].strip()
    if mined not in ("0", "1"):
        raise ValueProblem(f"is_coinbase {mined[:40]!r} is neither 0 nor 1")
    if mined == "1":
        return junction.mine(paid)
    fee, brought = _satoshi(value, "fee"), _satoshi(value, "input_total")
    if fee != brought - paid:
        message = (
            f"input_total less output_total is {brought - paid} satoshi, the stated fee {fee}: an amount was altered"
        )
        return Issue(junction.row, "error", "fee_mismatch", message)
    return junction.pay_fee(fee) if fee else Skip(junction.row, "a transaction without a fee")
