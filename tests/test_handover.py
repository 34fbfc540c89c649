"""A folder of files with what is known of each: order, options, declarations, and every way to say it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.errors import UsageError
from trails.handover import declare_known, expand_files
from trails.ingest import add_source

CSV = (
    "Txn Hash,Block,Time(UTC),From,To,Token,Token Symbol,Amount/TokenID,Result,Status\n"
    f"{'8f' * 32},64000001,2024-08-02 23:24:36,TCNrDEtFKu3S3L17XWLzokHuyL6PQcfd4w,TBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH,"
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t,USDT,18199,SUCCESS,CONFIRMED\n"
)


def make_folder(folder: Path, said: str) -> Path:
    folder.mkdir()
    for name in ("b.csv", "a.csv", "c.csv"):
        (folder / name).write_text(CSV, encoding="utf-8")
    (folder / "a.csv.mapping.toml").write_text("", encoding="utf-8")
    (folder / ".hidden").write_text("", encoding="utf-8")
    if said:
        (folder / "handover.toml").write_text(said, encoding="utf-8")
    return folder


def test_files_come_in_the_order_of_the_list_and_then_by_name(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "f", '[[file]]\nname = "c.csv"\nrail = "tron"\n')
    handed, declared = expand_files([tmp_path / "x.csv", folder])
    assert [path.name for path, _ in handed] == ["x.csv", "c.csv", "a.csv", "b.csv"]
    assert [known for _, known in handed] == [{}, {"rail": "tron"}, {}, {}]
    assert declared == []


def test_without_a_list_all_files_are_taken_and_mappings_are_none(tmp_path: Path) -> None:
    handed, _ = expand_files([make_folder(tmp_path / "f", "")])
    assert [path.name for path, _ in handed] == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('[[file]]\nname = "z.csv"\n', "there is no file 'z.csv'"),
        ('[[file]]\nname = "a.csv"\ncolour = "red"\n', "colour is none of"),
        ('[[declare]]\nnode = "x"\n', "needs node, role and why"),
        ('[[declare]]\nnode = "x"\nrole = "driver"\nage = "9"\n', "needs node, role and why"),
        ("[other]\n", "only [[file]] and [[declare]]"),
        ("[[file\n", "handover.toml"),
    ],
)
def test_a_list_that_says_what_cannot_be_is_refused(tmp_path: Path, said: str, problem: str) -> None:
    with pytest.raises(UsageError) as refused:
        expand_files([make_folder(tmp_path / "f", said)])
    assert problem in str(refused.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(UsageError, match="holds no files"):
        expand_files([tmp_path / "f"])


def test_declarations_are_recorded_and_those_without_a_node_told(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "f", "")
    with Case.create(tmp_path / "case") as case:
        add_source(case, folder / "a.csv")
        lines, refused = declare_known(case, [
            {"node": "tron:TBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH", "role": "driver", "why": "seen"},
            {"node": "tron:nobody", "role": "driver", "why": "seen"},
            {"node": "tron:nobody", "role": "driver"},
        ])  # fmt: skip
        assert refused == 2
        assert lines[0] == "declared tron:TBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH driver"
        assert lines[1].startswith("not declared driver: no node of this case is written so")
        assert lines[2] == "not declared driver: a judgement needs its reason; say it with --why"
        assert case.con.execute("SELECT count(*) FROM judgements").fetchone() == (1,)


def test_add_takes_a_folder_and_what_is_said_wins_over_what_is_known(tmp_path: Path) -> None:
    said = '[[file]]\nname = "a.csv"\nrail = "bsc"\n[[declare]]\nnode = "tron:x"\nrole = "driver"\nwhy = "x"\n'
    folder = make_folder(tmp_path / "f", said)
    Case.create(tmp_path / "case").close()
    shown = CliRunner().invoke(cli, ["add", str(tmp_path / "case"), str(folder), "--rail", "tron"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("tronscan") == 3
    assert "not declared" in shown.output
    with Case.open(tmp_path / "case") as case:
        assert case.con.execute("SELECT count(*) FROM sources WHERE options LIKE '%bsc%'").fetchone() == (0,)


def test_run_takes_a_folder(tmp_path: Path) -> None:
    said = '[[declare]]\nnode = "tron:TBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH"\nrole = "driver"\nwhy = "x"\n'
    folder = make_folder(tmp_path / "f", said)
    shown = CliRunner().invoke(cli, ["run", str(folder), "-o", str(tmp_path / "case")])
    assert shown.exit_code == 0, shown.output
    assert "declared tron:TBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH driver" in shown.output
    assert (tmp_path / "case" / "out" / "report.html").is_file()
