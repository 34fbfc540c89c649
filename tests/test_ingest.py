"""What `add` sees beyond the rows: round counts, copies under another name, packed files, companions."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from trails.case import Case
from trails.cite import cite
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.ingest import add_source
from trails.verify import verify_case

HEADER = "date,base,quote,rate,source\n"


def rates(rows: int) -> str:
    return HEADER + "".join(f"2024-08-{1 + n % 28:02d},EUR,USD,1.{n:06d},fictional\n" for n in range(rows))


def write(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.create(tmp_path / "case")


def codes(case: Case) -> list[tuple[str, int]]:
    return case.con.execute("SELECT code, count(*) FROM issues GROUP BY code ORDER BY code").fetchall()


@pytest.mark.parametrize(("rows", "warned"), [(999, False), (1_000, True), (1_001, False)])
def test_a_round_number_of_rows_is_warned_of(case: Case, tmp_path: Path, rows: int, warned: bool) -> None:
    add_source(case, write(tmp_path, "r.csv", rates(rows)))
    assert codes(case) == ([("possibly_truncated", 1)] if warned else [])


def test_a_gzip_and_a_zip_of_one_file_are_the_same_facts(case: Case, tmp_path: Path) -> None:
    text = rates(3)
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr("folder/r.csv", text)
        archive.writestr("__MACOSX/folder/._r.csv", "clutter")
    packed = write(tmp_path, "r.csv.gz", gzip.compress(text.encode()))
    first = add_source(case, write(tmp_path, "r.csv", text))
    reports = [add_source(case, path) for path in (tmp_path / "r.zip", packed)]
    assert (first.rows_kept, [r.rows_duplicate for r in reports]) == (3, [3, 3])
    assert [c.raw for c in cite(case, "price:1").citations] == [text.splitlines()[1]]


def test_the_same_bytes_under_the_same_name_change_nothing_and_under_another_are_duplicates(
    case: Case, tmp_path: Path
) -> None:
    add_source(case, write(tmp_path, "r.csv", rates(3)))
    assert add_source(case, tmp_path / "r.csv").already_known
    again = add_source(case, write(tmp_path, "copy.csv", rates(3)))
    assert (again.already_known, again.rows_kept, again.rows_duplicate) == (False, 0, 3)
    assert len(list((case.folder / "sources").iterdir())) == 1


def test_a_companion_is_vaulted_named_and_verified(case: Case, tmp_path: Path) -> None:
    path, beside = write(tmp_path, "r.csv", rates(2)), write(tmp_path, "beside.dat", b"more")
    add_source(case, path, companions=[beside])
    assert verify_case(case).originals == 2
    assert not verify_case(case).problems
    said = case.con.execute("SELECT options FROM sources").fetchone()
    assert said
    assert '"name": "beside.dat"' in said[0]
    assert [c.raw for c in cite(case, "price:2").citations] == [rates(2).splitlines()[2]]
    companion = next(p for p in (case.folder / "sources").iterdir() if p.read_bytes() == b"more")
    companion.chmod(0o644)
    companion.write_bytes(b"less")
    assert [problem[:13] for problem in verify_case(case).problems] == ["the original "]


def test_a_companion_of_a_refused_file_does_not_stay(case: Case, tmp_path: Path) -> None:
    path, beside = write(tmp_path, "r.csv", HEADER + "x" * 9), write(tmp_path, "beside.dat", b"more")
    with pytest.raises(SourceError):
        add_source(case, path, connector="ethereum_etl", companions=[beside], options=ReadOptions())
    assert not list((case.folder / "sources").iterdir())


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("r.csv.gz", gzip.compress(rates(50).encode())[:-20], "damaged while unpacking"),
        ("r.csv.gz", b"\x1f\x8b" + b"\x00" * 40, "damaged while unpacking"),
        ("r.zip", b"PK\x03\x04" + b"\x00" * 40, "damaged zip"),
    ],
)
def test_a_damaged_packing_is_refused_and_leaves_nothing(
    case: Case, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        add_source(case, write(tmp_path, name, data), connector="rates")
    assert codes(case) == []
    assert not list((case.folder / "sources").iterdir())


def test_a_gzip_bomb_is_refused(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trails.archives.RATIO_FREE", 1_000)
    bomb = gzip.compress(HEADER.encode() + b"2024-08-02,EUR,USD,1.1,fictional\n" * 100_000)
    with pytest.raises(SourceError, match="times its packed size"):
        add_source(case, write(tmp_path, "bomb.csv.gz", bomb), connector="rates")
