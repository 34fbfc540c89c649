"""Bitcoin's networks as block files know them, and how the layout of a file shows in its first bytes.

A block's header is 80 bytes; its double SHA-256 must be below the target in its own ``bits`` field, which must be
below the network's limit. Random bytes pass that test once in four million times, so it tells a block from anything
else, with or without a magic number before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from btclib.block.block_header import BlockHeader
from btclib.consensus import CONSENSUS_PARAMS, ConsensusParams
from btclib.exceptions import BTClibException

HEADER_BYTES = 80


@dataclass(frozen=True, slots=True)
class Network:
    """One network: its rail, the prefix of its bech32 addresses, its magic number (None: a signet of one's own)."""

    name: str
    rail: str
    prefix: str
    magic: bytes | None

    @property
    def rules(self) -> ConsensusParams:
        """Its consensus rules."""
        return CONSENSUS_PARAMS[self.name]


#: Message start bytes of Bitcoin Core, src/kernel/chainparams.cpp.
NETWORKS = (
    Network("mainnet", "bitcoin", "bc", bytes.fromhex("f9beb4d9")),
    Network("testnet", "bitcoin-test", "tb", bytes.fromhex("0b110907")),
    Network("testnet4", "bitcoin-test", "tb", bytes.fromhex("1c163f28")),
    Network("signet", "bitcoin-test", "tb", bytes.fromhex("0a03cf40")),
    Network("regtest", "bitcoin-test", "bcrt", bytes.fromhex("fabfb5da")),
)
_BY_MAGIC = {network.magic: network for network in NETWORKS}
_FILE_NAME = re.compile(r"(blk|rev)\d{5,}\.dat\Z", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Layout:
    """How blocks stand in a file: ``magic`` (magic number and length), ``length`` (length alone) or ``bare`` (one)."""

    kind: str
    network: Network

    @property
    def magic(self) -> bytes:
        """The bytes every block of the file begins with."""
        return (self.network.magic or b"") if self.kind == "magic" else b""


def has_work(header: bytes, network: Network) -> bool:
    """Tell whether a header meets the proof of work that it states itself and the network's limit."""
    try:
        BlockHeader.parse(header, check_validity=False).assert_valid_pow(network.rules.pow_limit_bits)
    except BTClibException:
        return False
    return True


def find_layout(start: bytes) -> Layout | None:
    """Find out how the blocks stand in a file from its beginning; None for what is no plain block file.

    A header without a magic number is taken for the main network's unless its proof of work is too light for it.
    """
    known = _BY_MAGIC.get(start[:4])
    if known and len(start) >= 8:
        return Layout("magic", known)
    for kind, before in (("bare", 0), ("length", 4), ("magic", 8)):
        header = start[before : before + HEADER_BYTES]
        network = next((each for each in NETWORKS if has_work(header, each)), None)
        if network and kind == "magic":
            return Layout(kind, Network(network.name, "bitcoin-test", "tb", start[:4]))
        if network:
            return Layout(kind, network)
    return None


def looks_obfuscated(start: bytes) -> bool:
    """Tell whether a file is a block file XORed with an eight-byte key (Bitcoin Core since 28.0).

    The last four bytes of the first block's parent hash are zero on the main and test networks: there the key shows
    itself, and it must be the one that makes the first four bytes a magic number.
    """
    key = start[40:44]
    return len(key) == 4 and any(key) and bytes(a ^ b for a, b in zip(start, key, strict=False)) in _BY_MAGIC


def has_node_name(name: str) -> bool:
    """Tell whether a file has a name that Bitcoin Core gives: ``blk00001.dat``, ``rev00001.dat``."""
    return bool(_FILE_NAME.search(name))
