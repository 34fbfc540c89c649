"""Tables of messages: known layouts, declared columns, workbooks of several sheets, times and senders, Meta's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from connectors import message_table
from connectors.message_table.layout import VOCABULARY
from connectors.message_table.meta import mend_text
from connectors.profiles import load_profiles
from tests.connectors.reading import (
    SAMPLES,
    Reading,
    head_of,
    make_head,
    make_source,
    open_source,
    read_all,
    write_text,
)
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.mapping import load_mapping

FOLDER = SAMPLES / "message_table"
MAPPING: dict[str, Any] = {
    "kind": "messages",
    "timezone": "UTC",
    "columns": {"time": "when", "text": "what", "sender": "who"},
}


def read_csv(folder: Path, text: str, options: ReadOptions | None = None, name: str = "t.csv") -> Reading:
    return read_all(message_table, make_source(folder, text, name), options or ReadOptions(timezone="UTC"))


def declared(**settings: Any) -> ReadOptions:
    return ReadOptions(mapping={**MAPPING, **settings})


@pytest.mark.parametrize("profile", load_profiles(FOLDER), ids=lambda profile: profile.name)
def test_every_profile_is_a_whole_mapping_and_is_found_by_its_header(tmp_path: Path, profile: Any) -> None:
    settings = {key: value for key, value in profile.mapping.items() if key != "optional"}
    assert load_mapping(settings, VOCABULARY).problems == ()
    assert set(profile.mapping.get("optional", {})) <= set(VOCABULARY.words)
    columns = list(dict.fromkeys([*profile.header, *settings["columns"].values()]))
    cells = dict.fromkeys(columns, "") | {settings["columns"]["text"]: "kod 4718"}
    cells[settings["columns"]["time"]] = "2024-08-02 23:20:11"
    lines = ["\t".join(columns), "\t".join(cells.values())]
    path = write_text(tmp_path, "\n".join(lines) + "\n", "t.tsv")
    assert profile.title in (message_table.recognise(head_of(path)) or "")
    (event,) = read_all(message_table, open_source(path), ReadOptions(timezone="UTC")).events
    assert (event.kind, event.text) == ("code_quoted", "4718")
    assert event.time.time == datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC)


def test_a_layout_that_is_utc_states_it_and_the_user_wins(tmp_path: Path) -> None:
    text = (FOLDER / "sample-aleapp-sms.tsv").read_text(encoding="utf-8")
    source = make_source(tmp_path, text, "sms.tsv")
    time = read_all(message_table, source).events[0].time
    assert (time.time, time.basis) == (datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC), "stated")
    said = read_all(message_table, source, ReadOptions(timezone="Europe/Sarajevo")).events[0].time
    assert (said.time, said.basis) == (datetime(2024, 8, 2, 21, 20, 11, tzinfo=UTC), "assumed")


@pytest.mark.parametrize(
    ("written", "expected", "basis"),
    [
        ("2024-08-02 23:20:11", "2024-08-02T23:20:11", "assumed"),
        ("2024-08-02T23:20:11Z", "2024-08-02T23:20:11", "stated"),
        ("2024-08-02 23:20:11+02:00", "2024-08-02T21:20:11", "stated"),
        ("8/13/2024 11:20:11 PM(UTC+0)", "2024-08-13T23:20:11", "stated"),
        ("13/08/2024 23:20:11(UTC+2)", "2024-08-13T21:20:11", "stated"),
        ("13.08.2024 23:20:11 (UTC+5:30)", "2024-08-13T17:50:11", "stated"),
        ("13.08.2024 23:20:11 (UTC-3.5)", "2024-08-14T02:50:11", "stated"),
        ("13/08/2024 23:20:11 UTC", "2024-08-13T23:20:11", "stated"),
        ("1722640811", "2024-08-02T23:20:11", "stated"),
        ("1722640811000", "2024-08-02T23:20:11", "stated"),
    ],
)
def test_times_are_read_as_the_cell_states_them(tmp_path: Path, written: str, expected: str, basis: str) -> None:
    (event,) = read_csv(tmp_path, f"timestamp,sender,message\n{written},A,kod 4718\n").events
    assert event.time.time
    assert (event.time.time.isoformat()[:19], event.time.basis) == (expected, basis)


def test_the_order_of_day_and_month_is_that_of_all_rows(tmp_path: Path) -> None:
    rows = "timestamp,sender,message\n8/2/2024 1:00:00 AM,A,kod 111\n"
    with pytest.raises(SourceError, match="--date-order dmy or mdy"):
        read_csv(tmp_path, rows)
    later = read_csv(tmp_path, rows + "8/13/2024 1:00:00 AM,A,ok\n")
    assert later.events[0].time.time == datetime(2024, 8, 2, 1, tzinfo=UTC)
    said = read_csv(tmp_path, rows, ReadOptions(timezone="UTC", date_order="dmy"))
    assert said.events[0].time.time == datetime(2024, 2, 8, 1, tzinfo=UTC)


def test_a_day_and_a_clock_of_two_columns_are_one_time(tmp_path: Path) -> None:
    text = "when,day,who,what\n23:20:11,2024-08-02,A,kod 4718\n"
    columns = {**MAPPING["columns"], "date": "day"}
    (event,) = read_csv(tmp_path, text, declared(columns=columns)).events
    assert event.time.time == datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "time_missing"),
        ("soon", "time_damaged"),
        (" " * 3 + "1 " * 40_000, "time_damaged"),
        ("31/13/2024 1:00", "time_damaged"),
        ("0000000000", "time_damaged"),
    ],
)
def test_a_time_that_is_none_refuses_its_row(tmp_path: Path, cell: str, code: str) -> None:
    text = f"when,who,what\n2024-08-02 01:00:00,A,kod 111\n{cell},A,kod 222\n2024-08-02 01:00:00,A,kod 333\n"
    reading = read_csv(tmp_path, text, declared())
    assert reading.errors == [(3, code)]
    assert [event.text for event in reading.events] == ["111", "333"]


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    reading = read_csv(tmp_path, "timestamp,sender,message\n2024-08-02 01:00,A,kod 111\n", ReadOptions())
    assert reading.errors == [(2, "time_no_zone")]


@pytest.mark.parametrize(
    ("cell", "service", "rail", "key"),
    [
        ("38765000111@s.whatsapp.net Kaka N.", "whatsapp", "phone", "+38765000111"),
        ("+387 65 000 111 Kaka (owner)", "signal", "phone", "+38765000111"),
        ("From: +38765000111", "sms", "phone", "+38765000111"),
        ("To: +38765000111", "sms", "chat", "sms:s:owner"),
        ("Local User", "whatsapp", "chat", "whatsapp:s:owner"),
        ("Primer Bot (@primer 900000001)", "telegram", "chat", "telegram:user900000001"),
        ("900000001 Primer Bot", "telegram", "chat", "telegram:user900000001"),
        ("900000001 Primer Bot", "signal", "chat", "signal:s:900000001 Primer Bot"),
        ("Kaka  N.", "viber", "chat", "viber:s:Kaka N."),
    ],
)
def test_senders_are_accounts_as_tools_write_them(tmp_path: Path, cell: str, service: str, rail: str, key: str) -> None:
    text = f"when,who,what\n2024-08-02 01:00:00,{cell},kod 111\n"
    (event,) = read_csv(tmp_path, text, declared(service=service, scope="s")).events
    assert event.node
    assert (event.node.rail, event.node.key) == (rail, key)


def test_a_row_without_a_sender_says_so(tmp_path: Path) -> None:
    (event,) = read_csv(tmp_path, "when,who,what\n2024-08-02 01:00:00,,kod 111\n", declared()).events
    assert event.node is None


def test_what_was_sent_is_the_owners(tmp_path: Path) -> None:
    columns = {**MAPPING["columns"], "direction": "way"}
    row = "2024-08-02 01:00:00,+38765000111,kod {},{}\n"
    text = "when,who,what,way\n" + row.format(111, "Outgoing") + row.format(222, "Incoming")
    keys = [
        event.node and event.node.key for event in read_csv(tmp_path, text, declared(columns=columns, scope="s")).events
    ]
    assert keys == ["chat:s:owner", "+38765000111"]


def test_equal_rows_stay_two_and_the_same_table_twice_stays_one(tmp_path: Path) -> None:
    text = "when,who,what\n" + "2024-08-02 01:00:00,A,kod 111\n" * 2
    first = [event.identity for event in read_csv(tmp_path, text, declared(scope="s")).events]
    assert len(set(first)) == 2
    longer = [
        event.identity for event in read_csv(tmp_path, text + "2024-08-03 01:00:00,A,ok\n", declared(scope="s")).events
    ]
    assert first == longer


@pytest.mark.parametrize(
    ("line", "code"), [("2024-08-02 01:00:00,A", "row_shape"), ("2024-08-02 01:00:00,A,kod 222,x", "row_shape")]
)
def test_a_row_of_another_length_is_refused_alone(tmp_path: Path, line: str, code: str) -> None:
    text = f"when,who,what\n{line}\n2024-08-02 01:00:00,A,kod 333\n"
    reading = read_csv(tmp_path, text, declared())
    assert reading.errors == [(2, code)]
    assert [event.text for event in reading.events] == ["333"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"columns": {"time": "when"}}, "`text`"),
        ({"columns": {"time": "when", "text": "body"}}, "no column 'body'"),
        ({"service": "pigeon"}, "`service`"),
        ({"region": "Bosnia"}, "`region`"),
        ({"code_words": "lozinka"}, "code_words"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_its_problem(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        read_csv(tmp_path, "when,who,what\n2024-08-02 01:00:00,A,kod 111\n", declared(**settings))


def test_further_code_words_come_from_the_mapping(tmp_path: Path) -> None:
    text = "when,who,what\n2024-08-02 01:00:00,A,lozinka 9134\n"
    assert read_csv(tmp_path, text, declared()).events == []
    assert [event.text for event in read_csv(tmp_path, text, declared(code_words=["lozinka"])).events] == ["9134"]


def make_book(path: Path, **sheets: list[list[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm:ss", "remove_timezone": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name.replace("_", " "))
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


CHATS: list[list[object]] = [
    ["Chats (2)"],
    ["#", "From", "To", "Body", "Timestamp: Date", "Timestamp: Time", "Attachment #1", "Deleted"],
    [1, "+38765000111 Kaka", "", "kod 4718", "8/13/2024", "8/13/2024 11:20:11 PM(UTC+0)", "", ""],
    [2, "+38765000111 Kaka", "", "", "8/13/2024", "8/13/2024 11:21:11 PM(UTC+0)", "v.mp4", "Yes"],
]


def test_a_report_under_a_title_row_is_read_with_the_sheets_own_rows(tmp_path: Path) -> None:
    path = make_book(tmp_path / "r.xlsx", Chats=CHATS)
    assert "Cellebrite" in (message_table.recognise(head_of(path)) or "")
    reading = read_all(message_table, open_source(path))
    assert [(event.row, event.kind) for event in reading.events] == [(3, "code_quoted"), (4, "proof")]
    assert reading.graded == {("note", "deleted_messages"): 1, ("note", "unknown_columns"): 1}


def test_all_message_sheets_of_a_report_are_read(tmp_path: Path) -> None:
    summary: list[list[object]] = [["Cellebrite Physical Analyzer"]]
    path = make_book(tmp_path / "r.xlsx", Summary=summary, Chats=CHATS, Contacts=[["Name"]], Instant_Messages=CHATS)
    assert message_table.recognise(head_of(path))
    reading = read_all(message_table, open_source(path))
    # a row says by its number on which of the workbook's sheets it stands: the second, and the fourth
    assert [event.row for event in reading.events] == [10_000_003, 10_000_004]
    assert [(skip.row, skip.reason) for skip in reading.skips] == [
        (row, "the same message stands on an earlier sheet") for row in (30_000_003, 30_000_004)
    ]
    assert reading.rows_read == 4
    empty = make_book(tmp_path / "e.xlsx", Summary=summary, Contacts=[["Name"]])
    with pytest.raises(SourceError, match="no sheet of this report"):
        list(message_table.read(open_source(empty), ReadOptions()))


def test_a_mapping_names_another_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [["when", "who", "what"], [datetime(2024, 8, 2, 1), "A", 4718], ["x", "A", "300 EUR"]]
    path = make_book(tmp_path / "r.xlsx", First=[["nothing"]], List=rows)
    reading = read_all(message_table, open_source(path), declared(sheet="List"))
    assert (reading.rows_read, reading.errors) == (2, [(3, "time_damaged")])
    profile = read_all(message_table, open_source(make_book(tmp_path / "p.xlsx", A=[["x"]], B=CHATS)),
                       ReadOptions(mapping={"profile": "cellebrite-chats", "sheet": "B"}))  # fmt: skip
    assert len(profile.events) == 2
    with pytest.raises(SourceError, match="no sheet 'C'"):
        list(message_table.read(open_source(path), declared(sheet="C")))


def test_a_number_that_a_sheet_has_cut_is_told(tmp_path: Path) -> None:
    rows: list[list[object]] = [["when", "who", "what"], [datetime(2024, 8, 2, 1), "A", 1e17]]
    path = make_book(tmp_path / "r.xlsx", List=rows)
    columns = {**MAPPING["columns"], "attachment": "who"}
    rows[1][1] = "v.mp4"
    path = make_book(tmp_path / "s.xlsx", List=rows)
    reading = read_all(message_table, open_source(path), declared(columns=columns))
    assert reading.graded == {("warning", "number_cut"): 1}


@pytest.mark.parametrize(
    ("text", "name", "ours"),
    [
        ("timestamp,sender,message\n", "x.csv", True),
        ("Timestamp;Sender;Message\n", "x.csv", True),
        ("date,amount\n", "x.csv", False),
        ('{"messages": [{"sender_name": "A", "timestamp_ms": 5}]}', "message_1.json", True),
        ('{"messages": [{"id": 5}]}', "result.json", False),
        ("", "x.csv", False),
    ],
)
def test_tables_are_recognised(tmp_path: Path, text: str, name: str, *, ours: bool) -> None:
    source = make_source(tmp_path, text, name)
    assert bool(message_table.recognise(make_head(source))) is ours
    assert not message_table.recognise(make_head(source, {"kind": "ledger", "columns": {}}))


def test_no_known_header_and_no_mapping_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='kind = "messages"'):
        read_csv(tmp_path, "a,b\n1,2\n")
    reading = read_csv(tmp_path, "timestamp,sender,message\n")
    assert reading.graded == {("warning", "no_rows"): 1}


@pytest.mark.real_data
def test_the_real_instagram_chat_is_recognised_and_read(real_data: Path) -> None:
    path = real_data / "chats" / "chatminer_instagram_test_export.json"
    assert message_table.recognise(head_of(path))
    reading = read_all(message_table, open_source(path))
    assert (reading.rows_read, len(reading.skips), reading.issues) == (2, 2, [])


def test_instagram_gives_events(tmp_path: Path) -> None:
    items: list[Any] = [
        {"sender_name": "A", "timestamp_ms": 1_722_640_811_000, "content": "kod 4718"},
        {"sender_name": "A", "timestamp_ms": 1_722_640_811_000, "is_unsent": True},
        {"sender_name": "A", "timestamp_ms": "soon", "content": "300 EUR"},
        {"sender_name": None, "timestamp_ms": 1_722_640_811_000, "photos": [{"uri": "p/1.jpg"}, {"uri": 5}, 6]},
        {"sender_name": "A", "timestamp_ms": 5, "content": 6},
        "text",
    ]
    reading = read_all(message_table, make_source(tmp_path, json.dumps({"messages": items}), "message_1.json"))
    assert [(event.row, event.kind) for event in reading.events] == [
        (1, "code_quoted"), (2, "message_deleted"), (4, "proof"),
    ]  # fmt: skip
    assert reading.errors == [(3, "time_damaged"), (5, "message_damaged"), (6, "message_damaged")]


@pytest.mark.parametrize("text", ["šifra 9134", "رمز ن-۴۷۱۸", "Ñ", "", "ok 😊"])
def test_metas_texts_are_put_together_again(text: str) -> None:
    assert mend_text(text.encode().decode("latin-1")) == text
    assert mend_text(text) == text
