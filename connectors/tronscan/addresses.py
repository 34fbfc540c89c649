"""Many TRON addresses checked at once: base58 read in whole columns, one double SHA-256 for each distinct address.

What passes is exactly what :func:`trails.identifiers.canonical_address` accepts; anything that does not look like a
plain address (34 letters from ``T`` on) is handed to that function.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.tron import account_key
from trails.errors import IdentifierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Words = np.ndarray[Any, np.dtype[np.uint64]]

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NONE = 255
_VALUES = np.full(256, _NONE, np.uint8)
_VALUES[list(_ALPHABET)] = np.arange(58, dtype=np.uint8)
_LENGTH, _PAYLOAD, _LIMBS = 34, 21, 7
#: 34 digits as one group of four and six of five: each group fits 30 bits.
_GROUPS = ((0, 4), *((4 + 5 * place, 5) for place in range(6)))
_LOW = np.uint64(0xFFFF_FFFF)
#: The table of good addresses: 2**20 places of 34 bytes (the first 32 as four numbers).
_PLACE_BITS, _WORDS = 20, 4
_PLACES = 1 << _PLACE_BITS
_MIXERS = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))
#: How many good addresses are remembered; beyond that they are forgotten and checked again.
MOST_KNOWN = 400_000


def find_good(texts: Sequence[str]) -> Mask:
    """Tell which of many texts are TRON addresses in base58 whose checksum fits.

    >>> find_good(["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T"]).tolist()
    [True, False]
    """
    plain = [text for text in texts if len(text) == _LENGTH and text.isascii()]
    good = np.ones(len(texts), bool)
    if len(plain) < len(texts):
        good = np.array([len(text) == _LENGTH and text.isascii() for text in texts], bool)
    digits = _VALUES[np.frombuffer("".join(plain).encode("ascii"), np.uint8).reshape(-1, _LENGTH)]
    fits = (digits != _NONE).all(axis=1)
    raw = _to_bytes(digits)
    sums = b"".join([sha256(sha256(raw[at : at + _PAYLOAD]).digest()).digest()[:4] for at in range(0, len(raw), 25)])
    found = np.frombuffer(raw, np.uint8).reshape(-1, 25)
    same = (found[:, _PAYLOAD:] == np.frombuffer(sums, np.uint8).reshape(-1, 4)).all(axis=1)
    good[good] = fits & same & (found[:, 0] == 0x41)
    return good


def _to_bytes(digits: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """Turn rows of 34 base58 digits into 25 bytes each: long multiplication on 32-bit limbs, all rows at a time."""
    limbs = [np.zeros(len(digits), np.uint64) for _ in range(_LIMBS)]
    for start, width in _GROUPS:
        carry = np.zeros(len(digits), np.uint64)
        for place in range(start, start + width):
            carry = carry * np.uint64(58) + digits[:, place]
        base = np.uint64(58**width)
        for place in range(_LIMBS):
            product = limbs[place] * base + carry
            limbs[place], carry = product & _LOW, product >> np.uint64(32)
    words = np.stack(limbs[::-1], axis=1).astype(">u4")
    return words.view(np.uint8).reshape(-1, 4 * _LIMBS)[:, -25:].tobytes()


class AddressBook:
    """Remembers which addresses were good, so that each distinct one costs one checksum; bounded in memory.

    Whole columns are compared, byte for byte, with a table of good addresses that has one place for each hash. What is
    not found there (it is new, bad, or shares its place) is looked up one by one.
    """

    def __init__(self) -> None:
        self._good: set[str] = set()
        self._words = np.zeros((_PLACES, _WORDS), np.uint64)
        self._tails = np.zeros(_PLACES, np.uint16)

    def read(self, texts: pa.Array) -> tuple[pa.Array, Mask]:
        """Give the canonical keys of a column of addresses, null where the text is none, and which are good."""
        size = len(texts)
        right = pc.equal(pc.binary_length(texts), _LENGTH).to_numpy(zero_copy_only=False)
        words, tails, places = _fingerprints(texts if right.all() else texts.filter(pa.array(right)))
        found = np.zeros(size, bool)
        found[right] = self._holds(words, tails, places)
        if found.all():
            return texts, found
        missed = ~found
        coded = pc.dictionary_encode(texts.filter(pa.array(missed)))
        distinct: list[str] = coded.dictionary.to_pylist()
        self._check(set(distinct).difference(self._good))
        fresh = np.flatnonzero(~found[right])
        if self._good.issuperset(distinct):
            self._keep(words[fresh], tails[fresh], places[fresh])
            return texts, np.ones(size, bool)
        good = np.array([text in self._good for text in distinct], bool)
        keep = fresh[good[coded.indices.to_numpy()][right[missed]]]
        self._keep(words[keep], tails[keep], places[keep])
        keys = [text if known else _canonical(text) for text, known in zip(distinct, good, strict=True)]
        filled = pc.replace_with_mask(texts, pa.array(missed), pa.array(keys, pa.string()).take(coded.indices))
        return filled, filled.is_valid().to_numpy(zero_copy_only=False)

    def _holds(self, words: Words, tails: Any, places: Any) -> Mask:
        """Tell which addresses stand in the table, byte for byte."""
        known = np.take(self._words, places, axis=0)
        same: Mask = np.take(self._tails, places) == tails
        for column in range(_WORDS):
            same &= known[:, column] == words[:, column]
        return same

    def _keep(self, words: Words, tails: Any, places: Any) -> None:
        """Put good addresses into the table where their place is still free."""
        free = self._tails[places] == 0
        self._words[places[free]], self._tails[places[free]] = words[free], tails[free]

    def _check(self, new: Iterable[str]) -> None:
        listed = list(new)
        if len(self._good) + len(listed) > MOST_KNOWN:
            self._good.clear()
            self._tails.fill(0)
        mask = find_good(listed)
        self._good.update(listed if mask.all() else compress(listed, mask.tolist()))


def _fingerprints(texts: pa.Array) -> tuple[Words, Any, Any]:
    """Give texts of 34 bytes each as four numbers and a last one, and each one's place in the table."""
    _, offsets, data = texts.buffers()
    start = int(np.frombuffer(offsets, np.int32)[texts.offset]) if len(texts) else 0
    flat = np.frombuffer(data or b"", np.uint8)[start : start + len(texts) * _LENGTH].reshape(-1, _LENGTH)
    words = np.ascontiguousarray(flat[:, : 8 * _WORDS]).view(np.uint64).reshape(-1, _WORDS)
    tails = np.ascontiguousarray(flat[:, 8 * _WORDS :]).view(np.uint16).reshape(-1)
    mixed = words[:, 1] * _MIXERS[0] ^ words[:, 2] * _MIXERS[1] ^ words[:, 3] * _MIXERS[2]
    return words, tails, (mixed >> np.uint64(64 - _PLACE_BITS)).astype(np.int64)


def _canonical(text: str) -> str | None:
    try:
        return account_key(text.strip())
    except IdentifierError:
        return None
