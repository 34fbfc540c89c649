"""A photographed page: a source of its own, a sheet to write it off, and facts that cite the row and the place on the picture."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from pathlib import Path

import pytest
import xlsxwriter

from tests.made_pictures import jpeg, pdf, png
from tests.test_cli import Run, run
from trails.database import remember_database
from trails.transcribe import COLUMNS

__all__ = ["run"]  # a fixture

PAGE = png()
SHA = hashlib.sha256(PAGE).hexdigest()
ROWS = [
    {"region": "line 1", "x": "14", "y": "50", "width": "560", "height": "40", "date": "2024-08-02", "code": "0471",
     "payer": "Family Quince", "office": "Amber", "amount": "4,500.00", "currency": "EUR", "kind": "deposit"},
    {"region": "line 2", "date": "2024-08-03", "code": "0471", "payee": "Alder Zalmay", "office": "Amber", "amount": "4,400.00",
     "currency": "EUR", "kind": "payout", "uncertain": "amount"},
]  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.png"
    path.write_bytes(PAGE)
    return path


def copy_case(new_case: Path, folder: Path) -> Path:
    shutil.copytree(new_case, folder)
    remember_database(folder / "case.duckdb")  # as whoever made it does
    return folder


@pytest.fixture
def made(new_case: Path, tmp_path: Path) -> Path:
    return copy_case(new_case, tmp_path / "case")


def fill_in(sheet: Path, rows: list[dict[str, str]] = ROWS) -> None:
    """Do what somebody does with a template: its first lines filled in, and the mapping beside it."""
    known = {"picture": SHA, "page": "1", "transcriber": "Examiner A", "transcribed": "2024-09-30"}
    cells = [[{**known, **row}.get(name, "") for name in COLUMNS] for row in rows]
    if sheet.suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows([list(COLUMNS), *cells])
        sheet.write_text(text.getvalue(), encoding="utf-8")
    else:
        with xlsxwriter.Workbook(sheet) as book:
            page = book.add_worksheet()
            for number, row in enumerate([list(COLUMNS), *cells]):
                page.write_row(number, 0, row)
    mapping = sheet.with_name(f"{sheet.name}.mapping.toml")
    said = mapping.read_text(encoding="utf-8")
    filled = ("# decimal_mark = ',' ", "decimal_mark = '.'"), ("# thousands_mark = '.'", "thousands_mark = ','")
    for old, new in (*filled, ("# timezone", "timezone"), ("# scope", "scope")):
        assert old.replace("'", '"') in said
        said = said.replace(old.replace("'", '"'), new.replace("'", '"'))
    mapping.write_text(said, encoding="utf-8")


def test_a_picture_is_no_failure_and_says_that_it_waits(run: Run, made: Path, page: Path) -> None:
    shown = run("add", made, page)
    assert shown.code == 0
    assert "read 0 = kept 0 + duplicate 0 + skipped 0 + refused 0: a picture, which waits for a transcription" in shown.out
    assert f"trails transcribe {made} {page} --template -o SHEET.xlsx" in shown.out
    assert "already in the case" in run("add", made, page).out
    told = run("transcribe", made, "page.png")
    assert (told.code, "it waits for a transcription: the sheet for it is made with --template" in told.out) == (0, True)
    checked = run("check", made, "--json")
    assert (checked.code, checked.json["sources"][0]["connector"], checked.json["unchanged"]) == (0, "scan", True)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_from_the_picture_to_cited_facts(run: Run, made: Path, page: Path, tmp_path: Path, ending: str) -> None:
    sheet = tmp_path / f"sheet.{ending}"
    shown = run("transcribe", made, page, "--template", "-o", sheet, "--transcriber", "Examiner A")
    assert shown.code == 0
    assert "source 1, scan" in shown.out, "it was not in the case"
    fill_in(sheet)
    added = run("add", made, sheet, "--json").json
    assert [(each["rows_read"], each["rows_kept"], each["rows_refused"]) for each in added] == [(2, 2, 0)]

    shown = run("cite", made, "transfer:1")
    assert "read from picture source 1 page.png, page 1, x 14, y 50, width 560, height 40, 'line 1', by Examiner A" in shown.out
    assert f"SHA-256 of the picture {SHA}" in shown.out
    assert f"SHA-256 of the file {hashlib.sha256(sheet.read_bytes()).hexdigest()}" in shown.out
    assert "Quince" not in shown.out
    named = run("cite", made, "transfer:1", "--names", "--why", "a look at the row")
    assert "Family Quince" in named.out
    (cited,) = run("cite", made, "transfer:2", "--json").json["citations"]
    assert cited["picture"] == {
        "source_id": 1, "source_name": "page.png", "sha256": SHA, "page": 1, "place": "page 1, 'line 2'",
        "transcriber": "Examiner A", "transcribed": "2024-09-30", "uncertain": True,
    }  # fmt: skip
    assert "Alder" not in str(cited)

    told = run("transcribe", made, SHA[:8], "--json").json
    assert (told["kind"], told["pages"], told["added"]) == ("PNG", [{"width": 640.0, "height": 420.0}], False)
    assert [(each["source_id"], each["rows_kept"], each["rows_refused"]) for each in told["sheets"]] == [(2, 2, 0)]
    assert "transcribed in source 2" in run("transcribe", made, page).out
    assert run("check", made).code == 0


def test_a_sheet_waits_for_its_picture_and_is_read_again_when_it_comes(
    run: Run, made: Path, new_case: Path, page: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.csv"
    run("transcribe", made, page, "--template", "-o", sheet)
    fill_in(sheet)
    copy_case(new_case, tmp_path / "other")
    shown = run("add", tmp_path / "other", sheet)
    assert shown.code == 4
    assert "2 of 2 rows refused because the picture they name is not in the case" in shown.out
    assert "--with PICTURE" in shown.out
    assert "already in the case as source 1" in run("add", tmp_path / "other", sheet).out
    run("add", tmp_path / "other", page)
    assert "source 3, hawala_ledger" in run("add", tmp_path / "other", sheet).out
    assert "already in the case as source 3" in run("add", tmp_path / "other", sheet).out


def test_a_picture_given_with_its_sheet_becomes_a_source_first(
    run: Run, made: Path, new_case: Path, page: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.csv"
    copy_case(new_case, tmp_path / "other")
    run("transcribe", tmp_path / "other", page, "--template", "-o", sheet)
    fill_in(sheet)
    shown = run("add", made, sheet, "--with", page)
    assert shown.code == 0
    assert [line.split(",")[0] for line in shown.out.splitlines()] == ["page.png: source 1", "sheet.csv: source 2"]
    assert "already in the case as source 2" in run("add", made, sheet).out
    (report,) = run("add", made, sheet, "--with", page, "--json").json
    assert (report["already_known"], report["pictures"][0]["source_id"]) == (True, 1)
    assert "read from picture source 1 page.png" in run("cite", made, "transfer:1").out


def test_two_sheets_that_differ_about_a_line_name_each_other(run: Run, made: Path, page: Path, tmp_path: Path) -> None:
    for name, amount in (("first.csv", "4,500.00"), ("second.csv", "4,800.00"), ("third.csv", "4,500.00")):
        run("transcribe", made, page, "--template", "-o", tmp_path / name)
        fill_in(tmp_path / name, [{**ROWS[0], "amount": amount, "transcriber": f"Examiner of {name}"}])
    shown = [run("add", made, tmp_path / name) for name in ("first.csv", "second.csv", "third.csv")]
    assert [each.code for each in shown] == [0, 4, 0]
    assert "kept 0 + duplicate 1" in shown[2].out
    assert "row 2 of source 2 of the same line of the picture and this one differ in column 'amount'" in run("check", made).out
    cited = run("cite", made, "transfer:1", "--json").json["citations"]
    assert [each["picture"]["transcriber"] for each in cited] == ["Examiner of first.csv", "Examiner of third.csv"]


def test_an_altered_picture_is_found(run: Run, made: Path, page: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    run("transcribe", made, page, "--template", "-o", sheet)
    fill_in(sheet)
    run("add", made, sheet)
    kept = made / "sources" / SHA
    kept.chmod(0o600)
    kept.write_bytes(png(mark=b"x"))
    assert (run("check", made).code, run("cite", made, "transfer:1").code) == (3, 4)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_same_picture_gives_the_same_sheet_and_one_that_is_there_is_never_replaced(
    run: Run, made: Path, page: Path, tmp_path: Path, ending: str
) -> None:
    first, second = tmp_path / "a" / f"s.{ending}", tmp_path / "b" / f"s.{ending}"
    for each in (first, second):
        each.parent.mkdir()
        assert run("transcribe", made, page, "--template", "-o", each, "--lines", 3).code == 0
    assert first.read_bytes() == second.read_bytes()
    assert first.with_name(f"s.{ending}.mapping.toml").read_bytes() == second.with_name(f"s.{ending}.mapping.toml").read_bytes()
    shown = run("transcribe", made, page, "--template", "-o", first)
    assert (shown.code, "is there already and may be filled in" in shown.err) == (2, True)
    first.unlink()
    assert run("transcribe", made, page, "--template", "-o", first).code == 2, "its mapping may be filled in"


def test_a_template_has_lines_for_each_page_and_says_what_is_to_be_filled_in(run: Run, made: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.pdf"
    book.write_bytes(pdf((595, 842), (595, 842)))
    sheet = tmp_path / "sheet.csv"
    run("transcribe", made, book, "--template", "-o", sheet, "--lines", 2, "--transcriber", "Examiner A")
    rows = list(csv.DictReader(sheet.read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["page"], row["transcriber"], row["amount"]) for row in rows] == [(page, "Examiner A", "") for page in "1122"]
    assert {row["picture"] for row in rows} == {hashlib.sha256(book.read_bytes()).hexdigest()}
    shown = run("add", made, sheet)
    assert (shown.code, "`decimal_mark` is missing" in shown.err) == (4, True)
    mapping = Path(f"{sheet}.mapping.toml")
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("# decimal_mark", "decimal_mark"), encoding="utf-8")
    assert "read 4 = kept 0 + duplicate 0 + skipped 4 + refused 0" in run("add", made, sheet).out


@pytest.mark.parametrize(("words", "code", "said"), [
    (["page.png", "--template", "-o", "case/sheet.csv"], 2, "lies inside the case"),
    (["page.png", "--template", "-o", "sheet.ods"], 2, "neither .csv nor .xlsx"),
    (["page.png", "-o", "sheet.csv"], 2, "is written with --template"),
    (["book.pdf", "--template", "--lines", "9999"], 2, "more than 100,000; say fewer with --lines"),
    (["nothing.png"], 2, "no picture of this case has this name or SHA-256"),
    (["0123"], 2, "no picture of this case"),
    (["text.png"], 4, "no picture by its own bytes"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(
    run: Run, made: Path, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("a table, renamed")
    (tmp_path / "book.pdf").write_bytes(pdf(*[(99, 99)] * 20))
    assert page.parent == tmp_path
    assert made == tmp_path / "case"
    shown = run("transcribe", "case", *words)
    assert (shown.code, said in shown.err) == (code, True), shown
    assert not (tmp_path / "sheet.csv").exists()


def test_two_pictures_of_one_name_are_told_apart_by_their_hash(run: Run, made: Path, tmp_path: Path) -> None:
    hashes = []
    for number, data in enumerate((png(), jpeg())):
        path = tmp_path / str(number) / "page"
        path.parent.mkdir()
        path.write_bytes(data)
        run("add", made, path)
        hashes.append(hashlib.sha256(data).hexdigest())
    shown = run("transcribe", made, "page")
    assert (shown.code, all(each in shown.err for each in hashes)) == (2, True)
    assert "a JPEG picture" in run("transcribe", made, hashes[1]).out


def test_pictures_alone_make_no_run_and_those_of_a_folder_come_first(run: Run, made: Path, page: Path, tmp_path: Path) -> None:
    shown = run("run", page, "-o", tmp_path / "alone")
    assert (shown.code, "page.png: a picture, which waits for a transcription" in shown.err) == (4, True)
    assert not (tmp_path / "alone").exists()
    folder = tmp_path / "folder"
    folder.mkdir()
    run("transcribe", made, page, "--template", "-o", folder / "a.csv")
    fill_in(folder / "a.csv")
    page.rename(folder / "z.png")
    added = run("add", made, folder, "--json").json
    assert [(each["name"], each["rows_kept"]) for each in added] == [("z.png", 0), ("a.csv", 2)]
