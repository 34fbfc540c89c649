"""The generator of honest chains makes what it says, and the ownership rules are measured on it."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trails.case import Case
from trails.evaluate.report import evaluate_ownership
from trails.graph import list_rows
from trails.ingest import add_source
from trails.pipeline import cluster_case

if os.environ.get("TRAILS_NEED_NODE"):
    import bdkpython
    import pbk
else:
    bdkpython = pytest.importorskip("bdkpython", reason="the wallets of the test chains are not installed")
    pbk = pytest.importorskip("pbk", reason="the engine of the test chains is not installed")

from tests.chains.blocks import GENESIS, Engine, mine_block
from tests.chains.story import OTHER_WORLDS, make_chain

if TYPE_CHECKING:
    from tests.chains.story import Chain


@pytest.fixture(scope="module")
def chain() -> Chain:
    return make_chain(11, transactions=500)


@pytest.fixture(scope="module")
def case(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, Path]:
    folder = tmp_path_factory.mktemp("chain")
    blocks, owners = chain.write(folder)
    made = Case.create(folder / "case")
    report = add_source(made, blocks)
    assert (report.rows_refused, report.rows_kept) == (0, len(chain.kinds) + len(chain.blocks))
    cluster_case(made)
    return made, owners


def read_owners(path: Path) -> dict[str, str]:
    """Whose each address is; read here, since a case's own connection opens no other file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["address"]: row["owner"] for row in csv.DictReader(file)}


def test_the_engine_accepts_every_block_and_not_one_satoshi_more(chain: Chain, tmp_path: Path) -> None:
    engine = Engine(tmp_path / "engine")
    greedy, *_ = mine_block(1, bytes.fromhex(GENESIS)[::-1], [], 0, pay_too_much=1)
    assert not engine.accept(greedy)
    assert all(engine.accept(block) for block in chain.blocks)


def test_a_seed_makes_the_same_bytes() -> None:
    one, two = make_chain(3, transactions=80), make_chain(3, transactions=80)
    assert one == two
    assert one.blocks != make_chain(4, transactions=80).blocks


def test_every_behaviour_is_there_and_every_owner_known(chain: Chain, case: tuple[Case, Path]) -> None:
    kinds = Counter(chain.kinds.values())
    joins = {"coinjoin", "payjoin", "standard payjoin"}
    assert {"payment", "peel", "batch", "consolidation", "sweep", "funding"} | joins == set(kinds)
    assert len(set(chain.owners.values())) == 17
    keys = case[0].con.execute(
        "SELECT n.key FROM transfer_rows t JOIN nodes n ON n.node_id = t.dst WHERE t.kind = 'output' AND n.key NOT LIKE 'script:%'"
    ).fetchall()  # fmt: skip
    owners = read_owners(case[1])
    without = [(sum(key not in owners for (key,) in keys),)]
    miner = case[0].con.execute(
        "SELECT count(*) FROM transfer_rows t JOIN nodes n ON n.node_id = t.dst WHERE t.kind = 'output' AND n.key = "
        "(SELECT m.key FROM transfer_rows f JOIN nodes m ON m.node_id = f.dst WHERE f.kind = 'output' "
        "ORDER BY f.transfer_id LIMIT 1)"
    ).fetchall()  # fmt: skip
    assert without == miner, "only the miner's own coins belong to nobody of the story"
    balance = case[0].con.execute(
        "SELECT sum(CASE kind WHEN 'input' THEN amount ELSE -amount END) FROM transfer_rows GROUP BY "
        "CASE kind WHEN 'input' THEN dst ELSE src END"
    ).fetchall()  # fmt: skip
    assert {value for (value,) in balance} == {0}, "value is conserved at every transaction"


def test_two_signs_of_change_are_right_and_one_is_a_guess(case: tuple[Case, Path]) -> None:
    rules = evaluate_ownership(case[0], case[1], rounds=20)["rules"]
    found = {row["strength"]: row for row in list_rows(rules[rules["what"] == "all"])}
    assert found["medium"]["claims"] > 200
    assert found["medium"]["share"] > 0.995
    assert found["hint"]["share"] < found["medium"]["low"]


@pytest.mark.parametrize("title", ["one software, one kind of address", "one software, one kind, everybody with one address"])
def test_two_signs_are_right_where_signs_are_scarce(title: str, tmp_path: Path) -> None:
    blocks, owners = make_chain(12, transactions=500, world=OTHER_WORLDS[title]).write(tmp_path)
    with Case.create(tmp_path / "case") as made:
        add_source(made, blocks)
        rules = evaluate_ownership(made, owners, rounds=1)["rules"]
    found = {row["strength"]: row for row in list_rows(rules[(rules["what"] == "all") & (rules["rule"] == "change")])}
    assert found["medium"]["claims"] > 40
    assert found["medium"]["share"] > 0.99


def test_naive_co_spending_fails_and_the_screen_repairs_it(chain: Chain, case: tuple[Case, Path]) -> None:
    variants = evaluate_ownership(case[0], case[1], rounds=20)["variants"]
    assert {row["variant"]: row for row in list_rows(variants)}["co-spend, no screen"]["precision"] < 0.5
    kinds = dict(case[0].con.execute("SELECT n.key, s.kind FROM screens s JOIN nodes n ON node_id = junction").fetchall())
    joins, careless = ({txid for txid, made in chain.kinds.items() if made == kind} for kind in ("coinjoin", "payjoin"))
    mixes = {txid for txid, kind in kinds.items() if kind == "mix"}
    assert joins < mixes <= joins | careless, "each CoinJoin, PayJoins that leave marks, and nothing else"


def test_only_payjoins_of_the_standard_weld_strangers(chain: Chain, case: tuple[Case, Path]) -> None:
    rows = case[0].con.execute(
        "SELECT DISTINCT d.key, a.key, b.key FROM claim_rows c JOIN nodes a ON a.node_id = c.node_a JOIN nodes b ON "
        "b.node_id = c.node_b JOIN transfer_rows t USING (transfer_id) JOIN nodes d ON d.node_id = t.dst WHERE c.rule = 0"
    ).fetchall()  # fmt: skip
    owners = read_owners(case[1])
    welded = {txid for txid, one, two in rows if one in owners and two in owners and owners[one] != owners[two]}
    assert {chain.kinds[txid] for txid in welded} == {"standard payjoin"}
