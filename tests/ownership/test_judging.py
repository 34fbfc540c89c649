"""Why, strike and judge on a case: what is shown, what a judgement does, and that it holds when files are added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.ownership.test_incremental import make_pages, tables, write
from trails.case import Case
from trails.cli import cli
from trails.errors import UsageError
from trails.ingest import add_source
from trails.judgements import judge_inferences
from trails.pipeline import cluster_case, explain_nodes
from trails.strike import find_claims, list_held, preview_strike


@pytest.fixture
def clustered(tmp_path: Path) -> Case:
    case = Case.create(tmp_path / "case")
    add_source(case, write(tmp_path, "pages.json", make_pages(2, 60)))
    cluster_case(case)
    return case


def members(case: Case) -> dict[int, int]:
    return dict(case.con.execute("SELECT node_id, entity_id FROM entities").fetchall())


def bridges(case: Case) -> list[int]:
    """Claims whose strike takes an entity apart."""
    rows = case.con.execute("SELECT claim_id FROM claims WHERE state = 'accepted' ORDER BY claim_id").fetchall()
    return [claim for (claim,) in rows if any(len(each.parts) > 1 for each in preview_strike(case, [claim]))]


def test_striking_shows_what_the_next_clustering_does(clustered: Case) -> None:
    before = members(clustered)
    claim = bridges(clustered)[0]
    shown = preview_strike(clustered, [claim])[0]
    assert members(clustered) == before, "a look changes nothing"
    judge_inferences(clustered, "claim", [claim], "reject", why="test", who="ann")
    cluster_case(clustered)
    after = members(clustered)
    parts = {after[node] for node, entity in before.items() if entity == shown.entity_id}
    sizes = sorted(sum(value == part for value in after.values()) for part in parts)
    assert sizes == sorted(part["nodes"] for part in shown.parts)
    assert {n: e for n, e in after.items() if before[n] != shown.entity_id} == {
        n: e for n, e in before.items() if e != shown.entity_id
    }, "nothing else moved, nothing was joined"
    row = clustered.con.execute("SELECT state, held_because FROM claims WHERE claim_id = ?", [claim]).fetchone()
    assert row == ("rejected", "ann judged: reject, test")


def test_a_judgement_is_a_clustering_without_the_claim(clustered: Case) -> None:
    claim = bridges(clustered)[0]
    rows = clustered.con.execute("SELECT node_a, node_b FROM claims WHERE state = 'accepted' AND claim_id <> ?", [claim]).fetchall()
    judge_inferences(clustered, "claim", [claim], "reject", why="test")
    cluster_case(clustered)
    assert clustered.con.execute("SELECT node_a, node_b FROM claims WHERE state = 'accepted'").fetchall() == rows
    judge_inferences(clustered, "claim", [claim], "accept", why="on second thoughts")
    cluster_case(clustered)
    assert clustered.con.execute("SELECT state FROM claims WHERE claim_id = ?", [claim]).fetchone() == ("accepted",)
    assert clustered.con.execute("SELECT verdict, supersedes FROM judgements ORDER BY judgement_id").fetchall() == [
        ("reject", None), ("accept", 1),
    ]  # fmt: skip


def test_a_judgement_holds_when_numbers_change(tmp_path: Path) -> None:
    pages = make_pages(2, 80)
    with Case.create(tmp_path / "case") as case:
        add_source(case, write(tmp_path, "late.json", pages[40:]))
        cluster_case(case)
        claim = bridges(case)[-1]
        said = case.con.execute("SELECT why, node_b FROM claims WHERE claim_id = ?", [claim]).fetchone()
        judge_inferences(case, "claim", [claim], "unsure", why="who knows", who="ben")
        add_source(case, write(tmp_path, "early.json", pages[:40]))
        cluster_case(case)
        rows = case.con.execute("SELECT why, node_b, held_because FROM claims WHERE state = 'held' AND strength < 'w' "
                                "AND held_because LIKE 'ben%'").fetchall()  # fmt: skip
        assert said is not None
        assert rows == [(*said, "ben judged: unsure, who knows")]
        step = tables(case)
        cluster_case(case, anew=True)
        assert tables(case) == step


def test_a_hint_is_joined_once_somebody_accepts_it(clustered: Case) -> None:
    waiting = list_held(clustered, hints=True)
    assert waiting
    assert {row["strength"] for row in waiting} == {"hint"}
    assert not list_held(clustered)
    number = int(str(waiting[0]["what"]).removeprefix("claim:"))
    judge_inferences(clustered, "claim", [number], "accept", why="the wallet file says so")
    cluster_case(clustered)
    steps = explain_nodes(clustered, str(waiting[0]["a"]), str(waiting[0]["b"]))
    assert number in [step["claim_id"] for step in steps]


@pytest.mark.parametrize(("verdict", "why", "said"), [("maybe", "x", "none of accept"), ("reject", " ", "needs its reason")])
def test_judgements_need_a_verdict_and_a_reason(clustered: Case, verdict: str, why: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        judge_inferences(clustered, "claim", [1], verdict, why=why)
    with pytest.raises(UsageError, match="no claim of this case has the number 9999"):
        judge_inferences(clustered, "claim", [1, 9999], "reject", why="x")
    assert clustered.con.execute("SELECT count(*) FROM judgements").fetchone() == (0,)


def test_claims_are_found_by_number_and_by_transaction(clustered: Case) -> None:
    txid = clustered.con.execute("SELECT why FROM claims WHERE claim_id = 1").fetchall()[0][0].split()[-1]
    assert find_claims(clustered, "claim:1") == find_claims(clustered, "1") == [1]
    assert 1 in find_claims(clustered, f"tx:{txid.upper()}")
    for text in ("claim:0", "tx:00", "claim:x", "nonsense"):
        with pytest.raises(UsageError, match="no claim of this case"):
            find_claims(clustered, text)


def run(*said: str) -> Any:
    return CliRunner().invoke(cli, list(said), catch_exceptions=False)


def test_the_commands(clustered: Case) -> None:
    claim = bridges(clustered)[0]
    folder = str(clustered.folder)
    txid = clustered.con.execute("SELECT why FROM claims WHERE claim_id = 1").fetchall()[0][0].split()[-1]
    clustered.close()
    assert "Nothing waits" in run("judge", folder).output
    assert "one sign alone" in run("judge", folder, "--hints").output
    shown = run("strike", folder, f"claim:{claim}").output
    assert "It falls into 2 parts" in shown
    assert "Nothing was changed" in shown
    assert [len(each["parts"]) for each in json.loads(run("strike", folder, f"claim:{claim}", "--json").output)["entities"]] == [2]
    done = run("strike", folder, f"claim:{claim}", "--reject", "--why", "PayJoin, message 41")
    assert "1 claim rejected" in done.output
    run("cluster", folder)
    assert "These claims join nothing now" in run("strike", folder, f"claim:{claim}").output
    assert "accept" in run("judge", folder, f"claim:{claim}", "accept", "--why", "no, it was none").output
    rules = json.loads(run("screen", folder, f"{txid[:8]}...{txid[-6:]}", "--json").output)["rules"]
    assert [row["rule"] for row in rules][:2] == ["whirlpool_tx0", "whirlpool"]
    assert not any(row["met"] for row in rules)
    assert "not met" in run("screen", folder, txid).output
