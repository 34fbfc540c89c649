"""Addresses and hashes of the fictional case. Each is derived from a hash of a label, so it has a valid checksum and
nobody holds a key to it.
"""

from __future__ import annotations

import hashlib

from base58_bech32 import base58

from trails.simulate.keys import encode_segwit, encode_tron, hash_key

#: Found once by counting up: the payload that shares its first bytes and its last four letters with Gagi's wallet.
_LOOKALIKE_NONCE = 10_804_031


def digest(*parts: object) -> bytes:
    """32 bytes that only depend on the parts."""
    return hashlib.sha256("|".join(["trails river case (fictional)", *map(str, parts)]).encode()).digest()


def pick(low: int, high: int, *parts: object) -> int:
    """Whole number from ``low`` to ``high``, both included, that only depends on the parts."""
    return low + int.from_bytes(digest("pick", *parts)[:8], "big") % (high - low + 1)


def tron(label: str) -> str:
    """TRON address in base58."""
    return encode_tron(digest("tron", label)[:20])


def tron_lookalike(victim: str) -> str:
    """TRON address that begins and ends like the victim's, the way poisoning addresses do."""
    return encode_tron(lookalike_payload(base58.b58decode_check(victim)[1:], _LOOKALIKE_NONCE))


def lookalike_payload(payload: bytes, nonce: int) -> bytes:
    """First four bytes of a payload, followed by bytes that depend on the nonce."""
    return payload[:4] + digest("lookalike", nonce)[:16]


def tron_tx(label: str) -> str:
    """TRON transaction id."""
    return digest("tron transaction", label).hex()


def bitcoin(label: str) -> str:
    """Bitcoin pay-to-witness-public-key-hash address."""
    return encode_segwit(witness_program(label))


def public_key(label: str) -> bytes:
    """33 bytes in the place of a public key: nobody has the private one."""
    return b"\x02" + digest("bitcoin", label)


def witness_program(label: str) -> bytes:
    """20 bytes an address of Bitcoin stands for: the hash of its public key."""
    return hash_key(public_key(label))
