"""What a stopped command left is taken up by the next: the moments at which that once went wrong, set up by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.database import connect, read_catalogue
from trails.errors import CaseError, UsageError
from trails.recover import REMOVED, hash_file, is_begun, keep_altered, remove_case
from trails.settings import write_config
from trails.simulate.folder import UNFINISHED, fill_folder, hash_files
from trails.upgrade import upgrade_copy
from trails.verify import verify_case

ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Case.create(tmp_path / "case", pseudonym_key="ab" * 32).close()
    return tmp_path / "case"


def commands(folder: Path) -> list[str]:
    with Case.open(folder, read_only=True) as case:
        return [json.loads(line)["command"] for line in case.log_lines()]


def problems(folder: Path) -> list[str]:
    with Case.open(folder, read_only=True) as case:
        return verify_case(case).problems


def test_settings_that_were_logged_and_not_yet_in_place_are_in_force(folder: Path) -> None:
    with Case.open(folder) as case:
        config = {**case.config, "settings": {**case.settings, "window_hours": 48}}
        write_config(folder / "case.toml.ready", config)
        with case.change("settings", {"case_toml": hash_file(folder / "case.toml.ready")}):
            pass
    with Case.open(folder, read_only=True) as case:
        assert case.settings["window_hours"] == 48
    assert problems(folder) == []
    with Case.open(folder) as case:
        assert case.settings["window_hours"] == 48
        case.change_settings({"max_hops": 4}, why="the next change keeps what the stopped one said")
    with Case.open(folder, read_only=True) as case:
        assert (case.settings["window_hours"], case.settings["max_hops"]) == (48, 4)


@pytest.mark.parametrize("left", ["", "sources/x", "notes.txt", "case.toml"])
def test_the_advice_about_a_folder_that_is_no_case_can_be_followed(folder: Path, left: str) -> None:
    (folder / ("case.duckdb" if left == "case.toml" else "case.toml")).unlink()
    if left and left != "case.toml":
        (folder / left).write_text("somebody's")
    with pytest.raises(CaseError) as refused:
        Case.open(folder)
    advised = f"make it anew with `trails new {folder}`" in str(refused.value)
    assert advised == (left == "")
    if advised:
        assert CliRunner().invoke(cli, ["new", str(folder)]).exit_code == 0
        return
    assert "make a new case under another name" in str(refused.value)
    with pytest.raises(UsageError, match="choose a new name"):
        Case.create(folder)


def test_a_case_that_is_taken_away_in_part_is_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "sources" / "x").write_text("x")
    plain, parts = Path.unlink, sum(path.is_file() for path in folder.iterdir())
    for most in range(parts):
        place = Path(shutil.copytree(folder, folder.with_name(f"copy-{most}")))
        left = [most]

        def unlink(path: Path, *, missing_ok: bool = False, left: list[int] = left) -> None:
            if not left[0]:
                raise InterruptedError
            left[0] -= 1
            plain(path, missing_ok=missing_ok)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", unlink)
            with suppress(InterruptedError):
                remove_case(place)
        with pytest.raises(CaseError, match="a stopped command left it unfinished; make it anew with `trails new"):
            Case.open(place)
        with Case.create(place) as case:
            assert case.notices == [f"{place} held a case that was never finished; it is made anew"]
        assert problems(place) == []


def test_a_run_that_takes_up_a_case_says_so_in_the_log(folder: Path) -> None:
    evidence = ROOT / "examples" / "river_case" / "usdt_tron.json"
    done = CliRunner().invoke(cli, ["run", str(evidence), "-o", str(folder)])
    assert done.exit_code == 0, done.output
    assert commands(folder)[:3] == ["new", "run", "add"]
    assert commands(folder)[-1] == "run_done"


def test_rates_and_fetch_say_what_was_put_right(folder: Path) -> None:
    asked = ["--source", "trongrid", "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "--dry-run"]
    for words in (["rates", str(folder)], ["fetch", str(folder), *asked]):
        (folder / "sources" / "1.part").write_text("half")
        done = CliRunner().invoke(cli, words)
        assert "note: a stopped command had left a half-copied original" in done.stderr, words


def test_a_folder_that_a_stopped_simulation_left_is_filled_anew_and_another_is_not(tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom trails.simulate.folder import fill_folder\n"
        "with fill_folder(Path(sys.argv[1])):\n    Path(sys.argv[1], 'half').touch()\n    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(out)], check=False).returncode == -9
    assert {path.name for path in out.iterdir()} == {"half", UNFINISHED}
    with fill_folder(out):
        (out / "whole").write_text("whole")
        assert list(hash_files(out)) == ["whole"]
    assert [path.name for path in out.iterdir()] == ["whole"]
    with pytest.raises(UsageError, match="is not empty"), fill_folder(out):
        pass


def test_what_was_wrong_with_a_log_stays_until_it_is_on_record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def stop(*_: object, **__: object) -> None:
        raise Killed

    log = folder / "log.jsonl"
    whole = log.read_text()
    for wrong in ("", whole.replace("new", "old")):
        log.write_text(wrong)
        with monkeypatch.context() as patch:
            patch.setattr("trails.case.rewrite_log", stop)
            patch.setattr("trails.case.make_line", stop)
            with pytest.raises(Killed), Case.open(folder, recover=not wrong) as case:
                case.restore_log("seen")
        assert log.read_text() == wrong
    assert keep_altered(log) == "log.altered-1.jsonl", "kept once, however often the mending was stopped"
    with Case.open(folder, recover=False) as case:
        case.restore_log("seen")
    assert commands(folder) == ["new", "mend"]
    assert problems(folder) == []
    assert log.read_text().startswith(whole)


def test_an_upgrade_that_was_stopped_before_it_was_logged_is_finished(tmp_path: Path) -> None:
    old = tmp_path / "old"
    with tarfile.open(ROOT / "tests" / "fixtures" / "case_0.1.0.tar.gz") as packed:
        packed.extractall(old, filter="data")
    con = connect(old / "case.duckdb", read_only=False)
    found = read_catalogue(con)
    con.close()
    upgrade_copy(old / "case.duckdb", found)
    with pytest.raises(CaseError, match="made by an earlier trails"):
        Case.open(old, read_only=True)
    with Case.open(old) as case:
        assert case.notices[0].startswith("the case was made by trails 0.1.0; its tables were brought up to")
    assert commands(old)[-1] == "upgrade"
    assert problems(old) == []


@pytest.mark.parametrize("foreign", ["notes.txt", "case.toml"])
def test_a_folder_with_anything_of_somebody_else_is_never_cleared(folder: Path, foreign: str) -> None:
    """A name that says that a case is being taken away gives no leave to take away other things beside it."""
    (folder / "case.toml").rename(folder / REMOVED)
    assert is_begun(folder)
    (folder / foreign).write_text("mine")
    assert not is_begun(folder)
    with pytest.raises(UsageError, match="is not an empty folder"):
        Case.create(folder)
    assert (folder / foreign).read_text() == "mine"
