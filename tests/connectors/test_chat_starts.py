"""Where a message of a chat begins: pasted chats, line ends, lines that nearly are headers, months in words, eras."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import signal, whatsapp
from connectors.messages.transcript import Clock, layout_issues, read_entries, study_layout
from connectors.whatsapp.notices import is_deleted, is_notice
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.ingest import add_source

UTC_ZONE = ReadOptions(timezone="UTC")
OWN = "[13/08/24, 10:0{}:00] {}: {}\r\n"
STRANGER = "[01/03/24, 09:0{}:00] Fictional X: kod 911{}"


def read_chat(folder: Path, text: str, options: ReadOptions = UTC_ZONE) -> Reading:
    return read_all(whatsapp, make_source(folder, text, "WhatsApp Chat with X.txt"), options)


def said_by(reading: Reading) -> list[tuple[int, str | None, str]]:
    return [(event.row, event.node.label if event.node else None, event.text) for event in reading.events]


def own_lines(count: int, end: str = "\r\n") -> str:
    lines = [OWN.format(place, "AB"[place % 2], f"kod 470{place}") for place in range(count)]
    return "".join(lines).replace("\r\n", end)


def test_eight_lines_pasted_from_another_chat_are_words_of_who_pasted_them(tmp_path: Path) -> None:
    pasted = "\n".join(STRANGER.format(place, place) for place in range(8))
    text = own_lines(4) + f"[13/08/24, 10:05:00] A: vidi\n{pasted}\r\n" + OWN.format(6, "B", "ok")
    reading = read_chat(tmp_path, text)
    assert reading.rows_read == 6
    assert {name for _, name, _ in said_by(reading)} == {"A", "B"}
    assert [row for row, _, text in said_by(reading) if text.startswith("911")] == [5] * 8
    assert [(issue.row, issue.severity, issue.code) for issue in reading.issues] == [(5, "warning", "pasted_block")]
    assert "8 lines in this message" in reading.issues[0].message
    assert "Fictional X" not in reading.issues[0].message


def test_a_pasted_block_at_the_end_and_longer_than_the_chat_is_found(tmp_path: Path) -> None:
    pasted = "\n".join(STRANGER.format(place, place) for place in range(8))
    reading = read_chat(tmp_path, own_lines(3) + f"[13/08/24, 10:05:00] A: vidi\n{pasted}\r\n")
    assert (reading.rows_read, reading.codes) == (4, {"pasted_block": 1})


def test_a_block_pasted_into_the_only_message_of_a_file_is_found(tmp_path: Path) -> None:
    pasted = "\n".join(STRANGER.format(place, place) for place in range(2))
    reading = read_chat(tmp_path, f"[13/08/24, 10:05:00] A: vidi\n{pasted}\r\n")
    assert (reading.rows_read, reading.codes) == (1, {"pasted_block": 1})
    whole = own_lines(3, "\n").rstrip() + "\r\n"
    assert (read_chat(tmp_path, whole).rows_read, read_chat(tmp_path, whole).issues) == (3, [])


def test_windows_line_ends_inside_a_message_of_a_file_without_them_are_pasted(tmp_path: Path) -> None:
    text = own_lines(6, "\n") + "[13/08/24, 10:06:00] A: vidi\r\n" + STRANGER.format(1, 1) + "\r\n"
    text += STRANGER.format(2, 2) + "\n" + OWN.format(7, "B", "ok").replace("\r\n", "\n")
    reading = read_chat(tmp_path, text)
    assert (reading.rows_read, reading.codes) == (8, {"pasted_block": 1})
    assert {name for _, name, _ in said_by(reading)} == {"A", "B"}


def test_without_a_difference_in_line_ends_strangers_who_jump_back_in_time_are_pasted(tmp_path: Path) -> None:
    pasted = "\n".join(STRANGER.format(place, place) for place in range(3))
    text = own_lines(4, "\n") + f"[13/08/24, 10:05:00] A: vidi\n{pasted}\n" + "[13/08/24, 10:06:00] B: ok\n"
    reading = read_chat(tmp_path, text)
    assert (reading.rows_read, reading.codes) == (6, {"pasted_block": 1})
    assert [row for row, _, text in said_by(reading) if text.startswith("911")] == [5] * 3


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        # one line of a stranger may be a message that came late
        (["[13/08/24, 10:00:00] A: x", "[01/03/24, 09:00:00] C: kod 9111", "[13/08/24, 10:06:00] B: ok"], 3),
        # people of the chat whose messages came late
        (["[01/02/24, 10:00:00] B: x", "[13/08/24, 10:00:00] A: x", "[01/03/24, 09:00:00] B: kod 9111",
          "[01/03/24, 09:01:00] B: kod 9112", "[13/08/24, 10:06:00] A: ok"], 5),
        # a clock that was set back, and stays
        (["[13/08/24, 10:00:00] A: x", "[01/03/24, 09:00:00] C: kod 9111", "[01/03/24, 09:01:00] C: kod 9112"], 3),
    ],
)  # fmt: skip
def test_what_may_have_come_late_stays_a_message_and_is_told(tmp_path: Path, lines: list[str], rows: int) -> None:
    reading = read_chat(tmp_path, "\n".join(lines) + "\n")
    assert reading.rows_read == rows
    assert reading.codes == {"order_broken": 1}


def test_a_file_whose_line_ends_were_mixed_by_an_editor_keeps_its_messages(tmp_path: Path) -> None:
    text = own_lines(3) + own_lines(9, "\n")[len(own_lines(3, "\n")) :]
    reading = read_chat(tmp_path, text)
    assert reading.rows_read == 9
    assert reading.codes == {"mixed_line_ends": 1}


def test_what_one_message_cannot_hold_is_not_taken_for_pasted(tmp_path: Path) -> None:
    long = "\n".join(f"[01/03/24, 09:00:{place % 60:02}] X: {'x' * 900}" for place in range(90))
    reading = read_chat(tmp_path, own_lines(4) + f"[13/08/24, 10:05:00] A: vidi\n{long}\r\n" + OWN.format(6, "B", "ok"))
    assert reading.rows_read == 96
    assert "pasted_block" not in reading.codes


def test_carriage_returns_alone_are_line_ends(tmp_path: Path) -> None:
    text = "13/08/2024, 13:31 - A: kod 4711\r2. red\r13/08/2024, 13:32 - B: kod 4712\r"
    reading = read_chat(tmp_path, text)
    assert said_by(reading) == [(1, "A", "4711"), (2, "B", "4712")]
    assert reading.issues == []
    source = make_source(tmp_path, text, "WhatsApp Chat with X.txt")
    assert next(iter(whatsapp.records(source, UTC_ZONE))).raw == "13/08/2024, 13:31 - A: kod 4711\r2. red"


@pytest.mark.parametrize(
    ("line", "sender", "noted"),
    [
        ("B:kod 4712", "B", 1),
        ("+387 65 000 111:500 EUR", None, 1),
        ("B : kod 4712", "B", 0),
        ("vidi https://x.example/4712", None, 0),
        ("sastanak u 12:30", None, 0),
        ('A changed the subject from "kod:4712" to "x"', None, 1),
        ("B:.", None, 0),
        ("Gruppe „Plan: kod 4712“ erstellt", None, 1),
    ],
)
def test_a_colon_without_a_space_divides_a_name_from_its_words(
    tmp_path: Path, line: str, sender: str | None, noted: int
) -> None:
    reading = read_chat(tmp_path, f"27/03/2022, 21:41 - A: x\n27/03/2022, 21:42 - {line}\n")
    assert reading.rows_read == 2
    assert {name for _, name, _ in said_by(reading)} <= {sender}
    assert len(reading.issues) == noted
    assert {issue.code for issue in reading.issues} <= {"header_unclear", "sender_unknown"}


@pytest.mark.parametrize(("marker", "hour"), [("中午", 12), ("下午", 12), ("凌晨", 0)])
def test_chinese_parts_of_the_day_are_read(tmp_path: Path, marker: str, hour: int) -> None:
    text = f"[2024/8/13 上午8:28:09] A: x\n[2024/8/13 {marker}12:28:09] B: kod 4712\n"
    (event,) = read_chat(tmp_path, text).events
    assert event.time.time
    assert (event.node and event.node.label, event.time.time.hour) == ("B", hour)


def test_a_word_beside_the_time_that_is_not_known_refuses_its_message_and_no_other(tmp_path: Path) -> None:
    text = "3/27/22, 9:41 AM - A: kod 4711\n3/27/22, 12:10 দুপুর - B: kod 4712\nkod 4713\n3/27/22, 9:41 PM - A: kod 4714\n"
    reading = read_chat(tmp_path, text)
    assert said_by(reading) == [(1, "A", "4711"), (3, "A", "4714")]
    assert reading.errors == [(2, "header_unclear")]
    chat = make_source(tmp_path, "[2024-08-02, 9:12 AM] A: x\n[2024-08-02, 9:12 xyz] B: kod 1234\n", "signal.txt")
    assert read_all(signal, chat, UTC_ZONE).errors == [(2, "header_unclear")]


@pytest.mark.parametrize(("own", "other"), [("9:41", "9:42 PM"), ("9:41 PM", "9:42")])
def test_a_header_with_a_marker_among_those_without_is_no_part_of_the_message_above(
    tmp_path: Path, own: str, other: str
) -> None:
    text = f"3/27/22, {own} - A: kod 4711\n3/27/22, {other} - B: kod 4712\n3/27/22, {own} - A: kod 4713\n"
    reading = read_chat(tmp_path, text)
    assert said_by(reading) == [(1, "A", "4711"), (3, "A", "4713")]
    assert reading.errors == [(2, "header_unclear")]


def test_where_no_time_is_clear_the_file_is_refused(tmp_path: Path) -> None:
    source = make_source(tmp_path, "3/27/22, 12:10 দুপুর - B: kod 4712\n", "WhatsApp Chat with X.txt")
    with pytest.raises(SourceError, match="a word that trails does not know"):
        list(whatsapp.read(source, UTC_ZONE))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("14 août 2024 à 13:30", (8, 14)),
        ("1er févr. 2024 à 13:30", (2, 1)),
        ("3. März 2024 um 13:30", (3, 3)),
        ("14 de agosto de 2024 13:30", (8, 14)),
        ("12 июн. 2024 г. в 13:30", (6, 12)),
        ("5 Ağustos 2024 13:30", (8, 5)),
        ("5 rujna 2024 13:30", (9, 5)),
        ("5 وت 2024 13:30", None),
    ],
)
def test_months_in_words_are_read_in_the_languages_of_chats(
    tmp_path: Path, written: str, day: tuple[int, int] | None
) -> None:
    text = f"{written} - A: kod 4711\n"
    if day is None:
        with pytest.raises(SourceError):
            read_chat(tmp_path, text)
        return
    (event,) = read_chat(tmp_path, text).events
    assert event.time.time
    assert (event.time.time.month, event.time.time.day) == day


def test_a_month_that_is_two_in_two_languages_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'listopada' in its dates is the name of no month"):
        read_chat(tmp_path, "14 listopada 2024 13:30 - A: kod 4711\n")
    reading = read_chat(tmp_path, "14 Aug 2024 13:30 - A: kod 4711\n15 Xyzzy 2024 13:31 - B: kod 4712\n")
    assert reading.errors == [(2, "time_damaged")]
    assert "'Xyzzy'" in reading.issues[0].message


def test_buddhist_years_are_read_and_told(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, "13/8/2567 13:31 - A: kod 4718\n14/8/2567 13:32 - B: kod 4719\n")
    assert [event.time.time and event.time.time.year for event in reading.events] == [2024, 2024]
    assert reading.graded == {("note", "dates_read"): 1}


@pytest.mark.parametrize("year", ["67", "3024"])
def test_a_year_of_no_calendar_is_refused_by_its_number(tmp_path: Path, year: str) -> None:
    with pytest.raises(SourceError, match=f"the year {year} of its dates"):
        read_chat(tmp_path, f"13/8/{year} 13:31 - A: kod 4718\n")


@pytest.mark.parametrize(
    "text",
    [
        "This message was deleted by admin ~ Kaka N.", "\u200eThis message was deleted by admin.",
        "Diese Nachricht wurde von Admin Kaka gelöscht.", "Esta mensagem foi apagada por um admin",
        "Mensagem apagada pelo admin Kaka", "Ce message a été supprimé par l'admin Kaka",
        "Este mensaje fue eliminado por el admin. Kaka",
        "Questo messaggio è stato eliminato dall'amministratore Kaka",
        "Dit bericht is verwijderd door beheerder Kaka", "Zprávu smazal správce Kaka",
        "Pesan ini dihapus oleh admin Kaka", "このメッセージは管理者Kakaによって削除されました",
        "Данное сообщение удалено админом Кака", "Це повідомлення видалено адміністратором Кака",
        "Ovu poruku je izbrisao admin Kaka", "Ову поруку је обрисао админ Кака",
        "Оваа порака ја избриша админот Кака", "Ky mesazh u fshi nga admini Kaka",
        "Bu mesaj yönetici Kaka tarafından silindi", "Ezt az üzenetet Kaka admin törölte",
        "Acest mesaj a fost șters de administratorul Kaka",
        "Това съобщение беше изтрито от администратор Кака",
        "Αυτό το μήνυμα διαγράφηκε από τον διαχειριστή Κακα", "تم حذف هذه الرسالة من قبل المشرف كاكا",
        "این پیام توسط مدیر کاکا حذف شد", "یہ پیغام ایڈمن کاکا نے حذف کر دیا",
    ],
)  # fmt: skip
def test_what_an_admin_deleted_is_deleted_in_every_language(text: str) -> None:
    assert is_deleted(text)
    assert not is_deleted(f"kod 4718, {text}")


def test_a_message_about_a_deletion_is_none(tmp_path: Path) -> None:
    assert not is_deleted("the admin deleted it")
    assert not is_deleted("kod 4718, this message was deleted by admin")
    reading = read_chat(tmp_path, "27/03/2022, 21:41 - B: This message was deleted by admin ~ A kod 4718\n")
    assert [(event.kind, event.text) for event in reading.events] == [
        ("message_deleted", "a message was deleted by an admin"), ("code_quoted", "4718"),
    ]  # fmt: skip


def test_notices_of_a_group_are_nobodys_message(tmp_path: Path) -> None:
    assert is_notice("Plan", "\u200eKaka N. changed the subject to “kod 4718”")
    assert not is_notice("Kaka N.", "jetzt ein Admin")
    text = "[13/08/24, 10:00:00] Plan: \u200eKaka N. changed the subject to “kod 4718”\r\n[13/08/24, 10:01:00] A: kod 4711\r\n"
    reading = read_chat(tmp_path, text)
    assert said_by(reading) == [(2, "A", "4711")]
    assert reading.graded == {("note", "sender_unknown"): 1}


@dataclass(frozen=True)
class Layout:
    """How the writer of the property test writes a chat."""

    header: str
    end: str
    inner: str


LAYOUTS = [
    Layout("{t:%d/%m/%Y}, {t:%H:%M} - ", "\n", "\n"),
    Layout("{t:%d.%m.%y}, {t:%H:%M} - ", "\n", "\n"),
    Layout("{t:%d/%m/%Y}, {t:%H:%M} - ", "\r", "\r"),
    Layout("{t:%d/%m/%Y}, {t:%H:%M} - ", "\r\n", "\r\n"),
    Layout("[{t:%d.%m.%y}, {t:%H:%M:%S}] ", "\r\n", "\n"),
    Layout("\u200e[{t:%d/%m/%Y}, {h}:{t:%M:%S}\u202f{p}] ", "\r\n", "\n"),
    Layout("[{t:%Y/%m/%d} {m}{h}:{t:%M:%S}] ", "\r\n", "\n"),
    Layout("{d} août {t:%Y} à {t:%H:%M} - ", "\n", "\n"),
]
NASTY = ["\x85", "\u2028", "\u200e", "\u202b", "\u061c", "\ufeff", "\x0b", ":", ": ", " - ", "]", "[", "kod 4718", "中午", "12:30"]
WORDS = st.lists(st.one_of(st.text("abč 9:;-[]/.,", max_size=8), st.sampled_from(NASTY)), max_size=6).map("".join)
SENDERS = ("Kaka N.", "kaka n.", "+387 65 000 111", "علی‌رضا", "A-B [C]", "~ Ž")
BLOCK = ["[01.03.24, 09:00:00] X: kod 9111", "01/03/2024, 09:00 - X: kod 9112", "[1/3/24, 9:00] X: kod 9113"]


def write_header(layout: Layout, time: datetime) -> str:
    half = time.hour % 12 or 12
    chinese = "下午" if time.hour >= 12 else "上午"
    return layout.header.format(t=time, h=half, p="PM" if time.hour >= 12 else "AM", m=chinese, d=time.day)


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_a_writer_writes_is_read_back_or_told(data: st.DataObject) -> None:
    layout = data.draw(st.sampled_from(LAYOUTS))
    time = datetime(2024, 8, 13, 9, 0, tzinfo=UTC)
    written: list[tuple[str, str, datetime]] = []
    text, copied = "", False
    for _ in range(data.draw(st.integers(1, 7))):
        time += timedelta(minutes=data.draw(st.integers(0, 500)), seconds=data.draw(st.integers(0, 59)))
        lines = data.draw(st.lists(st.one_of(WORDS, st.sampled_from(BLOCK)), min_size=1, max_size=4))
        lines[0] = f"x{lines[0]}"
        copied = copied or bool(set(lines[1:]) & set(BLOCK))
        sender = data.draw(st.sampled_from(SENDERS))
        said = layout.inner.join(lines)
        text += f"{write_header(layout, time)}{sender}: {said}{layout.end}"
        written.append((sender, said.rstrip("\r\n"), time))
    found = study_layout(text, "chat.txt", "ymd" if "%Y/" in layout.header else "dmy")
    clock = Clock(found, date_order="ymd" if "%Y/" in layout.header else "dmy", zone_name="UTC", year=None, name="x")
    entries = list(read_entries(text, found))
    for entry in entries:
        clock.see(entry)
    told = {issue.code for issue in layout_issues(found, clock.backwards)}
    read = [(entry.sender, entry.text) for entry in entries]
    if read != [(sender, said) for sender, said, _ in written]:
        # a line of the file's own shape behind the file's own line end: nothing but time tells it from a message
        assert told & {"order_broken", "pasted_block"}
        assert layout.inner == layout.end
        return
    if copied:
        assert told & {"other_headers", "pasted_block"}
    for entry, (_, _, time) in zip(entries, written, strict=True):
        instant = clock.instant(entry, clock.see(entry))
        assert instant.time
        assert abs(instant.time - time) <= timedelta(seconds=instant.error_s or 0)


def test_recognition_of_a_file_that_begins_with_an_unclear_header_needs_a_clear_one(tmp_path: Path) -> None:
    log = make_source(tmp_path, "03/27/2024 21:41:55 INFO - x: started\n", "x.log")
    assert not whatsapp.recognise(make_head(log))


def test_a_chat_that_begins_with_an_unclear_header_is_recognised_by_the_next(tmp_path: Path) -> None:
    text = "3/27/22, 12:10 দুপুর - B: kod 4712\n3/27/22, 9:41 PM - A: kod 4714\n"
    assert whatsapp.recognise(make_head(make_source(tmp_path, text, "WhatsApp Chat with X.txt")))
    assert read_chat(tmp_path, text).errors == [(1, "header_unclear")]


def test_an_edited_message_is_told(tmp_path: Path) -> None:
    text = "27/03/2022, 21:41 - A: kod 4718 <This message was edited>\n27/03/2022, 21:42 - A: ok <This message was edited>\n"
    reading = read_chat(tmp_path, text)
    assert [(issue.row, issue.code) for issue in reading.issues] == [(1, "message_edited")]


def test_a_round_number_of_messages_is_no_sign_that_a_chat_was_cut(tmp_path: Path) -> None:
    chat = tmp_path / "WhatsApp Chat with X.txt"
    chat.write_text("".join(f"27/03/2022, 21:{place % 60:02} - A: x{place}\n" for place in range(500)), encoding="utf-8")
    with Case.create(tmp_path / "case") as case:
        report = add_source(case, chat, options=UTC_ZONE)
        codes = "SELECT code FROM issues WHERE severity <> 'skip'"
        assert (report.rows_skipped, case.con.execute(codes).fetchall()) == (500, [("all_skipped",)])
