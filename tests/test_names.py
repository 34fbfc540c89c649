"""Files with names nobody expects go through every command: not UTF-8, very long, with a line end, with signs that act."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import LEDGER, Run, run
from trails.case import Case
from trails.connector import ReadOptions
from trails.ingest import add_source
from trails.vault import vault_file

__all__ = ["run"]  # a fixture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only on Linux may a file's name be any bytes")
RATES = LEDGER.parent / "rates.csv"
MAPPED = LEDGER.parent / "ledger_amber.csv"
#: A name, and how it is shown.
NAMES = {
    "bytes that are no text": (b"ra\xfftes\x80.csv", r"ra\xfftes\x80.csv"),
    "254 bytes": (b"r" * 250 + b".csv", "r" * 250 + ".csv"),
    "254 bytes of a wide script": ("\u0442".encode() * 125 + b".csv", "\u0442" * 125 + ".csv"),
    "a line end": (b"rates\nkept 9.csv", r"rates\nkept 9.csv"),
    "reversed": (b"rates\xe2\x80\xaevsc.csv", r"rates\u202evsc.csv"),
    "clears the screen": (b"rates\x1b[2J.csv", r"rates\u001b[2J.csv"),
    "mark-up of the progress bar": (b"rates[red].csv", "rates[red].csv"),
}
each_name = pytest.mark.parametrize("which", NAMES)
ACTING = "\x1b\u202e\u2028\r\x07"


def shown_bytes(name: str) -> str:
    return name.replace("\udcff", r"\xff").replace("\udc80", r"\x80")


def put(folder: Path, which: str, content: Path = RATES) -> Path:
    path = Path(os.fsdecode(os.path.join(os.fsencode(folder), NAMES[which][0])))  # noqa: PTH118 - Path joins no bytes
    shutil.copyfile(content, path)
    return path


def test_every_command_takes_and_shows_them(run: Run, tmp_path: Path) -> None:
    rows, case = RATES.read_text(encoding="utf-8").splitlines(keepends=True), tmp_path / "case"
    paths = [put(tmp_path, which) for which in NAMES]
    for number, path in enumerate(paths):  # the same content twice would be one file
        path.write_text("".join(rows[: len(rows) - number]), encoding="utf-8")
    shown = run("run", *paths, "-o", case)
    assert shown.code == 0, shown.err
    for number, (path, (name, shown_name)) in enumerate(zip(paths, NAMES.values(), strict=True), start=1):
        assert f"\n{shown_name}: source {number}, rates" in f"\n{shown.out}"
        again = run("add", case, path)
        assert (again.code, again.out) == (0, f"{shown_name}: already in the case as source {number}; nothing changed\n")
        assert os.fsdecode(name)[-4:] in (case / "out" / "report.json").read_text(encoding="utf-8")
    asked = (("check",), ("check", "--all-rows"), ("report",), ("sql", "SELECT name FROM sources ORDER BY source_id"))
    for command, *more in asked:
        said = run(command, case, *more)
        assert said.code == 0, (command, said.err)
        assert not any(sign in said.out for sign in ACTING), command
        assert "kept 9.csv\n" not in said.out.replace(NAMES["a line end"][1], "")
        assert command == "report" or not [each for _, each in NAMES.values() if each not in said.out], command
    with Case.open(case, read_only=True) as opened:
        prices = opened.con.execute("SELECT min(price_id) FROM prices GROUP BY source_id ORDER BY source_id").fetchall()
    for (price,), (_, shown_name) in zip(prices, NAMES.values(), strict=False):
        said = run("cite", case, f"price:{price}")
        assert (said.code, shown_name in said.out) == (0, True), said
        assert not any(sign in said.out for sign in ACTING)


@each_name
def test_json_holds_the_same_name_safely(run: Run, tmp_path: Path, which: str) -> None:
    path = put(tmp_path, which)
    run("new", tmp_path / "case")
    reports = run("add", tmp_path / "case", path, "--json")
    assert reports.json[0]["name"] == shown_bytes(os.fsdecode(NAMES[which][0]))
    assert not any(sign in reports.out for sign in ACTING)


def test_the_same_name_gives_the_same_text_and_is_known_again(case: Case, tmp_path: Path) -> None:
    path = put(tmp_path, "bytes that are no text")
    first = add_source(case, path)
    assert first.name == r"ra\xfftes\x80.csv"
    assert add_source(case, path).already_known
    other = path.with_name(os.fsdecode(b"ra\xfetes\x80.csv"))
    path.rename(other)
    assert add_source(case, other).name == r"ra\xfetes\x80.csv"


@pytest.mark.parametrize("which", ["bytes that are no text", "a line end", "reversed"])
def test_a_mapping_beside_a_strange_name_is_found(case: Case, tmp_path: Path, which: str) -> None:
    path = put(tmp_path, which, MAPPED)
    shutil.copyfile(f"{MAPPED}.mapping.toml", path.with_name(f"{path.name}.mapping.toml"))
    report = add_source(case, path, options=ReadOptions(timezone="Europe/Istanbul"))
    assert (report.connector, report.rows_kept > 0) == ("hawala_ledger", True)


@each_name
def test_a_folder_names_it_as_it_is_shown_when_it_is_no_text(run: Run, tmp_path: Path, which: str) -> None:
    folder = tmp_path / "handed"
    folder.mkdir()
    put(folder, which)
    name = shown_bytes(os.fsdecode(NAMES[which][0]))
    (folder / "handover.toml").write_text(f"[[file]]\nname = {json.dumps(name)}\nconnector = 'rates'\n", encoding="utf-8")
    run("new", tmp_path / "case")
    shown = run("add", tmp_path / "case", folder)
    assert shown.code == 0, shown.err
    assert "chosen with --as" in shown.out


def test_two_names_that_look_the_same_in_a_folder_are_refused(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "handed"
    folder.mkdir()
    put(folder, "bytes that are no text")
    (folder / r"ra\xfftes\x80.csv").write_bytes(RATES.read_bytes())
    run("new", tmp_path / "case")
    shown = run("add", tmp_path / "case", folder)
    assert (shown.code, "the names of two files look the same" in shown.err) == (2, True)


@each_name
def test_an_error_about_it_is_one_line(run: Run, tmp_path: Path, which: str) -> None:
    path, shown_name = put(tmp_path, which), NAMES[which][1]
    path.write_bytes(b"nothing that is known")
    run("new", tmp_path / "case")
    for args in (("add", tmp_path / "case", path), ("add", tmp_path / "case", path.with_name(path.name[:-1])),
                 ("evaluate", "ownership", tmp_path / "case", "--owners", path)):  # fmt: skip
        shown = run(*args)
        assert shown.code in (2, 4), args
        assert shown.err.count("\n") == 1, shown.err
        assert not any(sign in shown.err for sign in ACTING)
        assert shown_name[:-1] in shown.err


def test_a_path_in_wrong_use_is_shown_safely(run: Run) -> None:
    for args in (("add", "c", LEDGER, "--mapping", "no\x1b[2J\nfile"), ("add\x1b[2J\n", "x"),
                 ("add", "case", "f", "--no\x1b[2J\nsuch")):  # fmt: skip
        shown = run(*args)
        assert shown.code == 2
        assert "\x1b" not in shown.err
        # click itself writes some of what was typed as Python would
        assert re.search(r"\\(x1b|u001b)\[2J\\n", shown.err)


def test_the_vault_takes_a_name_as_long_as_names_can_be(tmp_path: Path) -> None:
    path = tmp_path / ("\U0001f4b8" * 63)  # 252 bytes in 63 signs
    path.write_bytes(b"x\n")
    (tmp_path / "sources").mkdir()
    assert vault_file(path, tmp_path / "sources")[0].name == path.name


def test_a_terminal_sees_a_progress_line_without_signs_that_act() -> None:
    script = (
        "import sys\nfrom rich.console import Console\nimport rich.console\n"
        "rich.console.Console = lambda **_: Console(force_terminal=True, file=sys.stdout, width=200)\n"
        "from trails.cli.options import show_progress\n"
        "with show_progress('reading a[red]b\\x1b[2J\\u202ec\\udcff'): pass\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert rb"reading a[red]b\u001b[2J\u202ec\xff" in done.stdout
