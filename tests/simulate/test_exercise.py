"""The training day: what is handed out when, a solution that the truth bears out, a sheet that adds up."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.errors import UsageError
from trails.handover import add_folder
from trails.ingest import add_source
from trails.simulate.exercise.package import make_exercise
from trails.simulate.exercise.scoring import score_sheet
from trails.simulate.truth import read_truth

INJECTS = ["start", "vasp", "freeze", "phone", "clock", "defence", "coercion", "foreign"]


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exercise") / "out"
    make_exercise(folder, seed=3)
    return folder


def test_the_same_seed_gives_the_same_package(exercise: Path, tmp_path: Path) -> None:
    make_exercise(tmp_path / "again", seed=3)
    for path in sorted(exercise.rglob("*")):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(exercise)).read_bytes() == path.read_bytes(), path


def test_injects_are_released_in_order_and_the_clock_can_be_shorter(exercise: Path, tmp_path: Path) -> None:
    said = json.loads((exercise / "exercise.json").read_text(encoding="utf-8"))
    assert [each["key"] for each in said["injects"]] == INJECTS
    minutes = [each["minute"] for each in said["injects"]]
    assert minutes == sorted(set(minutes))
    assert minutes[-1] < said["minutes"] == 240
    assert make_exercise(tmp_path / "short", seed=3, minutes=90)["injects"][-1]["minute"] < 90


def test_participants_are_given_nothing_of_the_answers(exercise: Path) -> None:
    handed = [p for part in ("participants", "injects") for p in (exercise / part).rglob("*") if p.is_file()]
    names = {path.name for path in (exercise / "participants").rglob("*")}
    assert not [name for name in names if name.startswith("exchange_")]
    for path in handed:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        assert "ANSWER KEY" not in text
        assert "Solution" not in text
        assert "M1," not in text


def test_the_first_day_and_every_inject_can_be_read(exercise: Path, tmp_path: Path) -> None:
    with Case.create(tmp_path / "case") as case:
        add_folder(case, exercise / "participants" / "evidence")
        for number, key in enumerate(INJECTS, start=1):
            folder = exercise / "injects" / f"{number:02}_{key}"
            assert (folder / "note.md").read_text(encoding="utf-8").startswith("# ")
            for path in sorted(folder.iterdir()):
                if path.suffix in (".csv", ".json"):
                    assert add_source(case, path).rows_read
        frozen = case.con.execute("SELECT count(*) FROM events WHERE kind = 'freeze'").fetchone()
        assert frozen is not None
        assert frozen[0] >= 1
        conflicts = case.con.execute("SELECT count(*) FROM issues WHERE code = 'time_contradiction'").fetchone()
        assert conflicts is not None
        assert conflicts[0] > 0, "the wrong clock must contradict the answer of the API"


def test_the_corrected_export_has_the_same_rows_two_hours_earlier(exercise: Path) -> None:
    def read(path: Path) -> list[list[str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    wrong = read(exercise / "participants" / "evidence" / "tron_explorer.csv")
    right = read(exercise / "injects" / "05_clock" / "tron_explorer_utc.csv")
    assert [row[:2] + row[3:] for row in wrong] == [row[:2] + row[3:] for row in right]
    assert all(a[2] != b[2] for a, b in zip(wrong[1:], right[1:], strict=True))


def test_the_solution_names_what_the_truth_holds(exercise: Path) -> None:
    solution = (exercise / "facilitator" / "solution.md").read_text(encoding="utf-8")
    tables = read_truth(exercise)
    coerced = [each for each in tables["movements"] if each["kind"] == "coerced"]
    assert coerced
    for each in coerced:
        assert f"{each['movement']}," in solution
    chain = [each for each in tables["trails"] if each["state"] != "unobservable"]
    assert chain
    for each in chain:
        assert f"({each['steps'].split('|')[-1]})" in solution
    for person in {trap["subject"] for trap in tables["traps"] if trap["trap"] == "payroll"}:
        assert person in solution


def test_the_second_phone_says_something_else(exercise: Path) -> None:
    solution = (exercise / "facilitator" / "solution.md").read_text(encoding="utf-8")
    phone = (exercise / "injects" / "04_phone" / "second_phone.txt").read_text(encoding="utf-8")
    told = [line.split("second phone ")[1].strip("'") for line in solution.splitlines() if "second phone '" in line]
    assert len(told) == 2
    for text in told:
        assert text in phone


def fill(sheet: Path, to: Path, *, share: str = "1", harm: str = "0", minute: str = "") -> Path:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["awarded"] = harm if row["kind"] == "harm" else share
        row["done_minute"] = minute if row["kind"] == "request" else ""
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return to


def test_the_sheet_adds_up(exercise: Path, tmp_path: Path) -> None:
    sheet = exercise / "facilitator" / "scoring.csv"
    assert [given for _, given, _ in score_sheet(sheet)] == [0, 0, 0, 0]
    full = {kind: (given, most) for kind, given, most in score_sheet(fill(sheet, tmp_path / "full.csv", minute="1"))}
    assert full["all"][0] == full["all"][1] > 100
    late = {kind: given for kind, given, _ in score_sheet(fill(sheet, tmp_path / "late.csv", minute="999"))}
    assert late["request"] == full["request"][0] / 2
    harmed = {kind: given for kind, given, _ in score_sheet(fill(sheet, tmp_path / "harm.csv", harm="2", minute="1"))}
    assert harmed["harm"] == -130
    assert harmed["all"] == full["all"][0] - 130


@pytest.mark.parametrize(("share", "problem"), [("1.5", "from 0 to 1"), ("much", "'much' is no number"), ("-1", "from 0 to 1")])
def test_a_sheet_that_cannot_be_says_where(exercise: Path, tmp_path: Path, share: str, problem: str) -> None:
    filled = fill(exercise / "facilitator" / "scoring.csv", tmp_path / "bad.csv", share=share)
    with pytest.raises(UsageError, match=r"bad\.csv, row 2, column awarded") as refused:
        score_sheet(filled)
    assert problem in str(refused.value)


def test_other_files_are_no_sheets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no scoring sheet"):
        score_sheet(tmp_path / "a.csv")


@pytest.mark.parametrize("minutes", [5, 10_000])
def test_a_day_has_a_length(tmp_path: Path, minutes: int) -> None:
    with pytest.raises(UsageError, match="60 to 600 minutes"):
        make_exercise(tmp_path / "out", seed=1, minutes=minutes)
    assert not (tmp_path / "out").exists()


def test_the_command(tmp_path: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(cli, ["exercise", str(tmp_path / "out"), "--seed", "3"])
    assert made.exit_code == 0
    assert "A second phone" in made.output
    shown = runner.invoke(cli, ["exercise", "--score", str(tmp_path / "out" / "facilitator" / "scoring.csv"), "--json"])
    assert json.loads(shown.output)["harm"] == {"given": 0.0, "of": 0.0}
    assert runner.invoke(cli, ["exercise"]).exit_code != 0
