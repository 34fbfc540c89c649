"""The command line as a person meets it: help, exit codes, JSON, read-only SQL, citations, broken connectors."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trails.cli import _COMMANDS, cli
from trails.demo import run_demo
from trails.errors import TrailsError, UsageError

ROOT = Path(__file__).parent.parent
RIVER = ROOT / "examples" / "river_case"


def trails(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def exit_code_of(*words: object) -> tuple[int, str]:
    """What the real program exits with, and what it says."""
    run = subprocess.run(
        [sys.executable, "-m", "trails", *map(str, words)], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "case"
    run_demo(folder, say=lambda _: None)
    return folder


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    shown = trails(name, "--help")
    assert shown.exit_code == 0
    assert len(shown.output) > 200, name
    assert f"trails {name}" in (ROOT / "README.md").read_text(encoding="utf-8"), f"README does not name {name}"


def test_exit_codes_are_the_documented_ones(tmp_path: Path) -> None:
    assert exit_code_of("frobnicate")[0] == 2
    assert "Did you mean `trails report`" in exit_code_of("reprot")[1]
    code, said = exit_code_of("check", tmp_path / "none")
    assert code == 3
    assert "trails new" in said
    assert exit_code_of("new", tmp_path / "case") == (0, "")
    (tmp_path / "x.bin").write_bytes(b"\x00\x01")
    code, said = exit_code_of("add", tmp_path / "case", tmp_path / "x.bin")
    assert code == 4
    assert "no connector recognises" in said
    assert exit_code_of("new", tmp_path)[0] == 2
    assert "130 stopped with Ctrl-C" in trails("--help").output.replace("\n  ", " ")


def test_a_case_step_by_step(tmp_path: Path) -> None:
    case = tmp_path / "river"
    assert trails("new", case).exit_code == 0
    added = trails("add", case, RIVER / "ledger_amber.csv", RIVER / "usdt_tron.json", "--json")
    first, second = json.loads(added.output)
    assert (first["rows_read"], first["rows_kept"], first["rows_skipped"], first["rows_refused"]) == (23, 21, 1, 1)
    assert second["connector"] == "trongrid"
    assert "already in the case as source 1; nothing changed" in trails("add", case, RIVER / "ledger_amber.csv").output
    shown = trails("check", case).output
    assert "ledger_amber.csv: error" in shown
    assert "row 16" in shown
    assert "all unchanged" in shown
    checked = json.loads(trails("check", case, "--json", "--all-rows").output)
    assert {issue["row"] for issue in checked["issues"] if issue["severity"] == "error"} == {16}
    for command in ("plot", "report"):
        problem = trails(command, case).exception
        assert isinstance(problem, UsageError)
        assert "run `trails analyse" in str(problem)
    assert trails("analyse", case).exit_code == 0
    assert "declare one with `trails declare`" in trails("analyse", case).output


def test_an_empty_case_gives_an_empty_report(tmp_path: Path) -> None:
    case = tmp_path / "empty"
    for words in (("new", case), ("analyse", case), ("plot", case), ("report", case)):
        assert trails(*words).exit_code == 0, words
    assert "No finding" in (case / "out" / "report.html").read_text(encoding="utf-8")


def test_run_goes_on_without_a_file_it_cannot_read_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"data": [{"transaction_id"')
    code, said = exit_code_of("run", RIVER / "bitcoin.json", tmp_path / "broken.json", "-o", tmp_path / "case")
    assert code == 4
    assert "1 of 2 files were not added" in said
    assert (tmp_path / "case" / "out" / "report.json").exists()


@pytest.mark.parametrize(
    "what", ["1", "transfer:1", "event:1", "tag:1", "price:1", "match:1", "claim:1", "link:1", "finding:1"]
)
def test_cite_gives_the_raw_record_of_the_original(demo: Path, what: str) -> None:
    cited = json.loads(trails("cite", demo, what, "--json").output)
    assert cited
    for row in cited:
        original = (demo / "sources" / row["sha256"]).read_bytes()
        if row["source_name"].endswith((".json", ".csv", ".yaml")):
            assert row["raw"].encode() in original, what
        assert (RIVER / row["source_name"]).read_bytes() == original


def test_cite_knows_public_ids_and_refuses_nonsense(demo: Path) -> None:
    ((public,),) = [
        tuple(row.values())
        for row in json.loads(
            trails("sql", demo, "SELECT public_id FROM transfers WHERE transfer_id = 7", "--json").output
        )
    ]
    assert trails("cite", demo, public).output == trails("cite", demo, "7").output
    for wrong in ("transfer:99999", "T0123456789abcdef", "unicorn:1"):
        assert isinstance(trails("cite", demo, wrong).exception, UsageError)


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TABLE x (a INT)",
        "DELETE FROM transfer_rows",
        "COPY nodes TO '/tmp/leak.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SET enable_external_access = true",
        "SELECT nonsense",
    ],
)
def test_sql_only_reads_and_reaches_nothing_else(demo: Path, query: str) -> None:
    before = (demo / "case.duckdb").read_bytes()
    assert isinstance(trails("sql", demo, query).exception, UsageError)
    assert (demo / "case.duckdb").read_bytes() == before


def test_sql_keeps_exact_integers(demo: Path) -> None:
    rows = json.loads(
        trails("sql", demo, "SELECT asset, sum(amount) AS total FROM transfers GROUP BY asset", "--json").output
    )
    assert all(isinstance(row["total"], int) for row in rows)


def test_why_and_declare_help_with_names(demo: Path) -> None:
    shown = trails(
        "why", demo, "bc1qh5pkfzf3yvvrghs44rqm4yw3qwzwdwuqv86psk", "bc1q24jrrajkvpavqddn8yw60604akjf6fr6an09y8"
    )
    assert "co_spend" in shown.output
    assert "bitcoin.json row" in shown.output
    apart = trails("why", demo, "TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yk", "TWzHhgsGD8bnyJsMfsgDQ5hEZbmEWgc5Yk")
    assert "separate entities" in apart.output
    problem = trails("declare", demo, "TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yx", "--role", "driver").exception
    assert isinstance(problem, TrailsError)
    assert "TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yk" in str(problem)
    assert trails("declare", demo, "alder", "--role", "wizard").exit_code == 2


def test_a_newer_declaration_supersedes_and_deletes_nothing(tmp_path: Path) -> None:
    case = tmp_path / "case"
    trails("new", case)
    trails("add", case, RIVER / "ledger_amber.csv")
    for role in ("driver", "organiser"):
        assert trails("declare", case, "hawala:party:amber-jade:alder", "--role", role, "--why", "test").exit_code == 0
    rows = json.loads(
        trails("sql", case, "SELECT judgement_id, verdict, supersedes FROM judgements ORDER BY 1", "--json").output
    )
    assert [tuple(row.values()) for row in rows] == [(1, "role=driver", None), (2, "role=organiser", 1)]


def test_connectors_are_listed_and_a_broken_one_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = json.loads(trails("connectors", "--json").output)
    names = {
        "bitcoin_core",
        "esplora",
        "ethereum_etl",
        "etherscan",
        "hawala_ledger",
        "rates",
        "tagpack",
        "telegram",
        "trongrid",
    }
    assert {entry["name"] for entry in listed} >= names
    assert not [entry for entry in listed if entry["broken"]]
    real = importlib.metadata.entry_points
    broken = importlib.metadata.EntryPoint("broken_one", "no_such_package.anywhere", "trails.connectors")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **said: [*real(**said), broken])
    shown = trails("connectors")
    assert shown.exit_code == 0
    assert re.search(r"broken_one: .*BROKEN: .*no_such_package", shown.output)
    assert "esplora:" in shown.output


def test_readme_links_and_tables_are_true() -> None:
    for page in (
        ROOT / "README.md",
        *sorted((ROOT / "trails" / "docs").rglob("*.md")),
        ROOT / "connectors" / "README.md",
    ):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in sorted((ROOT / "connectors").glob("*/connector.toml")):
        assert f"`{folder.parent.name}`" in readme
