"""A link, a pipe or a folder in the place of a file that a command or the database opens is refused before it is opened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from trails.case import Case
from trails.errors import CaseError, SourceError
from trails.parts import WAL_ENDINGS
from trails.upgrade import upgrade_copy
from trails.vault import open_vaulted
from trails.verify import verify_case

DRIVER = "tron:TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yk"
VICTIM = "a file of somebody else"
FILES = (
    "log.jsonl", "log.jsonl.part", "case.toml", "case.toml.part", "case.toml.ready", "case.toml.ready.part", "case.duckdb",
    *(f"case.duckdb{ending}" for ending in WAL_ENDINGS), "case.duckdb.upgrading", "case.duckdb.upgrading.wal",
    "case.duckdb.tmp/duckdb_temp_1_0_storage_DEFAULT-0.tmp", "log.altered-1.jsonl", "lookups/unlogged.jsonl", "lookups/x.json.part",
    "lookups/answers/x.part", "lookups/asked/x.json",
)  # fmt: skip
FOLDERS = ("sources", "out", "lookups", "lookups/answers", "lookups/asked", "case.duckdb.tmp", "case.duckdb.upgrading.tmp")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim.txt"
    path.write_text(VICTIM)
    return path


def clear(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return path


def run(*words: object) -> subprocess.CompletedProcess[str]:
    said = [sys.executable, "-m", "trails", *map(str, words)]
    return subprocess.run(said, capture_output=True, text=True, check=False, timeout=600, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_link_in_the_place_of_a_part_is_refused(folder: Path, victim: Path, name: str, *, read_only: bool) -> None:
    clear(folder / name).symlink_to(victim if name in FILES else victim.parent)
    with pytest.raises(CaseError, match=f"{name} is a symbolic link"):
        Case.open(folder, read_only=read_only)
    assert victim.read_text() == VICTIM


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_link_to_nothing_makes_nothing(folder: Path, tmp_path: Path, name: str) -> None:
    clear(folder / name).symlink_to(tmp_path / "not there")
    with pytest.raises(CaseError, match=f"{name} is a symbolic link"):
        Case.open(folder)
    assert not (tmp_path / "not there").exists()


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_a_pipe_in_the_place_of_a_part_is_not_waited_for(folder: Path, name: str) -> None:
    os.mkfifo(clear(folder / name))
    with pytest.raises(CaseError, match=f"{name} is no f"):
        Case.open(folder, read_only=True)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_the_place_of_a_file_is_refused(folder: Path, name: str) -> None:
    clear(folder / name).mkdir()
    with pytest.raises(CaseError, match=f"{name} is no file"):
        Case.open(folder)


def test_commands_refuse_in_one_sentence(folder: Path, victim: Path) -> None:
    (folder / "case.duckdb.wal").symlink_to(victim)
    for words in (("judge", folder, "claim:1", "unsure", "--why", "x"), ("check", folder), ("cite", folder, "finding:1")):
        done = run(*words)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1), done
    clear(folder / "case.duckdb.wal")
    os.mkfifo(folder / "case.duckdb.wal")
    assert run("check", folder).returncode == 3


def test_mending_the_log_writes_through_no_link(folder: Path, victim: Path) -> None:
    log = folder / "log.jsonl"
    log.write_text(log.read_text().replace("root", "rood", 1).replace('"n":3', '"n":33', 1))
    (folder / "log.jsonl.part").symlink_to(victim)
    assert run("check", folder, "--mend-log", "--why", "x").returncode == 3
    assert victim.read_text() == VICTIM


def test_what_others_put_beside_a_case_is_noted_and_never_opened(folder: Path, victim: Path) -> None:
    (folder / "notes").symlink_to(victim)
    os.mkfifo(folder / "pipe")
    (folder / "remarks.txt").write_text("mine")
    with Case.open(folder) as case:
        found = verify_case(case)
    assert found.problems == []
    assert [note.split()[0] for note in found.notes if "none of trails' files" in note] == ["notes", "pipe", "remarks.txt"]


def test_an_original_replaced_by_a_link_is_not_read(folder: Path, tmp_path: Path) -> None:
    original = next(path for path in sorted((folder / "sources").iterdir()))
    moved = original.rename(tmp_path / "moved")
    original.symlink_to(moved)
    with pytest.raises(SourceError, match="is missing from the vault"):
        open_vaulted(folder / "sources", original.name, "x")
    with Case.open(folder, read_only=True) as case:
        assert "is a symbolic link in sources/" in " ".join(verify_case(case).problems)


def test_no_original_is_looked_for_outside_of_the_vault(folder: Path, victim: Path) -> None:
    with pytest.raises(SourceError, match="is missing from the vault"):
        open_vaulted(folder / "sources", f"../../{victim.name}", "x")


def write_wal(folder: Path, *statements: str) -> None:
    """Have a database's changes stand in its write-ahead log alone, as a process that was killed leaves them."""
    script = (
        "import duckdb, os, sys\ncon = duckdb.connect(sys.argv[1])\ncon.execute(\"SET wal_autocheckpoint = '1GB'\")\n"
        "for each in sys.argv[2:]:\n    con.execute(each)\nos._exit(0)\n"
    )
    database = folder / "case.duckdb"
    before = database.read_bytes()
    subprocess.run([sys.executable, "-c", script, str(database), *statements], check=True)
    assert database.read_bytes() == before
    assert (folder / "case.duckdb.wal").stat().st_size


@pytest.mark.parametrize("read_only", [True, False])
def test_what_somebodys_write_ahead_log_brings_is_refused(folder: Path, *, read_only: bool) -> None:
    write_wal(folder, "CREATE VIEW evil AS SELECT 1")
    with pytest.raises(CaseError, match="view `evil`"):
        Case.open(folder, read_only=read_only)


@pytest.mark.parametrize("read_only", [True, False])
def test_rows_that_somebodys_write_ahead_log_changes_are_found(folder: Path, *, read_only: bool) -> None:
    write_wal(folder, "UPDATE judgements SET why = 'forged'")
    with Case.open(folder, read_only=read_only) as case:
        assert [text.partition(" is")[0] for text in verify_case(case).problems] == ["table `judgements`"]


def test_the_copy_of_an_upgrade_is_written_through_no_link(folder: Path, victim: Path) -> None:
    (folder / "case.duckdb.upgrading").symlink_to(victim)
    found = {("table", "transfer_rows"): "", ("table", "journal"): ""}
    upgrade_copy(folder / "case.duckdb", found)
    assert victim.read_text() == VICTIM
