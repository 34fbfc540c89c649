"""Reports, tables and pictures carry what can be looked up: whole ids and addresses, and none that would name a payer."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from trails.case import Case
from trails.subjects import list_facts
from trails.views import write_pictures, write_report

OUTPUTS = ("report.html", "report.json", "network.html", "network.csv", "network.svg", "timeline.html", "timeline.svg")
_PROTECTED = "SELECT node_id FROM entities JOIN roles USING (entity_id) WHERE protected"


@pytest.fixture(scope="module")
def written(analysed: Case, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that a simulated case writes, by name."""
    out = tmp_path_factory.mktemp("whole") / "out"
    write_pictures(analysed, out, table=True)
    write_report(analysed, out)
    return {name: (out / name).read_text(encoding="utf-8") for name in OUTPUTS}


def list_references(case: Case, which: str) -> set[str]:
    """Ids of transactions on a chain, of transfers for which a condition holds."""
    rows = case.con.execute(
        f"SELECT DISTINCT ref FROM transfers WHERE length(ref) >= 60 AND {which}"
    ).fetchall()
    return {str(reference) for (reference,) in rows}


def cited_transfers(case: Case) -> set[int]:
    """Numbers of the transfers that findings name as evidence."""
    rows = case.con.execute("SELECT evidence FROM findings").fetchall()
    return {int(fact.partition(":")[2]) for (text,) in rows for fact in json.loads(text) if fact.startswith("transfer:")}


def test_every_transaction_behind_a_finding_stands_whole_in_the_report(analysed: Case, written: dict[str, str]) -> None:
    numbers = ", ".join(map(str, sorted(cited_transfers(analysed))))
    protected = list_references(analysed, f"(src IN ({_PROTECTED}) OR dst IN ({_PROTECTED}))")
    cited = list_references(analysed, f"transfer_id IN ({numbers})") - protected
    assert len(cited) > 10
    for name in ("report.html", "report.json"):
        assert not [reference for reference in cited if reference not in written[name]], name


def test_a_transfer_with_a_protected_end_is_shown_by_its_row_and_never_by_its_id(analysed: Case, written: dict[str, str]) -> None:
    protected = list_references(analysed, f"(src IN ({_PROTECTED}) OR dst IN ({_PROTECTED}))")
    assert len(protected) > 3
    for name, text in written.items():
        assert not [reference for reference in protected if reference in text], name


def test_a_picture_s_table_can_be_joined_to_the_facts(analysed: Case, written: dict[str, str]) -> None:
    rows = list(csv.DictReader(written["network.csv"].splitlines()))
    numbers = [int(number) for row in rows for number in row["transfers"].split("; ") if number]
    assert len(numbers) == len(set(numbers)) == sum(int(row["payments"]) for row in rows if row["transfers"]) > 20
    known = {number for (number,) in analysed.con.execute("SELECT transfer_id FROM transfer_rows").fetchall()}
    assert set(numbers) <= known
    for row in rows:
        assert row["citations"].count(" row ") >= 1 or row["inferences"] != "0", row


@pytest.mark.parametrize("name", ["report.html", "network.html", "network.csv", "network.svg"])
def test_what_is_shortened_stands_in_full_in_the_same_file(analysed: Case, written: dict[str, str], name: str) -> None:
    """A shortened address of the case is found in full where it is shown, so that nobody has to guess which it is."""
    keys = [key for (key,) in analysed.con.execute("SELECT key FROM nodes WHERE length(key) > 25 AND rail <> 'hawala'").fetchall()]
    shortened = set(re.findall(r"(\w{6,10})(?:\.\.\.|…)(\w{4,6})", written[name]))
    known = {(begin, end): [key for key in keys if key.startswith(begin) and key.endswith(end)] for begin, end in shortened}
    lost = [pair for pair, found in known.items() if found and not any(key in written[name] for key in found)]
    assert not lost


def test_a_claim_about_coins_cites_the_rows_of_both(analysed: Case) -> None:
    """Whoever doubts that two addresses were spent together sees both inputs, not the one that the table keeps."""
    claims = analysed.con.execute(
        "SELECT c.claim_id, c.node_a, c.node_b FROM claims c JOIN transfer_rows t USING (transfer_id) "
        "WHERE t.kind IN ('input', 'output') ORDER BY 1"
    ).fetchall()
    ends = {number: {a, b} for number, a, b in analysed.con.execute("SELECT transfer_id, src, dst FROM transfer_rows").fetchall()}
    assert len(claims) > 5
    for claim, node_a, node_b in claims:
        facts = list_facts(analysed, f"claim:{claim}")
        named = set().union(*(ends[int(fact.partition(":")[2])] for fact in facts))
        assert {node_a, node_b} <= named, claim


def test_a_transaction_that_spends_a_payer_s_coins_stands_nowhere(demo: Path) -> None:
    """Whoever looks its id up reads the payer's address among its inputs."""
    with Case.open(demo, read_only=True) as case:
        spending = case.con.execute(
            "SELECT DISTINCT d.key FROM transfer_rows t JOIN nodes d ON d.node_id = t.dst JOIN entities e ON e.node_id = t.src "
            "JOIN roles r USING (entity_id) WHERE t.kind = 'input' AND r.protected"
        ).fetchall()
    assert spending, "the demo has a payer who pays in Bitcoin"
    for path in sorted((demo / "out").iterdir()):
        text = path.read_text(encoding="utf-8")
        assert not [txid for (txid,) in spending if txid in text], path.name
