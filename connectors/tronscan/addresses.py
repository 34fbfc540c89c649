"""Many TRON addresses checked at once: base58 read in whole columns, one double SHA-256 for each distinct address.

What passes is exactly what :func:`trails.identifiers.canonical_address` gives back unchanged. Anything else (an address
with spaces around it, one in another form, a damaged one) goes the careful road, row by row.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

    Mask = np.ndarray[Any, np.dtype[np.bool_]]
    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Bounds = np.ndarray[Any, np.dtype[np.int64]]

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NONE = 255
_VALUES = np.full(256, _NONE, np.uint8)
_VALUES[list(_ALPHABET)] = np.arange(58, dtype=np.uint8)
_LENGTH, _PAYLOAD, _LIMBS = 34, 21, 7
#: 34 digits as one group of four and six of five: each group fits 30 bits.
_GROUPS = ((0, 4), *((4 + 5 * place, 5) for place in range(6)))
_LOW = np.uint64(0xFFFF_FFFF)
#: How many different texts are remembered; beyond that all are forgotten, and checked again where they recur.
MOST_KNOWN = 8_000_000


def find_good(bounds: Bounds, data: Bytes) -> Mask:
    """Tell which of many texts, given by their bounds in ``data``, are TRON addresses in base58 whose checksum fits."""
    good: Mask = np.diff(bounds) == _LENGTH
    starts = bounds[:-1][good]
    digits = _VALUES[data[starts[:, None] + np.arange(_LENGTH)]]
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
    """Numbers addresses, and remembers which were good, so that each different one costs one checksum."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        from trails.keys import KeyTable

        self.keys = KeyTable()
        self._good = np.zeros(0, bool)

    def read(self, texts: pa.Array) -> tuple[pa.DictionaryArray, Mask]:
        """Give a column of texts by their numbers in ``keys``, and which of them are good."""
        import pyarrow as pa

        numbers, _ = self.keys.number(texts)
        if self.keys.count > len(self._good):
            self._good = np.concatenate([self._good, find_good(*self.keys.letters(len(self._good)))])
        return pa.DictionaryArray.from_arrays(pa.array(numbers), self.keys.texts()), self._good[numbers]

    def forget(self) -> None:
        """Begin anew where too many are remembered; numbers given before lose their meaning."""
        if self.keys.count > MOST_KNOWN:
            self._begin()
