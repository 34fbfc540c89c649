"""Blocks of a private network: mined in a few tries, and judged by Bitcoin Core's engine."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GENESIS = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"
FIRST_TIME = 1_600_000_000
HALVING = 150
_MAGIC = bytes.fromhex("fabfb5da")
_BITS, _TARGET = 0x207FFFFF, 0x7FFFFF << (8 * (0x20 - 3))
#: The miner's coins are locked by a script that anybody may spend (P2WSH of OP_TRUE): no wallet takes unripe coins.
OPEN_SCRIPT = b"\x51"
MINER_SCRIPT = b"\x00\x20" + hashlib.sha256(OPEN_SCRIPT).digest()


def sha256d(data: bytes) -> bytes:
    """The hash of everything in Bitcoin."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def merkle_root(hashes: list[bytes]) -> bytes:
    """The root of a tree of hashes."""
    while len(hashes) > 1:
        hashes = hashes + hashes[-1:] * (len(hashes) % 2)
        hashes = [sha256d(hashes[at] + hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def subsidy(height: int) -> int:
    """The new coins of a block."""
    return 50 * 10**8 >> (height // HALVING)


def make_coinbase(height: int, fees: int, wtxids: list[bytes], *, pay_too_much: int = 0) -> tuple[bytes, bytes, int]:
    """The coinbase with and without its witness, and its amount."""
    amount = subsidy(height) + fees + pay_too_much
    number = height.to_bytes((height.bit_length() + 8) // 8, "little")
    script = (bytes([len(number)]) + number if height > 16 else bytes([0x50 + height])) + b"\x01\x00"  # BIP-34
    root = merkle_root([bytes(32), *wtxids])
    commitment = b"\x6a\x24\xaa\x21\xa9\xed" + sha256d(root + bytes(32))
    outputs = b"\x02" + b"".join(
        struct.pack("<q", value) + bytes([len(lock)]) + lock for value, lock in ((amount, MINER_SCRIPT), (0, commitment))
    )
    body = b"\x01" + bytes(32) + b"\xff" * 4 + bytes([len(script)]) + script + b"\xff" * 4 + outputs
    version, locktime = struct.pack("<i", 2), bytes(4)
    return version + b"\x00\x01" + body + b"\x01\x20" + bytes(32) + locktime, version + body + locktime, amount


def mine_block(
    height: int, before: bytes, transactions: list[tuple[bytes, bytes, bytes]], fees: int, *, pay_too_much: int = 0, late: int = 0
) -> tuple[bytes, bytes, bytes, int]:  # fmt: skip
    """A block of (raw, txid, wtxid) transactions: its bytes, its hash, the txid of its coinbase and what that pays."""
    whole, stripped, amount = make_coinbase(height, fees, [each[2] for each in transactions], pay_too_much=pay_too_much)
    coinbase = sha256d(stripped)
    root = merkle_root([coinbase, *(each[1] for each in transactions)])
    for nonce in range(1 << 16):
        header = struct.pack("<i", 0x20000000) + before + root
        header += struct.pack("<III", FIRST_TIME + 600 * height + late, _BITS, nonce)
        if int.from_bytes(sha256d(header), "little") <= _TARGET:
            break
    count = len(transactions) + 1
    size = bytes([count]) if count < 0xFD else b"\xfd" + struct.pack("<H", count)
    return header + size + whole + b"".join(each[0] for each in transactions), sha256d(header), coinbase, amount


def frame(blocks: list[bytes]) -> bytes:
    """Blocks as a node's block file has them."""
    return b"".join(_MAGIC + struct.pack("<I", len(block)) + block for block in blocks)


class Engine:
    """Bitcoin Core's engine: takes blocks, and says which one is the tip."""

    def __init__(self, folder: Path) -> None:
        import pbk

        self._pbk = pbk
        self._manager = pbk.load_chainman(folder, pbk.ChainType.REGTEST)

    def accept(self, block: bytes) -> bool:
        """Hand a block over; whether it is the tip then. An invalid one may be stored, and is not the tip."""
        try:
            self._manager.process_block(self._pbk.Block(block))
        except self._pbk.ProcessBlockException:
            return False
        tip = self._manager.get_active_chain().block_tree_entries[-1]
        return bytes(tip.block_hash) == sha256d(block[:80])
