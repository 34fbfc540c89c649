"""Locking scripts of Bitcoin outputs: the address a standard script pays, and a key for every other.

Specifications: BIP-13 (script hash), BIP-141 and BIP-173 (witness version 0), BIP-350 (taproot and later).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from base58_bech32 import base58, bech32

_SHOWN_SCRIPT = 80


@lru_cache(maxsize=1 << 16)
def script_address(script: bytes, prefix: str) -> str | None:
    """Give the address of a standard script on the network whose bech32 prefix is ``bc``, ``tb`` or ``bcrt``.

    A bare public key gets the address of its hash, as old Bitcoin Core states it: the same key spends both.

    >>> script_address(bytes.fromhex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"), "bc")
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'
    """
    size, main = len(script), prefix == "bc"
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return _base58(0x00 if main else 0x6F, script[3:23])
    if size == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return _base58(0x05 if main else 0xC4, script[2:22])
    if _is_bare_key(script):
        return _base58(0x00 if main else 0x6F, _hash160(script[1:-1]))
    if 4 <= size <= 42 and (script[0] == 0 or 0x51 <= script[0] <= 0x60) and script[1] == size - 2:
        if script[0] == 0 and size not in (22, 34):
            return None
        version = script[0] and script[0] - 0x50
        return bech32.bech32_encode(prefix, [version, *bech32.convertbits(script[2:], 8, 5)]).decode()
    return None


def _is_bare_key(script: bytes) -> bool:
    compressed = len(script) == 35 and script[0] == 33 and script[1] in (2, 3)
    plain = len(script) == 67 and script[0] == 65 and script[1] in (4, 6, 7)
    return (compressed or plain) and script[-1] == 0xAC


def _base58(version: int, digest: bytes) -> str:
    return base58.b58encode_check(bytes([version]) + digest).decode()


def _hash160(data: bytes) -> bytes:
    from Crypto.Hash import RIPEMD160

    return RIPEMD160.new(hashlib.sha256(data).digest()).digest()


def address_prefix(stated: str | None, rail: str) -> str:
    """Give the bech32 prefix of a rail; of the two test networks the one a stated address names."""
    if rail == "bitcoin":
        return "bc"
    return "bcrt" if (stated or "").lower().startswith("bcrt1") else "tb"


@lru_cache(maxsize=1 << 16)
def is_old_spelling(stated: str | None, script: bytes | None, prefix: str) -> bool:
    """Tell whether a taproot address has the checksum Bitcoin Core gave it before BIP-350; its script says the same."""
    if not script or not stated or not 0x51 <= script[0] <= 0x60 or script_address(script, prefix) is None:
        return False
    words = [script[0] - 0x50, *bech32.convertbits(script[2:], 8, 5)]
    return stated == bech32.bech32_encode(prefix, words, m=bech32.BECH32_1_CONST).decode()


def script_label(script: bytes) -> str:
    """Say what a script without an address is."""
    if script[:1] == b"\x6a":
        return "OP_RETURN data (no owner)"
    if script[-1:] == b"\xae" and 0x51 <= script[0] <= 0x60:
        return "bare multisig"
    return "script without an address"


def script_key(script: bytes) -> str:
    """Make the key of a script without an address: itself, or its hash where it is long."""
    shown = script.hex()
    if len(shown) > _SHOWN_SCRIPT:
        shown = f"sha256:{hashlib.sha256(script).hexdigest()}"
    return f"script:{shown}"
