"""What an analyst declares: with a reason, in the log in full, never against another declaration without a word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trails.case import Case
from trails.cli import cli
from trails.errors import TrailsError, UsageError

ALDER = "tron:TXUg7FY2xmLDoqEs2LHAftgzCEbM17yx5b"
#: Another wallet of the same entity, joined by a claim.
SAME = "bitcoin:bc1qh5pkfzf3yvvrghs44rqm4yw3qwzwdwuqv86psk"


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


def run(*words: object, code: int = 0, said: str | None = None) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in words], input=said)
    got = done.exception.exit_code if isinstance(done.exception, TrailsError) else done.exit_code
    assert got == code, (words, done.output, done.exception)
    return done


def read_roles(folder: Path) -> set[tuple[str, str]]:
    with Case.open(folder, read_only=True) as case:
        return set(case.con.execute(
            "SELECT role, basis FROM roles JOIN entities USING (entity_id) JOIN nodes USING (node_id) WHERE rail || ':' || key = ?",
            [ALDER],
        ).fetchall())  # fmt: skip


@pytest.mark.parametrize("node", [ALDER, SAME], ids=["the same node", "another node of the same entity"])
def test_a_role_against_another_of_the_same_entity_is_refused_with_both_shown(folder: Path, node: str) -> None:
    done = run("declare", folder, node, "--role", "driver", "--why", "seen at the wheel", code=2)
    said = str(done.exception)
    assert "is declared organiser by demo analyst (judgement 1:" in said
    assert "--also" in said
    assert "--instead if driver replaces" in said
    with Case.open(folder, read_only=True) as case:
        assert case.con.execute("SELECT count(*) FROM judgements").fetchone() == (9,)


def test_the_reason_of_the_other_declaration_names_no_payer(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        row = case.con.execute(
            "SELECT n.label FROM nodes n JOIN entities USING (node_id) JOIN roles USING (entity_id) WHERE role = 'payer' "
            "AND length(n.label) > 6 ORDER BY n.node_id"
        ).fetchone()
    assert row
    run("declare", folder, ALDER, "--role", "organiser", "--why", f"{row[0]} says so")
    said = str(run("declare", folder, ALDER, "--role", "driver", "--why", "x", code=2).exception)
    assert "says so" in said
    assert row[0] not in said


def test_also_keeps_both_and_a_finding_says_so(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "driver", "--why", "drives too", "--also")
    shown = run("analyse", folder).output
    assert "is declared driver and organiser at once" in shown or "is declared organiser and driver at once" in shown
    assert read_roles(folder) == {("organiser", "declared"), ("driver", "declared")}
    with Case.open(folder, read_only=True) as case:
        rows = case.con.execute("SELECT wording FROM findings WHERE kind = 'role_conflict'").fetchall()
    assert len(rows) == 1
    run("report", folder)
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert '<section class="finding role_conflict">' in report


def test_instead_replaces(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "driver", "--why", "a mix-up", "--instead")
    run("analyse", folder)
    assert ("organiser", "declared") not in read_roles(folder)
    assert ("driver", "declared") in read_roles(folder)


def test_none_takes_a_declaration_back(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "none", "--why", "a mix-up")
    run("analyse", folder)
    assert not {role for role, basis in read_roles(folder) if basis == "declared"}


def test_the_reason_is_asked_for(folder: Path) -> None:
    with Case.open(folder) as case, pytest.raises(UsageError, match="needs its reason"):
        from trails.judgements import declare_role

        declare_role(case, ALDER, "organiser", why=" ")
    assert "why" in str(run("declare", folder, ALDER, "--role", "organiser", code=2).exception or "").lower()


@pytest.mark.parametrize(("role", "protected"), [("recruiter", False), ("victim", True), ("minor", True), ("third_party", True)])
def test_the_further_roles_are_taken_and_three_are_protected(folder: Path, role: str, *, protected: bool) -> None:
    run("declare", folder, "node:51", "--role", role, "--why", "x")
    run("analyse", folder)
    with Case.open(folder, read_only=True) as case:
        rows = case.con.execute(
            "SELECT role, protected FROM roles JOIN entities USING (entity_id) WHERE node_id = 51 AND basis = 'declared'"
        ).fetchall()
        links = case.con.execute("SELECT count(*) FROM hops JOIN transfers USING (transfer_id) WHERE 51 IN (src, dst)").fetchone()
    assert rows == [(role, protected)]
    assert links is not None
    assert (links[0] == 0) or not protected


def test_who_what_and_when_stand_in_the_log_in_full(folder: Path) -> None:
    run("declare", folder, "node:143", "--role", "driver", "--why", "message 77", "--who", "Insp. Made Up")
    line = json.loads((folder / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "declare"
    text = json.dumps(line)
    for part in ("Insp. Made Up", "message 77", "driver", "bc1q4wvapnva45p2em66ev4g4exwk5z9knnugw87u2"):
        assert part in text, part
    assert any(key in line for key in ("at", "time", "when")), line
