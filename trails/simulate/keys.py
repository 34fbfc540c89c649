"""Addresses and transaction ids of simulated people: hashes of made-up labels, with right checksums. Nobody holds a key."""

from __future__ import annotations

import hashlib

from base58_bech32 import base58, bech32
from Crypto.Hash import RIPEMD160

from trails.money import USDT_CONTRACTS

#: Digits and the decimal mark as Dari and Persian write them.
PERSIAN = str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹٫")
USDT = {rail: contract for rail, (contract, _) in USDT_CONTRACTS.items()}
DECIMALS = {f"USDT@{rail}": places for rail, (_, places) in USDT_CONTRACTS.items()} | {
    "BTC": 8, "EUR": 2, "USD": 2, "AFN": 2, "PKR": 2, "TRY": 2, "RSD": 2, "BAM": 2, "TRX": 6, "FAKE@tron": 6,
}  # fmt: skip


def digest(*parts: object) -> bytes:
    """32 bytes that depend on the parts alone."""
    return hashlib.sha256("|".join(["trails simulate (fictional)", *map(str, parts)]).encode()).digest()


def make_address(rail: str, *label: object) -> str:
    """The address of a label on a chain, in the form ``trails`` keeps it in.

    >>> make_address("tron", 1, "x") == make_address("tron", 1, "x"), make_address("bsc", 1, "x")[:2]
    (True, '0x')
    """
    if rail == "tron":
        return encode_tron(digest("tron", *label)[:20])
    if rail in ("ethereum", "bsc"):
        return "0x" + digest("evm", *label)[:20].hex()
    return encode_segwit(hash_key(b"\x02" + digest("bitcoin", *label)))


def encode_tron(payload: bytes) -> str:
    """The TRON address of 20 bytes."""
    return base58.b58encode_check(b"\x41" + payload).decode()


def encode_segwit(program: bytes) -> str:
    """The Bitcoin address of a witness program of version 0."""
    groups = [0, *bech32.convertbits(program, 8, 5)]
    return bech32.bech32_encode("bc", groups, m=bech32.BECH32_1_CONST, limit=90).decode()


def hash_key(public_key: bytes) -> bytes:
    """The witness program of a public key: 20 bytes."""
    return RIPEMD160.new(hashlib.sha256(public_key).digest()).digest()


def transaction_id(rail: str, *label: object) -> str:
    """The id of an account chain's transaction, as ``trails`` keeps it."""
    return digest("transaction", rail, *label).hex()
