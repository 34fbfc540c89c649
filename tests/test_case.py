"""The case folder: made, opened, locked, rolled back, recovered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from trails.case import Case
from trails.errors import CaseError, CaseLocked, ContractError, UsageError
from trails.settings import DEFAULT_SETTINGS
from trails.tables import TABLES, find_problems


def test_a_new_case_has_every_table_of_the_contract_empty(case: Case) -> None:
    for name, table in TABLES.items():
        assert case.con.execute(f"SELECT count(*) FROM {name}").fetchone() == (0,)
        shown = [row[0] for row in case.con.execute(f"DESCRIBE {name}").fetchall()]
        assert shown == list(table.names), name
        assert find_problems(case.con, name, name) == []


def test_a_case_is_not_made_over_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not an empty folder"):
        Case.create(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


@pytest.mark.parametrize("missing", ["case.toml", "case.duckdb"])
def test_what_is_no_case_is_refused_by_name(case: Case, missing: str) -> None:
    case.close()
    (case.folder / missing).unlink()
    with pytest.raises(CaseError, match=missing):
        Case.open(case.folder)


def test_a_damaged_case_is_one_message(case: Case) -> None:
    case.close()
    (case.folder / "case.duckdb").write_bytes(b"this is no database" * 500)
    with pytest.raises(CaseError):
        Case.open(case.folder)


def test_two_processes_do_not_write_at_once(case: Case) -> None:
    script = (
        "import sys; from pathlib import Path; from trails.case import Case; from trails.errors import CaseLocked\n"
        "try: Case.open(Path(sys.argv[1]))\n"
        "except CaseLocked as e: print('locked', e.exit_code)"
    )
    run = subprocess.run([sys.executable, "-c", script, str(case.folder)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"locked {CaseLocked.exit_code}"


def test_settings_are_the_defaults_and_unknown_ones_are_refused(case: Case) -> None:
    assert case.settings == DEFAULT_SETTINGS
    case.close()
    path = case.folder / "case.toml"
    path.write_text(path.read_text().replace("max_hops = 6", "max_hops = 4\nmax_hop = 9"))
    with pytest.raises(CaseError, match="max_hop is no setting"):
        Case.open(case.folder)


def test_an_exception_or_ctrl_c_leaves_the_case_as_it_was(case: Case) -> None:
    before = case.log_lines()
    with pytest.raises(KeyboardInterrupt), case.change("add", {}):
        case.con.execute("INSERT INTO assets VALUES ('X', NULL, NULL, 'X', 2)")
        raise KeyboardInterrupt
    assert case.con.execute("SELECT count(*) FROM assets").fetchone() == (0,)
    assert case.log_lines() == before


def test_inferences_are_checked_and_every_problem_is_reported_at_once(case: Case) -> None:
    bad = pa.table({
        "claim_id": [1, 2], "node_a": [98, 99], "node_b": [98, 100], "rule": [0, 0], "strength": [0, 0],
        "state": [77, 0], "transfer_id": pa.nulls(2, pa.int32()), "event_id": pa.nulls(2, pa.int32()),
    })  # fmt: skip
    roles = pd.DataFrame({"role_id": [1], "entity_id": [99], "role": ["king"], "since": [None], "until": [None], "basis": ["tag"],
                          "weight": [2.0], "protected": [False], "judgement": [None], "conditions": ["[]"], "evidence": ["[]"],
                          "chance": [None], "wording": ["w"]})  # fmt: skip
    with pytest.raises(ContractError) as raised:
        case.write_inferences("cluster", {"roles": roles}, {}, arrow={"claim_rows": bad})
    text = str(raised.value)
    assert "claims: 1 stored row with no known word" in text
    assert "`node_a` points to nothing" in text
    assert "transfer_id IS NOT NULL OR event_id IS NOT NULL" in text
    assert "`role` is none of" in text
    assert "weight BETWEEN 0 AND 1" in text
    assert case.con.execute("SELECT count(*) FROM claims").fetchone() == (0,)


def test_facts_are_never_replaced(case: Case) -> None:
    with pytest.raises(UsageError, match="never replaced"):
        case.write_inferences("cluster", {"nodes": pd.DataFrame()}, {})
