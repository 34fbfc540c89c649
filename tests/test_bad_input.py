"""Bad input gives one clear message, or an issue row with its position; the case is as it was before, or complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import SourceError, UnknownFormat
from trails.ingest import SourceReport, add_source

A, B = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def item(**changes: Any) -> dict[str, Any]:
    return {
        "transaction_id": "ab" * 32,
        "token_info": {"symbol": "USDT", "address": USDT, "decimals": 6, "name": "Tether USD"},
        "block_timestamp": 1_722_640_811_000,
        "from": A,
        "to": B,
        "type": "Transfer",
        "value": "680000000",
        **changes,
    }


def write_page(path: Path, *items: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"data": list(items), "success": True, "meta": {"page_size": len(items)}}))
    return path


def state(case: Case) -> tuple[Any, ...]:
    """Everything that must not change when a file is refused."""
    counts = [
        case.con.execute(f"SELECT count(*) FROM {name}").fetchone()
        for name in (
            "sources",
            "nodes",
            "transactions",
            "transfer_rows",
            "events",
            "tags",
            "issues",
            "citations",
            "assets",
        )
    ]
    return (*counts, case.log_lines(), sorted(path.name for path in (case.folder / "sources").iterdir()))


def add(case: Case, path: Path, **said: Any) -> SourceReport:
    return add_source(case, path, options=ReadOptions(**said))


def test_a_good_page_and_the_same_page_again(case: Case, tmp_path: Path) -> None:
    path = write_page(tmp_path / "p.json", item(), item(transaction_id="cd" * 32))
    first = add(case, path)
    assert (first.rows_read, first.rows_kept, first.already_known) == (2, 2, False)
    before = state(case)
    again = add(case, path)
    assert (again.already_known, again.source_id) == (True, first.source_id)
    assert state(case) == before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.json", b"", "empty"),
        ("blank.json", b" \n", "no connector recognises"),
        ("cut.json", b'{"data": [{"transaction_id": "ab", "token_info": {"sym', "truncated"),
        ("page.json", '{"data": [], "success": true, "meta": {}, "Č": 1}'.encode("cp1250"), "is not utf-8"),
        ("list.txt", b"hello\nworld\n", "no connector recognises"),
        ("photo.jpg", bytes(range(256)) * 10, "no connector recognises"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_no_trace(
    case: Case, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    before = state(case)
    (tmp_path / name).write_bytes(content)
    connector = "trongrid" if words in ("truncated", "is not utf-8") else None
    with pytest.raises(SourceError, match=words) as raised:
        add_source(case, tmp_path / name, connector=connector)
    assert name in str(raised.value)
    assert state(case) == before


def test_a_folder_and_an_unknown_format_say_what_to_try(case: Case, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is a folder; name the files in it"):
        add(case, tmp_path)
    (tmp_path / "x.json").write_text('{"what": "is this"}')
    with pytest.raises(UnknownFormat, match="--as"):
        add(case, tmp_path / "x.json")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": B[:-1] + "s"}, "identifier"),
        ({"value": "9" * 60}, "amount"),
        ({"value": "12.5"}, "amount"),
        ({"value": None}, "amount"),
        ({"transaction_id": "xyz"}, "identifier"),
        ({"token_info": None}, ""),
    ],
)
def test_one_bad_row_is_refused_with_its_position_and_loses_nothing_else(
    case: Case, tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    good = [item(transaction_id=f"{n:02x}" * 32) for n in range(3)]
    page = write_page(tmp_path / "p.json", good[0], item(**changes), good[1], good[2])
    report = add(case, page)
    assert (report.rows_read, report.rows_kept, report.rows_refused) == (4, 3, 1)
    ((row, severity, found),) = case.con.execute("SELECT row, severity, code FROM issues").fetchall()
    assert (row, severity) == (2, "error")
    assert code in found
    assert case.con.execute("SELECT count(*) FROM transfers").fetchone() == (3,)


@pytest.mark.parametrize("stamp", [0, 86_400_000, -5, 99_999_999_999_999])
def test_a_row_dated_1970_keeps_its_transfer_without_a_time(case: Case, tmp_path: Path, stamp: int) -> None:
    report = add(case, write_page(tmp_path / "p.json", item(block_timestamp=stamp)))
    assert (report.rows_kept, report.rows_refused) == (1, 0)
    assert case.con.execute("SELECT time, time_basis FROM transfers").fetchall() == [(None, "unknown")]
    assert case.con.execute("SELECT row, severity FROM issues").fetchall() == [(1, "warning")]


def test_the_same_transaction_with_another_amount_is_refused_and_names_both(case: Case, tmp_path: Path) -> None:
    add(case, write_page(tmp_path / "one.json", item()))
    report = add(case, write_page(tmp_path / "two.json", item(value="680000001"), item(transaction_id="cd" * 32)))
    assert (report.rows_kept, report.rows_refused) == (1, 1)
    ((source, row, message),) = case.con.execute(
        "SELECT source_id, row, message FROM issues WHERE severity = 'error'"
    ).fetchall()
    assert (source, row) == (2, 1)
    assert "680000001" in message
    assert "source 1 row 1 states 680000000" in message


def test_a_hawala_time_without_a_zone_is_refused_until_one_is_given(case: Case, tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text(
        "Date,Code,Payer,Payee,Office,Amount,Status\n02.08.2024,4718,A One,B Two,Amber,100,held\n"
    )
    (tmp_path / "l.csv.mapping.toml").write_text(
        'scope = "x"\ndate_pattern = "%d.%m.%Y"\ndecimal_mark = "."\ncurrency = "EUR"\n[columns]\ndate = "Date"\n'
        'code = "Code"\npayer = "Payer"\npayee = "Payee"\noffice = "Office"\namount = "Amount"\nstatus = "Status"\n'
        '[status]\nheld = "deposit"\n'
    )
    refused = add(case, tmp_path / "l.csv")
    assert (refused.rows_kept, refused.rows_refused) == (0, 1)
    assert "--timezone" in case.con.execute("SELECT message FROM issues").fetchall()[0][0]
    assert add(case, tmp_path / "l.csv").already_known
    again = add(case, tmp_path / "l.csv", timezone="Europe/Istanbul")
    assert (again.source_id, again.rows_kept, again.rows_refused) == (2, 1, 0)
    found = case.con.execute("SELECT time::VARCHAR, time_error_s, time_basis FROM transfers").fetchall()
    assert found == [("2024-08-02 09:00:00", 43_200, "assumed")]
