"""The command line as a person meets it: help, hints, exit codes, and what each command prints."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import _COMMANDS, cli, main
from trails.connector import GROUP, list_connectors
from trails.demo import CASE_PACKAGE

FILES = Path(__file__).parent.parent / "examples" / CASE_PACKAGE.split(".")[-1]
RATES, LEDGER = FILES / "rates.csv", FILES / "ledger_amber.csv"
ALDER = "tron:TXUg7FY2xmLDoqEs2LHAftgzCEbM17yx5b"
ORGANISER_BTC = "bitcoin:bc1qh5pkfzf3yvvrghs44rqm4yw3qwzwdwuqv86psk"
DISPATCHER = "tron:TWUr6jRA4g2UcWsJ7tjV2N3eSN4oMKNvzc"


@dataclass(frozen=True)
class Shown:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Shown]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``trails`` as the installed script does, exit code included."""

    def call(*args: object) -> Shown:
        monkeypatch.setattr(sys, "argv", ["trails", *map(str, args)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        said = capsys.readouterr()
        return Shown(code, said.out, said.err)

    return call


@pytest.fixture
def own_demo(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demo case that a test may change."""
    return Path(shutil.copytree(demo, tmp_path / "own"))


@pytest.fixture
def empty(tmp_path: Path, run: Run) -> Path:
    assert run("new", tmp_path / "empty").code == 0
    return tmp_path / "empty"


def test_what_cannot_be_read_does_not_hide_what_else_was_changed(own_demo: Path, run: Run) -> None:
    (own_demo / "case.toml").write_text("max_hops = = 3", encoding="utf-8")
    (own_demo / "out" / "report.html").write_text("forged", encoding="utf-8")
    shown = run("check", own_demo)
    assert shown.code == 3
    problems = [line for line in shown.out.splitlines() if line.startswith("CHANGED: ")]
    assert [text.partition(" was changed")[0] for text in problems] == ["CHANGED: case.toml", "CHANGED: out/report.html"]
    assert "cannot be read: " in problems[0]
    assert "Family Quince" not in shown.out + shown.err
    assert len(run("check", own_demo, "--json", "--all-rows").json["problems"]) == 2
    for command in (("sql", own_demo, "SELECT 1"), ("report", own_demo)):
        assert run(*command).code == 3


def test_the_story_of_a_code_has_a_line_for_each_state(run: Run, demo: Path) -> None:
    lines = run("code", demo, "4718").out.splitlines()
    states = [line.split()[0] for line in lines if line.startswith("  ") and " recorded " in line]
    assert {"held", "coded", "paid"} <= set(states)
    assert max(map(len, lines)) < 300


@pytest.mark.parametrize("name", _COMMANDS)
def test_help_of_every_command_names_its_arguments_and_options(name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    command = cli.get_command(click.Context(cli), name)
    assert command
    assert command.help
    for parameter in command.params:
        wanted = parameter.name or "" if parameter.param_type_name == "argument" else max(parameter.opts, key=len)
        assert wanted.casefold() in shown.output.casefold(), f"{name} --help does not say {wanted}"
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), f"{name} {wanted} has no help"


def test_the_overview_lists_every_command_with_a_line_and_the_exit_codes(run: Run) -> None:
    for shown in (run("--help"), run()):
        assert shown.code == 0
        for name in _COMMANDS:
            assert f"  {name} " in shown.out
        assert "Exit codes:" in shown.out
    assert run("--version").out.startswith("trails, version ")


@pytest.mark.parametrize(("typed", "hint"), [("clsuter", "`trails cluster`"), ("zzzz", "`trails --help`")])
def test_an_unknown_command_gets_a_hint(run: Run, typed: str, hint: str) -> None:
    shown = run(typed)
    assert shown.code == 2
    assert hint in shown.err


def test_exit_codes_are_those_of_the_help(run: Run, empty: Path, tmp_path: Path) -> None:
    no_sense = tmp_path / "note.txt"
    no_sense.write_text("hello\n")
    (tmp_path / "nothing").mkdir()
    calls: list[tuple[int, tuple[object, ...], str]] = [
        (2, ("new",), "Missing argument"),
        (2, ("new", empty), "not an empty folder"),
        (2, ("new", tmp_path / "n", "--pseudonym-key", "xyz"), "hexadecimal"),
        (2, ("add", empty, RATES, "--as", "nothing"), "no connector is called 'nothing'"),
        (3, ("check", tmp_path / "none"), "is no case"),
        (3, ("sql", tmp_path / "none", "SELECT 1"), "is no case"),
        (4, ("add", empty, tmp_path / "missing.csv"), "No such file"),
        (4, ("add", empty, no_sense), "no connector recognises"),
        (2, ("add", empty, tmp_path / "nothing"), "holds no files"),
        (6, ("add", empty, LEDGER, "--timezone", "Mars/Port"), "not an IANA name"),
        (6, ("add", empty, LEDGER, "--currency", "QQQ"), "ISO 4217"),
    ]
    for code, args, words in calls:
        shown = run(*args)
        assert (shown.code, words in shown.err) == (code, True), (args, shown)
        assert "Traceback" not in shown.err
    assert run("check", empty, "--json").json["sources"] == []


def test_new_add_check_account_for_every_row_and_know_a_file_again(run: Run, empty: Path) -> None:
    added = run("add", empty, RATES, LEDGER, "--json")
    assert added.code == 0
    for report in added.json:
        assert report["rows_read"] == sum(
            report[f"rows_{fate}"] for fate in ("kept", "duplicate", "skipped", "refused")
        ), report
    checked = run("check", empty, "--json", "--all-rows").json
    assert [source["name"] for source in checked["sources"]] == ["rates.csv", "ledger_amber.csv"]
    for source, report in zip(checked["sources"], added.json, strict=True):
        assert {key: source[key] for key in report if key.startswith("rows")} == {
            key: value for key, value in report.items() if key.startswith("rows")
        }
    refused = [issue for issue in checked["issues"] if issue["severity"] == "error"]
    assert len(refused) == sum(source["rows_refused"] for source in checked["sources"]) == 1
    text = run("check", empty)
    assert "Compared: 2 originals" in text.out
    assert "All unchanged." in text.out
    assert refused[0]["message"] in text.out
    again = run("add", empty, RATES, LEDGER)
    assert again.out.count("nothing changed") == 2
    assert "in a new case" in run("add", empty, RATES, "--timezone", "UTC").out
    assert run("check", empty, "--json").json["log_head"] == checked["log_head"]
    anew = run("add", empty, LEDGER, "--timezone", "Europe/Istanbul").out
    assert "kept 0 + duplicate 21 + skipped 1 + refused 1" in anew, "a file with refused rows may be read again"


@pytest.mark.parametrize(
    "named",
    ["transfer:1", "1", "event:1", "tag:1", "price:1", "issue:1", "match:1", "claim:1", "link:1", "finding:1", "role:1", "code:1"],
)
def test_cite_gives_raw_rows_that_stand_in_the_originals(run: Run, demo: Path, named: str) -> None:
    shown = run("cite", demo, named, "--json")
    assert shown.code == 0
    assert shown.json["citations"]
    for citation in run("cite", demo, named, "--json", "--names", "--why", "a test").json["citations"]:
        original = (demo / "sources" / citation["sha256"]).read_bytes().decode("utf-8", errors="replace")
        if citation["source_name"].endswith((".csv", ".json")):
            assert citation["raw"] in original
    text = run("cite", demo, named).out
    assert text.startswith(shown.json["what"])
    assert all(f"{c['source_name']} row {c['row']}" in text and c["sha256"] in text for c in shown.json["citations"])


def test_cite_by_public_id_is_cite_by_number(run: Run, demo: Path) -> None:
    for table, key in (("transfers", "transfer"), ("events", "event")):
        ((public, number),) = [
            tuple(row.values())
            for row in run("sql", demo, f"SELECT public_id, {key}_id FROM {table} LIMIT 1", "--json").json["rows"]
        ]
        assert run("cite", demo, public, "--json").json == run("cite", demo, f"{key}:{number}", "--json").json


@pytest.mark.parametrize(
    "named", ["transfer:99999", "match:999", "T0000000000000000", "foo", "finding:²", "issue:9999999999"]
)
def test_cite_of_nothing_says_so(run: Run, demo: Path, named: str) -> None:
    shown = run("cite", demo, named)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith("trails: ")


def test_cite_of_the_whole_source_and_of_an_empty_line(run: Run, demo: Path, empty: Path, tmp_path: Path) -> None:
    asked = "SELECT issue_id FROM issues WHERE row IS NULL AND code = 'missing_messages'"
    ((number,),) = [row.values() for row in run("sql", demo, asked, "--json").json["rows"]]
    assert "as a whole" in run("cite", demo, f"issue:{number}").out
    sample = next(c.folder for c in list_connectors() if c.name == "ethereum_etl" and c.folder) / "sample.csv"
    (tmp_path / "gap.csv").write_text(sample.read_text(encoding="utf-8").replace("\n", "\n\n", 2))
    assert run("add", empty, tmp_path / "gap.csv").code == 0
    found = run("sql", empty, "SELECT issue_id FROM issues WHERE severity = 'skip' ORDER BY 1", "--json").json["rows"]
    assert "(an empty line)" in run("cite", empty, f"issue:{found[0]['issue_id']}", "--names", "--why", "a test").out


FORBIDDEN = (
    "CREATE TABLE x (a INTEGER)",
    "INSERT INTO nodes SELECT * FROM nodes",
    "UPDATE judgements SET verdict = 'role=payer'",
    "DROP TABLE findings",
    "DELETE FROM journal",
    "COPY nodes TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "ATTACH '{folder}/out.db' AS y",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "INSTALL httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SELECT 1; DROP TABLE findings",
    "SELECT nothing FROM nodes",
    "SELEC 1",
    "",
    "-- only a remark",
)


@pytest.mark.parametrize("query", FORBIDDEN)
def test_sql_reads_and_nothing_else(run: Run, demo: Path, tmp_path: Path, query: str) -> None:
    before = (demo / "case.duckdb").read_bytes()
    shown = run("sql", demo, query.format(folder=tmp_path))
    assert (shown.code, shown.out) == (2, ""), shown
    assert "root:" not in shown.err
    assert (demo / "case.duckdb").read_bytes() == before
    assert not list(tmp_path.iterdir())


def test_sql_answers_in_text_and_json_with_exact_integers(run: Run, demo: Path) -> None:
    query = "SELECT asset, count(*) AS n, sum(amount) AS total FROM transfers GROUP BY asset ORDER BY asset"
    found = run("sql", demo, query, "--json").json["rows"]
    assert {row["asset"] for row in found} >= {"BTC", "EUR", "USDT@tron"}
    assert all(isinstance(row["total"], int) for row in found)
    lines = run("sql", demo, query).out.splitlines()
    assert (lines[0].split(), len(lines)) == (["asset", "n", "total"], len(found) + 1)
    assert run("sql", demo, "SELECT 10::DECIMAL(38,0) ** 0 + 99999999999999999999999999999999 AS a", "--json").code == 0
    assert run("sql", demo, "SELECT 1 AS a, 2 AS a, 3 AS a_1", "--json").json["rows"] == [{"a": 1, "a_1": 2, "a_1_1": 3}]
    assert run("sql", demo, "SELECT * FROM nodes WHERE false", "--json").json["rows"] == []


def test_a_broken_connector_is_shown_with_its_reason_and_stops_nothing(
    run: Run, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bent_reader").mkdir()
    (tmp_path / "bent_reader" / "__init__.py").write_text("import a_package_nobody_has\n")
    (tmp_path / "bent_reader-1.dist-info").mkdir()
    (tmp_path / "bent_reader-1.dist-info" / "METADATA").write_text("Name: bent-reader\nVersion: 1\n")
    (tmp_path / "bent_reader-1.dist-info" / "entry_points.txt").write_text(
        f"[{GROUP}]\nbent = bent_reader\ngone = not_there_at_all\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert {"bent", "gone", "rates"} <= {entry.name for entry in importlib.metadata.entry_points(group=GROUP)}
    sound = next(c.folder for c in list_connectors() if c.name == "rates")
    assert sound
    shutil.copy(sound / "connector.toml", tmp_path / "bent_reader" / "connector.toml")
    text = " ".join(run("connectors").out.split())
    assert "BROKEN ModuleNotFoundError: No module named 'a_package_nobody_has'" in text
    assert "gone: no manifest BROKEN module not_there_at_all is not installed" in text
    assert "BROKEN module not_there_at_all" in " ".join(run("connectors", "gone").out.split())
    assert run("connectors", "gone", "--json").json["broken"] == "module not_there_at_all is not installed"
    assert "Broken: module not_there_at_all is not installed" in run("connectors", "--markdown").out
    refused = run("add", empty, RATES, "--as", "bent")
    assert (refused.code, "a_package_nobody_has" in refused.err) == (4, True)
    assert run("add", empty, RATES).code == 0


def test_why_of_joined_nodes_names_claims_that_can_be_cited(run: Run, demo: Path) -> None:
    steps = run("why", demo, ALDER, ORGANISER_BTC, "--json").json["steps"]
    assert len(steps) == 2
    ends = steps[0]["a_name"] + steps[-1]["b_name"]
    assert all(key.partition(":")[2] in ends for key in (ALDER, ORGANISER_BTC)), "a declared organiser is shown in full"
    text = run("why", demo, ALDER, ORGANISER_BTC).out
    for step in steps:
        assert f"claim:{step['claim_id']}" in text
        cited = run("cite", demo, step["fact"], "--json").json["citations"]
        assert (step["source"], step["row"]) in {(c["source_name"], c["row"]) for c in cited}


def test_why_of_nodes_that_are_apart_one_or_unknown(run: Run, demo: Path) -> None:
    apart = run("why", demo, ALDER, DISPATCHER)
    assert (apart.code, "separate entities" in apart.out) == (0, True)
    assert run("why", demo, ALDER, DISPATCHER, "--json").json["steps"] == []
    same = run("why", demo, ALDER, ALDER.removeprefix("tron:"))
    assert (same.code, "there is nothing to join" in same.err) == (2, True)
    unknown = run("why", demo, ALDER, "tron:Tnobody")
    assert (unknown.code, "nothing is near it" in unknown.err) == (2, True)


def test_declare_records_who_and_why_and_supersedes(run: Run, own_demo: Path) -> None:
    before = run("sql", own_demo, f"SELECT * FROM judgements WHERE target = 'node:{ALDER}'", "--json").json["rows"]
    said = ("--role", "driver", "--why", "a second look", "--who", "tester")
    refused = run("declare", own_demo, ALDER, *said)
    assert (refused.code, "declared organiser" in refused.err, "--instead" in refused.err) == (2, True, True)
    shown = run("declare", own_demo, ALDER, *said, "--instead")
    assert shown.code == 0
    assert "is declared driver" in shown.out
    rows = run(
        "sql", own_demo, f"SELECT * FROM judgements WHERE target = 'node:{ALDER}' ORDER BY judgement_id", "--json"
    ).json["rows"]
    assert rows[:-1] == before
    assert (rows[-1]["verdict"], rows[-1]["why"], rows[-1]["who"]) == ("role=driver", "a second look", "tester")
    assert rows[-1]["supersedes"] == before[-1]["judgement_id"]
    organisers = "SELECT count(*) AS n FROM roles WHERE role = 'organiser' AND basis = 'declared'"
    assert run("sql", own_demo, organisers, "--json").json["rows"] == [{"n": 1}]
    assert run("analyse", own_demo).code == 0
    assert run("sql", own_demo, organisers, "--json").json["rows"] == [{"n": 0}]


@pytest.mark.parametrize(
    ("node", "role", "words"),
    [
        (ALDER[:-1] + "c", "driver", "written so; near it:\n  node:"),
        (ALDER, "boss", "is not one of 'organiser'"),
        ("  ", "driver", "the node is empty"),
        ("node:999999999999", "driver", "no node of this case"),
    ],
)
def test_declare_says_what_is_wrong(run: Run, demo: Path, node: str, role: str, words: str) -> None:
    shown = run("declare", demo, node, "--role", role, "--why", "x")
    assert (shown.code, words in shown.err) == (2, True), shown


def test_declare_in_an_empty_case_says_to_add_files(run: Run, empty: Path) -> None:
    shown = run("declare", empty, "somebody", "--role", "driver", "--why", "x")
    assert (shown.code, "add files first" in shown.err) == (2, True)


def test_run_with_one_unreadable_file_is_complete_without_it_and_exits_4(run: Run, tmp_path: Path) -> None:
    bad, output = tmp_path / "bad.txt", tmp_path / "case"
    bad.write_text("hello\n")
    shown = run("run", RATES, bad, LEDGER, "-o", output)
    assert shown.code == 4
    assert "not added: bad.txt" in shown.err
    assert "1 of 3 files was not added, and the report says so on its first page" in shown.err
    assert "bad.txt" in (output / "out" / "report.html").read_text(encoding="utf-8")
    with Case.open(output, read_only=True) as case:
        assert case.con.execute("SELECT name FROM sources ORDER BY 1").fetchall() == [
            ("ledger_amber.csv",),
            ("rates.csv",),
        ]
        nodes, entities = (
            case.con.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("nodes", "entities")
        )
        assert nodes == entities
    assert {path.name for path in (output / "out").iterdir()} >= {"report.html", "report.json", "network.html"}
    strict = run("run", RATES, bad, LEDGER, "-o", tmp_path / "strict", "--strict")
    assert (strict.code, (tmp_path / "strict" / "out" / "report.html").exists()) == (4, False)


def test_an_empty_case_can_be_analysed_drawn_and_reported(run: Run, empty: Path) -> None:
    for step in ("analyse", "cluster", "match", "link", "plot", "report", "check"):
        assert run(step, empty).code == 0, step
    reports = run("analyse", empty, "--json").json
    assert [report["step"] for report in reports] == ["cluster", "match", "link"]
    assert any("no organiser is known" in line for line in reports[2]["remarks"])
    assert (empty / "out" / "report.html").is_file()


def test_steps_before_analyse_say_to_run_it(run: Run, empty: Path) -> None:
    assert run("add", empty, LEDGER).code == 0
    for step in ("plot", "report", "match", "link"):
        shown = run(step, empty)
        assert (shown.code, "trails analyse" in shown.err or "trails cluster" in shown.err) == (8, True), step
    asked = run("why", empty, "hawala:party:amber-jade:alder", "hawala:party:amber-jade:office amber")
    assert (asked.code, "trails analyse" in asked.err) == (2, True)
    assert run("analyse", empty).code == 0
    assert run("plot", empty, "-o", empty.parent / "elsewhere").code == 0
    assert (empty.parent / "elsewhere" / "network.html").is_file()


def test_demo_never_replaces_a_case_of_ones_own(run: Run, empty: Path) -> None:
    kept = (empty / "case.duckdb").read_bytes()
    shown = run("demo", "-o", empty)
    assert (shown.code, "a case of your own" in shown.err) == (2, True)
    assert (empty / "case.duckdb").read_bytes() == kept
