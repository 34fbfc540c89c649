"""`make tamper`: flip bits of a finished case, one at a time, and see whether `trails check` finds each.

A flip counts as found when the check reports it or the case cannot be opened for it; as ``no content`` when, after it, every
table, original, result, setting and log line still compares equal to what the untouched case holds (a byte of the database
file that no table uses).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

import duckdb

from trails.case import Case
from trails.contents import hash_block, list_tables
from trails.demo import run_demo
from trails.errors import TrailsError
from trails.verify import verify_case


def list_files(folder: Path) -> list[Path]:
    """Every file of a case, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def choose_flip(folder: Path, seed: int) -> tuple[Path, int, int]:
    """The file, byte and bit that a seed flips: every kind of file as often as another, inside it every byte."""
    dice = random.Random(seed)
    kinds: dict[str, list[Path]] = {}
    for path in list_files(folder):
        kinds.setdefault(path.relative_to(folder).parts[0], []).append(path)
    path = dice.choice(kinds[dice.choice(sorted(kinds))])
    return path, dice.randrange(path.stat().st_size), dice.randrange(8)


def flip_and_check(original: Path, work: Path, seed: int) -> str:
    """What becomes of one flip: ``found``, ``no content``, or ``missed``."""
    folder = Path(shutil.copytree(original, work / f"flip-{seed}"))
    try:
        path, at, bit = choose_flip(folder, seed)
        data = bytearray(path.read_bytes())
        data[at] ^= 1 << bit
        path.chmod(0o600)
        path.write_bytes(data)
        if _is_found(folder):
            return "found"
        return (
            "no content"
            if path.name == "case.duckdb" and _read_content(folder) == _read_content(original)
            else "missed"
        )
    finally:
        shutil.rmtree(folder)


def _is_found(folder: Path) -> bool:
    try:
        with Case.open(folder, read_only=True) as case:
            return bool(verify_case(case).problems)
    except (TrailsError, duckdb.Error):
        return True


def _read_content(folder: Path) -> dict[str, object]:
    """Everything the tables hold, the log and its anchor included, read without the record that the check itself uses."""
    with Case.open(folder, read_only=True) as case:
        content: dict[str, object] = {name: hash_block(case.con, name, 0) for name in list_tables(case.con)}
        content["log"] = case.log_lines()
        content["anchor"] = case.con.execute("SELECT * FROM anchor").fetchall()
        return content


def _flip(original: Path, work: Path, seed: int) -> tuple[int, str, str]:
    """One flip as a worker does it: the seed, the kind of file, what became of it."""
    kind = choose_flip(original, seed)[0].relative_to(original).parts[0]
    return seed, kind, flip_and_check(original, work, seed)


def main() -> None:
    """Flip so many bits; exit with 1 when one was missed."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--flips", type=int, default=10_000)
    said.add_argument("--seed", type=int, default=1)
    said.add_argument("--first", type=int, default=0, help="the flip to begin with, where an earlier campaign was stopped")
    said.add_argument("--workers", type=int, default=os.cpu_count())
    options = said.parse_args()
    seeds = [options.seed * 1_000_000 + number for number in range(options.first, options.flips)]
    counts: Counter[tuple[str, str]] = Counter()
    missed = []
    with tempfile.TemporaryDirectory() as work:
        original = Path(work) / "demo"
        run_demo(original, say=lambda _: None)
        with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
            flips = pool.imap_unordered(partial(_flip, original, Path(work)), seeds, chunksize=20)
            for done, (seed, kind, what) in enumerate(flips, start=1):
                counts[kind, what] += 1
                if what == "missed":
                    missed.append(seed)
                if done % 500 == 0:
                    found = sum(count for (_, each), count in counts.items() if each == "found")
                    print(f"{done:,} flips: {found:,} found, {len(missed)} missed", flush=True)
    print(f"{len(seeds):,} flips from seed {options.seed}:")
    for kind in sorted({kind for kind, _ in counts}):
        told = ", ".join(f"{what} {counts[kind, what]:,}" for what in ("found", "no content", "missed"))
        print(f"  {kind:12} {told}")
    if missed:
        raise SystemExit(f"missed, by seed: {sorted(missed)[:20]}")


if __name__ == "__main__":
    main()
