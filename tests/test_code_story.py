"""``trails code`` and ``trails match --explain`` on the bundled case."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.code_story import tell_code, write_story
from trails.errors import UsageError
from trails.pipeline import analyse_case


def run(*said: str) -> str:
    done = CliRunner().invoke(cli, list(said), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_code_is_told_in_order_with_intervals_and_citations(demo: Path) -> None:
    shown = run("code", str(demo), "4 7-1 8")
    assert "Code 4718 of amber-jade" in shown
    assert shown.index("held ") < shown.index("in_leg") < shown.index("  authorised ") < shown.index("  paid  ")
    assert "use: secret_release" in shown
    assert "ledger_amber.csv row 3 [transfer:1]" in shown
    assert "order: authorised then paid: in order" in shown
    assert "if the clock of ledger_jade.xlsx is off by 1 h or more" in shown
    assert "match: Payout transfer" in shown
    assert run("code", str(demo), "amber-jade:4718") == shown == run("code", str(demo), "\u06f4\u06f7\u06f1\u06f8")


def test_the_story_names_no_payer(demo: Path) -> None:
    with Case.open(demo, read_only=True) as case:
        labels = [
            str(label) for (label,) in case.con.execute(
                "SELECT DISTINCT n.label FROM nodes n JOIN transfers t ON t.src = n.node_id WHERE t.kind = 'deposit' "
                "AND n.label <> ''"
            ).fetchall()
        ]  # fmt: skip
        codes = [str(text) for (text,) in case.con.execute("SELECT DISTINCT text FROM codes").fetchall()]
        shown = "\n".join("\n".join(write_story(story)) for text in codes for story in tell_code(case, text))
    assert len(labels) > 5
    assert not [label for label in labels if label in shown]


def test_programs_get_the_same_as_json(demo: Path) -> None:
    answer = json.loads(run("code", str(demo), "4718", "--json"))
    assert answer["stale"] is False
    (story,) = answer["codes"]
    assert story["state"] == "paid"
    assert [step["basis"] for step in story["steps"]].count("inferred") == 3
    assert all(step["rows"] for step in story["steps"])


def test_a_wrong_code_names_near_ones(demo: Path) -> None:
    with Case.open(demo, read_only=True) as case, pytest.raises(UsageError, match="near it: amber-jade:4718"):
        tell_code(case, "4717")


def test_a_judgement_needs_a_reason_and_changes_the_story(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(demo, folder)
    refused = CliRunner().invoke(cli, ["code", str(folder), "4718", "--state", "coerced"])
    assert refused.exit_code != 0
    shown = run("code", str(folder), "4718", "--state", "coerced", "--why", "threat in message 3", "--who", "analyst")
    assert "Judgement" in shown
    run("code", str(folder), "4718", "--use", "payee_token", "--why", "a torn note", "--who", "analyst")
    with Case.open(folder) as case:
        analyse_case(case)
        (story,) = tell_code(case, "4718")
        coerced = case.con.execute("SELECT least, evidence FROM proceeds WHERE line = 'coerced'").fetchall()
    assert (story["state"], story["use"]) == ("coerced", "payee_token")
    assert any(step["basis"] == "judged" and "threat in message 3" in step["wording"] for step in story["steps"])
    assert coerced[0][0] > 0
    assert json.loads(coerced[0][1])


def test_a_match_is_explained_in_bits_and_drawn(demo: Path, tmp_path: Path) -> None:
    with Case.open(demo, read_only=True) as case:
        ((number, weight),) = case.con.execute(
            "SELECT match_id, weight FROM matches WHERE kind = 'payout' AND state = 'link' ORDER BY match_id LIMIT 1"
        ).fetchall()
    said = json.loads(run("match", str(demo), "--explain", str(number), "-o", str(tmp_path), "--json"))
    assert sum(each["bits"] for each in said["explanation"]) == pytest.approx(weight, abs=0.05)
    svg = (tmp_path / f"match-{number}.svg").read_text(encoding="utf-8")
    assert f"Match {number}: payout transfer" in svg
    assert "an inference, not a fact" in svg
    shown = run("match", str(demo), "--explain", str(number), "-o", str(tmp_path))
    assert "amount" in shown
    wrong = CliRunner().invoke(cli, ["match", str(demo), "--explain", "9999"])
    assert "no match has the number 9999" in str(wrong.exception)


def test_every_table_of_codes_holds_what_was_found(demo: Path) -> None:
    with Case.open(demo, read_only=True) as case:
        count = {
            name: int(case.con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])
            for name in ("codes", "states", "nettings", "proceeds", "matches")
        }
        total = case.con.execute(
            "SELECT least <= central AND central <= most, wording FROM proceeds WHERE line = 'total'"
        ).fetchall()
    assert count["codes"] == 18
    assert count["states"] > 3 * count["codes"]
    assert count["nettings"] >= 2
    assert count["proceeds"] == 5
    assert total[0][0]
    assert total[0][1].startswith("Brought by ")
