"""Results are never older than what they rest on: what writes files refuses, what answers questions says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trails.case import Case
from trails.cli import cli
from trails.errors import StaleError
from trails.fresh import MADE_BY, find_stale, read_steps, say_stale
from trails.pipeline import analyse_case, cluster_case, link_case, match_case
from trails.tables import INFERENCES, STEPS
from trails.views import write_pictures, write_report


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


def run(*said: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, list(said))
    if done.exception and not isinstance(done.exception, SystemExit):
        assert getattr(done.exception, "exit_code", 1) == code, done.exception
    else:
        assert done.exit_code == code, done.output
    return done


def stale(folder: Path) -> list[tuple[str, str]]:
    with Case.open(folder, read_only=True) as case:
        return find_stale(case)


def judge_a_claim(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        (claim,) = case.con.execute("SELECT min(claim_id) FROM claims WHERE state = 'accepted'").fetchall()[0]
    run("judge", str(folder), f"claim:{claim}", "reject", "--why", "PayJoin")


CHANGES: dict[str, tuple[Any, str, str]] = {
    "a rejected claim": (judge_a_claim, "cluster", "judgement 10 (of a claim) came after `trails cluster`"),
    "a declared role": (
        lambda folder: run("declare", str(folder), "node:51", "--role", "driver", "--why", "x"), "cluster",
        "judgement 10 (of a node) came after `trails cluster`",
    ),
    "a judged code": (
        lambda folder: run("code", str(folder), "4718", "--state", "coerced", "--why", "x"), "match",
        "judgement 10 (of a code) came after `trails match`",
    ),
    "a judged role": (
        lambda folder: run("judge", str(folder), "role:26", "accept", "--why", "x"), "link",
        "judgement 10 (of a role) came after `trails link`",
    ),
    "a rejected match": (
        lambda folder: run("judge", str(folder), "match:1", "reject", "--why", "x"), "match",
        "judgement 10 (of a match) came after `trails match`",
    ),
    "another setting of the match": (
        lambda folder: run("settings", str(folder), "--set", "window_hours=48", "--why", "x"), "match",
        "settings changed after `trails match`: window_hours 72 to 48",
    ),
    "another setting of the walk": (
        lambda folder: run("settings", str(folder), "--set", "max_hops=2", "--why", "x"), "link",
        "settings changed after `trails link`: max_hops 6 to 2",
    ),
    "a new clustering": (
        lambda folder: run("cluster", str(folder)), "match", "`trails match` has not been run since `trails cluster`"),
    "a new match": (lambda folder: run("match", str(folder)), "link", "`trails link` has not been run since `trails match`"),
    "a new file": (
        lambda folder: run("add", str(folder), str(Path("connectors/rates/sample.csv"))), "cluster",
        "1 file was added after `trails cluster`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_files_are_refused_and_questions_say_so(change: str, folder: Path) -> None:
    make, step, why = CHANGES[change]
    assert stale(folder) == []
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    make(folder)
    assert stale(folder)[0] == (step, why)
    remedy = f"trails {'link' if step == 'link' else 'analyse'} {folder}"
    for command in ("report", "plot"):
        done = run(command, str(folder), code=StaleError.exit_code)
        assert why in str(done.exception)
        assert remedy in str(done.exception)
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before
    shown = run("sql", str(folder), "SELECT count(*) AS n FROM findings", "--json")
    assert json.loads(shown.stdout)["stale"] is True
    assert shown.stderr.startswith(f"stale: results are older than what they rest on: {why}")
    assert shown.stderr.count("\n") == 1
    facts = run("sql", str(folder), "SELECT count(*) AS n FROM transfers", "--json")
    assert json.loads(facts.stdout)["stale"] is False
    run(*remedy.split()[1:])
    assert stale(folder) == []
    if step == "link":
        run("report", str(folder))


@pytest.mark.parametrize("command", [
    ("why", "node:1", "node:2"), ("strike", "claim:1"), ("code", "4718"), ("cite", "finding:1"), ("judge",),
    ("sql", "SELECT * FROM roles"),
])  # fmt: skip
def test_every_question_says_where_it_answers_from_stale_results(command: tuple[str, ...], folder: Path) -> None:
    name, *rest = command
    run("cluster", str(folder)) if name not in ("why", "strike", "code", "cite") else judge_a_claim(folder)
    shown = run(name, str(folder), *rest, "--json")
    assert json.loads(shown.stdout)["stale"] is True
    assert shown.stderr.startswith("stale: ")
    assert run(name, str(folder), *rest).stderr.startswith("stale: ")


def test_a_citation_of_a_fact_is_never_stale(folder: Path) -> None:
    judge_a_claim(folder)
    assert json.loads(run("cite", str(folder), "transfer:1", "--json").stdout)["stale"] is False


def test_the_picture_of_a_match_is_refused_too(folder: Path) -> None:
    run("match", str(folder), "--explain", "1")
    run("judge", str(folder), "match:1", "unsure", "--why", "x")
    run("match", str(folder), "--explain", "1", code=StaleError.exit_code)


def test_results_of_another_version_are_stale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trails.fresh.__version__", "9.9")
    found = stale(folder)
    assert [step for step, _ in found] == ["cluster", "match", "link"]
    assert "and this is 9.9" in found[0][1]


def test_a_step_refuses_to_build_on_stale_results(folder: Path) -> None:
    judge_a_claim(folder)
    with Case.open(folder) as case:
        for step in (match_case, link_case):
            with pytest.raises(StaleError, match="judgement 10"):
                step(case)
        cluster_case(case)
        with pytest.raises(StaleError, match="`trails match` has not been run since"):
            link_case(case)


def test_settings_that_nobody_accepted_are_said_by_every_command_that_writes(folder: Path) -> None:
    path = folder / "case.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("max_hops = 6", "max_hops = 5"), encoding="utf-8")
    said = "note: case.toml was changed since log line 1 and nobody accepted that: trails settings"
    for command in ("analyse", "report"):
        assert said in run(command, str(folder)).stderr
    run("settings", str(folder), "--accept", "--why", "memo of 3 May")
    assert "nobody accepted" not in run("report", str(folder)).stderr


def test_a_case_never_analysed_writes_nothing(case: Case) -> None:
    assert say_stale(case) == f"nothing was analysed yet; run `trails analyse {case.folder}`"
    for write in (write_pictures, write_report):
        with pytest.raises(StaleError):
            write(case, case.folder / "out")
    analyse_case(case)
    assert say_stale(case) is None


def test_every_table_of_inferences_is_made_by_a_step_and_listed_once(folder: Path) -> None:
    assert set(MADE_BY) == set(INFERENCES)
    assert set(MADE_BY.values()) == set(STEPS)
    with Case.open(folder, read_only=True) as case:
        steps = read_steps(case)
        assert list(steps) == list(STEPS)
        assert steps["link"].before == steps["match"].line
        assert steps["match"].before == steps["cluster"].line
        commands = {json.loads(line)["n"]: json.loads(line)["command"] for line in case.log_lines()}
        assert [commands[steps[step].line] for step in STEPS] == list(STEPS)


def test_a_new_clustering_empties_what_rested_on_the_old_one(folder: Path) -> None:
    with Case.open(folder) as case:
        cluster_case(case)
        assert case.con.execute("SELECT DISTINCT protected FROM roles").fetchall() == [(True,)], "these alone stay"
        for name in INFERENCES:
            if MADE_BY[name] != "cluster" and name != "roles":
                assert case.con.execute(f"SELECT count(*) FROM {name}").fetchall() == [(0,)], name
