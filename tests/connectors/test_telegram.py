"""Telegram exports: contacts, what a message is read as, times, gaps, and what is never kept."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import telegram
from connectors.messages import find_content, make_rules
from tests.connectors.reading import Reading, make_head, make_source, open_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.identifiers import normalise_code
from trails.words import count_words

SAMPLE = open_source(Path(telegram.__file__).parent / "sample.json")
WALLET = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"


def message(text: object = "kod 4718", **fields: object) -> dict[str, Any]:
    said = {"id": 7, "type": "message", "date_unixtime": "1722640811", "from": "A", "from_id": "user1", "text": text}
    return {key: value for key, value in {**said, **fields}.items() if value is not None}


def read_chat(folder: Path, messages: list[Any], options: ReadOptions | None = None, **fields: object) -> Reading:
    export = {"name": "c", "type": "private_supergroup", "id": 5, "messages": messages, **fields}
    return read_all(telegram, make_source(folder, json.dumps(export), "result.json"), options)


def test_sample_gives_its_events() -> None:
    reading = read_all(telegram, SAMPLE)
    birch, linden = "telegram:user7100000001", "telegram:user7100000002"
    wallet, evm = "THsYYQSUAyk15fzc4UwaVQ1b97sTsabNCC", "0xccfa4a14220d39ba7a2e3e29b5057e6fabf23ed2"
    found = [(e.row, e.kind, e.node and e.node.key, e.other and (e.other.rail, e.other.key)) for e in reading.events]
    assert found == [
        (1, "identifier", linden, ("phone", "+38765000102")),
        (4, "identifier", birch, ("phone", "+38765000101")),
        (4, "identifier", birch, ("chat", "telegram:@birch_fictional")),
        (6, "mention", birch, ("tron", wallet)),
        (6, "amount_mentioned", birch, None),
        (7, "code_quoted", linden, None),
        (8, "proof", linden, None),
        (9, "proof", linden, None),
        (10, "code_quoted", birch, None),
        (10, "damaged_address", birch, None),
        (11, "mention_tx", birch, None),
        (14, "mention", birch, ("phone", "+38765000111")),
        (14, "mention", birch, ("evm", evm)),
    ]
    texts = {(e.row, e.kind): e.text for e in reading.events}
    assert texts[(6, "amount_mentioned")] == "625 EUR"
    assert (texts[(7, "code_quoted")], texts[(10, "code_quoted")]) == ("4718", "ن4718")
    assert texts[(8, "proof")] == "video_files/video_4@03-08-2024.mp4 (video_file; possible proof of delivery)"
    assert "photo, media not included" in texts[(9, "proof")]
    assert reading.codes == {
        "phone_damaged": 1, "damaged_address": 1, "code_unclear": 1, "time_no_zone": 1, "missing_messages": 1,
    }  # fmt: skip
    assert [skip.row for skip in reading.skips] == [3, 5, 12, 13]


def test_times_are_utc_and_stated_and_a_contact_has_none() -> None:
    events = read_all(telegram, SAMPLE).events
    assert (events[0].time.time, events[0].time.basis) == (None, "unknown")
    assert events[3].time.time == datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC)
    assert (events[3].time.error_s, events[3].time.basis) == (0, "stated")
    late = read_all(telegram, SAMPLE, ReadOptions(timezone="Europe/Sarajevo")).events[-1]
    assert (late.time.time, late.time.basis) == (datetime(2024, 8, 4, 8, tzinfo=UTC), "assumed")


def test_events_never_hold_the_whole_message(tmp_path: Path) -> None:
    private = "moja sestra se zove Jasmina"
    reading = read_chat(tmp_path, [message(f"{private}, kod 4718, 300 EUR, {WALLET}", photo="photos/1.jpg")])
    assert len(reading.events) == 4
    kept = json.dumps([[e.text, e.identity] for e in reading.events] + [[i.message] for i in reading.issues])
    assert "Jasmina" not in kept
    assert "sestra" not in kept


def test_an_identity_names_chat_message_kind_and_words(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, [message("kod 4718, 300 EUR")])
    assert [e.identity for e in reading.events] == [
        "telegram:5:7\ncode_quoted|4718|", "telegram:5:7\namount_mentioned|300 EUR|",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("OK rasid. kod 4 7 1 8 🔓", [("code_quoted", "4718")]),
        ("رمز ن-۴۷۱۸", [("code_quoted", "ن4718")]),
        ("کد: ۴۷۱۸", [("code_quoted", "4718")]),
        ("kod \u200f٨٨١-٢", [("code_quoted", "8812")]),
        ("kod 4\ufe0f\u20e37\ufe0f\u20e31\ufe0f\u20e38\ufe0f\u20e3", [("code_quoted", "4718")]),
        ("token C123 456 789", [("code_quoted", "c123456789")]),
        ("code is 881-2", [("code_quoted", "8812")]),
        ("#4718 i № 88-12", [("code_quoted", "4718"), ("code_quoted", "8812")]),
        ("kod 72 90 pusten 4250 EUR", [("code_quoted", "7290"), ("amount_mentioned", "4250 EUR")]),
        ("kod 4718 250 eur", [("code_quoted", "4718"), ("amount_mentioned", "250 eur")]),
        ("code: 4718 EUR 250", [("code_quoted", "4718"), ("amount_mentioned", "EUR 250")]),
        ("kod 4718 250", [("code_unclear", "4718 250")]),
        ("token 5 TL", [("amount_mentioned", "5 TL")]),
        ("3.500,50 € / $300 / ۳٬۵۰۰ دالر", [("amount_mentioned", "3.500,50 €"), ("amount_mentioned", "$300"),
                                            ("amount_mentioned", "۳٬۵۰۰ دالر")]),
        (f"kod {WALLET}", [("mention", WALLET)]),
        ("4718", []), ("barcode 4718", []), ("Login code: 12345", []), ("kod 12", []), ("kod bluebird", []),
        ("#TRC20", []), ("i try 3 try", []), ("5 km dalje", []), ("vidimo se u 5", []),
    ],
)  # fmt: skip
def test_only_payment_content_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(found.kind, found.text) for found in find_content(text, make_rules(None, "x"))] == expected


@given(st.text(max_size=80))
def test_found_spans_lie_in_the_text_and_in_order(text: str) -> None:
    found = find_content(f"kod {text}", make_rules(None, "x"))
    assert all(0 <= piece.start < piece.end <= len(text) + 4 for piece in found)
    assert [piece.start for piece in found] == sorted(piece.start for piece in found)


@given(st.text("0123456789", min_size=3, max_size=9), st.sampled_from(["{}", " {}", ": {}", " #{}", " je {}"]))
def test_a_code_after_its_word_is_found_in_every_writing(code: str, between: str) -> None:
    for written in (code, " ".join(code), "-".join(code)):
        found = find_content("kod" + between.format(written), make_rules(None, "x"))
        assert [piece.text for piece in found if piece.kind == "code_quoted"] == [normalise_code(code)]


def test_further_code_words_come_from_the_mapping(tmp_path: Path) -> None:
    text = [message("lozinka 9134")]
    assert read_chat(tmp_path, text).facts == []
    reading = read_chat(tmp_path, text, ReadOptions(mapping={"code_words": ["lozinka"]}))
    assert [e.text for e in reading.events] == ["9134"]
    with pytest.raises(SourceError, match="code_words"):
        read_chat(tmp_path, text, ReadOptions(mapping={"code_words": "lozinka"}))


def test_links_are_searched_too(tmp_path: Path) -> None:
    link = {"type": "text_link", "text": "ovo", "href": f"https://x.example/{WALLET}"}
    reading = read_chat(tmp_path, [message([link])])
    assert [(e.kind, e.text) for e in reading.events] == [("mention", WALLET)]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"from_id": "user42"}, "telegram:user42"),
        ({"from_id": "channel42"}, "telegram:channel42"),
        ({"from_id": 42}, "telegram:user42"),
        ({"from_id": 4295000000}, "telegram:4295000000"),
        ({"from_id": None, "from": "Author  ONE"}, "telegram:name:5:Author ONE"),
        ({"from_id": None, "from": None}, None),
    ],
)
def test_senders_are_their_id_and_a_bare_name_counts_in_its_chat_only(
    tmp_path: Path, fields: dict[str, Any], key: str | None
) -> None:
    event = read_chat(tmp_path, [message(**fields)]).events[0]
    assert (event.node and event.node.key) == key


@pytest.mark.parametrize(
    ("fields", "proofs"),
    [
        ({"photo": "p.jpg"}, 1),
        ({"file": "v.mp4", "media_type": "video_message"}, 1),
        ({"file": "IMG.heic", "mime_type": "image/heic"}, 1),
        ({"file": "s.webp", "media_type": "sticker", "mime_type": "image/webp"}, 0),
        ({"file": "a.gif.mp4", "media_type": "animation", "mime_type": "video/mp4"}, 0),
        ({"file": "v.ogg", "media_type": "voice_message", "mime_type": "audio/ogg"}, 0),
        ({"photo": 5}, 0),
    ],
)
def test_photos_and_videos_are_possible_proofs(tmp_path: Path, fields: dict[str, Any], proofs: int) -> None:
    reading = read_chat(tmp_path, [message("", **fields)])
    assert [e.kind for e in reading.events] == ["proof"] * proofs
    assert len(reading.skips) == 1 - proofs


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("just a text", "message_damaged"),
        (None, "message_damaged"),
        (message(5), "message_damaged"),
        (message(["a", 5]), "message_damaged"),
        (message(date_unixtime="0"), "time_damaged"),
        (message(date_unixtime="-86400"), "time_damaged"),
        (message(date_unixtime="soon"), "time_damaged"),
        (message(date_unixtime=None), "time_damaged"),
        (message(date_unixtime=None, date="1970-01-01T00:00:00"), "time_damaged"),
        (message(date_unixtime=None, date="2024-08-03T01:20:11"), "time_no_zone"),
    ],
)
def test_a_damaged_message_is_refused_and_the_next_is_read(tmp_path: Path, row: object, code: str) -> None:
    reading = read_chat(tmp_path, [row, message(id=8)])
    assert [issue.code for issue in reading.issues if issue.severity == "error"] == [code]
    assert [event.row for event in reading.events] == [2]


@pytest.mark.parametrize(
    ("ids", "kind", "missing", "shared"),
    [
        ([1, 2, 3], "private_supergroup", 0, False),
        ([1, 4, 9], "private_supergroup", 6, False),
        ([9, 4, 4], "personal_chat", 4, True),
        ([-999_999_998, -999_999_996, 3, 4], "private_supergroup", 1, False),
    ],
)
def test_gaps_in_the_numbers_of_a_chat_are_told_once(
    tmp_path: Path, ids: list[int], kind: str, missing: int, *, shared: bool
) -> None:
    messages = [{"id": number, "type": "service"} for number in ids]
    issues = read_chat(tmp_path, messages, type=kind).issues
    assert [(i.row, i.severity, i.code) for i in issues] == [(None, "note", "missing_messages")] * bool(missing)
    if missing:
        assert f"{count_words(missing, 'message number')} between" in issues[0].message
        assert ("another chat" in issues[0].message) is shared


def test_contacts_come_first_and_left_chats_last(tmp_path: Path) -> None:
    chat = {"id": 1, "messages": [message("kod 111")]}
    export = {
        "left_chats": {"list": [{"id": 2, "messages": [message("kod 222")]}, {"id": 3, "messages": None}]},
        "chats": {"list": [chat]},
        "contacts": {"list": [{"user_id": 9, "first_name": "A", "phone_number": "+38765000111"}]},
    }
    reading = read_all(telegram, make_source(tmp_path, json.dumps(export), "result.json"))
    assert sorted((e.row, e.text) for e in reading.events) == [(1, "+38765000111"), (2, "111"), (3, "222")]


def test_raw_rows_are_the_files_own_text() -> None:
    text = SAMPLE.path.read_text(encoding="utf-8")
    rows = list(telegram.records(SAMPLE, ReadOptions()))
    assert all(row.raw in text and json.loads(row.raw) == row.value for row in rows)
    assert '"kod 4 7 1 8' not in rows[5].raw
    assert "kod 4 7 1 8" in rows[6].raw


def test_exports_are_recognised(tmp_path: Path) -> None:
    assert telegram.recognise(make_head(SAMPLE))
    whole = '{"about": "x", "contacts": {"list": [{"user_id": 1}]}}'
    for content, expected in ((whole, True), ('{"data": [{"messages": 1}]}', False), ("[]", False), ("", False)):
        assert bool(telegram.recognise(make_head(make_source(tmp_path, content, "x.json")))) is expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (SAMPLE.path.read_bytes()[:4000], "not whole JSON"),
        (b'{"ok": false}', "no Telegram export"),
        (b'["messages"]', "no Telegram export"),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(telegram.read(make_source(tmp_path, content, "x.json"), ReadOptions()))


def test_a_broken_character_does_not_stop_the_file(tmp_path: Path) -> None:
    source = make_source(tmp_path, json.dumps({"id": 1, "messages": [message(**{"from": "\ud83d A"})]}), "x.json")
    event = read_all(telegram, source).events[0]
    assert event.node is not None
    assert event.node.label == "? A"


def test_half_a_character_in_the_chats_id_or_a_messages_type_becomes_a_mark(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, [message(), message(id=8, type="\udfff odd")], id="\ud800")
    assert reading.events[0].identity.startswith("telegram:?:7\n")
    assert [skip.reason for skip in reading.skips] == ["untyped message"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["batch", "single"])
def test_real_exports_are_recognised_and_every_message_accounted_for(real_data: Path, name: str) -> None:
    source = open_source(real_data / "chats" / f"chatminer_telegram_test_{name}_export.json")
    assert telegram.recognise(make_head(source))
    reading = read_all(telegram, source)
    assert (reading.rows_read, len(reading.skips), reading.issues) == (2, 2, [])


ENTITIES = (
    "plain", "bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "mention",
    "mention_name", "hashtag", "cashtag", "bot_command", "link", "text_link", "email", "custom_emoji", "bank_card",
)  # fmt: skip


@pytest.mark.parametrize("kind", ENTITIES)
def test_words_of_every_kind_of_entity_are_read(tmp_path: Path, kind: str) -> None:
    reading = read_chat(tmp_path, [message(["kod ", {"type": kind, "text": "4718", "user_id": 5, "document_id": "x"}])])
    assert [(event.text, event.span) for event in reading.events] == [("4718", (4, 8))]


def test_a_message_that_has_only_entities_is_read(tmp_path: Path) -> None:
    entities = [{"type": "plain", "text": "kod "}, {"type": "bold", "text": "4718"}]
    reading = read_chat(tmp_path, [message(None, text_entities=entities)])
    assert [event.text for event in reading.events] == ["4718"]


def test_who_forwards_is_the_sender_and_a_note_says_so(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, [message(forwarded_from="Other"), message("dobro", id=8, forwarded_from="Other")])
    assert [event.node and event.node.key for event in reading.events] == ["telegram:user1"]
    assert reading.graded == {("note", "message_forwarded"): 1}
    assert "Other" not in reading.issues[0].message


def test_a_message_saved_from_a_chat_is_anothers(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, [message(saved_from="Other")])
    assert reading.graded == {("note", "message_forwarded"): 1}


def test_two_messages_of_one_number_are_both_read_and_told(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, [message("kod 4718"), message("kod 4719"), message("kod 4720", id=8)])
    assert [event.text for event in reading.events] == ["4718", "4719", "4720"]
    assert [(issue.row, issue.severity, issue.code) for issue in reading.issues] == [(2, "warning", "doubled_number")]


def test_an_edited_message_has_the_time_of_its_edit_and_says_so(tmp_path: Path) -> None:
    reading = read_chat(tmp_path, [message(edited="2024-08-03T02:00:00", edited_unixtime="1722643200")])
    assert reading.events[0].time.time == datetime(2024, 8, 3, 0, 0, tzinfo=UTC)
    assert reading.graded == {("note", "message_edited"): 1}


@pytest.mark.parametrize(
    ("said", "graded"),
    [
        ({"edited": "2024-08-03T02:00:00"}, {("warning", "message_edited"): 1}),
        ({"edited_unixtime": "soon"}, {("warning", "message_edited"): 1}),
        ({"edited": "1970-01-01T01:00:00"}, {}),
        ({"edited_unixtime": "1722640811", "edited": "2024-08-03T01:20:11"}, {}),
    ],
)
def test_an_edit_without_a_time_is_told_and_one_before_the_sending_is_none(
    tmp_path: Path, said: dict[str, str], graded: dict[tuple[str, str], int]
) -> None:
    reading = read_chat(tmp_path, [message(**said)])
    assert reading.events[0].time.time == datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC)
    assert reading.graded == graded


@pytest.mark.parametrize(("shared", "phones"), [("+387 65 000 111", 1), ("000", 0), (5, 0), (None, 0)])
def test_a_shared_contact_is_a_phone_that_was_told(tmp_path: Path, shared: object, phones: int) -> None:
    reading = read_chat(tmp_path, [message("", contact_information={"first_name": "X", "phone_number": shared})])
    assert [event.other and event.other.key for event in reading.events] == ["+38765000111"] * phones
    assert len(reading.skips) == 1 - phones


@pytest.mark.parametrize("order", [("messages", "type", "id"), ("id", "messages", "type"), ("id", "id", "messages")])
def test_keys_may_stand_in_any_order_and_the_last_of_two_counts(tmp_path: Path, order: tuple[str, ...]) -> None:
    values = {"messages": [message()], "type": "private_supergroup", "id": 5}
    parts = [f'"{name}": {json.dumps(values[name])}' for name in order]
    if order[0] == order[1]:
        parts[0] = '"id": 99'
    (event,) = read_all(telegram, make_source(tmp_path, "{" + ", ".join(parts) + "}", "result.json")).events
    assert event.identity.startswith("telegram:5:7\n")


def test_an_export_in_html_is_refused_with_advice(tmp_path: Path) -> None:
    page = (
        '<!DOCTYPE html>\n<html><body><div class="page_wrap">\n<div class="history">kod 4718</div></div></body></html>'
    )
    source = make_source(tmp_path, page, "messages.html")
    assert "HTML" in (telegram.recognise(make_head(source)) or "")
    with pytest.raises(SourceError, match="Machine-readable JSON"):
        list(telegram.read(source, ReadOptions()))
    assert not telegram.recognise(make_head(make_source(tmp_path, "<!DOCTYPE html><html></html>", "x.html")))


def test_an_export_in_a_zip_with_its_media_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ChatExport/result.json", json.dumps({"id": 5, "messages": [message()]}))
        archive.writestr("ChatExport/photos/photo_1.jpg", b"\xff\xd8")
    assert telegram.recognise(make_head(open_source(path)))
    assert [event.text for event in read_all(telegram, open_source(path)).events] == ["4718"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"id": 5, "messages": [{"id": 1}', "truncated"),
        ('{"id": 5, "messages": [{"id": 1} {"id": 2}]}', "',' is missing"),
        ('{"id": 5 "messages": []}', "',' is missing"),
        ('{"id" 5}', "':' is missing"),
        ('{"messages": [1, 2]} x', "not whole JSON"),
        ('{"messages": [' + "[" * 100_000, "nested too deeply"),
        ('{"messages": [' + "9" * 5_000 + "]}", "thousands of digits"),
    ],
)
def test_broken_json_names_its_place(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(telegram.read(make_source(tmp_path, content, "result.json"), ReadOptions()))
