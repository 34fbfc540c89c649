"""Lists of the outputs that blocks spend, in the order of the inputs of all blocks of the file, coinbases left out.

Two forms. Bytes: 8 of satoshi (little-endian), the length of the script, the script, one output after the other. And the JSON
list that goes with Floresta's blocks (``raw.zst`` beside ``spent_utxos.zst``, older ``spent_txos.zst``; the program
utxo-fetcher writes them), an output as rust-bitcoin writes it, or that with where it was made::

    [{"value": 150000000, "script_pubkey": "0014ab..12"}, ..]
    [{"txout": {"value": 150000000, "script_pubkey": "0014ab..12"}, "is_coinbase": false, "creation_height": 866300,
      "creation_time": 1729300000}, ..]

A list has no checksum and does not name its block: the number of outputs and the balance of each transaction are checked.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from btclib import var_int
from btclib.exceptions import BTClibException
from btclib.utils import read_exactly

from connectors.bitcoin import Output, satoshi
from trails.connector import RawRecord, ReadOptions
from trails.errors import AmountError, SourceError, ValueProblem
from trails.records import json_records, say_broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.bitcoin_blocks.blocks import Block, RawTransaction
    from trails.connector import Source

#: What each transaction but the coinbase spends, in order.
Spent = list[list[Output]]

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*\Z", re.ASCII)
_LIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[\s*(?:\{|\]|\Z)")


def is_json_list(start: bytes) -> bool:
    """Whether a companion begins as a JSON list of outputs: in the bytes of the other form a zero stands in every amount.

    >>> is_json_list(b'[{"value": 1, '), is_json_list(b"[{" + bytes(6))
    (True, False)
    """
    return bool(_LIST.match(start)) and b"\x00" not in start


@dataclass
class InOrder:
    """Spent outputs one after the other, as many as the blocks have inputs."""

    name: str

    def __post_init__(self) -> None:
        self.read = 0

    def of_block(self, block: Block) -> Spent | None:
        """Read as many as the block has inputs."""
        return [self._of_transaction(each, block) for each in block.transactions[1:]]

    def _of_transaction(self, each: RawTransaction, block: Block) -> list[Output]:
        return [self._output(block) for _ in each.fields.vin]

    def _output(self, block: Block) -> Output:
        try:
            output = self._next()
        except (BTClibException, ValueProblem) as problem:
            raise SourceError(
                f"{self.name}: spent output {self.read + 1:,} of block {block.hash.hex()} is not there: "
                f"{str(problem)[:120]}. It is no list of what these blocks spend; nothing was added"
            ) from None
        self.read += 1
        return output

    def finish(self) -> None:
        """Check that nothing is left over."""
        if self._is_left():
            raise SourceError(
                f"{self.name}: it states more spent outputs than the {self.read:,} inputs of the blocks: it belongs to "
                "other blocks; nothing was added"
            )

    @abstractmethod
    def _next(self) -> Output:
        """Read the next output; raises BTClibException or ValueProblem where there is none."""

    @abstractmethod
    def _is_left(self) -> bool:
        """Whether the list goes on."""


@dataclass
class OutputList(InOrder):
    """Spent outputs as bytes."""

    stream: BinaryIO

    def _next(self) -> Output:
        amount = int.from_bytes(read_exactly(self.stream, 8, "spent output"), "little")
        script = read_exactly(self.stream, var_int.parse(BytesIO(self._length())), "spent output's script")
        return Output(satoshi(amount, "spent output"), script, None)

    def _length(self) -> bytes:
        first = read_exactly(self.stream, 1, "length")
        return first + read_exactly(self.stream, {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first[0], 0), "length")

    def _is_left(self) -> bool:
        return bool(self.stream.read(1))


@dataclass
class JsonList(InOrder):
    """Spent outputs as a JSON list, read item by item."""

    items: Iterator[RawRecord]

    @classmethod
    def read_source(cls, source: Source) -> JsonList:
        """The list in a companion."""
        return cls(source.name, json_records(source, ReadOptions()))

    def _next(self) -> Output:
        record = next(self.items, None)
        if record is None:
            raise ValueProblem("the list has ended")
        return _read_item(record.value)

    def _is_left(self) -> bool:
        return next(self.items, None) is not None


def _read_item(value: Any) -> Output:
    stated = value.get("txout", value) if isinstance(value, dict) else None
    if not isinstance(stated, dict):
        raise ValueProblem(say_broken(value, "an item of the list is no output"))
    amount, script = stated.get("value"), stated.get("script_pubkey")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise AmountError("an output's value is no whole number of satoshi")
    if not isinstance(script, str) or not _HEX.match(script):
        raise ValueProblem("an output's script_pubkey is not hexadecimal")
    return Output(satoshi(amount, "spent output"), bytes.fromhex(script), None)
