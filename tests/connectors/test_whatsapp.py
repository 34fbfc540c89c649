"""WhatsApp chats: languages and calendars of real exports, media and zips, what is deleted, senders, refusals."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import whatsapp
from connectors.messages.archive import read_chat_text
from connectors.messages.transcript import Clock, read_entries, study_layout
from connectors.whatsapp.notices import find_media, is_deleted
from tests.connectors.reading import Reading, head_of, make_head, make_source, open_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.timestamps import Instant

UTC = ReadOptions(timezone="UTC")
LINE = "27/03/2022, 21:41 - {}\n"
#: Chats of the many-language set that WhatsApp for iOS wrote with seconds.
IOS = ("ios/*.txt", "ios/*.zip", "calendars/*.txt", "languages/*_ios*.txt")


def read_chat(folder: Path, *said: str, name: str = "WhatsApp Chat with X.txt", options: ReadOptions = UTC) -> Reading:
    text = "".join(LINE.format(line) for line in said)
    return read_all(whatsapp, make_source(folder, text, name), options)


def instants(path: Path) -> list[Instant]:
    text = read_chat_text(open_source(path), ReadOptions(), whatsapp.choose_member)
    layout = study_layout(text, path.name)
    clock = Clock(layout, date_order=None, zone_name="UTC", year=None, name=path.name)
    return [clock.instant(entry, clock.see(entry)) for entry in read_entries(text, layout)]


def ios_chats(real_data: Path) -> list[Path]:
    return sorted(path for pattern in IOS for path in (real_data / "chats" / "whats_json").glob(pattern))


@pytest.mark.real_data
def test_every_language_and_calendar_gives_the_same_instants(real_data: Path) -> None:
    chats = {path: instants(path) for path in ios_chats(real_data)}
    assert len(chats) == 27
    english = next(times for path, times in chats.items() if path.name == "iOS Japanese.txt")
    for path, times in chats.items():
        assert len(times) in (23, 25, 28), path.name
        for one, other in zip(times, english, strict=False):
            assert one.time
            assert other.time
            assert abs(one.time - other.time) <= timedelta(seconds=1), path.name
            assert (one.error_s, one.basis) == (0, "assumed")


@pytest.mark.real_data
def test_android_gives_the_same_minutes_in_every_language(real_data: Path) -> None:
    folder = real_data / "chats" / "whats_json"
    chats = [instants(path) for path in sorted(folder.glob("android/*Dmitry*.txt"))]
    chats += [instants(path) for path in sorted(folder.glob("languages/*_android*.txt"))]
    assert [len(times) for times in chats] == [60] * 4 + [60, 41, 60, 60, 60]
    whole = [[instant.time for instant in times] for times in chats if len(times) == 60]
    assert all(times == whole[0] for times in whole)
    assert {instant.error_s for times in chats for instant in times} == {30}
    minutes = {time.replace(second=0) for time in whole[0] if time and (time.day, time.hour) == (27, 21)}
    english = instants(folder / "ios" / "WhatsApp Chat - Elon Musk (EN).txt")
    assert minutes == {i.time.replace(second=0) for i in english if i.time and (i.time.day, i.time.hour) == (27, 21)}


@pytest.mark.real_data
def test_every_language_says_media_and_deleted_messages_alike(real_data: Path) -> None:
    counts: Counter[tuple[Any, ...]] = Counter()
    for path in ios_chats(real_data):
        assert whatsapp.recognise(head_of(path)), path.name
        reading = read_all(whatsapp, open_source(path), UTC)
        counts[tuple(sorted(Counter(event.kind for event in reading.events).items()))] += 1
        assert reading.codes == {"deleted_messages": 1, "media_left_out": 1}
    # the three newest exports have one more deleted message
    assert counts == {(("message_deleted", 2), ("proof", 6)): 24, (("message_deleted", 3), ("proof", 6)): 3}


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "order"),
    [
        ("chatminer_whatsapp_test_[mmddyy]_24hrs.txt", 9, "mdy"),
        ("chatminer_whatsapp_test_ddmmyy_24hrs.txt", 9, "dmy"),
        ("chatminer_whatsapp_test_mmddyy_24hrs.txt", 9, "mdy"),
        ("chatminer_whatsapp_test_mmddyyyy_12hrs.txt", 9, "mdy"),
        ("chatminer_whatsapp_test_yyyymmdd_24hrs.txt", 9, "ymd"),
        ("nmoya_testChat3.txt", 10, "dmy"),
    ],
)
def test_other_real_layouts(real_data: Path, name: str, rows: int, order: str) -> None:
    path = real_data / "chats" / name
    assert whatsapp.recognise(head_of(path))
    reading = read_all(whatsapp, open_source(path), UTC)
    assert (reading.rows_read, reading.errors) == (rows, [])
    text = path.read_text(encoding="utf-8")
    layout = study_layout(text, name)
    assert Clock(layout, date_order=None, zone_name="UTC", year=None, name=name).order == order
    if order != "dmy" or "nmoya" not in name:
        last = list(instants(path))[-1].time
        assert last
        assert last.isoformat() == "2021-12-30T22:01:30+00:00"


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["nmoya_testChat2.txt", "whats_json/android/WhatsApp Chat with Group Chat XXX Android.txt"]
)
def test_a_real_chat_whose_dates_are_ambiguous_is_refused_until_said(real_data: Path, name: str) -> None:
    source = open_source(real_data / "chats" / name)
    with pytest.raises(SourceError, match="--date-order dmy or mdy"):
        list(whatsapp.read(source, UTC))
    assert read_all(whatsapp, source, ReadOptions(timezone="UTC", date_order="dmy")).errors == []


def test_a_message_gives_its_pieces_with_span_and_sender(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, "Kaka N.: kod 4 7 1 8\ni 300 EUR", "\u202a+387 65 000 111\u202c: 20 KM")
    assert [(e.row, e.kind, e.text, e.node and (e.node.rail, e.node.label)) for e in reading.events] == [
        (1, "code_quoted", "4718", ("chat", "Kaka N.")),
        (1, "amount_mentioned", "300 EUR", ("chat", "Kaka N.")),
        (2, "amount_mentioned", "20 KM", ("phone", None)),
    ]
    assert [event.identity.rpartition(":")[2] for event in reading.events] == ["4-11", "14-21", "0-5"]
    assert reading.events[2].node
    assert reading.events[2].node.key == "+38765000111"


def test_no_other_text_enters_the_case(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, "Kaka N.: moja sestra se zove Jasmina, kod 4718", "Kaka N.: tajna")
    kept = str(reading.facts) + str(reading.issues) + str(reading.skips)
    assert "Jasmina" not in kept
    assert "tajna" not in kept


def test_two_names_are_two_accounts_of_one_chat(tmp_path: Path) -> None:
    lines = ("Kaka: kod 111", "kaka: kod 222", "Kaka N.: kod 333", "+90 5xx 000 00 00: kod 444")
    keys = [event.node.key for event in read_chat(tmp_path, *lines).events if event.node]
    assert len(set(keys)) == 4, "a name in another case is another name: the app writes each in one way"
    scoped = read_chat(tmp_path, *lines, options=ReadOptions(timezone="UTC", mapping={"scope": "delta"}))
    assert [event.node.key for event in scoped.events if event.node][3] == "whatsapp:delta:+90 5xx 000 00 00"
    with pytest.raises(SourceError, match="`scope`"):
        read_chat(tmp_path, *lines, options=ReadOptions(timezone="UTC", mapping={"scope": 5}))


def test_a_longer_export_of_one_chat_states_the_same_events(tmp_path: Path) -> None:
    said = ReadOptions(timezone="UTC", mapping={"scope": "delta"})
    lines = ["A: kod 111", "A: kod 111", "B: 300 EUR"]
    first = {event.identity for event in read_chat(tmp_path, *lines, options=said).events}
    longer = {event.identity for event in read_chat(tmp_path, *lines, "A: kod 222", options=said).events}
    assert len(first) == 3
    assert first < longer


def test_without_a_zone_only_rows_with_content_are_refused(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, "A: kod 4718", "A: ok", options=ReadOptions())
    assert reading.errors == [(1, "time_no_zone")]
    assert [skip.row for skip in reading.skips] == [2]
    declared = read_chat(tmp_path, "A: kod 4718", options=ReadOptions(mapping={"timezone": "Europe/Sarajevo"}))
    assert declared.events[0].time.time
    assert declared.events[0].time.time.hour == 19


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("IMG-20220323-WA0002.jpg (file attached)", ["proof"]),
        ("\u200eVID-20220327-WA0001.mp4 (bestand bijgevoegd)\nopis", ["proof"]),
        ("\u200e<attached: 00000035-PHOTO-2022-03-27-21-41-55.jpg>", ["proof"]),
        ("\u200e<\u0627\u0644\u0645\u064f\u0631\u0641\u0642: 00000036-VIDEO-2022-03-27-21-44-16.mp4>", ["proof"]),
        ("Some file.txt \u200e<attached: 00000046-Some file.txt>", []),
        ("STK-20220323-WA0003.webp (file attached)", []),
        ("Alex.vcf (file attached)", []),
        ("\u200eimage omitted", ["proof"]),
        ("\u200evidéo absente", ["proof"]),
        ("\u200esticker omitted", []),
        ("\u200eGIF omitted", []),
        ("\u200eSome file.txt \u200edocument omitted", []),
        ("image omitted", []),
        ("<Media omitted>", ["media_omitted"]),
        ("<Без медиафайлов>", ["media_omitted"]),
        ("<Médias omis>\nCaption", ["media_omitted"]),
        ("<b>something</b>", []),
        ("vidi sliku (jučer)", []),
    ],
)
def test_media_is_a_possible_proof_where_its_kind_is_known(text: str, kinds: list[str]) -> None:
    assert [piece.kind for piece in find_media(text, None)[0]] == kinds


@pytest.mark.parametrize("text", ["This message was deleted", "\u200eСе дописа", "he deleted it", "deleted"])
def test_only_the_apps_own_notice_is_a_deleted_message(text: str) -> None:
    assert is_deleted(text) is (text == "This message was deleted")


def test_deleted_messages_are_events_and_counted_once(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, "A: This message was deleted", "B: ok", "B: \u200eОва порука је избрисана.")
    assert [(e.row, e.kind, e.text) for e in reading.events] == [
        (row, "message_deleted", "a message was deleted") for row in (1, 3)
    ]
    assert reading.graded == {("note", "deleted_messages"): 1}
    assert "2 messages were deleted (rows 1 to 3)" in reading.issues[0].message


def make_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_zip_says_which_files_came_along(tmp_path: Path) -> None:
    lines = ("A: IMG-1.jpg (file attached)", "A: \u200e<attached: VIDEO-2.mp4>")
    chat = "".join(LINE.format(line) for line in lines)
    path = make_zip(tmp_path / "chat.zip", {"WhatsApp Chat with X.txt": chat, "IMG-1.jpg": b"\xff\xd8"})
    assert whatsapp.recognise(head_of(path))
    reading = read_all(whatsapp, open_source(path), UTC)
    assert [event.text for event in reading.events] == [
        "IMG-1.jpg (photo; possible proof of delivery)",
        "VIDEO-2.mp4 (video, media not included; possible proof of delivery)",
    ]
    assert reading.graded == {("note", "media_left_out"): 1, ("warning", "media_missing"): 1}


@pytest.mark.parametrize(
    ("names", "ours"),
    [
        (("_chat.txt", "a.jpg"), True),
        (("folder/_chat.txt", "a.jpg"), True),
        (("Чат WhatsApp с контактом X.txt", "b.opus"), True),
        (("readme.txt", "a.jpg"), False),
        (("_chat.txt", "WhatsApp Chat with Y.txt"), False),
    ],
)
def test_a_zip_is_ours_where_it_holds_one_chat(tmp_path: Path, names: tuple[str, ...], *, ours: bool) -> None:
    path = make_zip(tmp_path / "x.zip", {name: LINE.format("A: x") for name in names})
    assert bool(whatsapp.recognise(head_of(path))) is ours
    if not ours:
        with pytest.raises(SourceError, match="none of the 2 files"):
            list(whatsapp.read(open_source(path), UTC))


@pytest.mark.parametrize(
    ("content", "name", "ours"),
    [
        (LINE.format("A: x"), "chat.txt", True),
        ("\ufeff" + LINE.format("A: x"), "chat.txt", True),
        (LINE.format("A: x").encode("utf-16"), "chat.txt", True),
        (LINE.format("Messages are encrypted.") + LINE.format("A: x"), "chat.txt", True),
        (LINE.format("nobody speaks"), "chat.txt", False),
        ("2022-03-27 21:41:55 - INFO: started\n", "server.log", False),
        ("[2022-03-27 21:41:55] ERROR: stopped\n", "server.log", False),
        ("[2022-03-27, 21:41:55] A: x\n", "_chat.txt", True),
        ("27/03/2022,21:41,A,x\n", "list.csv", False),
        ("", "empty.txt", False),
    ],
)
def test_chats_are_recognised_and_logs_are_not(tmp_path: Path, content: str | bytes, name: str, *, ours: bool) -> None:
    head = make_head(make_source(tmp_path, content, name))
    assert bool(whatsapp.recognise(head)) is ours
    assert not whatsapp.recognise(make_head(make_source(tmp_path, content, name), {"kind": "messages"}))


def test_a_cut_beginning_is_refused_alone(tmp_path: Path) -> None:
    source = make_source(tmp_path, "i posalji 300 EUR\n" + LINE.format("A: kod 4718"), "_chat.txt")
    reading = read_all(whatsapp, source, UTC)
    assert reading.errors == [(1, "message_cut")]
    assert [event.row for event in reading.events] == [2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x00\xff\xfe", "no line begins with a date"),
        ("dobar dan\n", "no line begins with a date"),
    ],
)
def test_what_is_no_chat_is_refused_whole(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(whatsapp.read(make_source(tmp_path, content, "_chat.txt"), UTC))


def test_a_byte_of_another_encoding_refuses_its_message_alone(tmp_path: Path) -> None:
    lines = (LINE.format("A: kod 4718"), LINE.format("A: kod 4719 č"), LINE.format("A: kod 4720"))
    reading = read_all(whatsapp, make_source(tmp_path, "".join(lines).encode("cp1250"), "_chat.txt"), UTC)
    assert reading.errors == [(2, "text_damaged")]
    assert "say the file's encoding with --encoding" in reading.issues[0].message
    assert [event.text for event in reading.events] == ["4718", "4720"]


def test_an_impossible_time_refuses_its_row(tmp_path: Path) -> None:
    text = LINE.format("A: kod 111") + "28/03/2022, 25:10 - A: kod 222\n" + LINE.format("A: kod 333")
    reading = read_all(whatsapp, make_source(tmp_path, text, "_chat.txt"), UTC)
    assert reading.errors == [(2, "time_damaged")]
    assert [event.text for event in reading.events] == ["111", "333"]


def test_an_hour_that_happened_twice_is_an_hour_less_certain(tmp_path: Path) -> None:
    text = "27/10/2024, 02:30 - A: kod 4718\n"
    source = make_source(tmp_path, text, "_chat.txt")
    assert read_all(whatsapp, source, ReadOptions(timezone="Europe/Sarajevo")).events[0].time.error_s == 3_630


def test_a_full_export_is_probably_cut(tmp_path: Path) -> None:
    text = LINE.format("A: ok") * 10_000
    reading = read_all(whatsapp, make_source(tmp_path, text, "_chat.txt"), UTC)
    assert (reading.rows_read, reading.graded) == (10_000, {("warning", "possibly_truncated"): 1})


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(
                ["27/03/2022, 21:41 - A: kod 4718", "[27/3/22, 21:41:30] B: 300 EUR", "\u200e[1/2, 3:14 PM] C: x"]
            ),
        ),
        max_size=12,
    )
)
def test_any_lines_give_records_or_one_clear_error(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    source = make_source(tmp_path_factory.mktemp("chat"), "\n".join(lines).encode("utf-8", "replace"), "_chat.txt")
    try:
        study_layout("\n".join(lines), "_chat.txt")
        reading = read_all(whatsapp, source, UTC)
    except SourceError:
        return
    assert reading.rows_read > 0
