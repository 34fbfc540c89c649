"""Signal chats: text and the JSON of three tools, who speaks, what is deleted, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import signal, whatsapp
from tests.connectors.reading import Reading, head_of, make_head, make_source, open_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

SENT = 1_722_640_811_000


def cli(text: object = "kod 4718", **data: Any) -> dict[str, Any]:
    message = {"timestamp": SENT, "message": text, **data}
    return {"envelope": {"sourceNumber": "+38765000111", "timestamp": SENT, "dataMessage": message}}


def desktop(**fields: Any) -> dict[str, Any]:
    base = {
        "id": "m1",
        "conversationId": "c1",
        "type": "incoming",
        "sent_at": SENT,
        "source": "+38765000111",
        "body": "kod 4718",
    }
    return {key: value for key, value in {**base, **fields}.items() if value is not None}


def export(**fields: Any) -> dict[str, Any]:
    base = {"date": "2024-08-02T23:20:11", "sender": "Kaka", "body": "kod 4718  ", "reactions": [], "attachments": []}
    return {**base, **fields}


def read_lines(folder: Path, *items: object, zone: str | None = None) -> Reading:
    text = "\n".join(json.dumps(item) for item in items) + "\n"
    return read_all(signal, make_source(folder, text, "data.json"), ReadOptions(timezone=zone))


@pytest.mark.real_data
def test_the_real_text_is_recognised_and_read(real_data: Path) -> None:
    path = real_data / "chats" / "chatminer_signal_test_export.txt"
    assert signal.recognise(head_of(path))
    assert not whatsapp.recognise(head_of(path))
    reading = read_all(signal, open_source(path), ReadOptions(timezone="UTC"))
    assert (reading.rows_read, len(reading.skips), reading.issues) == (2, 2, [])
    assert [record.raw for record in signal.records(open_source(path), ReadOptions())][1] == (
        "[2020-01-17, 21:49] John Doe: Hello\nJane!"
    )


@pytest.mark.parametrize(
    ("text", "name", "ours"),
    [
        ("[2024-08-02, 23:12] A: x\n", "chat.txt", True),
        ("[2024-08-02 23:12:05] A: x  \n", "x.md", True),
        ("[2024-08-02 23:12:05] A: x\n", "chat.md", True),
        ("[2024-08-02 23:12:05] A: x\n", "server.log", False),
        ("\u200e[2024-08-02, 23:12:05] A: x\n", "_chat.txt", False),
        ("[02.08.2024, 23:12] A: x\n", "chat.txt", False),
        ('{"date": "x", "sender": "a", "amount": 5}', "x.json", False),
        ("", "x.txt", False),
    ],
)
def test_texts_are_recognised(tmp_path: Path, text: str, name: str, *, ours: bool) -> None:
    assert bool(signal.recognise(make_head(make_source(tmp_path, text, name)))) is ours


def test_a_chat_as_text_gives_events(tmp_path: Path) -> None:
    text = "[2024-08-02, 23:20] Kaka: kod\n4718\n[2024-08-02, 23:21] +387 65 000 111: (This message was deleted)\n"
    source = make_source(tmp_path, text, "chat.txt")
    reading = read_all(signal, source, ReadOptions(timezone="UTC"))
    assert [(e.row, e.kind, e.node and e.node.rail) for e in reading.events] == [
        (1, "code_quoted", "chat"), (2, "message_deleted", "phone"),
    ]  # fmt: skip
    assert reading.events[0].time.time == datetime(2024, 8, 2, 23, 20, 30, tzinfo=UTC)
    assert reading.codes == {"deleted_messages": 1}
    assert [code for _, code in read_all(signal, source).errors] == ["time_no_zone"] * 2


@pytest.mark.parametrize(
    ("item", "rail", "key"),
    [
        (cli(), "phone", "+38765000111"),
        ({"jsonrpc": "2.0", "params": cli()}, "phone", "+38765000111"),
        ({"envelope": {"sourceUuid": "AB-1", "timestamp": SENT, "dataMessage": {"message": "kod 4718", "timestamp": SENT}}},
         "chat", "signal:ab-1"),
        ({"envelope": {"timestamp": SENT, "editMessage": {"dataMessage": {"message": "kod 4718", "timestamp": SENT}},
                       "source": "+38765000111"}}, "phone", "+38765000111"),
        ({"envelope": {"timestamp": SENT, "syncMessage": {"sentMessage": {"message": "kod 4718", "timestamp": SENT}}},
          "account": "+38765000112"}, "phone", "+38765000112"),
        (desktop(), "phone", "+38765000111"),
        (desktop(source=None, sourceServiceId="AB-2"), "chat", "signal:ab-2"),
    ],
)  # fmt: skip
def test_numbers_and_service_ids_are_accounts(tmp_path: Path, item: dict[str, Any], rail: str, key: str) -> None:
    (event,) = read_lines(tmp_path, item).events
    assert event.node
    assert (event.kind, event.text, event.node.rail, event.node.key) == ("code_quoted", "4718", rail, key)
    assert event.time.time == datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC)
    assert event.time.basis == "stated"


def test_an_exports_time_needs_a_zone(tmp_path: Path) -> None:
    (event,) = read_lines(tmp_path, export(), zone="Europe/Sarajevo").events
    assert (event.time.time, event.time.basis) == (datetime(2024, 8, 2, 21, 20, 11, tzinfo=UTC), "assumed")
    assert read_lines(tmp_path, export()).errors == [(1, "time_no_zone")]


def test_several_files_of_one_message_are_several_proofs(tmp_path: Path) -> None:
    files = [
        {"contentType": "image/jpeg", "id": "a"},
        {"contentType": "video/mp4", "id": "b"},
        {"contentType": "audio/aac"},
    ]
    reading = read_lines(
        tmp_path, cli("", attachments=files), export(attachments=[{"name": "a.jpg"}], body=""), zone="UTC"
    )
    assert [event.text.split(" (")[0] for event in reading.events] == ["a", "b", "a.jpg"]


@pytest.mark.parametrize(
    "item",
    [
        cli("x", remoteDelete={"timestamp": 1}),
        desktop(deletedForEveryone=True),
        desktop(isErased=1),
        export(deleted=True),
    ],
)
def test_deleted_messages_keep_their_notice_alone(tmp_path: Path, item: dict[str, Any]) -> None:
    reading = read_lines(tmp_path, item, zone="UTC")
    assert [event.kind for event in reading.events] == ["message_deleted"]
    assert reading.codes == {"deleted_messages": 1}


def test_what_is_no_message_is_skipped(tmp_path: Path) -> None:
    receipt = {"envelope": {"timestamp": SENT, "receiptMessage": {"when": 1}}}
    reading = read_lines(tmp_path, cli("ok"), receipt, desktop(type="call-history"), export(call=True))
    assert [skip.reason for skip in reading.skips] == [
        "no payment content", "a receipt, call or typing notice", "call-history record", "a call",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("text", "message_damaged"),
        ({"a": 1}, "message_damaged"),
        (cli(5), "message_damaged"),
        (cli(timestamp="soon"), "time_damaged"),
        (cli(timestamp=5), "time_damaged"),
        (desktop(sent_at=True), "time_damaged"),
        (export(date=5), "time_damaged"),
        (export(date="soon"), "time_damaged"),
    ],
)
def test_a_damaged_item_is_refused_and_the_next_is_read(tmp_path: Path, item: object, code: str) -> None:
    reading = read_lines(tmp_path, cli(), item, cli("300 EUR"), zone="UTC")
    assert reading.errors == [(2, code)]
    assert [event.row for event in reading.events] == [1, 3]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"dobar dan", "no line begins with a date"),
        (b'{"ok": true}', "not of Signal Desktop"),
        (json.dumps([desktop()]).encode()[:-20], "truncated|not whole JSON"),
    ],
)
def test_what_is_no_chat_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(signal.read(make_source(tmp_path, content, "x.json"), ReadOptions(timezone="UTC")))


def test_half_a_character_does_not_stop_the_file(tmp_path: Path) -> None:
    text = '{"envelope": {"sourceUuid": "u\\ud83d", "timestamp": 1722640811000, "dataMessage": {"message": "\\ud83d kod 4718"}}}'
    (event,) = read_all(signal, make_source(tmp_path, text, "x.json")).events
    assert event.node
    assert event.node.key == "signal:u?"


def test_a_scope_names_the_chat(tmp_path: Path) -> None:
    source = make_source(tmp_path, json.dumps(export()) + "\n" + json.dumps(export(body="20 KM")), "data.json")
    said = ReadOptions(timezone="UTC", mapping={"scope": "delta"})
    assert {event.node.key for event in read_all(signal, source, said).events if event.node} == {"signal:delta:Kaka"}
    with pytest.raises(SourceError, match="`scope`"):
        list(signal.read(source, ReadOptions(mapping={"scope": ""})))
