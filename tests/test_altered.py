"""Alterations from outside that somebody thought about: found by `check`, and never written over by the next command."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.contents import record_contents
from trails.errors import CaseError, TrailsError
from trails.judgements import declare_role
from trails.log import hash_line
from trails.verify import verify_case

DRIVER = "tron:TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yk"
#: Tables with a whole number of their own for every row, and what that is called where the name does not say it.
KEYED = ("nodes", "transfer_rows", "events", "prices", "tags", "claim_rows", "entities", "transactions")
KEYS = {"transfer_rows": "transfer_id", "claim_rows": "claim_id", "entities": "node_id", "transactions": "tx_id"}


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


def alter(folder: Path, *statements: str) -> None:
    with duckdb.connect(str(folder / "case.duckdb")) as con:
        for statement in statements:
            con.execute(statement)


def problems(folder: Path) -> list[str]:
    with Case.open(folder, read_only=True) as case:
        return verify_case(case).problems


def declare(folder: Path) -> None:
    with Case.open(folder) as case:
        declare_role(case, DRIVER, "dispatcher", why="x", also=True)


@pytest.mark.parametrize("number", [-1, -5, -300_000, 2_000_000_000])
def test_a_row_with_a_number_that_no_row_of_ours_has(folder: Path, number: int) -> None:
    keys = {table: KEYS.get(table, f"{table.removesuffix('s')}_id") for table in KEYED}
    alter(folder, *(
        f"INSERT INTO {table} BY NAME SELECT * REPLACE ({number} AS {key}) FROM {table} LIMIT 1" for table, key in keys.items()
    ))  # fmt: skip
    found = [text.partition(",")[0].partition(" is")[0] for text in problems(folder)]
    assert sorted(found) == sorted(f"table `{table}`" for table in KEYED)


def test_a_forged_judgement_is_not_written_over(folder: Path) -> None:
    alter(folder, "UPDATE judgements SET why = 'forged' WHERE judgement_id = 1")
    before = (folder / "log.jsonl").read_bytes()
    with pytest.raises(CaseError, match="somebody changed table `judgements` from outside; nothing was written over it"):
        declare(folder)
    assert (folder / "log.jsonl").read_bytes() == before
    assert len(problems(folder)) == 1


def test_a_forged_judgement_is_not_written_over_where_its_recorded_hash_is_forged_too(folder: Path) -> None:
    alter(folder, "UPDATE judgements SET why = 'forged' WHERE judgement_id = 1")
    with duckdb.connect(str(folder / "case.duckdb")) as con:
        record_contents(con, {"judgements": None})
    with pytest.raises(CaseError, match="somebody changed table `judgements` from outside"):
        declare(folder)
    assert len(problems(folder)) == 1


def test_a_forged_amount_is_not_written_over_by_the_next_file(folder: Path) -> None:
    from connectors import rates
    from trails.ingest import add_source

    alter(folder, "UPDATE prices SET quote = 'XXX' WHERE price_id = 1")
    with Case.open(folder) as case, pytest.raises(CaseError, match="somebody changed table `prices`"):
        add_source(case, Path(str(rates.__file__)).parent / "sample.csv")
    assert len(problems(folder)) == 1


def test_results_that_were_altered_are_made_anew(folder: Path) -> None:
    from trails.pipeline import analyse_case

    alter(folder, "DELETE FROM links WHERE link_id = 1", "DELETE FROM findings WHERE finding_id = 3")
    assert len(problems(folder)) == 2
    with Case.open(folder) as case:
        analyse_case(case)
    assert problems(folder) == []


def test_a_case_that_says_it_is_older_is_compared_before_it_is_upgraded(folder: Path) -> None:
    alter(folder, "UPDATE transfer_rows SET amount = amount + 1 WHERE transfer_id = 1", "UPDATE about SET schema = 1")
    with pytest.raises(CaseError, match="somebody changed table `about`; table `transfer_rows`, transfer_id 0 to 262,143 from"):
        declare(folder)


def test_a_result_that_waits_does_not_hide_a_forged_one(folder: Path) -> None:
    out = folder / "out"
    (out / ".trails-new").mkdir()
    shutil.copy(out / "report.html", out / ".trails-new" / "report.html")
    assert problems(folder) == []
    (out / "report.html").write_text("<h1>forged</h1>")
    assert [text[:27] for text in problems(folder)] == ["out/report.html was changed"]
    (out / "report.html").unlink()
    assert problems(folder) == [], "a command that was stopped before it put the file in its place"


def test_settings_that_wait_do_not_hide_forged_ones(folder: Path) -> None:
    path = folder / "case.toml"
    shutil.copy(path, folder / "case.toml.ready")
    path.write_text(path.read_text().replace("window_hours = 72", "window_hours = 1"))
    assert [text[:21] for text in problems(folder)] == ["case.toml was changed"]


@pytest.mark.parametrize("change", ["n = n * 2", "n = n + 10", "n = -n"])
def test_the_numbers_of_the_record_of_the_log(folder: Path, change: str) -> None:
    alter(folder, f"UPDATE journal SET {change}")
    assert "the lines of the case's own record of the log are not numbered as they were" in problems(folder)
    with pytest.raises(CaseError):
        declare(folder)


def test_how_texts_are_compared(folder: Path) -> None:
    alter(folder, "ALTER TABLE nodes ALTER COLUMN key TYPE VARCHAR COLLATE NOCASE")
    with pytest.raises(CaseError, match="table `nodes` has another form"):
        problems(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
@pytest.mark.parametrize("name", ["log.jsonl", "out", "sources"])
def test_a_pipe_in_the_place_of_a_part_is_refused_and_not_waited_for(folder: Path, name: str) -> None:
    path = folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    os.mkfifo(path)
    with pytest.raises(CaseError, match=f"{name} is no f"):
        problems(folder)


def test_a_database_that_was_cut_is_said_to_be_in_one_sentence(folder: Path) -> None:
    database = folder / "case.duckdb"
    os.truncate(database, database.stat().st_size - 4096)
    for words in (("check", folder), ("cite", folder, "finding:1"), ("analyse", folder)):
        done = subprocess.run([sys.executable, "-m", "trails", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 3, (words, done)
        assert "Traceback" not in done.stderr
        assert done.stderr.count("\n") <= 2, done.stderr


def refuse(*words: object) -> str:
    """What a command says that does nothing because the case was altered."""
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert isinstance(done.exception, CaseError), (words, done.output, done.exception)
    return str(done.exception)


def cut(folder: Path) -> None:
    """Take the last line away, from the record and the file alike."""
    path = folder / "log.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    alter(folder, f"DELETE FROM journal WHERE n = {len(lines)}")


def rename_author(folder: Path) -> None:
    """Another author of the last line, in the record and the file alike."""
    path = folder / "log.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[-1] = lines[-1].replace('"who":"', '"who":"x')
    path.write_text("".join(lines), encoding="utf-8")
    alter(folder, f"UPDATE journal SET line = replace(line, '\"who\":\"', '\"who\":\"x') WHERE n = {len(lines)}")


def forge_anchor(folder: Path) -> None:
    alter(folder, "UPDATE anchor SET lines = 3, head = '00'")


@pytest.mark.parametrize("change", [cut, rename_author, forge_anchor])
def test_no_command_makes_an_altered_record_of_the_log_look_whole(folder: Path, change: Callable[[Path], None]) -> None:
    change(folder)
    found = problems(folder)
    assert len(found) == 1
    assert "anchor" in found[0]
    with pytest.raises(CaseError, match=r"anchor.*; nothing was changed"):
        declare(folder)
    for words in (["report", folder], ["plot", folder], ["analyse", folder], ["judge", folder, "claim:1", "unsure", "--why", "x"]):
        assert "anchor" in refuse(*words)
    assert problems(folder) == found


def test_whoever_accepts_an_altered_anchor_says_so_and_it_stays_in_the_log(folder: Path) -> None:
    lines = len((folder / "log.jsonl").read_text(encoding="utf-8").splitlines())
    forge_anchor(folder)
    done = CliRunner().invoke(cli, ["check", str(folder), "--mend-log", "--why", "restored from the office's copy"])
    assert done.exit_code == 0, done.output
    last = json.loads((folder / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert last["record_altered"] == [f"the case's anchor counts 3 log lines, its record has {lines}"]
    assert problems(folder) == []


def test_a_line_altered_in_the_record_itself_cannot_be_mended(folder: Path) -> None:
    alter(folder, "UPDATE journal SET line = replace(line, '\"who\":\"', '\"who\":\"x') WHERE n = 5")
    assert "log line 6 does not follow line 5" in refuse("check", folder, "--mend-log", "--why", "x")
    assert len(problems(folder)) > 0


@pytest.mark.parametrize("statement", [
    "UPDATE findings SET wording = replace(wording, 'consistent', 'CERTAIN')", "UPDATE roles SET protected = false",
    "UPDATE transfer_rows SET amount = amount * 10 WHERE transfer_id = 30", "UPDATE sources SET name = 'x' WHERE source_id = 1",
])  # fmt: skip
def test_nothing_leaves_from_altered_tables(folder: Path, statement: str) -> None:
    alter(folder, statement)
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    for words in (["report"], ["plot", "--table"], ["match", "--explain", "1"]):
        said = refuse(words[0], folder, *words[1:])
        assert "not written: table `" in said
        assert "`trails check" in said
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == before


def test_nothing_leaves_where_an_original_is_gone(folder: Path) -> None:
    next((folder / "sources").iterdir()).unlink()
    assert "is missing from sources/" in refuse("report", folder)


def test_a_setting_is_not_changed_over_an_edit_that_nobody_accepted(folder: Path) -> None:
    path = folder / "case.toml"
    path.write_text(path.read_text().replace("max_hops = 6", "max_hops = 3"))
    command = ["settings", str(folder), "--set", "window_hours=48", "--why", "x"]
    assert "nobody accepted it" in refuse(*command)
    assert [text[:21] for text in problems(folder)] == ["case.toml was changed"]
    assert CliRunner().invoke(cli, ["settings", str(folder), "--accept", "--why", "agreed"]).exit_code == 0
    assert CliRunner().invoke(cli, command).exit_code == 0
    assert problems(folder) == []


HOSTILE_LINES = (
    '{"n":"x","command":"report","outputs":5,"tables":7,"prev":1,"at":3}',
    "[" * 100_000,
    "[]",
    "null",
    '{"n":22,"prev":"","at":"2026-01-01T00:00:00","who":"x","command":"report"}',
    '{"n":22,"prev":"","at":"2026-01-01T00:00:00+00:00","who":"x","command":"report","outputs":["x"]}',
    '{"n":22,"prev":"","at":"2026-01-01T00:00:00+00:00","who":"x","command":"report","tables":{"x":5}}',
    '{"n":22,"prev":"","at":"2026-01-01T00:00:00+00:00","who":"x","command":"report","removed":[{}]}',
    '{"n":22,"prev":"","at":"2026-01-01T00:00:00+00:00","who":"\\ud800","command":"report"}',
)
#: A row that is altered, and a command that reads it.
HOSTILE_ROWS = {
    "UPDATE steps SET settings = '{' WHERE step = 'link'": ("report",),
    "UPDATE steps SET settings = '[]'": ("plot",),
    "UPDATE steps SET settings = '{\"settings\": 5}'": ("report",),
    "UPDATE steps SET settings = '{}' WHERE step = 'match'": ("link",),
    "UPDATE sources SET options = '[]' WHERE source_id = 1": ("judge", "claim:1", "unsure", "--why", "x"),
    "UPDATE sources SET options = '{\"companions\": 5}' WHERE source_id = 1": ("judge", "claim:1", "unsure", "--why", "x"),
    "UPDATE sources SET options = '{\"unheard\": 5}'": ("cite", "finding:1"),
    "UPDATE sources SET sha256 = '../case.toml'": ("cite", "finding:1"),
    "UPDATE findings SET evidence = '[5]'": ("report",),
    "UPDATE findings SET conditions = '[{}]'": ("report",),
    "UPDATE roles SET conditions = '{'": ("link",),
    "UPDATE matches SET explanation = '[5]'": ("match", "--explain", "1"),
    "UPDATE codes SET anomalies = '{'": ("link",),
    "UPDATE judgements SET target = 'nothing'": ("report",),
    "UPDATE assets SET decimals = -1": ("report",),
}


def ask(folder: Path, *words: str) -> TrailsError | None:
    """The error that a command ends with; anything but one of ours fails the test."""
    done = CliRunner().invoke(cli, [words[0], str(folder), *words[1:]])
    assert done.exception is None or isinstance(done.exception, TrailsError | SystemExit), (words, done.exc_info)
    return done.exception if isinstance(done.exception, TrailsError) else None


def replace_last_line(folder: Path, line: str, *, anchored: bool) -> int:
    """Put another line in the place of the log's last, in the record and in the file; ``anchored`` counts it too. Its number:
    questions that were logged made the shared case's log longer."""
    with duckdb.connect(str(folder / "case.duckdb")) as con:
        lines = [text for (text,) in con.execute("SELECT line FROM journal ORDER BY n").fetchall()]
        line = line.replace('"n":22', f'"n":{len(lines)}')
        if anchored:
            line = line.replace('"prev":""', f'"prev":"{hash_line(lines[-2])}"')
            con.execute("UPDATE anchor SET head = ?", [hash_line(line)])
        con.execute("UPDATE journal SET line = ? WHERE n = ?", [line, len(lines)])
    (folder / "log.jsonl").write_text("\n".join([*lines[:-1], line, ""]))
    return len(lines)


@pytest.mark.parametrize("anchored", [True, False])
@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_a_log_line_that_no_command_writes(folder: Path, line: str, *, anchored: bool) -> None:
    last = replace_last_line(folder, line, anchored=anchored)
    found = ask(folder, "check")
    assert found is not None
    assert found.exit_code == 3
    assert f"log line {last} is not as trails writes it" in found.message
    ask(folder, "report")
    refused = ask(folder, "judge", "claim:1", "unsure", "--why", "x")
    assert refused is not None
    assert refused.exit_code == 3


@pytest.mark.parametrize(("statement", "words"), HOSTILE_ROWS.items())
def test_a_row_that_no_command_writes(folder: Path, statement: str, words: tuple[str, ...]) -> None:
    alter(folder, statement)
    found = ask(folder, "check")
    assert found is not None
    assert found.exit_code == 3
    assert f"table `{statement.split()[1]}`" in found.message
    ask(folder, *words)


def test_an_error_of_the_program_is_not_blamed_on_somebody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr("trails.views.build_document", fail)
    assert isinstance(CliRunner().invoke(cli, ["report", str(folder)]).exception, KeyError)
    alter(folder, "UPDATE findings SET wording = 'x'")
    found = ask(folder, "report")
    assert found is not None
    assert "table `findings` is not what was written" in found.message, "looked at before anything is written"
    assert isinstance(CliRunner().invoke(cli, ["plot", str(folder)]).exception, CaseError)
    monkeypatch.setattr("trails.cite.cite", fail)
    found = ask(folder, "cite", "node:1")
    assert found is not None
    assert "somebody changed table `findings` from outside" in found.message


@pytest.mark.parametrize("statement", [
    "UPDATE about SET schema = 1, made_by = '0.1.0'", "DELETE FROM about", "UPDATE about SET schema = -1",
    "UPDATE about SET schema = 1; DELETE FROM contents", "UPDATE about SET schema = 1; ALTER TABLE contents RENAME rows TO many",
    "UPDATE about SET schema = 1; ALTER TABLE journal RENAME line TO text", "UPDATE about SET schema = 1; DROP TABLE steps",
])  # fmt: skip
def test_what_says_it_is_older_is_no_circle_of_advice(folder: Path, statement: str) -> None:
    alter(folder, statement)
    before = (folder / "case.duckdb").read_bytes()
    for words in (("check",), ("analyse",), ("judge", "claim:1", "unsure", "--why", "x")):
        found = ask(folder, *words)
        assert found is not None
        assert found.exit_code == 3
        assert "somebody changed table `" in found.message
        assert "No command can undo that: go on with an earlier copy of the case, or ask whoever sent it" in found.message
        assert "run `trails" not in found.message
    assert (folder / "case.duckdb").read_bytes() == before


@pytest.mark.parametrize(("name", "data"), [("123.part", b"half"), (hashlib.sha256(b"whole").hexdigest(), b"whole")])
def test_what_a_stopped_command_left_is_told_from_what_somebody_put_there(folder: Path, name: str, data: bytes) -> None:
    (folder / "sources" / name).write_bytes(data)
    (folder / "sources" / ("ab" * 32)).write_bytes(b"another")
    left, strange = sorted(problems(folder), key=lambda text: "ab" * 32 in text)
    assert left == (
        f"sources/ holds a file that no source of the case is: {name}; a stopped command may have left it, and the next command "
        "that changes the case takes it out again, and says so"
    )
    assert strange == f"sources/ holds a file that no source of the case is: {'ab' * 32}"
    with Case.open(folder) as case:
        (said,) = case.notices
    assert said.startswith(f"a stopped command had left {'a half-copied original' if data == b'half' else 'the original'}")
    assert problems(folder) == [strange]
