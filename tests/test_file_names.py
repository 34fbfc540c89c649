"""A file that is called after a payer: neither the console nor the log says the name; the table of sources keeps it for custody."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.test_cli import LEDGER, RATES, Run, own_demo, run
from trails.case import Case
from trails.naming import read_names

__all__ = ["own_demo", "run"]  # fixtures

NAME = "Family Quince 2024.csv"


@pytest.mark.parametrize("how", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("before", [False, True], ids=["named by the file itself", "named by an earlier file"])
def test_a_file_called_after_a_payer_is_called_by_the_pseudonym(
    run: Run, tmp_path: Path, before: bool, how: tuple[str, ...]
) -> None:
    case, path = tmp_path / "case", tmp_path / NAME
    path.write_bytes((RATES if before else LEDGER).read_bytes())
    mapping = LEDGER.with_name(f"{LEDGER.name}.mapping.toml").read_text(encoding="utf-8")
    run("new", case)
    if before:
        assert run("add", case, LEDGER).code == 0
    else:
        (tmp_path / f"{NAME}.mapping.toml").write_text(mapping.replace("amber-jade", "Family Quince and others"), encoding="utf-8")
    for _ in range(2):  # the second time it is in the case already
        shown = run("add", case, path, *how)
        assert shown.code == 0, shown.err
        assert "quince" not in (shown.out + shown.err).casefold()
        assert "Party-" in shown.out
    assert "quince" not in (case / "log.jsonl").read_text(encoding="utf-8").casefold()
    entry = [json.loads(line) for line in (case / "log.jsonl").read_text(encoding="utf-8").splitlines()][-1]
    with Case.open(case, read_only=True) as opened:
        ((name, sha256),) = opened.con.execute("SELECT name, sha256 FROM sources ORDER BY source_id DESC LIMIT 1").fetchall()
    assert (name, sha256) == (NAME, entry["inputs"][0]["sha256"])
    assert run("check", case).code == 0


def test_a_command_to_copy_never_holds_a_payers_name(run: Run, tmp_path: Path) -> None:
    case, path = tmp_path / "case", tmp_path / NAME
    text = LEDGER.with_name(f"{LEDGER.name}.mapping.toml").read_text(encoding="utf-8")
    path.write_bytes(LEDGER.read_bytes())
    lines = [line for line in text.splitlines() if not line.startswith(("timezone", "zone"))]
    (tmp_path / f"{NAME}.mapping.toml").write_text("\n".join(lines), encoding="utf-8")
    run("new", case)
    run("add", case, LEDGER)
    shown = run("add", case, path)
    assert "quince" not in (shown.out + shown.err).casefold()


def test_a_file_called_after_a_payers_transaction_is_not_called_so(run: Run, own_demo: Path, tmp_path: Path) -> None:
    """Such a name looks like the hash of a file, of which nothing is to be hidden."""
    with Case.open(own_demo, read_only=True) as case:
        reference = next(text for text in sorted(read_names(case).withheld) if len(text) == 64)
    path = tmp_path / reference
    path.write_text("date,base,quote,rate,source\n2024-08-01,EUR,USD,1.09,made\n", encoding="utf-8")
    for _ in range(2):
        shown = run("add", own_demo, path)
        assert shown.out.startswith("(reference withheld): ")
        assert reference not in shown.out + shown.err
    assert reference not in (own_demo / "log.jsonl").read_text(encoding="utf-8")


REFUSED = "Family Quince statement.pdf"


def test_a_refused_file_called_after_a_payer_is_called_by_the_pseudonym(run: Run, own_demo: Path, tmp_path: Path) -> None:
    """By its own name, by that of a file in an archive, and by one that a folder's list names."""
    folder, archive, listed = tmp_path / "in", tmp_path / "pack.zip", tmp_path / "listed"
    folder.mkdir()
    listed.mkdir()
    (folder / REFUSED).write_bytes(b"%PDF-1.4\n")
    with zipfile.ZipFile(archive, "w") as pack:
        pack.writestr("Family Quince.csv", "a,b\n1,2\n")
    (listed / "handover.toml").write_text('[[file]]\nname = "Family Quince.csv"\n', encoding="utf-8")
    (listed / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    for path, code in ((folder, 4), (archive, 4), (listed, 2)):
        shown = run("add", own_demo, path)
        assert shown.code == code, shown.err
        assert "quince" not in (shown.out + shown.err).casefold(), shown.err
        assert "Payer-" in shown.err


def test_run_says_of_files_that_were_not_added_when_it_knows_whom_they_name(run: Run, tmp_path: Path) -> None:
    folder, case = tmp_path / "in", tmp_path / "case"
    folder.mkdir()
    for path in (LEDGER, LEDGER.with_name(f"{LEDGER.name}.mapping.toml")):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / f"A {REFUSED}").write_bytes(b"%PDF-1.4\n")  # before the ledger, which says who that is
    shown = run("run", folder, "-o", case)
    assert shown.code == 4
    assert shown.err.count("statement.pdf") == 2
    assert "quince" not in (shown.out + shown.err).casefold(), shown.err
    entries = [json.loads(line) for line in (case / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    (noted,) = (entry for entry in entries if entry["command"] == "not_added")
    assert noted["file"].startswith("A P")
    for path in (case / "log.jsonl", *(case / "out").glob("report.*")):
        assert "quince" not in path.read_text(encoding="utf-8").casefold(), path
    ((not_read,),) = [json.loads((case / "out" / "report.json").read_text(encoding="utf-8"))["record"]["not_read"]]
    assert not_read["name"].startswith("A P")


@pytest.mark.parametrize(
    "name", ["quince_family.csv", "FamilyQuince2024.csv", "Family%20Quince.csv", "F\u00e1m\u00edly Quince.csv"]
)
def test_a_file_called_nearly_like_a_payer_is_called_by_the_pseudonym(run: Run, own_demo: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("date,base,quote,rate,source\n2024-08-01,EUR,USD,1.09,made\n", encoding="utf-8")
    (tmp_path / f"{name}.pdf").write_bytes(b"%PDF-1.4\n")
    for path in (tmp_path / name, tmp_path / f"{name}.pdf"):
        shown = run("add", own_demo, path)
        assert "quince" not in (shown.out + shown.err).casefold()
        assert "Payer-" in shown.out + shown.err
    assert "quince" not in (own_demo / "log.jsonl").read_text(encoding="utf-8").casefold()
