"""Which transfers lie within bounds of which hawala records: counted, the best kept, or all listed. No judgement stands here.

Values are whole millionths of the reference currency and times whole microseconds, so a bound is never a matter of rounding.
The pool is filed by size (1 % wide) and, inside a size, by time; a record looks only into the files its bounds touch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trails.compiled import run_in_pieces, view_only
from trails.hawala.candidate_loops import Bounds, Floats, Longs, Pool, Weights, count_in, list_in, weigh_in

#: Width of a file of the pool, as a step of the natural logarithm of the value.
_FILE = 0.01
#: Pairs a record looks at are guessed to be so many, when it is decided whether a second core is worth it.
_GUESS = 1_000
_PIECES = 64


def file_pool(value: Longs, time_low: Longs, time_high: Longs) -> Pool:
    """File transfers by size and time. Values must be positive. Cost: one sort (about 3 s for 20 million)."""
    if not len(value):
        nothing = np.zeros(0, dtype=np.int64)
        return Pool(nothing, nothing, nothing, nothing, np.zeros(2, dtype=np.int64), 0, 0)
    files = _file_of(value)
    middle = (time_low + time_high) // 2
    first, earliest = int(files.min()), int(middle.min())
    many, span = int(files.max()) - first + 1, int(middle.max()) - earliest + 1
    # one whole number says size and time: sorting numbers is several times faster than sorting by two columns
    dropped = max(0, span.bit_length() + many.bit_length() - 62)
    key = ((files - first) << (span.bit_length() - dropped)) | ((middle - earliest) >> dropped)
    rows = np.argsort(key, kind="stable")
    start = np.searchsorted(files[rows], np.arange(first, first + many + 1)).astype(np.int64)
    slack = int((time_high - time_low).max()) // 2 + (1 << dropped)
    return Pool(value[rows], time_low[rows], time_high[rows], rows.astype(np.int64), start, first, slack)


def _file_of(value: Longs) -> Longs:
    found: Longs = np.floor(np.log(np.maximum(value, 1).astype(np.float64)) / _FILE).astype(np.int64)
    return found


def _find_files(bounds: Bounds, pool: Pool) -> tuple[Longs, Longs]:
    """First and last file of the pool each record looks into; a file more on each side, whatever the logarithm rounds to."""
    low = _file_of(np.maximum(bounds.value_low, 1)) - 1 - pool.first_file
    high = _file_of(np.maximum(bounds.value_high, 1)) + 1 - pool.first_file
    last = len(pool.start) - 2
    return np.clip(low, 0, last + 1), np.clip(high, -1, last)


def _view_only(bounds: Bounds) -> Bounds:
    return Bounds(*map(view_only, bounds))


def _run(piece: Callable[[int, int], None], count: int, size: int) -> None:
    """All records, on all cores where that is worth it; every piece writes to places of its own."""
    if count * min(size, _GUESS) < _GUESS * _GUESS:
        piece(0, count)
        return
    steps = _PIECES * 200_000  # run_in_pieces cuts by steps: records are dear, so each stands for many
    run_in_pieces(lambda first, last: piece(first * count // steps, last * count // steps), steps)


def count_pairs(bounds: Bounds, pool: Pool) -> Longs:
    """How many transfers of the pool lie within both bounds of each record."""
    count = len(bounds.value)
    found = np.zeros(count, dtype=np.int64)
    if count and len(pool.value):
        low, high = _find_files(bounds, pool)
        read = _view_only(bounds)
        _run(lambda first, last: count_in(first, last, read, pool, low, high, found), count, len(pool.value))
    return found


def list_pairs(bounds: Bounds, pool: Pool, found: Longs) -> tuple[Longs, Longs]:
    """Every pair within bounds, by record and place: number of the record, and the place the transfer had before filing.

    ``found`` is what ``count_pairs`` gives. Cost: 16 bytes a pair, and a sort of them.
    """
    ends = np.cumsum(found)
    many = int(ends[-1]) if len(ends) else 0
    record, place = np.zeros(many, np.int64), np.zeros(many, np.int64)
    if many:
        low, high = _find_files(bounds, pool)
        list_in(_view_only(bounds), pool, low, high, ends - found, record, place)
        order = np.lexsort((place, record))
        record, place = record[order], place[order]
    return record, place


def _file_weights(weights: Weights, pool: Pool) -> Weights:
    """The weights with their columns of transfers in the order of the filed pool."""
    names = ("source_at", "goal_at", "usual_source", "usual_goal", "usual_both")
    return weights._replace(**{name: getattr(weights, name)[pool.rows] for name in names})


def keep_best(bounds: Bounds, pool: Pool, weights: Weights, keep: int) -> tuple[Longs, Floats, Longs, Floats]:
    """The best pairs of every record by odds, how many there were before the cut, and the odds of all of them together.

    Returns
    -------
    tuple
        ``found`` and ``whole`` per record; ``place`` (records x keep: the place the transfer had before filing, -1 for
        none) and ``odds``, best first, equal ones by place. Cost: one look at every pair, none is stored.
    """
    nowhere = np.full(len(bounds.value), -1, dtype=np.int64)
    found, _, whole, place, odds = _weigh(bounds, pool, weights, keep, np.full(len(bounds.value), np.inf), nowhere)
    return found, whole, place, odds


def count_good(bounds: Bounds, pool: Pool, weights: Weights, least: Floats, without: Longs) -> Longs:
    """How many pairs of each record have odds of at least ``least``, not counting the transfer at place ``without``."""
    return _weigh(bounds, pool, weights, 0, least, without)[1]


def _weigh(
    bounds: Bounds, pool: Pool, weights: Weights, keep: int, least: Floats, without: Longs
) -> tuple[Longs, Longs, Floats, Longs, Floats]:
    count = len(bounds.value)
    found, good, whole = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64), np.zeros(count)
    place, odds = np.full((count, keep), -1, dtype=np.int64), np.zeros((count, keep))
    if count and len(pool.value):
        low, high = _find_files(bounds, pool)
        read, filed = _view_only(bounds), _file_weights(weights, pool)

        def piece(first: int, last: int) -> None:
            weigh_in(first, last, read, pool, filed, low, high, least, without, found, good, whole, place, odds)

        _run(piece, count, len(pool.value))
    return found, good, whole, place, odds
