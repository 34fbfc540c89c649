"""The outputs a block spends, from a file given beside the blocks (``trails add blk00001.dat --with rev00001.dat``).

Three formats are known. Bitcoin Core's undo data, ``rev*.dat``: magic, length, CBlockUndo, checksum. CBlockUndo holds for
each transaction but the coinbase the coins it spends, in input order: VARINT of 2 x height + coinbase, for heights
above 0 one old version byte, then amount and script compressed. The checksum is the double SHA-256 of the parent's hash
and the data, so it says to which block a record belongs (src/undo.h, src/compressor.h, src/node/blockstorage.cpp of
Bitcoin Core). And lists of spent outputs in the order of the inputs, as bytes or JSON
(:mod:`connectors.bitcoin_blocks.spent_lists`).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from btclib import var_int
from btclib.compressor import decompress_amount, parse_script, parse_varint
from btclib.exceptions import BTClibException
from btclib.hashes import hash256

from connectors.bitcoin import Output, satoshi
from connectors.bitcoin_blocks.blocks import Block, RawTransaction
from connectors.bitcoin_blocks.framing import Frames, open_stream
from connectors.bitcoin_blocks.networks import Layout, find_layout, has_node_name, looks_obfuscated
from connectors.bitcoin_blocks.spent_lists import JsonList, OutputList, Spent, is_json_list
from trails.errors import AmountError, SourceError

if TYPE_CHECKING:
    from contextlib import ExitStack

    from trails.connector import Source

#: Outputs of the file itself that are remembered until they are spent; the case completes what falls out.
MOST_REMEMBERED = 200_000
_CHECKSUM = 32
_KEY_BYTES = 8
_MOST_UNDO = 1 << 28
#: Undo data stands in the order of connection, blocks in the order of arrival: at most 1,024 apart in one file.
_MOST_TRIED = 2_048
_MOST_HASHED = 1 << 34
_OP_RETURN = b"\x6a"


class SpentFile(Protocol):
    """A companion that states the outputs a block spends."""

    def of_block(self, block: Block) -> Spent | None:
        """What a block spends, None where the file has nothing about it. Raises SourceError for another block's file."""

    def finish(self) -> None:
        """Check that the file fitted the blocks; raises SourceError."""


def find_key(source: Source) -> bytes | None:
    """The XOR key among a source's companions (``xor.dat``: eight bytes), None where there is none."""
    keys = [each for each in source.companions if each.size == _KEY_BYTES]
    return keys[0].path.read_bytes() if keys else None


def open_spent(source: Source, key: bytes | None, layout: Layout, stack: ExitStack) -> SpentFile | None:
    """The companion that states the spent outputs, None where there is none.

    Raises SourceError for several, for undo data of another network, and for a block file.
    """
    files = [each for each in source.companions if each.size != _KEY_BYTES]
    if not files:
        return None
    if len(files) > 1:
        names = ", ".join(each.name for each in files)
        raise SourceError(
            f"{source.name}: several files state what it spends ({names}); give one, and xor.dat if needed"
        )
    companion = files[0]
    with open_stream(companion, key) as stream:
        start = stream.read(256)
    if is_json_list(start):
        return JsonList.read_source(companion)
    found = find_layout(start)
    if found and found.kind == "magic":
        if layout.kind == "magic" and found.magic != layout.magic:
            raise SourceError(
                f"{companion.name}: undo data of {found.network.name}, the blocks are of {layout.network.name}"
            )
        return UndoFile.read(companion, key, found)
    if found:
        raise SourceError(f"{companion.name}: these are blocks, not what blocks spend; add the file by itself")
    if looks_obfuscated(start) or has_node_name(companion.name):
        what = (
            "does not fit its xor.dat"
            if key
            else "is XOR-obfuscated; give the node's xor.dat too, with a further --with"
        )
        raise SourceError(f"{companion.name}: begins with no magic number: it {what}")
    return OutputList(companion.name, stack.enter_context(open_stream(companion, None)).raw)


@dataclass
class UndoFile:
    """Undo data of a node: its records by the number of transactions, in their order."""

    name: str
    records: dict[int, OrderedDict[int, bytes]] = field(default_factory=dict)
    matched: int = 0
    missing: int = 0
    hashed: int = 0

    @classmethod
    def read(cls, source: Source, key: bytes | None, layout: Layout) -> UndoFile:
        """Read the records; raises SourceError for a file of more than 256 MiB."""
        undo, seen = cls(source.name), 0
        with open_stream(source, key) as stream:
            for number, frame in enumerate(Frames(stream, layout, source.name, tail=_CHECKSUM)):
                seen += len(frame.data)
                if seen > _MOST_UNDO:
                    raise SourceError(f"{source.name}: more than 256 MiB, no undo file of a node is; nothing was added")
                try:
                    count = var_int.parse(BytesIO(frame.data[:9]))
                except BTClibException:
                    continue
                undo.records.setdefault(count, OrderedDict())[number] = frame.data
        return undo

    def of_block(self, block: Block) -> Spent | None:
        """Find the record whose checksum is made with this block's parent."""
        count = len(block.transactions) - 1
        if not count:
            return []
        records = self.records.get(count, OrderedDict())
        for number, data in islice(records.items(), _MOST_TRIED):
            if hash256(block.parent[::-1] + data[:-_CHECKSUM]) == data[-_CHECKSUM:]:
                del records[number]
                self.matched += 1
                return _read_undo(data[:-_CHECKSUM], block, self.name)
            self.hashed += len(data)
            if self.hashed > _MOST_HASHED:
                raise SourceError(f"{self.name}: its records are in no order that a node writes; nothing was added")
        self.missing += 1
        return None

    def finish(self) -> None:
        """Check that at least one record was of one of the blocks."""
        if self.missing and not self.matched:
            raise SourceError(
                f"{self.name}: no record of this undo data belongs to a block of the file; give the rev*.dat with the "
                "number of the blk*.dat. Nothing was added"
            )


def _read_undo(data: bytes, block: Block, name: str) -> Spent:
    stream = BytesIO(data)
    try:
        spent = [[_read_coin(stream) for _ in range(var_int.parse(stream))] for _ in range(var_int.parse(stream))]
    except (BTClibException, AmountError) as problem:
        raise SourceError(f"{name}: undo data of block {block.hash.hex()} is damaged: {str(problem)[:120]}") from None
    wanted = [len(each.fields.vin) for each in block.transactions[1:]]
    if [len(each) for each in spent] != wanted:
        raise SourceError(
            f"{name}: undo data of block {block.hash.hex()} states {sum(map(len, spent)):,} spent outputs, the block has "
            f"{sum(wanted):,} inputs; nothing was added"
        )
    return spent


def _read_coin(stream: BytesIO) -> Output:
    if parse_varint(stream) >> 1:
        parse_varint(stream)
    amount = satoshi(decompress_amount(parse_varint(stream)), "undo amount")
    return Output(amount, parse_script(stream), None)


@dataclass
class Remembered:
    """Outputs of the file's own transactions until they are spent: at most :data:`MOST_REMEMBERED`, the oldest go."""

    outputs: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)

    def keep(self, each: RawTransaction) -> None:
        """Remember what a transaction pays."""
        for index, output in enumerate(each.fields.vout):
            script = output.script_pub_key.script
            if script[:1] != _OP_RETURN:
                self.outputs[each.digest + index.to_bytes(4, "little")] = output.value, script
        while len(self.outputs) > MOST_REMEMBERED:
            del self.outputs[next(iter(self.outputs))]

    def spend(self, txid: bytes, index: int) -> Output | None:
        """Give an output once; ``txid`` as people write it."""
        found = self.outputs.pop(txid[::-1] + index.to_bytes(4, "little"), None)
        return Output(*found, None) if found else None
