"""One block decoded and checked: proof of work, merkle root, height, and what can be said of its place in the chain."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from btclib import var_int
from btclib.block.block import bip34_commitment
from btclib.block.block_header import BlockHeader
from btclib.exceptions import BTClibException
from btclib.hashes import hash256, merkle_root_and_mutated_from_hashes
from btclib.tx.tx import SEGWIT_MARKER, Tx
from btclib.utils import decode_num

from connectors.bitcoin_blocks.framing import MOST_BLOCK
from connectors.bitcoin_blocks.networks import HEADER_BYTES, Network, has_work
from trails.errors import ValueProblem
from trails.model import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_PARENT = bytes(32)
_FIRST_REWARD = 50 * 10**8


class DamagedBlock(ValueProblem):
    """Bytes that should be a block are none."""


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """A transaction of a block: its own bytes, the id they hash to (as hashed, not reversed), and its fields."""

    raw: bytes
    digest: bytes
    fields: Tx

    @property
    def txid(self) -> str:
        """The id as people write it."""
        return self.digest[::-1].hex()


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its header, and its transactions in order. Hashes are as people write them (reversed)."""

    header: BlockHeader
    header_bytes: bytes
    transactions: tuple[RawTransaction, ...]

    @property
    def hash(self) -> bytes:
        """The block's own hash."""
        return hash256(self.header_bytes)[::-1]

    @property
    def parent(self) -> bytes:
        """The hash of the block before it."""
        return self.header.previous_block_hash

    @property
    def seconds(self) -> int:
        """The time in its header, Unix seconds."""
        return int.from_bytes(self.header_bytes[68:72], "little")


def decode_block(data: bytes) -> Block:
    """Decode the bytes of one block; raises DamagedBlock."""
    if len(data) > MOST_BLOCK:
        raise DamagedBlock(f"it is longer than {MOST_BLOCK:,} bytes")
    stream = BytesIO(data)
    try:
        header = BlockHeader.parse(stream, check_validity=False)
        transactions = tuple(_decode_transaction(stream, data) for _ in range(var_int.parse(stream)))
    except (BTClibException, ValueError, OverflowError) as problem:
        raise DamagedBlock(f"it cannot be decoded: {str(problem)[:120]}") from None
    left = len(data) - stream.tell()
    if left:
        raise DamagedBlock(f"{left:,} bytes follow its last transaction")
    if not transactions or not transactions[0].fields.is_coinbase:
        raise DamagedBlock("its first transaction is no coinbase")
    return Block(header, data[:HEADER_BYTES], transactions)


def _decode_transaction(stream: BytesIO, data: bytes) -> RawTransaction:
    start = stream.tell()
    fields = Tx.parse(stream, check_validity=False)
    raw = data[start : stream.tell()]
    hashed = raw
    if raw[4:6] == SEGWIT_MARKER:
        hashed = fields.serialize(include_witness=False, check_validity=False)
    return RawTransaction(raw, hash256(hashed), fields)


def find_fault(block: Block, network: Network) -> tuple[str, str] | None:
    """Check a block against its own header: the code and the words of what does not fit, None where all does."""
    if not has_work(block.header_bytes, network):
        return "pow_mismatch", "the header does not meet its proof of work: it was altered or damaged"
    root, doubled = merkle_root_and_mutated_from_hashes([each.digest for each in block.transactions], hash256)
    if doubled or root[::-1] != block.header.merkle_root:
        return (
            "merkle_mismatch",
            "the transactions do not hash to the merkle root in the header: one was altered or moved",
        )
    return None


@dataclass
class Chain:
    """The blocks seen so far, as far as it takes to number them and to see a fork."""

    network: Network
    heights: dict[bytes, int] = field(default_factory=dict)
    children: dict[bytes, bytes] = field(default_factory=dict)

    def place(self, block: Block) -> int | None:
        """Number a block: by its parent, or by the height its coinbase states where consensus demands one (BIP-34)."""
        if block.parent == NO_PARENT:
            height: int | None = 0
        elif block.parent in self.heights:
            height = self.heights[block.parent] + 1
        else:
            height = _stated_height(block, self.network)
        if height is not None:
            self.heights[block.hash] = height
        return height

    def find_fork(self, block: Block) -> Iterator[Issue]:
        """Warn of a second block on the same parent."""
        other = self.children.setdefault(block.parent, block.hash)
        if other != block.hash:
            message = (
                f"blocks {other.hex()} and {block.hash.hex()} both follow {block.parent.hex()}: one of them was abandoned "
                "by the network, and what stands only in it never took place; look the blocks up before relying on them"
            )
            yield Issue(None, "warning", "chain_fork", message)


def _stated_height(block: Block, network: Network) -> int | None:
    script = block.transactions[0].fields.vin[0].script_sig
    size = script[0] if script else 0
    if block.header.version < 2 or not 1 <= size <= 4:
        return None
    height = decode_num(script[1 : 1 + size])
    if height < max(network.rules.bip34_height, 17) or not script.startswith(bip34_commitment(height)):
        return None
    return height


def check_reward(block: Block, row: int, height: int | None, fees: int | None, network: Network) -> Iterator[Issue]:
    """Compare what the coinbase takes with the reward and the fees; ``fees`` is None where an input is unknown."""
    if height is None or fees is None:
        return
    reward = _FIRST_REWARD >> min(height // network.rules.subsidy_halving_interval, 63)
    taken = sum(output.value for output in block.transactions[0].fields.vout)
    if taken == reward + fees:
        return
    why = "the spent outputs were altered" if taken > reward + fees else "the miner left some, or they were altered"
    message = f"the coinbase of block {height} takes {taken} satoshi, reward and fees are {reward + fees}: {why}"
    yield Issue(row, "warning", "coinbase_mismatch", message)
