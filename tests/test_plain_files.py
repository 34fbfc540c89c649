"""What is no file is refused before it is read, wherever a person can name one; nothing hangs, and nothing fills the disk."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.test_cli import LEDGER, Run, run
from trails import plain_files
from trails.case import Case
from trails.errors import SourceError, UsageError
from trails.handover import expand_files
from trails.plain_files import MOST_SETTINGS, open_regular, read_settings, read_whole, require_regular_file
from trails.simulate.truth import read_truth

__all__ = ["run"]  # a fixture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes, devices and sockets with names of files")
MAPPING = 'scope = "x"\n[columns]\ndate = "Date"\n'
SECONDS = 90


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Whatever hangs is stopped: that is what these tests are about."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"hung for {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def make_pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def make_socket(path: Path) -> Path:
    # the names of sockets are short, so it is made elsewhere and moved; it stays when it is closed
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{short}/s")
        Path(short, "s").replace(path)
    return path


def point_to_device(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


MAKERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "pipe": (make_pipe, "is a named pipe, not a file"),
    "socket": (make_socket, "is a socket, not a file"),
    "device": (point_to_device, "is a device, not a file"),
}
each_kind = pytest.mark.parametrize("kind", MAKERS)


@each_kind
def test_one_function_says_what_it_is(tmp_path: Path, kind: str) -> None:
    make, words = MAKERS[kind]
    path = make(tmp_path / "x")
    for look in (require_regular_file, open_regular, read_whole):
        with pytest.raises(SourceError, match=words):
            look(path)


def test_a_folder_a_missing_file_and_an_impossible_name(tmp_path: Path) -> None:
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "no", "No such file"), (Path("a\x00b"), "null")):
        with pytest.raises(UsageError, match=words):
            open_regular(path, UsageError)


def test_what_takes_the_place_of_a_file_in_between_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_text("a file")
    look = plain_files.require_regular_file

    def look_then_swap(path: Path, error: type[SourceError]) -> os.stat_result:
        found = look(path, error)
        path.unlink()
        make_pipe(path)
        return found

    monkeypatch.setattr(plain_files, "require_regular_file", look_then_swap)
    opened = Path("/proc/self/fd")
    before = len(list(opened.iterdir())) if sys.platform == "linux" else 0
    with pytest.raises(SourceError, match="is a named pipe"):
        open_regular(path)
    assert not before or len(list(opened.iterdir())) == before, "a file was left open"


@each_kind
def test_files_and_companions_of_add(run: Run, tmp_path: Path, kind: str) -> None:
    make, words = MAKERS[kind]
    bad = make(tmp_path / "bad.csv")
    run("new", tmp_path / "case")
    before = sorted(each.name for each in (tmp_path / "case").rglob("*"))
    for args in ((bad,), (LEDGER, "--with", bad)):
        shown = run("add", tmp_path / "case", *args)
        assert shown.code == 4
        assert words in shown.err
        assert shown.err.count("\n") == 1
    assert sorted(each.name for each in (tmp_path / "case").rglob("*")) == before


@each_kind
def test_mappings_said_and_beside(run: Run, tmp_path: Path, kind: str) -> None:
    make, words = MAKERS[kind]
    book = tmp_path / "book.csv"
    book.write_text("Date\n2024-08-02\n")
    bad = make(tmp_path / "book.csv.mapping.toml")
    run("new", tmp_path / "case")
    for args in ((book,), (LEDGER, "--mapping", bad)):
        shown = run("add", tmp_path / "case", *args)
        assert (shown.code, words in shown.err) == (2, True), shown.err


@each_kind
def test_run_leaves_it_out_aloud_and_goes_on(run: Run, tmp_path: Path, kind: str) -> None:
    make, words = MAKERS[kind]
    bad = make(tmp_path / "bad.csv")
    good = tmp_path / "sample.csv"
    good.write_bytes((LEDGER.parent / "rates.csv").read_bytes())
    shown = run("run", bad, good, "-o", tmp_path / "case")
    assert shown.code == 4
    assert f"not added: {bad} {words}" in shown.err
    with Case.open(tmp_path / "case", read_only=True) as case:
        assert case.con.execute("SELECT name FROM sources").fetchall() == [("sample.csv",)]


@each_kind
def test_a_folder_does_not_hide_what_is_no_file(run: Run, tmp_path: Path, kind: str) -> None:
    make, words = MAKERS[kind]
    folder = tmp_path / "handed"
    folder.mkdir()
    make(folder / "bad.csv")
    (folder / "rates.csv").write_bytes((LEDGER.parent / "rates.csv").read_bytes())
    run("new", tmp_path / "case")
    assert words in run("add", tmp_path / "case", folder).err
    (folder / "bad.csv").unlink()
    make(folder / "handover.toml")
    shown = run("add", tmp_path / "case", folder)
    assert (shown.code, words in shown.err) == (2, True), shown.err


@each_kind
def test_every_other_file_that_a_command_takes(run: Run, tmp_path: Path, kind: str) -> None:
    make, words = MAKERS[kind]
    bad, case = make(tmp_path / "bad"), tmp_path / "case"
    run("new", case)
    (tmp_path / "sim" / "truth").mkdir(parents=True)
    (tmp_path / "sim" / "simulation.json").write_text('{"files": {}}')
    make(tmp_path / "sim" / "truth" / "persons.csv")
    ask = ("fetch", case, "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "--source", "trongrid", "--dry-run")
    for code, *args in (
        (4, "evaluate", "ownership", case, "--owners", bad),
        (2, "exercise", "--score", bad),
        (2, "simulate", tmp_path / "out", "--parameters", bad),
        (2, "match", case, "--parameters", bad),
        (2, *ask, "--key-file", bad),
        (2, *ask, "--ca-file", bad),
    ):
        shown = run(*args)
        assert (shown.code, words in shown.err) == (code, True), (args, shown)
    with pytest.raises(UsageError, match=words):
        read_truth(tmp_path / "sim")


def test_a_file_that_never_ends_does_not_fill_the_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that stood for a file when it was looked at: the copy stops where the file ended then."""
    from trails import vault

    path, sources = tmp_path / "growing.csv", tmp_path / "sources"
    path.write_bytes(b"x" * 1000)
    sources.mkdir()
    copy_piece = vault._copy_piece
    copied: list[int] = []

    def copy_and_grow(original: object, copy: object) -> int:
        with path.open("ab") as out:
            out.write(b"x" * 1000)
        copied.append(copy_piece(original, copy))  # type: ignore[arg-type]
        assert len(copied) < 10, "it followed a file that grows"
        return copied[-1]

    monkeypatch.setattr(vault, "_copy_piece", copy_and_grow)
    with pytest.raises(SourceError, match="changed while it was being read"):
        vault.vault_file(path, sources)
    assert not list(sources.iterdir())


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a = " + "{b = " * 20_000, "nested too deeply"),
        (".".join(["a"] * 20_000) + " = 1", "a name of two dozen parts"),
        (" . ".join(["'a'"] * 25) + " = 1", "a name of two dozen parts"),
        ("[" + ".".join(["a"] * 5_000) + "]", "a name of two dozen parts"),
        ("#" * (MOST_SETTINGS + 1), "more than 1,048,576 bytes"),
        ("a = " + "1" * 10_000, "Exceeds the limit"),
        ("a = 2024-02-31", "Invalid date"),
        ("a = \x00", "x.toml"),
        ("a" * 1_000_000, "Expected '='"),
        ("'\"" * 500_000, "Expected"),
    ],
)
def test_settings_that_are_traps_are_one_message_at_once(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.toml").write_text(text)
    signal.alarm(5)
    with pytest.raises(UsageError, match=words):
        read_settings(tmp_path / "x.toml")


def test_settings_with_a_mark_of_an_editor_are_read_and_other_bytes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + MAPPING.encode())
    assert read_settings(path)["scope"] == "x"
    path.write_bytes(MAPPING.encode() + "# Č".encode("cp1250"))
    with pytest.raises(UsageError, match=rf"byte {len(MAPPING) + 2} \(0xc8\) is not UTF-8; save the file as UTF-8"):
        read_settings(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file = 5", r"`file` must be tables: \[\[file\]\]"),
        ('declare = ["x"]', r"`declare` must be tables"),
        ("[[file]]\nname = [1]", "there is no file"),
        ("[[declare]]\nnode = 1\nrole = 2", r"a \[\[declare\]\] holds texts only"),
    ],
)
def test_a_list_of_what_is_known_that_is_none(run: Run, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "handover.toml").write_text(text)
    (tmp_path / "rates.csv").write_bytes((LEDGER.parent / "rates.csv").read_bytes())
    run("new", tmp_path / "case")
    with pytest.raises(UsageError, match=words):
        expand_files([tmp_path])
    shown = run("add", tmp_path / "case", tmp_path)
    assert (shown.code, shown.err.count("\n")) == (2, 1)
    assert re.search(words, shown.err)
    with Case.open(tmp_path / "case", read_only=True) as case:
        assert case.con.execute("SELECT count(*) FROM sources").fetchall() == [(0,)]


def test_the_old_way_hung(tmp_path: Path) -> None:
    """What is prevented: to open a pipe waits for whoever writes into it."""
    make_pipe(tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", "import sys; open(sys.argv[1])", str(tmp_path / "pipe")], timeout=1, check=False)
