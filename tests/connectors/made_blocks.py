"""Fictional Bitcoin blocks for tests and samples: mined on the private test network, paying hashes of made-up labels.

``python -m tests.connectors.made_blocks`` writes the samples of the connector ``bitcoin_blocks``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from btclib import var_bytes, var_int
from btclib.block.block import bip34_commitment
from btclib.block.block_header import BlockHeader
from btclib.compressor import compress_amount, serialize_script, serialize_varint
from btclib.hashes import hash256, merkle_root_and_mutated_from_hashes
from btclib.script.witness import Witness
from btclib.tx.out_point import OutPoint
from btclib.tx.tx import Tx
from btclib.tx.tx_in import TxIn
from btclib.tx.tx_out import TxOut

FOLDER = Path(__file__).parent.parent.parent / "connectors" / "bitcoin_blocks"
REGTEST = bytes.fromhex("fabfb5da")
EASY = bytes.fromhex("207fffff")
#: The first block of the main network: 285 public bytes.
GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3"
    "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c0101000000010000000000000000000000000000000000000000000000000000"
    "000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e2062"
    "72696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe554827"
    "1967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f"
    "ac00000000"
)
Pay = tuple[int, bytes]
Spend = tuple[bytes, int]


def digest(label: str) -> bytes:
    """Thirty-two bytes of a made-up label; nobody holds a key to them."""
    return hashlib.sha256(f"trails fictional {label}".encode()).digest()


def p2pkh(label: str) -> bytes:
    return b"\x76\xa9\x14" + digest(label)[:20] + b"\x88\xac"


def p2sh(label: str) -> bytes:
    return b"\xa9\x14" + digest(label)[:20] + b"\x87"


def p2wpkh(label: str) -> bytes:
    return b"\x00\x14" + digest(label)[:20]


def p2tr(label: str) -> bytes:
    return b"\x51\x20" + digest(label)


def p2pk(label: str) -> bytes:
    return b"\x21\x02" + digest(label) + b"\xac"


def data_script(text: str) -> bytes:
    return b"\x6a" + bytes([len(text)]) + text.encode()


def make_tx(spends: Sequence[Spend], pays: Sequence[Pay], *, witness: bool = False) -> Tx:
    """A transaction; ``spends`` are outpoints, the id as people write it."""
    stack = Witness([b"a fictional signature"]) if witness else Witness()
    script = b"" if witness else b"\x04none"
    vin = [TxIn(OutPoint(txid, index), script, 0xFFFFFFFD, stack) for txid, index in spends]
    return Tx(2, 0, vin, [TxOut(amount, script) for amount, script in pays], check_validity=False)


def make_coinbase(height: int, pays: Sequence[Pay]) -> Tx:
    script = bip34_commitment(height) + b"a fictional sample of trails"
    return Tx(1, 0, [TxIn(OutPoint(), script, 0xFFFFFFFF, Witness())], [TxOut(*each) for each in pays])


def make_block(
    parent: bytes, height: int, transactions: Sequence[Tx], *, pays: Sequence[Pay], version: int = 4
) -> bytes:
    """A block with its coinbase, mined on the private test network; ``parent`` as people write it."""
    everything = [make_coinbase(height, pays), *transactions]
    root = merkle_root_and_mutated_from_hashes([each.id[::-1] for each in everything], hash256)[0][::-1]
    time = datetime.fromtimestamp(1_760_000_000 + 600 * height, UTC)
    for nonce in range(1_000):
        header = BlockHeader(version, parent, root, time, EASY, nonce, check_validity=False)
        if header.hash <= header.target:
            break
    body = b"".join(each.serialize(include_witness=True, check_validity=False) for each in everything)
    return header.serialize(check_validity=False) + var_int.serialize(len(everything)) + body


def block_hash(block: bytes) -> bytes:
    return hash256(block[:80])[::-1]


def frame(block: bytes, magic: bytes = REGTEST) -> bytes:
    return magic + len(block).to_bytes(4, "little") + block


def undo_record(parent: bytes, coins: Sequence[Sequence[Pay]], *, height: int = 150, magic: bytes = REGTEST) -> bytes:
    """A record of undo data as Bitcoin Core writes it, ``coins`` per transaction but the coinbase."""
    data = var_int.serialize(len(coins))
    for each in coins:
        data += var_int.serialize(len(each))
        for amount, script in each:
            data += serialize_varint(height * 2) + (b"\x00" if height else b"")
            data += serialize_varint(compress_amount(amount)) + serialize_script(script)
    return frame(data, magic) + hash256(parent[::-1] + data)


def spent_list(coins: Sequence[Sequence[Pay]]) -> bytes:
    """The same as a plain list of spent outputs."""
    return b"".join(a.to_bytes(8, "little") + var_bytes.serialize(s) for each in coins for a, s in each)


def floresta_list(coins: Sequence[Sequence[Pay]], *, bare: bool = False) -> bytes:
    """The same as Floresta's JSON list: an output with where it was made, or (``bare``, in older lists) the output alone."""
    outputs = [{"value": amount, "script_pubkey": script.hex()} for each in coins for amount, script in each]
    made = {"is_coinbase": False, "creation_height": 150, "creation_time": 1_760_000_000}
    return json.dumps(outputs if bare else [{"txout": each, **made} for each in outputs]).encode()


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return packed


@dataclass(frozen=True)
class Made:
    """Two blocks, and what they spend: the second one spends an output of the first."""

    blocks: tuple[bytes, bytes]
    transactions: tuple[Tx, Tx]
    coins: tuple[list[list[Pay]], list[list[Pay]]]
    parents: tuple[bytes, bytes]

    @property
    def framed(self) -> bytes:
        return b"".join(map(frame, self.blocks))

    @property
    def undo(self) -> bytes:
        """The undo file; its records stand in another order than the blocks."""
        return undo_record(self.parents[1], self.coins[1]) + undo_record(self.parents[0], self.coins[0], height=0)

    @property
    def listed(self) -> bytes:
        return spent_list([*self.coins[0], *self.coins[1]])

    @property
    def floresta(self) -> bytes:
        """The same in the JSON that lies beside Floresta's blocks."""
        return floresta_list([*self.coins[0], *self.coins[1]])


def make_two_blocks() -> Made:
    """A client pays a collector 1.5 BTC (fee 1,000); the collector pays it on with 0.4 BTC of its own (fee 2,500)."""
    start = digest("block 200")
    client, own = (250_000_000, p2pkh("client")), (40_000_000, p2pk("collector, old key"))
    first = make_tx(
        [(digest("client's coin"), 3)],
        [(150_000_000, p2wpkh("collector")), (99_999_000, p2tr("client's change")), (0, data_script("fictional"))],
    )
    second = make_tx([(first.id, 0), (digest("collector's coin"), 0)], [(189_997_500, p2sh("broker"))], witness=True)
    one = make_block(start, 201, [first], pays=[(2_500_001_000, p2wpkh("miner"))])
    two = make_block(block_hash(one), 202, [second], pays=[(2_500_002_500, p2wpkh("miner"))])
    coins = ([[client]], [[(150_000_000, p2wpkh("collector")), own]])
    return Made((one, two), (first, second), coins, (start, block_hash(one)))


def write_samples() -> None:
    """Write the samples."""
    made = make_two_blocks()
    (FOLDER / "sample.dat").write_bytes(made.framed + bytes(64))
    (FOLDER / "sample.dat.with.rev.dat").write_bytes(made.undo + bytes(32))
    (FOLDER / "sample-bare.raw").write_bytes(made.blocks[1])
    (FOLDER / "sample-floresta.raw.zst").write_bytes(zstd(made.blocks[1]))
    (FOLDER / "sample-floresta.raw.zst.with.spent_utxos.zst").write_bytes(zstd(floresta_list(made.coins[1])))


if __name__ == "__main__":
    write_samples()
