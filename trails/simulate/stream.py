"""Millions of innocent transfers around the network's, written as they are made: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trails.model import ANSWER_KEY
from trails.simulate.files.explorers import TRONSCAN, block_of, contract_of
from trails.simulate.keys import USDT
from trails.simulate.many_keys import make_many_addresses
from trails.simulate.truth import STREAMED, TABLES
from trails.simulate.world import DAY, HOUR, START

if TYPE_CHECKING:
    import pyarrow as pa

    from trails.simulate.play import Played
    from trails.simulate.world import Movement

FILE = "tron_explorer.csv"
_CHUNK = 250_000
#: Different accounts to a transfer; the first are services that stand in a fifth of the rows, the others follow a power law.
_POOL, _SERVICES, _SERVICE_SHARE = 0.3, 24, 0.2
#: Numbers below these belong to the pairs that look alike.
_FIRST_LABEL = 10_000_000
#: How likely each hour of the day (UTC) is, as waves of people who wake and sleep.
_HOURS = np.array([3, 2, 2, 2, 3, 4, 6, 8, 9, 10, 10, 10, 10, 10, 10, 10, 10, 9, 9, 8, 7, 6, 5, 4], float)
Ints = npt.NDArray[np.int64]


def stream_background(out: Path, played: Played, say: Callable[[str], None]) -> dict[str, Any]:
    """Write the explorer's export of a whole stretch of the chain, the network's rows amid it, and whose each address is.

    Gives what the marker states of it. Cost: about 4 microseconds a row; memory for one chunk of 250,000 rows besides the
    story. The background's accounts come with what they hold, so their balances are not followed.
    """
    import pyarrow as pa
    from pyarrow import csv

    world = played.world
    story = sorted((m for m in world.movements if m.rail == "tron"), key=lambda m: (m.time, m.number))
    wanted = int(world.parameters["xl_transfers"].number("value")) - len(story)
    pool = max(_SERVICES + 10, int(wanted * _POOL))
    rng = np.random.Generator(np.random.Philox(key=world.seed % 2**64))
    edges = _divide(wanted)
    span = world.end - START - DAY
    place, row, done = 0, 2, 0
    options = csv.WriteOptions(quoting_style="none")
    schema = pa.schema([(name, pa.string()) for name in TRONSCAN])
    with (
        csv.CSVWriter(out / "evidence" / FILE, schema, write_options=options) as rows,
        (out / "truth" / f"{STREAMED}.csv").open("w", encoding="utf-8", newline="") as records,
    ):
        records.write(ANSWER_KEY + ",".join(TABLES["records"]) + "\n")
        for first, last in edges:
            begin, end = START + span * first // wanted, START + span * last // wanted
            upto = len(story) if last == wanted else place + _count_before(story[place:], end)
            made, mine = _make_chunk(rng, last - first, begin, end, pool, story[place:upto])
            rows.write_table(made)
            for at in np.flatnonzero(mine >= 0):
                each = story[place + int(mine[at])]
                records.write(f"{FILE},{row + int(at)},M{each.number},{each.time},\n")
            row, place, done = row + len(mine), upto, last
            say(f"{done:,} of {wanted:,} innocent transfers written")
    _write_accounts(out / "truth" / "stream_accounts.csv", pool)
    return {"streamed_files": [FILE], "streamed_transfers": wanted, "streamed_accounts": pool}


def _divide(count: int) -> list[tuple[int, int]]:
    """Stretches of at most a chunk."""
    return [(at, min(count, at + _CHUNK)) for at in range(0, count, _CHUNK)]


def _count_before(story: list[Movement], end: int) -> int:
    return sum(each.time < end for each in story)


def _make_chunk(
    rng: np.random.Generator, count: int, begin: int, end: int, pool: int, story: list[Movement]
) -> tuple[pa.Table, Ints]:
    """The rows of one stretch of time in order, and for each the story's movement it is (-1 for the others)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    times = _draw_times(rng, count, begin, end)
    labels = np.stack([_draw_accounts(rng, count, pool) for _ in range(2)])
    different, back = np.unique(labels, return_inverse=True)
    names = np.array(make_many_addresses((different + _FIRST_LABEL).tolist()), dtype=object)
    ends = names[back.reshape(labels.shape)]
    amounts = _draw_amounts(rng, count)
    ids = rng.bytes(32 * count).hex()
    mine = np.concatenate([np.full(count, -1, np.int64), np.arange(len(story), dtype=np.int64)])
    when = np.concatenate([times, np.array([each.time for each in story], np.int64)])
    order = np.lexsort((mine, when))
    when = when[order]

    def column(background: list[str] | npt.NDArray[Any], own: list[str]) -> pa.Array:
        return pa.array(np.concatenate([np.asarray(background, dtype=object), np.asarray(own, dtype=object)])[order], pa.string())

    stamps = pa.array(when, pa.int64()).cast(pa.timestamp("s"))
    total = count + len(story)
    blocks = np.concatenate([64_000_000 + (times - START) // 3, np.array([block_of(each) for each in story], np.int64)])[order]
    values = column(
        [f"{a // 1_000_000}.{a % 1_000_000:06}" for a in amounts.tolist()],
        [f"{each.amount // 10**6}.{each.amount % 10**6:06}" for each in story],
    )
    table = pa.table([
        column([ids[at : at + 64] for at in range(0, 64 * count, 64)], [each.txid for each in story]),
        pa.array(blocks).cast(pa.string()), pc.strftime(stamps, format="%Y-%m-%d %H:%M:%S"),
        column(ends[0], [each.src for each in story]), column(ends[1], [each.dst for each in story]),
        column([USDT["tron"]] * count, [contract_of(each) for each in story]),
        column(["USDT"] * count, ["TRX" if each.asset == "TRX" else "USDT" for each in story]), values,
        pa.array(["SUCCESS"] * total), pa.array(["CONFIRMED"] * total),
    ], names=list(TRONSCAN))  # fmt: skip
    return table, mine[order]


def _draw_times(rng: np.random.Generator, count: int, begin: int, end: int) -> Ints:
    """Instants of a stretch, more of them by day: those drawn for a sleeping hour are drawn once more."""
    times = rng.integers(begin, max(begin + 1, end), count)
    asleep = rng.random(count) * _HOURS.max() > _HOURS[(times % DAY) // HOUR]
    times[asleep] = rng.integers(begin, max(begin + 1, end), int(asleep.sum()))
    found: Ints = np.sort(times)
    return found


def _draw_accounts(rng: np.random.Generator, count: int, pool: int) -> Ints:
    usual = np.minimum((rng.random(count) ** 4 * pool).astype(np.int64), pool - 1)
    found: Ints = np.where(rng.random(count) < _SERVICE_SHARE, rng.integers(0, _SERVICES, count), usual)
    return found


def _draw_amounts(rng: np.random.Generator, count: int) -> Ints:
    """Base units, rounded as people round three times of four."""
    value = np.clip(rng.lognormal(np.log(520), 1.35, count), 5, 400_000)
    step = np.where(value >= 1_000, 50.0, np.where(value >= 150, 10.0, 5.0))
    rounded = np.maximum(step, np.round(value / step) * step)
    found: Ints = np.round(np.where(rng.random(count) < 0.75, rounded, np.round(value, 2)) * 100).astype(np.int64) * 10_000
    return found


def _write_accounts(path: Path, pool: int) -> None:
    """Whose each address of the background is: a service's, or one person's who is in no other way part of the story."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(ANSWER_KEY + "rail,key,owners\n")
        for first, last in _divide(pool):
            addresses = make_many_addresses(range(_FIRST_LABEL + first, _FIRST_LABEL + last))
            file.writelines(
                f"tron,{address},{'BS' if number < _SERVICES else 'BP'}{number}\n"
                for number, address in enumerate(addresses, start=first)
            )
