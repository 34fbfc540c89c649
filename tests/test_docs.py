"""The documentation says what the program does: commands, connectors, links, and the five-minute case, really run."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import _COMMANDS, cli
from trails.connector import list_connectors
from trails.links import payers
from trails.links.signs import PROOF_HOURS
from trails.pseudonyms import LENGTH
from trails.settings import SETTINGS
from trails.tables import TABLES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tracked_files() -> list[Path]:
    """The files of the repository; of an unpacked copy without git, everything beside it that is text by its suffix."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git here: the list of tracked files is unknown")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_readme_names_every_command(name: str) -> None:
    assert f"`trails {name}`" in section("Commands")


def test_the_readme_names_no_command_that_is_not_there() -> None:
    documents = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "trails" / "docs").rglob("*.md"))]
    named = {name for text in documents for name in re.findall(r"`trails ([a-z]+)", text)}
    assert named <= set(_COMMANDS)


def test_the_readme_lists_exactly_the_installed_connectors() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", section("What it reads"), re.MULTILINE)
    assert sorted(listed) == [connector.name for connector in list_connectors()]


def test_the_exit_codes_of_the_readme_are_those_of_the_help() -> None:
    numbers = re.findall(r"[ ,](\d+) [a-z]", " " + section("Commands").split("Exit codes:")[1])
    assert numbers == re.findall(r"[ ,](\d+) [a-z]", (cli.epilog or "").split("Exit codes:")[1])


def test_the_five_minute_case_runs_as_it_is_written_and_ends_where_the_demo_ends(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    text = section("The five-minute case")
    steps, alone = text.split("```")[1], text.split("```")[3]
    lines = [line for line in steps.splitlines() if line.startswith("trails ")]
    assert len(lines) >= 12
    for line in lines:
        run_line(line)
    assert (tmp_path / "river" / "out" / "report.html").is_file()
    counts = count_rows(tmp_path / "river")
    assert counts == count_rows(demo)
    assert f"{counts['links']} links from the organiser to drivers, {counts['findings']} findings" in text
    run_line(alone.strip())
    assert count_rows(tmp_path / "river")["judgements"] == counts["judgements"] + 1


def run_line(line: str) -> None:
    """A command of the README, run as it is written."""
    shown = CliRunner().invoke(cli, shlex.split(line, comments=True)[1:])
    assert shown.exit_code == 0, f"{line}\n{shown.output}\n{shown.exception}"
    assert shown.output.strip(), line


def count_rows(folder: Path) -> dict[str, int]:
    """How many rows each table of a case has."""
    with Case.open(folder, read_only=True) as case:
        return {name: int(case.con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]) for name in TABLES}


def test_the_practice_of_the_readme_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    block = section("How often it is wrong, and a day to practise").split("```")[1]
    lines = [line for line in block.splitlines() if line.startswith("trails ")]
    assert len(lines) == 4
    for line in lines:
        run_line(line)
    assert (tmp_path / "training-day" / "facilitator" / "guide.md").is_file()


def test_internal_links_point_to_something() -> None:
    pages = [*ROOT.glob("*.md"), ROOT / "connectors" / "README.md", *(ROOT / "trails" / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert not broken


def test_paths_named_in_the_readme_exist() -> None:
    for named in re.findall(r"`((?:examples|connectors|trails|tests)/[\w./]+)`", README):
        assert (ROOT / named).exists(), named


def test_every_public_function_and_class_says_what_it_is() -> None:
    silent = []
    for path in sorted((ROOT / "trails").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
        silent += [
            f"{path.relative_to(ROOT)}: {node.name}"
            for node in defined
            if not node.name.startswith("_") and not ast.get_docstring(node)
        ]
    assert not silent


def test_no_file_names_a_folder_of_one_machine() -> None:
    marks = [f"/{name}/".encode() for name in ("work", "home", "Users")] + [b"/tmp/" + b"venv"]
    found = [
        f"{path.relative_to(ROOT)}: {mark.decode()}"
        for path in tracked_files()
        for mark in marks
        if mark in path.read_bytes()
    ]
    assert not found


def test_the_page_on_people_says_the_limits_of_the_rule_and_what_was_measured() -> None:
    docs = ROOT / "trails" / "docs"
    page = " ".join((docs / "method-people.md").read_text(encoding="utf-8").split())
    for said in (
        f"1 to {payers.MOST_PAYMENTS} payments, EUR {payers.LEAST_EUR} to {payers.MOST_EUR:,} in all",
        f"through an operator from EUR {payers.OPERATOR_LEAST_EUR}",
        f"paid by {payers.FAN_IN} at least",
        f"pays fewer than {payers.WIDE_PAYEES} others",
        f"within {PROOF_HOURS} hours after a proof",
        f"under {SETTINGS['fuel_usd'].default} USD, and anything under {SETTINGS['dust_usd'].default} USD",
        f"It has {LENGTH * 5} bits",
    ):
        assert said in page, said
    assert payers.BATCH_PEOPLE == 3
    assert payers.BATCH_HOURS == 24
    accuracy = " ".join((docs / "accuracy.md").read_text(encoding="utf-8").split())
    measured = re.search(r"Protected are [^.]*\.", accuracy)
    assert measured
    assert measured[0] in page, "the page on people repeats the sentence of accuracy.md on all scenarios together"
