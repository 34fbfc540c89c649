"""Chats as text: every shape of a header, which number is the day, and which lines begin a message."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages.ampm import read_hour
from connectors.messages.dates import ORDERS, choose_order, read_date
from connectors.messages.headers import Shape, find_headers, split_sender, starts_with_header
from connectors.messages.transcript import Clock, layout_issues, read_entries, study_layout
from trails.columns import CellProblem
from trails.errors import SourceError


def clock_of(text: str, **said: Any) -> Clock:
    options = {"date_order": None, "zone_name": "UTC", "year": None, **said}
    return Clock(study_layout(text, "chat.txt"), name="chat.txt", **options)


def times_of(text: str, **said: Any) -> list[datetime | None]:
    clock = clock_of(text, **said)
    return [clock.instant(entry, clock.see(entry)).time for entry in read_entries(text, study_layout(text, "chat.txt"))]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("27/03/2022, 21:41 - ", {}),
        ("3/27/22, 9:41 PM - ", {}),
        ("\u200e[3/27/22, 21:41:30] ", {}),
        ("[27/3/22 21.41.30] ", {}),
        ("\u200f[٢٧\u200f/٣\u200f/٢٠٢٢، ٩:٤١:٣٠ م] ", {}),
        ("[27/3/22, 9:41:30\u202fPM] ", {}),
        ("2022-03-27, 9:41 p.m. - ", {}),
        ("2022-03-27, 9:41 p. m. - ", {}),
        ("27/03/22 21:41:30: ", {}),
        ("27. 03. 2022. 21:41 - ", {}),
        ("27.3.22. 21:41 - ", {}),
        ("[27.3.2022., 21:41:30] ", {}),
        ("2022. 03. 27. 21:41 - ", {}),
        ("27.03.22 г., 21:41 ч. - ", {}),
        ("27.3.2022 klo 21.41 - ", {}),
        ("27/3/22, 9:41 μ.μ. - ", {}),
        ("27.03.2022 9:41 ÖS - ", {}),
        ("[2022/3/27 下午9:41:30] ", {}),
        ("2022년 3월 27일 오후 9:41 - ", {}),
        ("[22-03-27 21 h 41 min 30 s] ", {"date_order": "ymd"}),
        ("[3/27/R4, 21:41:30] ", {}),
        ("[令和4年3月27日 21:41:30] ", {}),
        ("[3/27/2565 BE, 21:41:30] ", {}),
        ("[۱۴۰۱/۱/۷،\u200f ۲۱:۴۱:۳۰] ", {}),
        ("[24/8/1443 AH, 21:41:30] ", {}),
        ("27 Mar 21:41 - ", {"year": 2022}),
        ("27 March 2022 21:41 - ", {}),
        ("[27/3, 9:41 PM] ", {"year": 2022}),
    ],
)
def test_every_shape_gives_the_same_instant(header: str, said: dict[str, Any]) -> None:
    text = f"{header}Kaka N.: OK\n"
    assert times_of(text, **said) == [datetime(2022, 3, 27, 21, 41, 30, tzinfo=UTC)]
    (entry,) = read_entries(text, study_layout(text, "chat.txt"))
    assert (entry.sender, entry.text, entry.raw) == ("Kaka N.", "OK", text.rstrip())


def test_a_lunar_date_is_a_day_less_certain_and_a_minute_half_a_minute() -> None:
    errors = []
    for header in ("[24/8/1443 AH, 21:41:30] ", "27/03/2022, 21:41 - ", "[27/3/22, 21:41:30] "):
        text = f"{header}A: b"
        clock, (entry,) = clock_of(text), read_entries(text, study_layout(text, "chat.txt"))
        errors.append(clock.instant(entry, clock.see(entry)).error_s)
    assert errors == [86_400, 30, 0]


@pytest.mark.real_data
def test_every_shape_seen_in_the_wild_is_read(real_data: Path) -> None:
    lines = (real_data / "chats" / "whatsapp_header_shapes.tsv").read_text(encoding="utf-8").splitlines()[1:]
    read = 0
    for line in lines:
        written = line.split("\t")[2].encode().decode("unicode_escape")
        header = starts_with_header(written.removeprefix("\ufeff") + "Kaka: OK")
        assert header is not None, line
        assert any(read_date(header.parts, header.era, order) for order in ORDERS), line
        assert read_hour(header.hour, header.marker) is not None, line
        read += 1
    assert read == len(lines) == 49


PLAIN = Shape(False, "/", "plain", True, ":", False, False, "-")
DASHED = PLAIN._replace(separator="-")


def order_of(*written: str, shape: Shape = PLAIN, said: str | None = None) -> str:
    return choose_order([(tuple(day.split("/")), None) for day in written], shape, said, "chat.txt")


@pytest.mark.parametrize(
    ("written", "shape", "order"),
    [
        (("02/08/24", "13/08/24"), PLAIN, "dmy"),
        (("02/08/24", "02/13/24"), PLAIN, "mdy"),
        (("27/03/22",), PLAIN, "dmy"),
        # as dmy the second would be of 2001, before there was such an app
        (("22/03/27", "22/04/01"), DASHED, "ymd"),
        # no number above 12, but as mdy the months would run backwards again and again
        (("05/02/24", "03/03/24", "12/03/24", "01/04/24", "04/04/24"), PLAIN, "dmy"),
    ],
)
def test_all_lines_together_say_which_number_is_the_day(written: tuple[str, ...], shape: Shape, order: str) -> None:
    assert order_of(*written, shape=shape) == order


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (("02/08/24", "03/08/24"), "may be dmy or mdy"),
        (("01/02/24", "12/02/24", "01/03/24"), "may be dmy or mdy"),
        (("22/03/27", "22/04/11"), "may be dmy or ymd"),
        (("13/08/24", "08/13/24"), "fit no one order"),
        (("31/02/24",), "fit no one order"),
    ],
)
def test_what_no_line_decides_is_refused(written: tuple[str, ...], said: str) -> None:
    shape = DASHED if "ymd" in said else PLAIN
    with pytest.raises(SourceError, match=said) as problem:
        order_of(*written, shape=shape)
    assert "--date-order" in str(problem.value)


def test_what_is_said_decides_and_must_be_an_order() -> None:
    assert order_of("02/08/24", said="mdy") == "mdy"
    with pytest.raises(SourceError, match="dmy, mdy, ymd"):
        order_of("02/08/24", said="daymonth")


def test_one_foreign_date_among_hundreds_does_not_stop_the_file() -> None:
    days = [f"{1 + number % 28:02}/08/24" for number in range(300)]
    assert order_of(*days, "08/31/24") == "dmy"


@pytest.mark.parametrize("written", ["1/1/2065", "1/1/2008", "30/2/2024", "0/1/2024", "1/0/24", "31/12/1389"])
def test_days_that_are_none_or_of_an_unstated_calendar_are_none(written: str) -> None:
    assert read_date(tuple(written.split("/")), None, "dmy") in (None, date(2011, 3, 20) if "1389" in written else None)


def test_lines_without_a_header_belong_to_the_message_above() -> None:
    text = "27/03/2022, 21:41 - A: Pimlico Gardens\nLondon\n\nhttps://x.example\n27/03/2022, 21:42 - B: ok\n"
    entries = list(read_entries(text, study_layout(text, "chat.txt")))
    assert [(entry.row, entry.sender, entry.text) for entry in entries] == [
        (1, "A", "Pimlico Gardens\nLondon\n\nhttps://x.example"), (2, "B", "ok"),
    ]  # fmt: skip


def test_a_header_of_another_shape_inside_a_message_begins_nothing() -> None:
    text = "27/03/2022, 21:41 - A: kopirano\n[3/27/22, 21:00:00] B: kod 9134\n27/03/2022, 21:42 - A: ok\n"
    layout = study_layout(text, "chat.txt")
    entries = list(read_entries(text, layout))
    assert [entry.sender for entry in entries] == ["A", "A"]
    assert "B: kod 9134" in entries[0].text
    assert [(issue.severity, issue.code) for issue in layout_issues(layout, [])] == [("warning", "other_headers")]


def test_a_header_after_a_bare_line_feed_is_inside_a_message_where_messages_end_with_crlf() -> None:
    line = "[27/3/22, 21:41:{:02}] A: x\r\n"
    text = "".join(line.format(second) for second in range(20))
    forged = text + "[27/3/22, 21:42:00] A: pismo\n[1/3/22, 09:00:00] B: kod 9134\r\n" + line.format(59)
    layout = study_layout(forged, "chat.txt")
    entries = list(read_entries(forged, layout))
    assert (len(entries), layout.others) == (22, 1)
    assert entries[20].text == "pismo\n[1/3/22, 09:00:00] B: kod 9134"
    assert len(list(read_entries(text.replace("\r", ""), study_layout(text.replace("\r", ""), "x")))) == 20


def test_text_before_the_first_header_is_a_row_of_its_own() -> None:
    text = "ostatak poruke\n27/03/2022, 21:41 - A: x\n"
    assert [(entry.row, entry.header is None) for entry in read_entries(text, study_layout(text, "x"))] == [
        (1, True), (2, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "sender", "rest"),
    [
        ("Kaka N.: OK", "Kaka N.", "OK"),
        ("Kaka N.:", "Kaka N.", ""),
        ("\u202a+387 65 000 111\u202c: x: y", "+387 65 000 111", "x: y"),
        ('Dado "Brzi": OK', 'Dado "Brzi"', "OK"),
        ('You changed the subject from "Trip: two" to "Trip"', None, None),
        ("John Doe:.", None, None),
        ("You were added", None, None),
        ("A\nB: C", None, None),
    ],
)
def test_the_sender_stands_before_the_first_colon(body: str, sender: str | None, rest: str | None) -> None:
    found, start = split_sender(body)
    assert found == sender
    assert rest is None or body[start:] == rest


def test_years_that_are_left_out_count_on_from_the_first() -> None:
    text = "30 Dec 13:30 - A: x\n31 Dec 23:59 - A: x\n1 Jan 00:01 - A: x\n"
    assert [time and time.date() for time in times_of(text, year=2015)] == [
        date(2015, 12, 30), date(2015, 12, 31), date(2016, 1, 1),
    ]  # fmt: skip
    with pytest.raises(SourceError, match="year = 2016"):
        clock_of(text)
    with pytest.raises(SourceError, match="`year`"):
        clock_of(text, year="2016")


def test_jumps_back_are_told_once() -> None:
    text = "23/03/2022, 13:31 - A: x\n18/03/2022, 14:56 - A: x\n19/03/2022, 14:56 - A: x\n"
    clock = clock_of(text)
    for entry in read_entries(text, study_layout(text, "x")):
        clock.see(entry)
    issues = list(layout_issues(study_layout(text, "x"), clock.backwards))
    assert [(issue.code, issue.row) for issue in issues] == [("order_broken", None)]
    assert "first: row 2" in issues[0].message


@pytest.mark.parametrize("written", ["27/03/2022, 25:41 - ", "27/03/2022, 13:41 PM - ", "27/03/2022, 11:61 - "])
def test_an_impossible_time_of_day_is_damaged(written: str) -> None:
    text = f"{written}A: x\n"
    clock, (entry,) = clock_of(text), read_entries(text, study_layout(text, "x"))
    with pytest.raises(CellProblem, match="is no time") as problem:
        clock.instant(entry, clock.see(entry))
    assert problem.value.code == "time_damaged"


@given(st.integers(0, 23), st.integers(0, 59))
def test_half_days_and_whole_days_agree(hour: int, minute: int) -> None:
    marker = "PM" if hour >= 12 else "AM"
    whole, half = f"27/03/2022, {hour}:{minute:02} - A: x", f"27/03/2022, {hour % 12 or 12}:{minute:02} {marker} - A: x"
    assert times_of(whole) == times_of(half)


@given(st.text(st.sampled_from("[]0123456789/.:-, \u200e\u200fAPM\nR年"), max_size=200))
def test_no_text_stops_the_search_for_headers(text: str) -> None:
    ends = [header.end for header in find_headers(text)]
    assert ends == sorted(ends)
