"""Different texts of long columns numbered in the order in which they come: one hash table, one pass.

A file of millions of transfers names far fewer addresses. Each is looked up byte for byte, so two keys never share a
number, whatever their hashes.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trails.compiled import compiled, view_only

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_FIRST_PLACES = 1 << 12
_FIRST_BYTES = 1 << 16
#: Texts looked up together.
_BLOCK = 64
#: Drawn by each process, so that nobody can make a file whose keys all ask for one place; no result depends on it.
_SEED = np.uint64(secrets.randbits(64) | 1)


class KeyTable:
    """Numbers of texts from 0, given in the order in which they come.

    >>> import pyarrow as pa
    >>> table = KeyTable()
    >>> numbers, fresh = table.number(pa.array(["b", "a", "b"]))
    >>> numbers.tolist(), fresh.tolist(), table.texts().to_pylist()
    ([0, 1, 0], [0, 1], ['b', 'a'])
    """

    def __init__(self) -> None:
        self.count = 0
        self._places: npt.NDArray[np.uint64] = np.zeros(_FIRST_PLACES, np.uint64)
        self._hashes: npt.NDArray[np.uint64] = np.zeros(_FIRST_PLACES // 2, np.uint64)
        self._ends: Places = np.zeros(_FIRST_PLACES // 2 + 1, np.int64)
        self._bytes: Bytes = np.zeros(_FIRST_BYTES, np.uint8)

    def number(self, texts: pa.Array) -> tuple[Numbers, Places]:
        """The number of each text of a column without gaps, and the rows in which new ones stand first, in order."""
        bounds, data = plain_texts(texts)
        self._reserve(len(texts), int(bounds[-1] - bounds[0]))
        numbers, fresh = np.empty(len(texts), np.int32), np.empty(len(texts), np.int64)
        before = self.count
        self.count, _ = _number(
            bounds, data, self._places, self._hashes, self._ends, self._bytes, before, _SEED, numbers, fresh
        )
        return numbers, fresh[: self.count - before].copy()

    def texts(self, start: int = 0) -> pa.LargeStringArray:
        """The texts of the numbers from ``start`` on, without copying: what is numbered stays as it is."""
        import pyarrow as pa

        ends = self._ends[start : self.count + 1]
        return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(self._bytes))

    def letters(self, start: int) -> tuple[Places, Bytes]:
        """The bounds of the texts of the numbers from ``start`` on, and the bytes they are bounds in."""
        return self._ends[start : self.count + 1], self._bytes

    def _reserve(self, most: int, letters: int) -> None:
        """Make room for so many more: never more than half of the places are taken."""
        size = len(self._places)
        while size < 2 * (self.count + most):
            size *= 2
        if size > len(self._places):
            self._places = np.zeros(size, np.uint64)
            _place_again(self._places, self._hashes, self.count)
            self._hashes = _grow(self._hashes, size // 2)
            self._ends = _grow(self._ends, size // 2 + 1)
        used = int(self._ends[self.count])
        if used + letters > len(self._bytes):
            self._bytes = _grow(self._bytes, max(used + letters, 2 * len(self._bytes)))


def _grow(values: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    grown = np.zeros(size, values.dtype)
    grown[: len(values)] = values
    return grown


def plain_texts(column: pa.Array) -> tuple[npt.NDArray[np.int32], Bytes]:
    """The bounds of each text of a column without gaps, and the bytes of all."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    _, offsets, data = column.cast(pa.string()).buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return view_only(bounds), view_only(np.frombuffer(data or b"", np.uint8))


def pack_hashes(texts: pa.Array) -> npt.NDArray[np.uint8]:
    """Hashes of 64 lower-case hexadecimal digits, each as a row of 32 bytes.

    >>> import pyarrow as pa
    >>> pack_hashes(pa.array(["0a" * 31 + "ff"]))[0, -2:].tolist()
    [10, 255]
    """
    bounds, data = plain_texts(texts)
    packed = np.empty((len(texts), 32), np.uint8)
    _pack(bounds, data, packed)
    return packed


def note_first(senders: Numbers, receivers: Numbers, place: int, places: Places) -> None:
    """Note in ``places`` where each number that has none yet (-1) stands first: a row's sender before its receiver.

    Row ``n`` of the two columns has place ``place + n``; what is noted is four times that, and one more for a receiver.
    """
    _note_first(view_only(senders), view_only(receivers), place, places)


# Arrays of the loops below: what numba is given is typed there, by what it is called with.
_Array = Any


@compiled
def _word(data: _Array, at: int) -> Any:
    """Eight bytes as one number; the compiler makes one load of it."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << np.uint64(8)
        | np.uint64(data[at + 2]) << np.uint64(16)
        | np.uint64(data[at + 3]) << np.uint64(24)
        | np.uint64(data[at + 4]) << np.uint64(32)
        | np.uint64(data[at + 5]) << np.uint64(40)
        | np.uint64(data[at + 6]) << np.uint64(48)
        | np.uint64(data[at + 7]) << np.uint64(56)
    )


@compiled
def _hash(data: _Array, start: int, length: int, seed: Any) -> Any:
    mixed = seed ^ np.uint64(length)
    for at in range(start, start + length - 7, 8):
        mixed = (mixed ^ _word(data, at)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    if length >= 8:  # the last eight, some of them again
        mixed = (mixed ^ _word(data, start + length - 8)) * seed
    else:
        for at in range(start, start + length):
            mixed = (mixed ^ np.uint64(data[at])) * seed
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return mixed ^ (mixed >> np.uint64(32))


@compiled
def _differ(one: _Array, first: int, other: _Array, second: int, length: int) -> Any:
    """Zero where two texts of one length are the same."""
    found = np.uint64(0)
    if length >= 8:
        found = _word(one, first + length - 8) ^ _word(other, second + length - 8)
        for at in range(0, length - 7, 8):
            found |= _word(one, first + at) ^ _word(other, second + at)
    else:
        for at in range(length):
            found |= np.uint64(one[first + at] ^ other[second + at])
    return found


@compiled
def _read_ahead(mixed: _Array, places: _Array, ends: _Array, held: _Array, likely: _Array) -> int:
    """Read what a block of texts will look at, step by step: these reads do not wait for each other, and the memory is
    what all this waits for. The sum means nothing; without it the compiler would leave the reads out."""
    mask, low = np.uint64(len(places) - 1), np.uint64(0xFFFF_FFFF)
    for k in range(len(mixed)):
        likely[k] = max(np.int64(places[mixed[k] & mask] & low) - 1, 0)
    for k in range(len(mixed)):
        likely[k] = ends[likely[k]]
    total = 0
    for k in range(len(mixed)):
        total += held[likely[k]]
    return total


@compiled
def _number(
    bounds: _Array, data: _Array, places: _Array, hashes: _Array, ends: _Array, held: _Array, count: int, seed: Any,
    numbers: _Array, fresh: _Array,
) -> tuple[int, int]:  # fmt: skip
    """Look every text up by open addressing: the count of different ones after it, and a number to be dropped.

    A place holds the upper half of a hash beside the number plus one; zero is free.
    """
    mask, low = np.uint64(len(places) - 1), np.uint64(0xFFFF_FFFF)
    before, dropped = count, 0
    mixed, likely = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.int64)
    for row in range(len(numbers)):
        k = row % _BLOCK
        if k == 0:
            size = min(_BLOCK, len(numbers) - row)
            for j in range(size):
                mixed[j] = _hash(data, bounds[row + j], bounds[row + j + 1] - bounds[row + j], seed)
            dropped += _read_ahead(mixed[:size], places, ends, held, likely)
        start, length = bounds[row], bounds[row + 1] - bounds[row]
        here = mixed[k] & mask
        while places[here] != 0:
            number = np.int64(places[here] & low) - 1
            likely_same = (places[here] ^ mixed[k]) >> np.uint64(32) == 0 and ends[number + 1] - ends[number] == length
            if likely_same and _differ(data, start, held, ends[number], length) == 0:
                break
            here = (here + np.uint64(1)) & mask
        if places[here] == 0:
            places[here] = (mixed[k] & ~low) | np.uint64(count + 1)
            hashes[count], fresh[count - before], ends[count + 1] = mixed[k], row, ends[count] + length
            for at in range(length):
                held[ends[count] + at] = data[start + at]
            count += 1
        numbers[row] = np.int64(places[here] & low) - 1
    return count, dropped


@compiled
def _note_first(senders: _Array, receivers: _Array, place: int, places: _Array) -> None:
    for row in range(len(senders)):
        if places[senders[row]] < 0:
            places[senders[row]] = 4 * (place + row)
        if places[receivers[row]] < 0:
            places[receivers[row]] = 4 * (place + row) + 1


@compiled
def _pack(bounds: _Array, data: _Array, packed: _Array) -> None:
    for row in range(len(packed)):
        start = bounds[row]
        for place in range(32):
            high, low = data[start + 2 * place], data[start + 2 * place + 1]
            # a letter has bit 6 and counts from 1 in the lower bits, a digit counts from 0
            packed[row, place] = ((high & 15) + 9 * (high >> 6)) << 4 | ((low & 15) + 9 * (low >> 6))


@compiled
def _place_again(places: _Array, hashes: _Array, count: int) -> None:
    mask, low = np.uint64(len(places) - 1), np.uint64(0xFFFF_FFFF)
    for number in range(count):
        here = hashes[number] & mask
        while places[here] != 0:
            here = (here + np.uint64(1)) & mask
        places[here] = (hashes[number] & ~low) | np.uint64(number + 1)
