"""Adding a source re-does what it touches and ends in the tables that a clustering of everything gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trails.case import Case
from trails.clustering.run import cluster_tables
from trails.ingest import add_source
from trails.pipeline import cluster_case

TABLES = ("claim_rows", "entities", "screens")


def address(number: int) -> tuple[str, str]:
    """A fictional address and its script: every third is of another kind."""
    from base58_bech32 import base58

    body = number.to_bytes(20, "big")
    if number % 3:
        return base58.b58encode_check(b"\x00" + body).decode(), f"76a914{body.hex()}88ac"
    return base58.b58encode_check(b"\x05" + body).decode(), f"a914{body.hex()}87"


def make_pages(seed: int, count: int) -> list[dict[str, Any]]:
    """Random transactions in Esplora's form that spend each other's outputs; some share an instant."""
    rng = np.random.default_rng(seed)
    coins: list[tuple[str, int, int, int]] = [(f"{n:064x}", 0, n % 40, int(rng.integers(2, 9)) * 10**6) for n in range(1, 200)]
    made: list[dict[str, Any]] = []
    n_before = 5 * 10**6
    for number in range(count):
        near = min(len(coins), 12)  # coins move on among neighbours, so that a new file touches a part of the case
        spent = [coins.pop(-1 - int(rng.integers(near - n))) for n in range(int(rng.integers(1, 4)))]
        value = sum(each[3] for each in spent) - 1_000
        parts = int(rng.integers(1, 4))
        equal = len(spent) > 1 and rng.random() < 0.3
        outputs = [value // parts - (0 if equal else 17 * n) for n in range(parts)]
        txid = f"{10**6 + number:064x}"
        owners = [number + int(rng.integers(0, 9)) for _ in outputs]
        coins += [(txid, n, owner, amount) for n, (owner, amount) in enumerate(zip(owners, outputs, strict=True))]
        known = rng.random() < 0.7
        if rng.random() < 0.3:  # coins from before the case
            coins.append((f"{n_before + number:064x}", 0, number, int(rng.integers(2, 9)) * 10**6))
        made.append({
            "txid": txid,
            "vin": [
                {"txid": tx, "vout": index, "is_coinbase": False, "sequence": 0xFFFFFFFD + number % 2,
                 "prevout": prevout(owner, amount) if known else None}
                for tx, index, owner, amount in spent
            ],
            "vout": [prevout(owner, amount) for owner, amount in zip(owners, outputs, strict=True)],
            "status": {"confirmed": True, "block_height": number // 3, "block_time": 1_600_000_000 + 600 * (number // 3)},
        })  # fmt: skip
    return made


def prevout(owner: int, amount: int) -> dict[str, Any]:
    stated, script = address(owner)
    return {"scriptpubkey": script, "scriptpubkey_address": stated, "value": amount}


def write(folder: Path, name: str, pages: list[dict[str, Any]]) -> Path:
    path = folder / name
    path.write_text(json.dumps(pages))
    return path


def tables(case: Case) -> dict[str, list[tuple[Any, ...]]]:
    return {name: case.con.execute(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in TABLES}


@pytest.mark.parametrize("seed", range(4))
def test_source_by_source_is_the_same_as_at_once(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed + 100)
    pages = make_pages(seed, 120)
    if seed % 2:
        pages = [pages[int(at)] for at in rng.permutation(len(pages))]
    cuts = [0, *sorted(int(cut) for cut in rng.choice(np.arange(70, 119), 2, replace=False)), len(pages)]
    less = 0
    with Case.create(tmp_path / "case") as case:
        for number in range(3):
            add_source(case, write(tmp_path, f"part{number}.json", pages[cuts[number] : cuts[number + 1]]))
            looked = cluster_tables(case, settings=case.settings).looked_at
            cluster_case(case)
            step = tables(case)
            everything = cluster_tables(case, settings=case.settings, anew=True).looked_at
            less += looked < everything
            cluster_case(case, anew=True)
            assert step == tables(case), f"after source {number + 1}"
        assert tables(case)["claim_rows"]
    assert less or seed % 2, "every step looked at everything: nothing was shown"


def test_nothing_new_looks_at_nothing(tmp_path: Path) -> None:
    with Case.create(tmp_path / "case") as case:
        add_source(case, write(tmp_path, "pages.json", make_pages(1, 60)))
        cluster_case(case)
        before = tables(case)
        assert cluster_tables(case, settings=case.settings).looked_at == 0
        cluster_case(case)
        assert tables(case) == before


def test_the_order_of_the_files_decides_no_cluster(tmp_path: Path) -> None:
    pages = make_pages(3, 100)
    found = []
    for name, parts in (("one", (pages[:50], pages[50:])), ("two", (pages[50:], pages[:50]))):
        with Case.create(tmp_path / name) as case:
            for number, part in enumerate(parts):
                add_source(case, write(tmp_path, f"{name}{number}.json", part))
            cluster_case(case)
            rows = case.con.execute(
                "SELECT list(key ORDER BY key) FROM entities JOIN nodes USING (node_id) WHERE kind = 'account' "
                "AND label IS NULL GROUP BY entity_id"
            ).fetchall()
            found.append(sorted(row[0] for row in rows))
    assert found[0] == found[1]
    assert max(map(len, found[0])) > 2
