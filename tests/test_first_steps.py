"""The first steps of somebody new: nothing readable makes nothing, what was left is taken up, and every refusal says what to do."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trails.case import Case
from trails.cli import cli
from trails.cli.case import _repeat
from trails.demo import CASE_PACKAGE
from trails.errors import TrailsError
from trails.verify import verify_case

FILES = Path(__file__).parent.parent / "examples" / CASE_PACKAGE.split(".")[-1]
RATES = FILES / "rates.csv"


def run(*words: object, code: int = 0, input: str | None = None) -> Result:  # noqa: A002 - the runner's own word
    done = CliRunner().invoke(cli, [str(word) for word in words], input=input)
    got = done.exception.exit_code if isinstance(done.exception, TrailsError) else done.exit_code
    assert got == code, (words, done.output, done.exception)
    return done


def problem(done: Result) -> str:
    assert isinstance(done.exception, TrailsError)
    return "\n".join(done.exception.lines())


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "an empty folder"])
def test_nothing_readable_makes_nothing_and_the_same_command_can_be_given_again(tmp_path: Path, there: bool) -> None:
    output, file = tmp_path / "case", tmp_path / "later.csv"
    if there:
        output.mkdir()
    done = run("run", file, "-o", output, code=4)
    assert "nothing could be read, so no case was made" in problem(done)
    assert output.exists() is there
    assert not there or not list(output.iterdir())
    shutil.copy(RATES, file)
    run("run", file, "-o", output)
    assert (output / "out" / "report.html").is_file()


def test_a_run_that_was_killed_is_taken_up_by_the_same_command(tmp_path: Path) -> None:
    output, bad = tmp_path / "case", tmp_path / "bad.txt"
    bad.write_text("hello\n")
    script = (
        "import os, signal, sys, trails.pipeline, trails.cli\n"
        "trails.pipeline.analyse_case = lambda case: os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.argv = ['trails', *sys.argv[1:]]\ntrails.cli.main()\n"
    )
    words = ["run", str(RATES), str(bad), "-o", str(output)]
    killed = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, check=False)
    assert killed.returncode == -9
    assert not (output / "out" / "report.html").exists()
    log = (output / "log.jsonl").read_bytes()
    for other in (["run", str(RATES), "-o", str(output)], [*words, "--timezone", "Europe/Sarajevo"]):
        assert "was left unfinished by a run of other files" in problem(run(*other, code=2))
    assert (output / "log.jsonl").read_bytes() == log
    done = run(*words, code=4)
    assert "was left unfinished by an earlier run; it is taken up again" in done.output
    with Case.open(output, read_only=True) as case:
        assert case.con.execute("SELECT name FROM sources").fetchall() == [("rates.csv",)]
    record = json.loads((output / "out" / "report.json").read_text(encoding="utf-8"))["record"]
    assert [each["name"] for each in record["not_read"]] == ["bad.txt"]
    assert "is a case already" in problem(run(*words, code=2))


def test_nothing_is_written_into_a_case_but_what_belongs_to_it(demo: Path, tmp_path: Path) -> None:
    """Neither another case nor the sources of this one are a place for a report, a picture, a case or a simulation."""
    case, other = (Path(shutil.copytree(demo, tmp_path / name)) for name in ("case", "other"))
    wrong = [
        *(("report", case, "-o", place) for place in (case, case / "sources", case / "out" / "deep", other / "out")),
        ("plot", case, "-o", other / "sources"), ("match", case, "--explain", "1", "-o", case / "sources"),
        ("new", other / "sources" / "x"), ("run", RATES, "-o", other / "out" / "x"), ("simulate", other / "x"),
        ("exercise", other / "x"), ("demo", "-o", other / "x"),
    ]  # fmt: skip
    for words in wrong:
        assert "inside the case" in problem(run(*words, code=2)), words
    for each in (case, other):
        with Case.open(each, read_only=True) as opened:
            found = verify_case(opened)
        assert (found.problems, [note for note in found.notes if "none of trails' files" in note]) == ([], [])


def test_a_case_that_somebody_made_is_no_place_for_a_run(tmp_path: Path) -> None:
    run("new", tmp_path / "case")
    run("add", tmp_path / "case", RATES)
    assert "is a case already: add files with `trails add" in problem(run("run", RATES, "-o", tmp_path / "case", code=2))


def test_rows_without_a_zone_are_told_with_the_command_that_reads_them(tmp_path: Path) -> None:
    case, file = tmp_path / "case", tmp_path / "rates.csv"
    times = [*(f"2024-08-{day:02} 10:00:00" for day in range(1, 11)), *(f"2024-08-{day:02}T10:00:00Z" for day in range(11, 14))]
    file.write_text("date,base,quote,rate,source\n" + "".join(f"{time},EUR,USD,1.09,made\n" for time in times))
    run("new", case)
    shown = run("add", case, file).output
    assert "10 of 13 rows refused because their times state no zone" in shown
    hint = re.search(r"^\s*trails (add .* --timezone ZONE)$", shown, re.MULTILINE)
    assert hint, shown
    assert "kept 10" in run(*shlex.split(hint[1].replace("ZONE", "Europe/Sarajevo"))).output


def test_the_command_that_helps_repeats_what_was_said_before(tmp_path: Path) -> None:
    case, file, mapping = tmp_path / "case", tmp_path / "my rates.csv", tmp_path / "a map.toml"
    given = {"connector": "rates", "mapping_path": mapping, "companions": (Path("x y"),), "timezone": None}
    run("new", case)
    with Case.open(case) as opened:
        assert shlex.split(_repeat(opened, file, given)) == [
            str(file), "--as", "rates", "--mapping", str(mapping), "--with", "x y",
        ]  # fmt: skip


def test_a_run_in_which_every_row_is_refused_makes_nothing_and_says_what_to_say(tmp_path: Path) -> None:
    file, output = tmp_path / "rates.csv", tmp_path / "case"
    file.write_text("date,base,quote,rate,source\n2024-08-01 10:00:00,EUR,USD,1.09,made\n2024-08-02 10:00:00,EUR,USD,1.1,made\n")
    said = problem(run("run", file, "-o", output, code=4))
    assert "2 rows refused, none kept, since their times state no zone; say --timezone ZONE with the same command" in said
    assert not output.exists()
    run("run", file, "-o", output, "--timezone", "Europe/Sarajevo")


def test_advice_of_a_run_is_given_where_the_case_stays(tmp_path: Path) -> None:
    file, output = tmp_path / "rates.csv", tmp_path / "case"
    file.write_text("date,base,quote,rate,source\n2024-08-01 10:00:00,EUR,USD,1.09,made\n2024-08-02,EUR,USD,-1,made\n")
    done = run("run", file, "-o", output, code=4)
    assert "trails add" not in done.output
    assert "2 rows refused, none kept, 1 of them since" in problem(done)
    shown = run("run", file, RATES, "-o", output).output
    assert f"trails add {output} {file} --timezone ZONE" in shown
    assert "says why" not in shown


def test_a_file_of_which_every_row_is_refused_is_kept_and_ends_with_4(tmp_path: Path) -> None:
    case, file = tmp_path / "case", tmp_path / "rates.csv"
    file.write_text("date,base,quote,rate,source\n2024-08-01 10:00:00,EUR,USD,1.09,made\n")
    run("new", case)
    done = run("add", case, file, RATES, code=4)
    assert "read 1 = kept 0 + duplicate 0 + skipped 0 + refused 1" in done.output
    assert problem(done) == f"no row of rates.csv could be used; what was refused stands in `trails check {case}`"
    assert "no row of rates.csv could be used" in problem(run("add", case, file, code=4)), "known already, and as useless"
    with Case.open(case, read_only=True) as opened:
        assert opened.con.execute("SELECT rows_refused FROM sources ORDER BY 1").fetchall() == [(0,), (1,)]
    assert json.loads(run("add", case, file, "--timezone", "UTC", "--json").output)[0]["rows_kept"] == 1


@pytest.mark.parametrize(("content", "advice"), [
    (b"%PDF-1.7 x", "a PDF is not read"), (b"\x89PNG\r\n\x1a\n" + bytes(20), "a picture is not read"),
    (b"SQLite format 3\x00" + bytes(99), "a phone's database is not read"),
    (b"<!DOCTYPE html><p>x", "a saved web page is not read"),
])  # fmt: skip
def test_a_format_that_nobody_reads_is_told_what_to_ask_for(tmp_path: Path, content: bytes, advice: str) -> None:
    (tmp_path / "x.bin").write_bytes(content)
    run("new", tmp_path / "case")
    said = problem(run("add", tmp_path / "case", tmp_path / "x.bin", code=4))
    assert advice in said
    assert "ask for" in said or "use the site's own export" in said
    assert "howto-files" in said


@pytest.mark.parametrize("written", ["miki", "MIKI", "Мики"])
def test_declare_knows_a_name_in_any_case_and_offers_it_from_other_scripts(demo: Path, tmp_path: Path, written: str) -> None:
    case = Path(shutil.copytree(demo, tmp_path / "case"))
    words = ("declare", case, written, "--role", "recruiter", "--why", "x", "--also")
    if written.isascii():
        done = CliRunner().invoke(cli, [str(word) for word in words])
        if done.exit_code == 0:
            return
        said = problem(done)
    else:
        said = problem(run(*words, code=2))
    assert "node:48" in said
    assert "hawala" in said


def test_screen_takes_the_beginning_of_an_id_as_reports_print_it(demo: Path) -> None:
    report = (demo / "out" / "report.html").read_text(encoding="utf-8")
    with Case.open(demo, read_only=True) as case:
        ids = [key for (key,) in case.con.execute("SELECT key FROM nodes WHERE rail = 'bitcoin' AND kind = 'junction'").fetchall()]
    whole = next(each for each in ids if each in report)
    assert len({run("screen", demo, whole[:length]).output for length in (64, 12, 8)}) == 1
    printed = re.findall(r"trails screen \S+ ([0-9a-f]+)", report)
    for prefix in printed:
        assert [each for each in ids if each.startswith(prefix)]


def test_the_first_demo_says_how_long_it_takes_and_why() -> None:
    said = " ".join(run("demo", "--help").output.split())
    assert "the first time on a machine a minute or two" in said
    assert "compiled" in said
    assert "under a minute" not in said
