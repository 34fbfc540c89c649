"""``trails evaluate`` against an answer key: right things count as right, planted wrong ones as wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.errors import UsageError
from trails.evaluate.case import Evaluation, evaluate_case
from trails.evaluate.hawala import list_true_matches
from trails.evaluate.known import read_known
from trails.evaluate.picture import draw_scores
from trails.evaluate.scores import Count, Scored, Share
from trails.links.signs import LUCK, judge_driver, measure_drivers
from trails.pipeline import read_tables
from trails.simulate.make import simulate_case


def count_of(found: Evaluation, inference: str, what: str) -> Count:
    return next(each for each in found.counts if (each.inference, each.what) == (inference, what))


@pytest.fixture(scope="module")
def measured(analysed: Case, simulated: Path) -> Evaluation:
    return evaluate_case(analysed, simulated)


def test_counts_are_possible(measured: Evaluation) -> None:
    for each in measured.counts:
        assert 0 <= each.right <= each.claimed, each
        assert 0 <= each.found <= each.there, each
    assert {each.inference for each in measured.counts} >= {"ownership", "matches", "roles", "links", "patterns"}


def test_ownership_is_counted_as_a_count_by_hand_gives(analysed: Case, simulated: Path, measured: Evaluation) -> None:
    known = read_known(analysed, simulated)
    entity = dict(analysed.con.execute("SELECT node_id, entity_id FROM entities").fetchall())
    nodes = sorted(known.owner)
    joined = right = there = 0
    for place, a in enumerate(nodes):
        for b in nodes[place + 1 :]:
            same, one = entity[a] == entity[b], known.owner[a] == known.owner[b]
            joined, right, there = joined + same, right + (same and one), there + one
    pairs = count_of(measured, "ownership", "pairs of accounts")
    assert (pairs.right, pairs.claimed, pairs.found, pairs.there) == (right, joined, right, there)


def test_matches_are_judged_by_the_movements_they_name(analysed: Case, simulated: Path, measured: Evaluation) -> None:
    known = read_known(analysed, simulated)
    true = list_true_matches(known)
    stated = analysed.con.execute("SELECT transfer_a, transfer_b FROM matches WHERE state = 'link'").fetchall()
    right = sum((known.movement.get(a), known.movement.get(b)) in true for a, b in stated)
    links = count_of(measured, "matches", "link")
    assert (links.right, links.claimed) == (right, len(stated))
    assert 0 < right <= links.there
    assert right >= 0.9 * len(stated)


def test_two_books_states_and_luck_are_what_they_are_said_to_be(measured: Evaluation) -> None:
    debts = count_of(measured, "codes", "one debt in two books")
    assert debts.there > 50
    assert debts.right >= 0.9 * max(debts.claimed, debts.there)
    states = count_of(measured, "codes", "state reached")
    assert states.right >= 0.85 * states.claimed > 100
    expected, observed = measured.luck["strangers within bounds"]
    assert observed == pytest.approx(expected, rel=0.2)
    expected, observed = measured.luck["links with times dealt out anew"]
    assert observed <= expected + 3


def test_payers_are_recognised(measured: Evaluation) -> None:
    """All of them; with them families who look the same, and hardly anybody of the network."""
    payers = count_of(measured, "protection", "payers and helped people")
    assert payers.found == payers.there == measured.payers > 30
    assert payers.right <= payers.claimed
    outside = count_of(measured, "protection", "anybody outside the network")
    assert outside.right >= 0.99 * outside.claimed > 100
    assert (measured.payers_named, measured.payers_on_trails) == (0, 0)
    assert measured.crew_protected <= 0.05 * measured.crew


def test_a_planted_false_driver_is_counted_as_an_accusation(analysed: Case, simulated: Path, tmp_path: Path) -> None:
    analysed.con.execute("CHECKPOINT")
    folder = tmp_path / "copy"
    shutil.copytree(analysed.folder, folder)
    known = read_known(analysed, simulated)
    innocent = next(node for node, who in sorted(known.owner.items()) if known.side[who] == "innocent")
    payer = next(node for node, who in sorted(known.owner.items()) if known.side[who] == "payer")
    with Case.open(folder) as case:
        for node in (innocent, payer):
            entity = case.con.execute("SELECT entity_id FROM entities WHERE node_id = ?", [node]).fetchone()
            assert entity is not None
            case.con.execute("DELETE FROM roles WHERE entity_id = ?", [entity[0]])
            case.con.execute(
                "INSERT INTO roles BY NAME SELECT (SELECT max(role_id) + 1 FROM roles) AS role_id, ? AS entity_id, 'driver' AS "
                "role, 'inferred' AS basis, 1.0 AS weight, false AS protected, '[]' AS conditions, '[]' AS evidence, "
                "'planted' AS wording",
                [entity[0]],
            )
        before, after = evaluate_case(analysed, simulated), evaluate_case(case, simulated)
    assert after.accused == before.accused + 2
    assert after.payers_named == before.payers_named + 1
    assert after.first_ten == before.first_ten + 2
    driver = [count_of(each, "roles", "driver") for each in (before, after)]
    assert (driver[1].claimed - driver[0].claimed, driver[1].right - driver[0].right) == (2, 0)


def test_a_case_of_other_files_is_refused(simulated: Path, tmp_path: Path) -> None:
    with Case.create(tmp_path / "case") as case, pytest.raises(UsageError, match="not analysed"):
        evaluate_case(case, simulated)


def test_the_truth_of_another_case_is_refused(analysed: Case, tmp_path: Path) -> None:
    """Cases share a few addresses that look alike, so it is the files that are held against each other."""
    simulate_case(tmp_path / "other", size="S", seed=70, scenario="zvornik")
    with pytest.raises(UsageError, match="none of the files of this case"):
        evaluate_case(analysed, tmp_path / "other")


def test_the_command_prints_table_picture_and_json(analysed: Case, simulated: Path, tmp_path: Path) -> None:
    analysed.con.execute("CHECKPOINT")
    folder = tmp_path / "copy"
    shutil.copytree(analysed.folder, folder)
    runner = CliRunner()
    shown = runner.invoke(cli, ["evaluate", str(folder), "--truth", str(simulated), "--picture", str(tmp_path / "p.svg")])
    assert shown.exit_code == 0, shown.output
    assert "False accusations in 1 case:" in shown.output
    assert "no Cllr" in shown.output
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<?xml")
    data = json.loads(runner.invoke(cli, ["evaluate", str(folder), "--truth", str(simulated), "--json"]).output)
    assert {row["inference"] for row in data["rows"]} >= {"ownership", "links"}
    marked = runner.invoke(cli, ["evaluate", str(folder), "--truth", str(simulated), "--markdown"]).output
    assert marked.startswith("| inference |")


def test_the_group_still_has_its_other_commands() -> None:
    runner = CliRunner()
    assert "--owners" in runner.invoke(cli, ["evaluate", "ownership", "--help"]).output
    assert "--suite" in runner.invoke(cli, ["evaluate", "--help"]).output
    missing = runner.invoke(cli, ["evaluate", "nowhere"])
    assert missing.exit_code == 2
    assert "--truth" in missing.output


def test_the_quick_suite_writes_the_page(tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli, ["evaluate", "--suite", "--quick", "-o", str(tmp_path / "docs")])
    assert shown.exit_code == 0, shown.output
    page = (tmp_path / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert "2 simulated cases" in page
    assert "## zvornik, size S" in page
    for inference in ("ownership", "matches", "roles", "links", "patterns"):
        assert f"| {inference} |" in page
    assert (tmp_path / "docs" / "accuracy.svg").is_file()


def test_a_figure_that_cannot_be_given_is_drawn_as_words() -> None:
    row = Scored("roles", "driver", 0, 0, 0, 0, Share(None), Share(None), Share(None))
    drawn = draw_scores([row], "a & b", {})
    assert drawn.count("nothing stated, or nothing there") == 2
    assert "a &amp; b" in drawn
    assert "<circle" not in drawn


def test_payment_after_proofs_alone_would_accuse_hundreds(analysed: Case, simulated: Path) -> None:
    """The method page on links says how many; this is where the figure comes from."""
    tables = read_tables(analysed, inferences=True)
    assert tables.entities is not None
    assert tables.matches is not None
    measured = measure_drivers(tables, tables.entities, tables.matches)
    signs = [judge_driver({str(name): value for name, value in row.items()}) for row in measured.to_dict("records")]
    timed = [all(sign["met"] for sign in each if sign["required"] and sign["condition"] != LUCK) for each in signs]
    known, entities = read_known(analysed, simulated), dict[int, list[int]]()
    for entity, node in tables.entities[["entity_id", "node_id"]].itertuples(index=False):
        entities.setdefault(int(entity), []).append(int(node))
    named = [known.of_entity(entities, int(number)) for number in measured.loc[timed, "entity_id"]]
    wrong = [who for who in named if known.side.get(who) != "crew"]
    page = (Path(__file__).parents[1] / "trails" / "docs" / "method-links.md").read_text(encoding="utf-8")
    assert f"are met by {len(named)} people, {len(wrong)} of them innocent" in " ".join(page.split())
    assert len(wrong) > 100
