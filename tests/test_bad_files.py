"""Files that are traps, or damaged: each is refused in one sentence, leaves no trace, and the next good file goes in."""

from __future__ import annotations

import gzip
import io
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.connectors.reading import SAMPLES, open_source
from tests.fuzz.target import bounded
from tests.test_bad_input import state
from trails import json_text, texts
from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.ingest import SourceReport, add_source
from trails.records import sheet_records

TRON = (SAMPLES / "tronscan" / "sample.csv").read_bytes()
CHAT = (SAMPLES / "whatsapp" / "sample.txt").read_bytes()
LINES = TRON.splitlines()
PICKUP = (
    'kind = "pickup"\noperator = "moneygram"\nscope = "made"\ntimezone = "UTC"\ndate_pattern = "%d.%m.%Y"\n'
    'decimal_mark = "."\n[columns]\nnumber = "Number"\nsender = "Sender"\nreceiver = "Receiver"\ndate_sent = "Sent"\n'
    'amount = "Amount"\ncurrency = "Currency"\n'
)
HEADER = ("Number", "Sender", "Receiver", "Sent", "Amount", "Currency")
ROW = ("12345678", "Dunja Made", "Jova Made", "05.08.2024", "200", "EUR")
BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
) + "]>"  # fmt: skip
OUTSIDE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def refuse(case: Case, path: Path, words: str, **said: Any) -> str:
    """The file is refused in these words and nothing of it is kept; a good file can be added afterwards."""
    before = state(case)
    with pytest.raises(SourceError, match=words) as raised:
        add_source(case, path, **said)
    assert state(case) == before
    good = path.with_name("good.csv")
    good.write_bytes(TRON)
    assert add_source(case, good).rows_kept == 6
    return str(raised.value)


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def zipped(*files: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def flip(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0xFF
    return bytes(changed)


def write_book(path: Path, *rows: Sequence[object]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("S")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def rewrite(path: Path, changes: dict[bytes, bytes], renamed: dict[str, str] | None = None) -> Path:
    """Change the bytes inside a workbook's parts, and their names."""
    with zipfile.ZipFile(path) as archive:
        parts = [(item.filename, archive.read(item)) for item in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            changed = data
            for before, after in changes.items():
                changed = changed.replace(before, after)
            archive.writestr((renamed or {}).get(name, name), changed)
    return path


def add_pickups(case: Case, path: Path) -> SourceReport:
    path.with_name(f"{path.name}.mapping.toml").write_text(PICKUP)
    return add_source(case, path)


def issues(case: Case, source_id: int) -> list[tuple[int | None, str, str]]:
    found = case.con.execute(
        "SELECT row, code, message FROM issues WHERE source_id = $id ORDER BY row, code", {"id": source_id}
    )
    return [(row, code, message) for row, code, message in found.fetchall()]


# --- packed files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pack"), [("t.zip", lambda data: zipped(("t.csv", data))), ("t.csv.gz", gzip.compress)]
)
def test_a_bomb_is_refused_while_it_unpacks(
    case: Case, tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(TRON + (b" " * 999_999 + b"\n") * 70)
    assert len(bomb) < 200_000
    refuse(
        case, put(tmp_path, name, bomb), r"unpacks to more than 67,108,864 bytes, 100 times its packed size: refused"
    )


@pytest.mark.parametrize(
    "data", [zipped(("inner.zip", zipped(("t.csv", TRON)))), gzip.compress(gzip.compress(TRON))], ids=["zip", "gzip"]
)
def test_what_is_packed_twice_is_not_followed(case: Case, tmp_path: Path, data: bytes) -> None:
    refuse(case, put(tmp_path, "t.zip", data), "no connector recognises this file")


def test_paths_inside_a_zip_are_names_and_no_more(case: Case, tmp_path: Path) -> None:
    names = ("../../up.jpg", "/etc/x.jpg", "C:\\x\\y.jpg", "..\\up.jpg", "con", "a/" * 200 + "z.jpg")
    path = put(tmp_path, "chat.zip", zipped(("../../_chat.txt", CHAT), *((name, b"x") for name in names)))
    before = {each for each in tmp_path.parent.rglob("*") if case.folder not in each.parents}
    report = add_source(case, path, options=ReadOptions(timezone="UTC"))
    assert (report.connector, report.rows_read, report.rows_kept) == ("whatsapp", 13, 10)
    assert {each for each in tmp_path.parent.rglob("*") if case.folder not in each.parents} == before
    assert [each.name for each in (case.folder / "sources").iterdir()] == [open_source(path).sha256]


def test_two_files_of_one_name_in_a_zip_are_not_chosen_between(case: Case, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = put(tmp_path, "chat.zip", zipped(("_chat.txt", CHAT), ("_chat.txt", CHAT[:200])))
    refuse(case, path, "no connector recognises this file", options=ReadOptions(timezone="UTC"))


def test_files_that_overlap_in_a_zip_are_not_read(case: Case, tmp_path: Path) -> None:
    data = zipped(("t.csv", TRON), ("u.csv", TRON))
    start, second = data.index(b"PK\x01\x02"), data.rindex(b"PK\x01\x02")
    place = struct.unpack_from("<I", data, start + 42)
    overlapping = bytearray(data)
    struct.pack_into("<I", overlapping, second + 42, *place)  # both entries point to the first file's bytes
    refuse(case, put(tmp_path, "t.zip", bytes(overlapping)), "no connector recognises this file")


def test_a_locked_zip_says_that_it_needs_its_password(case: Case, tmp_path: Path) -> None:
    locked = bytearray(zipped(("t.csv", TRON)))
    locked[locked.index(b"PK\x03\x04") + 6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    refuse(
        case, put(tmp_path, "t.zip", bytes(locked)), r"t\.csv cannot be unpacked: .* is encrypted, password required"
    )


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda packed: packed[:-200], "damaged while unpacking: the packed file ended before the end"),
        (lambda packed: packed[:8], "damaged while unpacking: the packed file ended before the end"),
        (lambda packed: flip(packed, -6), "damaged while unpacking: Error -3 while decompressing data: incorrect data check"),
        (lambda packed: flip(packed, 300), "damaged while unpacking: Error -3 while decompressing"),
        (lambda packed: packed + b"\x00\x01junk", "damaged while unpacking: Error -3 .* incorrect header check"),
    ],
)
def test_a_damaged_gzip_is_refused_whole(
    case: Case, tmp_path: Path, damage: Callable[[bytes], bytes], words: str
) -> None:
    refuse(case, put(tmp_path, "t.csv.gz", damage(gzip.compress(TRON, mtime=0))), words)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda packed: packed[:-30], "a damaged zip or workbook: File is not a zip file; get the file again"),
        (lambda packed: flip(packed, 200), r"t\.zip/t\.csv: damaged while unpacking"),
        (lambda packed: packed[:40], "a damaged zip or workbook"),
    ],
)
def test_a_damaged_zip_is_refused_whole(
    case: Case, tmp_path: Path, damage: Callable[[bytes], bytes], words: str
) -> None:
    refuse(case, put(tmp_path, "t.zip", damage(zipped(("t.csv", TRON)))), words)


# --- workbooks --------------------------------------------------------------------------------------------------------

FAR = {
    "attribute order": ({b'<c r="A2" t="s">': b'<c s="0" r="XFD1048576" t="s">'}, {}),
    "single quotes and spaces": ({b'<c r="A2" t="s">': b"<c t='s'\n r = 'XFD1048576'>"}, {}),
    "small letters": ({b'<c r="A2" t="s">': b'<c r="xfd1048576" t="s">'}, {}),
    "a sheet in another folder": (
        {b'<c r="A2" t="s">': b'<c r="XFD1048576" t="s">', b"worksheets/sheet1.xml": b"elsewhere/sheet1.xml"},
        {"xl/worksheets/sheet1.xml": "xl/elsewhere/sheet1.xml"},
    ),
    "a sheet of another ending": (
        {b'<c r="A2" t="s">': b'<c r="XFD1048576" t="s">', b"worksheets/sheet1.xml": b"worksheets/sheet1.dat"},
        {"xl/worksheets/sheet1.xml": "xl/worksheets/sheet1.dat"},
    ),
    "a sheet in capitals": (
        {b'<c r="A2" t="s">': b'<c r="XFD1048576" t="s">'},
        {"xl/worksheets/sheet1.xml": "XL/Worksheets/Sheet1.xml"},
    ),
}
#: Run apart, because the workbook reader ends the whole process where it is asked for such a grid.
APART = (
    "import sys; from pathlib import Path; from tests.connectors.reading import open_source\n"
    "from trails.connector import ReadOptions; from trails.errors import SourceError; from trails.records import sheet_records\n"
    "try: print(len(list(sheet_records(open_source(Path(sys.argv[1])), ReadOptions()))))\n"
    "except SourceError as problem: print(problem)"
)


@pytest.mark.parametrize("trick", FAR)
def test_two_cells_far_apart_never_end_the_process(tmp_path: Path, trick: str) -> None:
    path = rewrite(write_book(tmp_path / "far.xlsx", ["x"], ["y"]), *FAR[trick])
    ended = subprocess.run(
        [sys.executable, "-c", APART, str(path)], capture_output=True, text=True, check=False, cwd=SAMPLES.parent
    )
    assert ended.returncode == 0, ended.stderr[-300:]
    assert "far.xlsx: a sheet of 2 cells spans 1,048,576 x 16,384 places: refused" in ended.stdout


def test_a_sparse_sheet_is_refused_by_the_case(case: Case, tmp_path: Path) -> None:
    path = rewrite(write_book(tmp_path / "far.xlsx", HEADER, ROW), {b'<c r="A2"': b'<c s="0" r="XFD1048576"'})
    path.with_name("far.xlsx.mapping.toml").write_text(PICKUP)
    refuse(case, path, "a sheet of 12 cells spans 1,048,576 x 16,384 places: refused", connector="pickup_list")


def test_a_workbook_that_unpacks_too_far_is_refused_unread(case: Case, tmp_path: Path) -> None:
    path = rewrite(write_book(tmp_path / "big.xlsx", HEADER, ROW), {b"Dunja": b" " * 70_000_000})
    path.with_name("big.xlsx.mapping.toml").write_text(PICKUP)
    refuse(case, path, r"the workbook unpacks to 70,\d{3},\d{3} bytes: refused as a trap", connector="pickup_list")


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_that_lies_about_its_sizes_is_refused(case: Case, tmp_path: Path, part: str) -> None:
    path = write_book(tmp_path / "lies.xlsx", HEADER, ROW)
    rewrite(path, {b"Dunja": b" " * 70_000_000, b"</sheetData>": b" " * 70_000_000 + b"</sheetData>"})
    with zipfile.ZipFile(path) as archive:
        sizes = [item.file_size for item in archive.infolist() if item.file_size > 10**7]
    data = path.read_bytes()
    for size in sizes:
        data = data.replace(struct.pack("<I", size), struct.pack("<I", 300))
    with zipfile.ZipFile(put(tmp_path, "lies.xlsx", data)) as archive:
        assert archive.getinfo(part).file_size == 300
    path.with_name("lies.xlsx.mapping.toml").write_text(PICKUP)
    refuse(case, path, "not a readable workbook", connector="pickup_list")


def test_entities_in_a_workbook_are_never_expanded(case: Case, tmp_path: Path) -> None:
    path = rewrite(
        write_book(tmp_path / "e.xlsx", HEADER, ROW),
        {b"<sst": OUTSIDE.encode() + b"<sst", b"Dunja Made": b"&a;"},
    )
    path.with_name("e.xlsx.mapping.toml").write_text(PICKUP)
    refuse(case, path, "not a readable workbook", connector="pickup_list")


def test_a_formula_is_its_last_result_in_a_workbook(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "f.xlsx"))
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ("Name", "Sum"))
    sheet.write_formula(1, 0, '=HYPERLINK("http://example.invalid","x")', None, "x")
    sheet.write_formula(1, 1, "=100+150", None, 250)
    book.close()
    found = list(sheet_records(open_source(tmp_path / "f.xlsx"), ReadOptions()))
    assert [record.value for record in found] == [{"Name": "x", "Sum": 250.0}]


def test_a_formula_in_a_csv_is_no_amount_and_is_never_computed(case: Case, tmp_path: Path) -> None:
    rows = ("12345678,=1+1,Jova Made,05.08.2024,=100+150,EUR", "12345679,=1+1,Jova Made,05.08.2024,100,EUR")
    report = add_pickups(case, put(tmp_path, "p.csv", "\n".join((",".join(HEADER), *rows, ""))))
    assert (report.rows_kept, report.rows_refused) == (1, 1)
    assert [(row, code) for row, code, _ in issues(case, report.source_id)] == [(2, "amount_damaged")]
    assert "'=100+150'" in issues(case, report.source_id)[0][2]
    labels = {label for (label,) in case.con.execute("SELECT label FROM nodes WHERE rail = 'mto'").fetchall()}
    assert "=1+1" in labels


@pytest.mark.parametrize(("name", "number"), [("n.xlsx", 1234567890123456789), ("n.csv", "1.23457E+18")])
def test_a_number_that_a_spreadsheet_cut_is_refused(case: Case, tmp_path: Path, name: str, number: object) -> None:
    path = tmp_path / name
    cells = (number, *ROW[1:])
    if name.endswith("xlsx"):
        write_book(path, HEADER, cells, ROW)
    else:
        path.write_text("\n".join(",".join(map(str, row)) for row in (HEADER, cells, ROW)))
    report = add_pickups(case, path)
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (2, 1, 1)
    ((row, code, message),) = issues(case, report.source_id)
    assert (row, code) == (2, "number_damaged")
    assert "a spreadsheet cut this number" in message


# --- XML --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trap", [BOMB, OUTSIDE], ids=["a bomb of entities", "a file from outside"])
@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("bank_statement/sample-camt053.xml", "the XML has a document type or entities, as a bomb would: refused"),
        ("ofac/sample-sdn.xml", "it declares a document type or entities; refused"),
        ("ofac/sample-sdn-advanced.xml", "it declares a document type or entities; refused"),
        ("bank_statement/sample.ofx", "the file has a document type or entities, as a bomb would: refused"),
    ],
)
def test_entities_are_refused_before_they_are_read(
    case: Case, tmp_path: Path, trap: str, sample: str, words: str
) -> None:
    text = (SAMPLES / sample).read_text(encoding="utf-8")
    root = re.search(r"<(Document|sdnList|Sanctions|OFX)\b", text)
    assert root
    path = put(tmp_path, Path(sample).name, text[: root.start()] + trap + text[root.start() :])
    assert "root:" not in refuse(case, path, words, options=ReadOptions(timezone="UTC"))


# --- text -------------------------------------------------------------------------------------------------------------


def test_a_csv_line_beyond_the_bound_is_refused(case: Case, tmp_path: Path) -> None:
    path = put(tmp_path, "long.csv", TRON + b"x" * (texts.MOST_LINE + 1) + b"\n")
    refuse(case, path, "long.csv: a line of more than 16,777,216 characters; refused")


def test_a_json_line_beyond_the_bound_is_refused(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MOST_VALUE_TEXT", 50_000)
    sample = (SAMPLES / "blockbook" / "sample.jsonl").read_bytes()
    path = put(tmp_path, "long.jsonl", sample + b'{"x": "' + b"x" * 50_000 + b'"}\n')
    refuse(case, path, "long.jsonl: a line of more than 50,000 characters; refused")


def test_deeply_nested_json_is_refused_quickly(case: Case, tmp_path: Path) -> None:
    path = put(tmp_path, "deep.json", b'{"a":' * 60_000)
    with bounded(seconds=5):
        refuse(case, path, "no connector recognises this file")


def test_nul_in_a_cell_refuses_that_row_alone(case: Case, tmp_path: Path) -> None:
    clean = add_source(case, put(tmp_path, "clean.csv", TRON))
    path = put(tmp_path, "nul.csv", b"\n".join((*LINES[:2], LINES[2].replace(b",T", b",T\x00", 1), *LINES[3:])))
    report = add_source(case, path)
    assert report.rows_read == clean.rows_read
    assert report.rows_refused == clean.rows_refused + 1
    assert (3, "text_damaged") in [(row, code) for row, code, _ in issues(case, report.source_id)]


def test_nul_in_json_refuses_its_item_alone(case: Case, tmp_path: Path) -> None:
    data = (SAMPLES / "trongrid" / "sample.json").read_bytes()
    clean = add_source(case, put(tmp_path, "clean.json", data))
    report = add_source(case, put(tmp_path, "nul.json", data.replace(b"USDT", b"US\x00DT", 1)))
    assert (report.rows_read, report.rows_refused) == (clean.rows_read, clean.rows_refused + 1)
    ((row, code, message),) = [each for each in issues(case, report.source_id) if "NUL" in each[2]]
    assert (row, code) == (1, "malformed")
    assert "a NUL character at place" in message
    assert "DT" not in message, "what stands around it may be a name"


@pytest.mark.parametrize(
    ("bad", "byte"),
    [("Čedo".encode("cp1250"), "0xc8"), (b"\xff\xfe", "0xff"), (b"\xed\xa0\x80", "0xed"), (b"ab\xc3,", "0xc3")],
)
def test_a_byte_of_another_encoding_is_named_and_refuses_its_row(case: Case, tmp_path: Path, bad: bytes, byte: str) -> None:
    clean = add_source(case, put(tmp_path, "clean.csv", TRON))
    report = add_source(case, put(tmp_path, "mixed.csv", TRON + bad + b",more\n" + TRON.splitlines(keepends=True)[-1]))
    assert (report.rows_read, report.rows_refused) == (clean.rows_read + 2, clean.rows_refused + 1)
    ((row, message),) = [(row, message) for row, code, message in issues(case, report.source_id) if code == "text_damaged"]
    assert row == len(TRON.splitlines()) + 1
    assert re.search(rf"column 'Txn Hash': byte {byte} at place \d+ is not utf-8; say the file's encoding with --encoding", message)


def test_a_header_of_another_encoding_refuses_the_file(case: Case, tmp_path: Path) -> None:
    data = TRON.replace(b"Status", "Stanje\u010d".encode("cp1250"), 1)
    words = r"byte 0xe8 at place \d+ is not utf-8; say the file's encoding"
    refuse(case, put(tmp_path, "head.csv", data), words, connector="tronscan")


def test_a_hidden_mark_before_an_address_is_shown_and_refuses_its_row(case: Case, tmp_path: Path) -> None:
    bad = LINES[2].replace(b",T", ",\u202eT".encode(), 1)
    path = put(tmp_path, "bidi.csv", b"\n".join((*LINES[:2], bad, *LINES[3:])))
    report = add_source(case, path)
    found = {row: message for row, code, message in issues(case, report.source_id) if code == "identifier"}
    assert r"'\u202eTBt8cx834crzJrmNjZaRSLgHqG1TeoBmtH' fails its checksum" in found[3]


# --- columns ----------------------------------------------------------------------------------------------------------

PAGE = (SAMPLES / "etherscan" / "sample.csv").read_bytes().replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b'"UnixTimestamp"', b'"Blockno"', r"row 1: Blockno stands twice among the column names; rename one"),
        (b'"From"', b'"Sender?"', "row 1: no header of an Etherscan export: it needs columns like Transaction Hash"),
    ],
    ids=["twice", "missing"],
)
def test_a_header_with_a_column_twice_or_missing_is_refused(
    case: Case, tmp_path: Path, before: bytes, after: bytes, words: str
) -> None:
    path = put(tmp_path, "page.csv", PAGE.replace(before, after, 1))
    refuse(case, path, words, connector="etherscan")


def test_a_header_of_very_many_columns_is_refused_quickly(case: Case, tmp_path: Path) -> None:
    path = put(tmp_path, "wide.csv", ",".join(HEADER) + ",a" * 200_000 + "\n" + ",".join(ROW) + "\n")
    path.with_name("wide.csv.mapping.toml").write_text(PICKUP)
    with bounded(seconds=5):
        refuse(case, path, "row 1: a header of 200,006 columns, more than 16,384: refused", connector="pickup_list")


def test_a_declared_column_that_is_missing_is_named_beside_those_there_are(case: Case, tmp_path: Path) -> None:
    path = write_book(tmp_path / "p.xlsx", HEADER[:-1], ROW[:-1])
    path.with_name("p.xlsx.mapping.toml").write_text(PICKUP)
    refuse(case, path, r"has no column 'Currency'; it has: 'Number', 'Sender', 'Receiver', 'Sent', 'Amount'")


def test_a_column_that_is_not_read_is_reported(case: Case, tmp_path: Path) -> None:
    lines = PAGE.rstrip(b"\n").split(b"\n")
    path = put(tmp_path, "page.csv", b"\n".join(line + b',"Remark"' for line in lines))
    report = add_source(case, path)
    assert report.rows_kept == 6
    assert (None, "unknown_columns", "columns not read: Remark") in issues(case, report.source_id)


def test_a_row_with_a_field_too_many_is_refused_alone(case: Case, tmp_path: Path) -> None:
    lines = PAGE.rstrip(b"\n").split(b"\n")
    lines[2] += b',"more"'
    report = add_source(case, put(tmp_path, "page.csv", b"\n".join(lines)))
    assert (report.rows_kept, report.rows_refused) == (5, 1)
    ragged = [(row, message) for row, code, message in issues(case, report.source_id) if code == "ragged"]
    assert ragged == [(3, "the row does not have the fields of its header; it may be cut")]
