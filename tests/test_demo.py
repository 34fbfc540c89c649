"""The bundled case gives the findings that were written down for it, and the demo is the same for everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.river_case.make import all_files
from trails.case import Case
from trails.charts.timeline_input import build_timeline
from trails.demo import run_demo
from trails.patterns.counterfeits import find_counterfeits
from trails.pipeline import explain_nodes
from trails.views import open_view

FOLDER = Path(__file__).parent.parent / "examples" / "river_case"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def case(demo: Path) -> Iterator[Case]:
    with Case.open(demo, read_only=True) as opened:
        yield opened


def rows(case: Case, sql: str, *values: object) -> list[tuple[Any, ...]]:
    return case.con.execute(sql, list(values)).fetchall()


def test_the_files_are_what_their_generator_makes() -> None:
    for name, data in all_files().items():
        assert (FOLDER / name).read_bytes() == data, name


@pytest.mark.parametrize("name", sorted(EXPECTED["sources"]))
def test_every_row_is_accounted_for_as_written_down(case: Case, name: str) -> None:
    wanted = EXPECTED["sources"][name]
    sql = "SELECT rows_read, rows_kept, rows_skipped, rows_refused FROM sources WHERE name = ?"
    assert rows(case, sql, name) == [(wanted["read"], wanted["kept"], wanted["skipped"], wanted["refused"])]


def entity_of(case: Case, node: str) -> int:
    ((entity,),) = rows(
        case, "SELECT entity_id FROM entities JOIN nodes USING (node_id) WHERE rail || ':' || key = ?", node
    )
    return int(entity)


def test_nodes_join_as_written_down_and_say_why(case: Case) -> None:
    for entity in EXPECTED["entities"]:
        assert len({entity_of(case, node) for node in entity["nodes"]}) == 1, entity["name"]
        for join in entity["joined_by"]:
            steps = explain_nodes(case, *join.get("nodes", entity["nodes"][:2]))
            found = [step for step in steps if step["rule"] == join["rule"] and step["source"] == join["file"]]
            assert found, join
            assert "row" not in join or join["row"] in {step["row"] for step in found}, join


def test_what_must_not_join_does_not(case: Case) -> None:
    for apart in EXPECTED["not_joined"]:
        found = [entity_of(case, node) for node in apart["nodes"]]
        assert len(set(found)) == len(found), apart["why"]
        assert explain_nodes(case, *apart["nodes"][:2]) == []


def test_payouts_match_the_transfers_written_down_with_their_rivals(case: Case) -> None:
    found = rows(
        case, "SELECT s.name, a.row, b.ref, b.amount, m.rivals, m.chance FROM matches m "
        "JOIN transfers a ON a.transfer_id = m.transfer_a JOIN transfers b ON b.transfer_id = m.transfer_b "
        "JOIN sources s ON s.source_id = a.source_id WHERE m.kind = 'payout' ORDER BY a.row",
    )  # fmt: skip
    wanted = sorted(EXPECTED["matches"], key=lambda match: int(match["row"]))
    assert [(file, row, tx, int(amount)) for file, row, tx, amount, _, _ in found] == [
        (match["file"], match["row"], match["tx"], match["amount"]) for match in wanted
    ]
    assert [rivals for *_, rivals, _ in found] == [len(match["rivals"]) for match in wanted]
    assert all(chance > 0 for *_, chance in found)


def test_links_from_the_organiser_to_each_driver_are_as_written_down(case: Case) -> None:
    found = {
        (int(driver), asset): (payments, int(total))
        for driver, asset, payments, total in rows(case, "SELECT driver, asset, payments, total FROM links")
    }
    wanted = {
        (entity_of(case, link["node"]), link["asset"]): (link["payments"], link["total"]) for link in EXPECTED["links"]
    }
    assert found == wanted
    alder = entity_of(case, EXPECTED["entities"][0]["nodes"][0])
    assert {organiser for (organiser,) in rows(case, "SELECT DISTINCT organiser FROM links")} == {alder}


def test_no_step_of_any_trail_is_sent_by_a_payer(case: Case) -> None:
    sql = (
        "SELECT count(*) FROM hops h JOIN transfers t USING (transfer_id) JOIN entities e ON e.node_id = t.src "
        "JOIN roles r ON r.entity_id = e.entity_id WHERE r.role = 'payer'"
    )
    assert rows(case, sql) == [(0,)]


def test_the_third_driver_is_inferred_and_the_exchange_comes_from_tags(case: Case) -> None:
    for basis, listed in (("inferred", EXPECTED["roles_inferred"]), ("tag", EXPECTED["roles_from_tags"])):
        for role in listed:
            sql = "SELECT role FROM roles WHERE entity_id = ? AND basis = ?"
            assert (role["role"],) in rows(case, sql, entity_of(case, role["node"]), basis), role


def test_the_one_code_that_does_not_balance_is_found(case: Case) -> None:
    (unbalanced,) = EXPECTED["junctions"]["unbalanced"]
    found = rows(case, "SELECT subject, wording FROM findings WHERE kind = 'junction'")
    assert len(found) == 1
    ((key,),) = rows(case, "SELECT rail || ':' || key FROM nodes WHERE node_id = ?", int(found[0][0].split(":")[1]))
    assert key == unbalanced["code"]
    assert f"{unbalanced['left_cents'] / 100:,.2f} EUR" in found[0][1]


def test_counterfeit_and_damaged_are_kept_as_what_they_are(case: Case) -> None:
    traps = EXPECTED["traps"]
    assert rows(case, "SELECT asset FROM transfers WHERE ref = ?", traps["counterfeit"]["tx"]) == [
        (traps["counterfeit"]["asset"],)
    ]
    assert rows(case, "SELECT count(*) FROM issues WHERE code = 'counterfeit_symbol'") == [(1,)]
    assert rows(case, "SELECT text FROM events WHERE kind = 'damaged_address'") == [(traps["damaged_address"]["text"],)]
    assert rows(case, "SELECT count(*) FROM nodes WHERE key = ?", traps["damaged_address"]["text"]) == [(0,)]


def test_bitcoin_and_balanced_codes_conserve_value(case: Case) -> None:
    sql = (
        "SELECT n.key, sum(CASE WHEN t.dst = n.node_id THEN t.amount ELSE -t.amount END) AS rest FROM nodes n "
        "JOIN transfers t ON n.node_id IN (t.src, t.dst) WHERE n.kind = 'junction' GROUP BY n.key HAVING rest <> 0"
    )
    (unbalanced,) = EXPECTED["junctions"]["unbalanced"]
    assert [(f"hawala:{key}", int(rest)) for key, rest in rows(case, sql)] == [
        (unbalanced["code"], unbalanced["left_cents"])
    ]


def test_no_exported_file_names_a_payer(demo: Path) -> None:
    written = sorted((demo / "out").iterdir())
    assert {path.name for path in written} >= {
        "network.html",
        "timeline.html",
        "report.html",
        "report.json",
        "network.csv",
    }
    for path in written:
        text = path.read_text(encoding="utf-8")
        for name in EXPECTED["protected_names"]:
            assert name not in text, f"{path.name} names a payer"


def test_the_summary_says_what_the_issue_asks_of_it(demo: Path) -> None:
    document = json.loads((demo / "out" / "report.json").read_text(encoding="utf-8"))
    results = document["results"]
    assert {"read", "missing", "findings", "links", "settings", "versions", "limits", "statements"} <= set(results)
    assert document["record"]["fictional"]
    for finding in results["findings"]:
        assert finding["innocent_reading"], finding["number"]
        assert finding["missing_test"], finding["number"]
        assert finding["evidence"], finding["number"]
        for fact in finding["evidence"]:
            assert fact["source"] in {source["name"] for source in results["read"]}
            assert fact["row"] is not None
    text = json.dumps(results)
    for word in ("proves", "launder", "criminal", "guilty"):
        assert word not in text


def test_a_counterfeit_is_drawn_as_no_payment_to_a_driver(demo: Path) -> None:
    with Case.open(demo, read_only=True) as case:
        picture = open_view(case, "nothing is").picture
    fakes = set(find_counterfeits(picture.tables)["asset"])
    assert len(fakes) == 1
    marks = [mark for mark in build_timeline(picture, title="x", footer=()).marks if mark.kind == "driver_pay"]
    assert len(marks) == 9
    assert not [mark for mark in marks if any(fake in mark.label for fake in fakes)]


def test_the_readme_shows_this_very_picture(demo: Path) -> None:
    shown = FOLDER.parent.parent / "trails" / "docs" / "network.svg"
    assert shown.read_bytes() == (demo / "out" / "network.svg").read_bytes(), "copy out/network.svg of the demo to trails/docs"


def test_the_same_files_and_settings_give_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    run_demo(tmp_path / "again", say=lambda _: None)
    for name in ("network.html", "network.svg", "network.csv", "timeline.html", "timeline.svg"):
        assert (demo / "out" / name).read_bytes() == (tmp_path / "again" / "out" / name).read_bytes(), name
    first, second = (
        json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
        for folder in (demo, tmp_path / "again")
    )
    assert first["results_sha256"] == second["results_sha256"]
    assert json.dumps(first["results"]) == json.dumps(second["results"])
