"""`trails check` finds what was altered: a slice of the campaigns `make tamper` and `make kills`, and each kind by name."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.campaigns.tamper import flip_and_check, list_files
from trails.case import Case
from trails.cli import cli
from trails.errors import CaseError
from trails.verify import verify_case
from trails.views import write_report


@pytest.fixture
def folder(demo_as_made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_as_made, tmp_path / "case"))


def problems(folder: Path) -> list[str]:
    with Case.open(folder, read_only=True) as case:
        return verify_case(case).problems


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_an_untouched_case_is_unchanged(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        found = verify_case(case)
    assert found.problems == []
    assert found.notes == []
    assert (found.originals, found.outputs) == (7, 7)


@pytest.mark.parametrize("seed", range(60))
def test_a_flipped_bit_is_found_or_shown_to_change_no_content(seed: int, demo_as_made: Path, tmp_path: Path) -> None:
    assert flip_and_check(demo_as_made, tmp_path, seed) in ("found", "no content")


def test_flips_reach_every_kind_of_file(demo_as_made: Path) -> None:
    kinds = {path.relative_to(demo_as_made).parts[0] for path in list_files(demo_as_made)}
    assert kinds == {"case.duckdb", "case.toml", "log.jsonl", "out", "sources"}


def test_an_altered_original(folder: Path) -> None:
    path = min((folder / "sources").iterdir())
    overwrite(path, path.read_bytes() + b" ")
    assert len(problems(folder)) == 1
    assert "was changed: its SHA-256 is no longer" in problems(folder)[0]
    path.unlink()
    assert "is missing from sources/" in problems(folder)[0]


def test_a_file_put_among_the_originals(folder: Path) -> None:
    (folder / "sources" / ("ab" * 32)).write_text("planted")
    assert problems(folder) == [f"sources/ holds a file that no source of the case is: {'ab' * 32}"]


def test_an_altered_table_says_since_which_line(folder: Path) -> None:
    with Case.open(folder) as case:
        case.con.execute("UPDATE transfer_rows SET amount = amount * 10 WHERE transfer_id = 30")
    (problem,) = problems(folder)
    assert problem.startswith("table `transfer_rows`, transfer_id 0 to 262,143 is not what was written with log line ")


def test_a_table_altered_with_its_recorded_hash(folder: Path) -> None:
    """Whoever also mends the recorded hash is given away by the log."""
    from trails.contents import record_contents

    with Case.open(folder) as case:
        case.con.execute("DELETE FROM judgements WHERE judgement_id = 2")
        record_contents(case.con, {"judgements": None})
    (problem,) = problems(folder)
    assert problem.startswith("table `judgements` is not what was written with log line ")


@pytest.mark.parametrize("lines", [1, 3])
def test_log_lines_taken_away_from_file_and_database(folder: Path, lines: int) -> None:
    path = folder / "log.jsonl"
    kept = path.read_text().splitlines()[:-lines]
    path.write_text("\n".join(kept) + "\n")
    assert problems(folder) == [
        f"log.jsonl: the last {lines} line{'s' if lines > 1 else ''} of {len(kept) + lines} were cut off"
    ]
    with Case.open(folder, recover=False) as case:
        case.con.execute("DELETE FROM journal WHERE n > ?", [len(kept)])
    found = problems(folder)
    assert f"the case's anchor counts {len(kept) + lines} log lines, its record has {len(kept)}" in found


def test_a_line_in_the_middle(folder: Path) -> None:
    path = folder / "log.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], lines[5].replace("demo analyst", "somebody"), *lines[6:]]) + "\n")
    changed = 6 if "demo analyst" in lines[5] else None
    if changed is None:
        path.write_text("\n".join([*lines[:5], lines[5] + " ", *lines[6:]]) + "\n")
    assert problems(folder) == ["log.jsonl: line 6 is not what the case's own record says"]


def test_settings_and_results(folder: Path) -> None:
    path = folder / "case.toml"
    path.write_text(path.read_text().replace("# Settings", "#  Settings"))
    report = folder / "out" / "report.html"
    report.write_text(report.read_text().replace("Alder", "Elder"))
    found = problems(folder)
    assert [text[:30] for text in found] == ["case.toml was changed since lo", "out/report.html was changed si"]


def test_notes_are_no_problems(folder: Path) -> None:
    (folder / "out" / "mine.txt").write_text("x")
    (folder / "notes.md").write_text("x")
    (folder / "out" / "report.html").unlink()
    with Case.open(folder, read_only=True) as case:
        found = verify_case(case)
    assert found.problems == []
    assert [note[:14] for note in found.notes] == ["out/report.htm", "out/mine.txt w", "notes.md stand"]


def test_an_older_report_in_the_place_of_one_that_waits_is_said(folder: Path) -> None:
    out, waiting = folder / "out", folder / "out" / ".trails-new"
    older = (out / "report.html").read_bytes()
    with Case.open(folder) as case:
        write_report(case, out)
    waiting.mkdir()
    (out / "report.html").rename(waiting / "report.html")
    (out / "report.html").write_bytes(older)
    (waiting / "report.json").write_text("planted")
    with Case.open(folder, read_only=True) as case:
        found = verify_case(case)
    assert (found.problems, found.waiting) == ([], ["report.html"])
    assert found.notes[0].startswith("out/report.html is not the result of log line ")
    assert found.notes[0].endswith("What stands in its place is an older one, or nothing: do not use it")
    assert found.notes[1].startswith("out/.trails-new/ holds 1 file that no log line names: report.json; ")
    shown = CliRunner().invoke(cli, ["check", str(folder)]).stdout
    assert "All unchanged, but 1 result not in place yet (see above). Log unbroken" in shown
    with Case.open(folder) as case:
        assert case.notices == ["1 finished file of a stopped command went to the place in out/ meant for it"]
    with Case.open(folder, read_only=True) as case:
        assert verify_case(case).notes == []
    assert (out / "report.html").read_bytes() != older


def test_a_link_in_the_place_of_the_folder_where_results_wait_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "out" / ".trails-new").symlink_to(tmp_path)
    with Case.open(folder, read_only=True) as case:
        (note,) = verify_case(case).notes
    assert note.startswith("out/.trails-new is no folder: ")


@pytest.mark.parametrize("name", ["case.toml.ready", "log.jsonl.part", "case.duckdb.tmp/x"])
def test_what_stands_beside_the_files_of_a_case_is_said(folder: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("planted")
    with Case.open(folder, read_only=True) as case:
        found = verify_case(case)
    assert found.problems == []
    assert [note.partition(" stands beside the case's files; ")[0] for note in found.notes] == [name.partition("/")[0]]


def test_rows_without_end_are_altered_and_not_counted_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trails.contents.BLOCK", 1 << 12)
    monkeypatch.setattr("trails.accounting.list_issues", None)
    with Case.open(folder) as case:
        case.con.execute(
            "INSERT INTO issues SELECT i.* REPLACE (1000000 + r.range % 100 AS issue_id) FROM (SELECT * FROM issues LIMIT 1) i, "
            "range(20000) r"
        )
    done = CliRunner().invoke(cli, ["check", str(folder)])
    assert isinstance(done.exception, CaseError)
    assert "CHANGED: table `issues`" in done.stdout
    assert "note: no account of the files: issues hold far more rows than were written" in done.stdout


def test_a_record_of_the_log_without_end_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trails.case._MOST_RECORD", 1 << 16)
    with Case.open(folder) as case:
        case.con.execute("INSERT INTO journal SELECT 1000 + range, '' FROM range(2000)")
        with pytest.raises(CaseError, match="is longer than any log"):
            case.log_lines()


def test_an_original_of_another_size_is_changed_without_being_read(folder: Path) -> None:
    path = min((folder / "sources").iterdir())
    path.chmod(0o600)
    os.truncate(path, 1 << 40)
    assert "was changed: its SHA-256 is no longer" in problems(folder)[0]


def test_results_older_than_the_last_analysis_are_noted(folder: Path) -> None:
    from trails.pipeline import analyse_case

    with Case.open(folder) as case:
        analyse_case(case)
        assert verify_case(case).notes[0].startswith("older than the last analysis: out/network.csv")


def test_it_works_on_a_medium_that_cannot_be_written_to(folder: Path) -> None:
    modes = {path: path.stat().st_mode for path in [folder, *folder.rglob("*")]}
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path, mode in modes.items():
        path.chmod(stat.S_IMODE(mode) & ~0o222)
    try:
        done = CliRunner().invoke(cli, ["check", str(folder), "--json"], catch_exceptions=False)
    finally:
        for path, mode in modes.items():
            path.chmod(stat.S_IMODE(mode))
    assert json.loads(done.stdout)["unchanged"] is True
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_command_lists_every_problem_and_ends_with_3(folder: Path) -> None:
    (folder / "sources" / "planted").write_text("x")
    (folder / "out" / "report.json").write_text("{}")
    done = CliRunner().invoke(cli, ["check", str(folder)])
    assert isinstance(done.exception, CaseError)
    assert done.exception.exit_code == 3
    assert done.stdout.count("CHANGED: ") == 2
    assert "All unchanged" not in done.stdout
    shown = json.loads(CliRunner().invoke(cli, ["check", str(folder), "--json"]).stdout)
    assert (shown["unchanged"], len(shown["problems"])) == (False, 2)


def test_an_original_that_a_stopped_add_left_is_taken_out_aloud(folder: Path) -> None:
    import hashlib

    data = b"left behind"
    name = hashlib.sha256(data).hexdigest()
    (folder / "sources" / name).write_bytes(data)
    (folder / "sources" / "1-x.part").write_bytes(data)
    (folder / "sources" / ("00" * 32)).write_bytes(data)
    assert len(problems(folder)) == 3
    with Case.open(folder) as case:
        assert case.notices == [
            "a stopped command had left a half-copied original; it was taken out again, add the file anew",
            f"a stopped command had left the original {name[:12]}... without adding it; it was taken out again, add the file anew"
        ]
    assert problems(folder) == [f"sources/ holds a file that no source of the case is: {'00' * 32}"], (
        "not named by its hash: not ours"
    )


def test_a_killed_new_is_made_anew_and_anything_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    Case.create(folder).close()
    (folder / "case.toml").unlink()
    with Case.create(folder) as case:
        assert case.notices == [f"{folder} held a case that was never finished; it is made anew"]
    done = CliRunner().invoke(cli, ["new", str(folder)])
    assert "it is a case already: add files to it" in str(done.exception)
    (folder / "case.toml").unlink()
    (folder / "sources" / "x").write_text("evidence")
    assert "choose a new name" in str(CliRunner().invoke(cli, ["new", str(folder)]).exception)
    assert (folder / "sources" / "x").read_text() == "evidence"
    assert [path.name for path in (folder / "sources").iterdir()] == ["x"]
