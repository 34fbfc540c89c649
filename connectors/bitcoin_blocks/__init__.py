"""Raw Bitcoin blocks: Bitcoin Core's ``blk*.dat``, blocks with only a length before each, and one bare block.

Raw (the first bytes of mainnet's ``blk00000.dat``: magic, length, then the block with its header of 80 bytes)::

    f9be b4d9 1d01 0000 | 0100 0000 0000 0000 .. 3ba3 edfd 7a7b .. 29ab 5f49 ffff 001d 1dac 2b7c | 01 0100 0000 01 ..

A raw block does not state what its inputs spend. That comes from a file given beside it (``--with rev00000.dat``, or a
list of spent outputs), else from outputs of the same file, else from the case.

The decoding is btclib's (MIT; blocks, transactions, compressed coins, XOR keys). Of five libraries tried on three real
blocks (461, 409 and 2,500 transactions; November 2026, seconds): btclib 0.08, 0.03, 0.08, typed, released in October
2026, with the compression of undo data built in; embit 0.02, 0.03, 0.06, but last released in May 2024 and silent about
short reads; pycoin 0.08, 0.05, 0.08; bitcoin-utils 0.05, 0.36, 1.1 with 80 MB of dependencies; py-bitcoinkernel 0.25,
0.20, 0.24, an alpha. python-bitcointx and python-bitcoinlib are LGPL.

Specifications: the developer reference of bitcoin.org (block chain, serialized blocks), BIP-34, BIP-141, BIP-144.
"""

from __future__ import annotations

import codecs
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.bitcoin_blocks.blocks import Block, Chain, DamagedBlock, check_reward, decode_block, find_fault
from connectors.bitcoin_blocks.framing import Frames, open_stream
from connectors.bitcoin_blocks.networks import Layout, find_layout, has_node_name, looks_obfuscated
from connectors.bitcoin_blocks.spent import Remembered, SpentFile, find_key, open_spent
from connectors.bitcoin_blocks.transactions import build_transaction
from connectors.evm import refuse
from trails.connector import RawRecord
from trails.errors import SourceError, ValueProblem
from trails.model import Issue, Record, RowsRead
from trails.pictures import picture_kind
from trails.said import contradicted
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trails.connector import Head, ReadOptions, Source

_START = 256
_XOR_ADVICE = (
    "it is XOR-obfuscated, as Bitcoin Core writes its block files since 28.0; give the file xor.dat of the same folder "
    "with it: trails add CASE blk00001.dat --with xor.dat"
)


def recognise(head: Head) -> str | None:
    """Say why a file is ours: a magic number, a header with its proof of work, or a node's name for the file."""
    if _is_text(head):
        return None
    layout = find_layout(head.data[:_START])
    if layout and layout.kind == "magic":
        return f"it begins with the magic number of Bitcoin blocks ({layout.network.name})"
    if layout:
        return "it begins with a Bitcoin block header and its proof of work"
    if looks_obfuscated(head.data[:_START]):
        return "it is a Bitcoin Core block file, XOR-obfuscated"
    return "it has the name of a Bitcoin Core block file" if head.data and has_node_name(head.name) else None


def _is_text(head: Head) -> bool:
    """Tell text, pictures and packed files from blocks: a test network's proof of work is so light that any of them may meet it."""
    start = head.data[:_START]
    if head.members or head.sheet or start.startswith((b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0")) or picture_kind(start):
        return True
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return False
    return "\x00" not in text


def records(source: Source, options: ReadOptions) -> Iterator[RawRecord]:
    """Give every transaction in hexadecimal, from 1, over all blocks of the file."""
    row = 0
    with _open_blocks(source, options) as (frames, _):
        for block in _blocks(frames):
            for each in block.transactions:
                row += 1
                yield RawRecord(row, each.raw.hex(), {"txid": each.txid, "block": block.hash.hex()})


def read(source: Source, options: ReadOptions) -> Iterator[Record]:
    """Give the inputs, outputs and fees of every transaction of every block, one block in memory at a time.

    A block whose proof of work or merkle root fails is refused with all its transactions; one that cannot be decoded is
    left out with a warning. Raises SourceError for a file without a whole block, an obfuscated one without its key, and
    a companion that belongs to other blocks; and for a rail that is not the file's.
    """
    with ExitStack() as stack:
        frames, spent = stack.enter_context(_open_blocks(source, options))
        reading = _Reading(frames.layout, bitcoin.network((), options, frames.layout.network.rail), spent)
        for block in _blocks(frames):
            yield from reading.read_block(block)
        yield from frames.issues
        yield from reading.finish()


@contextmanager
def _open_blocks(source: Source, options: ReadOptions) -> Iterator[tuple[Frames, SpentFile | None]]:
    key = find_key(source)
    with ExitStack() as stack:
        with open_stream(source, key) as beginning:
            start = beginning.read(_START)
        layout = find_layout(start)
        if layout is None:
            raise SourceError(f"{source.name}: {_no_blocks(start, key, source.name)}; nothing was added")
        _check_rail(layout, options, source.name)
        spent = open_spent(source, key, layout, stack)
        yield Frames(stack.enter_context(open_stream(source, key)), layout, source.name), spent


def _no_blocks(start: bytes, key: bytes | None, name: str) -> str:
    if not start.strip(b"\x00"):
        return "it is empty, or holds only zeros: a file the node had allotted and not yet written"
    if key:
        return "freed of the key in xor.dat it does not begin with a block: the key is of another node, or the file damaged"
    if looks_obfuscated(start) or has_node_name(name):
        return _XOR_ADVICE
    return "it does not begin with a Bitcoin block: no magic number, and no header with its proof of work"


def _check_rail(layout: Layout, options: ReadOptions, name: str) -> None:
    """Raise SourceError where the rail named is not the one the file's magic number says."""
    stated = bitcoin.network((), options, layout.network.rail)
    if layout.kind == "magic" and stated != layout.network.rail:
        magic = f"the file's magic number is that of {layout.network.name}, {layout.network.rail}"
        raise contradicted("rail", stated, magic, name)


def _blocks(frames: Frames) -> Iterator[Block]:
    """Decode the blocks; raises SourceError where there is none at all."""
    found = 0
    for frame in frames:
        try:
            block = decode_block(frame.data)
        except DamagedBlock as problem:
            frames.reject(frame, str(problem))
            continue
        found += 1
        yield block
    if not found:
        raise SourceError(
            f"{frames.name}: it holds no whole block; nothing was added. {frames.first}. (Undo data, rev*.dat, is given "
            "with its blk*.dat by --with)"
        )


@dataclass
class _Reading:
    """What is carried from block to block."""

    layout: Layout
    rail: str
    spent: SpentFile | None
    chain: Chain = field(init=False)
    remembered: Remembered = field(default_factory=Remembered)
    rows: int = 0
    inputs: int = 0
    unknown: int = 0
    without_undo: int = 0

    def __post_init__(self) -> None:
        self.chain = Chain(self.layout.network)

    def read_block(self, block: Block) -> Iterator[Record]:
        """Give what a block states, or refuse each of its transactions."""
        first, self.rows = self.rows + 1, self.rows + len(block.transactions)
        fault = find_fault(block, self.layout.network)
        spent = self.spent.of_block(block) if self.spent else None
        self.without_undo += self.spent is not None and spent is None
        if fault:
            code, message = fault
            for row in range(first, self.rows + 1):
                yield Issue(row, "error", code, f"block {block.hash.hex()}: {message}")
        else:
            height = self.chain.place(block)
            yield from self.chain.find_fork(block)
            yield from self._read_transactions(block, first, height, spent)
        yield RowsRead(len(block.transactions))

    def _read_transactions(
        self, block: Block, first: int, height: int | None, spent: list[list[bitcoin.Output]] | None
    ) -> Iterator[Record]:
        time, doubts = bitcoin.block_time(first, block.seconds)
        yield from doubts
        fees: int | None = 0
        for position, raw in enumerate(block.transactions):
            stated = spent[position - 1] if spent is not None and position else []
            place = bitcoin.Junction(
                first + position, raw.txid, self.rail, time, None if height is None else height * 10**6 + position
            )
            self.remembered.keep(raw)
            try:
                tx = build_transaction(raw, place, stated, self.remembered, self.layout.network)
            except ValueProblem as problem:
                yield refuse(place.row, problem)
                fees = None
                continue
            known = [each.prevout.amount for each in tx.inputs if each.prevout]
            self._count(tx, len(known))
            if position:
                whole = len(known) == len(tx.inputs) and fees is not None
                fees = (fees or 0) + sum(known) - sum(each.amount for each in tx.outputs) if whole else None
            yield from bitcoin.state(tx, self.rail, note_unknown=False)
        yield from check_reward(block, first, height, fees, self.layout.network)

    def _count(self, tx: bitcoin.Transaction, known: int) -> None:
        if not tx.is_coinbase:
            self.inputs += len(tx.inputs)
            self.unknown += len(tx.inputs) - known

    def finish(self) -> Iterator[Record]:
        """Check the companion, and note once how many inputs are open."""
        if self.spent:
            self.spent.finish()
        if self.without_undo:
            message = (
                f"{count_words(self.without_undo, 'block has', 'blocks have')} no record in the undo data: never connected by "
                "the node (abandoned blocks), or newer than it"
            )
            yield Issue(None, "warning", "undo_missing", message)
        if self.unknown:
            message = (
                f"{self.unknown:,} of {self.inputs:,} inputs do not state the output they spend; it is sought in the "
                "case. The node's undo data states it: --with rev00001.dat"
            )
            yield Issue(None, "note", "prevout_unknown", message)
