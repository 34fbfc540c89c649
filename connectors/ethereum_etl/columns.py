"""Whole columns of text turned into canonical keys, numbers and times; what does not fit is marked, never mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.ethereum_etl.rows import MAX_BLOCK, TIME
from connectors.evm import read_stamp
from trails.errors import IdentifierError, TimeError
from trails.identifiers import canonical_address
from trails.timestamps import FIRST_BLOCK, LAST_SENSIBLE, UNKNOWN_TIME, Instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.connector import ReadOptions

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
_ADDRESS, _HASH = 42, 64
_NOTHING, _SMALL, _CAPITAL = 0, 1, 2
_CLASSES = np.zeros(256, np.uint8)
_CLASSES[list(b"0123456789abcdef")] = _SMALL
_CLASSES[list(b"ABCDEF")] = _CAPITAL


@dataclass(frozen=True)
class Times:
    """The times of a batch: microseconds, and for each row its group (0 is unknown) among (basis, error) pairs.

    ``missing`` rows state no time, ``implausible`` ones an impossible time, ``bad`` ones text that is no time.
    """

    time_us: Numbers
    group: Numbers
    groups: list[tuple[str, int | None]]
    missing: Mask
    implausible: Mask
    bad: Mask


def _letters(texts: pa.Array, width: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """View texts that are all ``width`` bytes long as a matrix of bytes, without copying."""
    _, offsets, data = texts.buffers()
    start = int(np.frombuffer(offsets, np.int32)[texts.offset]) if len(texts) else 0
    flat = np.frombuffer(data or b"", np.uint8)[start : start + len(texts) * width]
    return flat.reshape(len(texts), width)


def _all_plain(letters: np.ndarray[Any, np.dtype[np.uint8]], prefix: int) -> bool:
    """Tell whether every text is lower-case hexadecimal after ``prefix`` bytes ``0x``: a few passes over the bytes."""
    rows, width = letters.shape
    flat = letters.reshape(-1)
    plain = np.count_nonzero((flat - ord("0") <= 9) | (flat - ord("a") <= 5))
    if not prefix:
        return bool(plain == rows * width)
    marked = (letters[:, 0] == ord("0")).all() and (letters[:, 1] == ord("x")).all()
    return bool(marked and plain == rows * (width - 1))


def _hex_class(texts: pa.Array, width: int, prefix: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Class each text: 1 lower-case hexadecimal of this width after ``prefix`` bytes ``0x``, 2 with capitals, or 0."""
    right = pc.equal(pc.binary_length(texts), width).to_numpy(zero_copy_only=False)
    found = np.zeros(len(texts), np.uint8)
    letters = _letters(texts if right.all() else texts.filter(pa.array(right)), width)
    if _all_plain(letters, prefix):
        found[right] = _SMALL
        return found
    classes = _CLASSES[letters[:, prefix:]]
    marked = (letters[:, :prefix] == np.frombuffer(b"0x"[:prefix], np.uint8)).all(axis=1)
    found[right] = np.where(classes.min(axis=1) > _NOTHING, classes.max(axis=1), _NOTHING) * marked
    return found


def read_addresses(texts: pa.Array, rail: str) -> tuple[pa.Array, Mask]:
    """Give EVM addresses in canonical form, null where the text is none, and which are good."""
    classes = _hex_class(texts, _ADDRESS, 2)
    if (classes == _SMALL).all():
        return texts, np.ones(len(texts), bool)
    coded = pc.dictionary_encode(texts)
    keys = pa.array([_canonical(text, rail) for text in coded.dictionary.to_pylist()], pa.string())
    found = keys.take(coded.indices)
    return found, found.is_valid().to_numpy(zero_copy_only=False)


def _canonical(text: str, rail: str) -> str | None:
    try:
        return canonical_address(text, rail)
    except IdentifierError:
        return None


def join_hashes(texts: pa.Array) -> tuple[pa.Array, Mask]:
    """Give transaction hashes in lower case without ``0x``, and which are good."""
    marked = pc.starts_with(texts, "0x")
    plain = pc.utf8_slice_codeunits(texts, 2) if pc.all(marked).as_py() else texts
    if plain is texts and pc.any(marked).as_py():
        plain = pc.if_else(marked, pc.utf8_slice_codeunits(texts, 2), texts)
    classes = _hex_class(plain, _HASH, 0)
    if (classes == _CAPITAL).any():
        plain = pc.ascii_lower(plain)
    return plain, classes > _NOTHING


def read_integers(texts: pa.Array, bound: int) -> tuple[Numbers, Mask]:
    """Give whole numbers from 0 to below ``bound``, 0 where the text is none, and which are good."""
    short = pc.less_equal(pc.binary_length(texts), len(str(bound)))
    good = pc.and_(pc.ascii_is_decimal(texts), short)
    if not pc.all(good, min_count=0).as_py():
        texts = pc.if_else(good, texts, "0")
    numbers = texts.cast(pa.int64()).to_numpy()
    return numbers, good.to_numpy(zero_copy_only=False) & (numbers < bound)


def read_times(batch: pa.RecordBatch, options: ReadOptions, blocks: Mapping[int, Instant]) -> Times:
    """Give the times of a batch, each distinct text read once; where no column states them, those of ``blocks``."""
    size = batch.num_rows
    if TIME not in batch.schema.names:
        return _block_times(batch, blocks)
    seconds, digits = read_integers(batch[TIME], LAST_SENSIBLE)
    if digits.all() and (seconds >= FIRST_BLOCK).all():
        none = np.zeros(size, bool)
        return Times(seconds * 10**6, np.ones(size, np.int64), [("unknown", None), ("chain", 0)], none, none, none)
    coded = pc.dictionary_encode(batch[TIME])
    texts = coded.dictionary.to_pylist()
    groups: list[tuple[str, int | None]] = [("unknown", None)]
    distinct = [_read_time(text, options) for text in texts]
    for instant, _, _ in distinct:
        if (instant.basis, instant.error_s) not in groups:
            groups.append((instant.basis, instant.error_s))
    index = coded.indices.to_numpy()
    micro = [int(instant.time.timestamp()) * 10**6 if instant.time else 0 for instant, _, _ in distinct]
    group = [groups.index((instant.basis, instant.error_s)) for instant, _, _ in distinct]
    return Times(
        time_us=np.array(micro, np.int64)[index],
        group=np.array(group, np.int64)[index],
        groups=groups,
        missing=np.array([text == "" for text in texts], bool)[index],
        implausible=np.array([doubt for _, doubt, _ in distinct], bool)[index],
        bad=np.array([bad for _, _, bad in distinct], bool)[index],
    )


def _block_times(batch: pa.RecordBatch, blocks: Mapping[int, Instant]) -> Times:
    """Give the times of the blocks a batch names, as a file beside it states them."""
    numbers, _ = read_integers(batch["block_number"], MAX_BLOCK)
    distinct, index = np.unique(numbers, return_inverse=True)
    instants = [blocks.get(int(number)) for number in distinct]
    micro = np.array([int(i.time.timestamp()) * 10**6 if i and i.time else 0 for i in instants], np.int64)[index]
    known = micro > 0
    none = np.zeros(batch.num_rows, bool)
    return Times(micro, known.astype(np.int64), [("unknown", None), ("chain", 0)], ~known, none, none)


def _read_time(text: str, options: ReadOptions) -> tuple[Instant, bool, bool]:
    """Read one distinct time: the instant, whether it is implausible, whether it is no time."""
    try:
        instant, doubt = read_stamp(text, options)
    except TimeError:
        return UNKNOWN_TIME, False, True
    return instant, doubt is not None, False
