"""One chat exported twice: what was changed between is a second fact and is told of; what was not stays one fact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors import message_table, signal, telegram, whatsapp
from tests.connectors.reading import make_source, read_all
from tests.test_merge import add, rows
from trails.case import Case
from trails.connector import ReadOptions
from trails.model import Record

OLD, NEW = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr"
SENT, EDITED = "1722640811", "1722643200"


def telegram_records(folder: Path, text: str, **fields: Any) -> list[Record]:
    said = {"id": 7, "type": "message", "date": "2024-08-03T01:20:11", "date_unixtime": SENT, "from": "A", "from_id": "user1",
            "text": text, **fields}  # fmt: skip
    export = {"id": 5, "type": "personal_chat", "messages": [said]}
    return list(telegram.read(make_source(folder, json.dumps(export), "result.json"), ReadOptions()))


def whatsapp_records(folder: Path, *lines: str) -> list[Record]:
    options = ReadOptions(timezone="Europe/Berlin", date_order="dmy", mapping={"scope": "family"})
    return list(whatsapp.read(make_source(folder, "\n".join(lines) + "\n", "chat.txt"), options))


def told(case: Case) -> list[tuple[Any, ...]]:
    return rows(case, "SELECT text, CAST(time AS VARCHAR)[12:], source_id, row FROM events ORDER BY event_id")


def warned(case: Case) -> list[tuple[Any, ...]]:
    return rows(case, "SELECT code, row FROM issues WHERE severity = 'warning' ORDER BY issue_id")


def test_an_unchanged_message_of_two_exports_is_one_fact(case: Case, tmp_path: Path) -> None:
    add(case, 1, telegram_records(tmp_path, f"300 EUR {OLD}", photo="photos/photo_1.jpg"))
    add(case, 2, telegram_records(tmp_path, f"300 EUR {OLD}", photo="photos/photo_9.jpg"))
    assert [fact[2] for fact in told(case)] == [1, 1, 1]
    assert len(rows(case, "FROM citations")) == 3
    assert warned(case) == []


@pytest.mark.parametrize("swapped", [False, True])
def test_an_edit_that_states_its_time_is_a_fact_of_that_time(case: Case, tmp_path: Path, *, swapped: bool) -> None:
    first = telegram_records(tmp_path, f"300 EUR {OLD}")
    second = telegram_records(tmp_path, f"350 EUR {NEW}", edited_unixtime=EDITED)
    for number, records in enumerate([second, first] if swapped else [first, second], 1):
        add(case, number, records)
    assert {fact[:2] for fact in told(case)} == {
        ("300 EUR", "23:20:11"), (OLD, "23:20:11"), ("350 EUR", "00:00:00"), (NEW, "00:00:00")
    }  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True])
def test_other_words_without_an_edit_are_kept_with_a_warning_that_names_both(
    case: Case, tmp_path: Path, *, swapped: bool
) -> None:
    texts = [f"300 EUR na {OLD}", f"dakle 350 EUR na {OLD}"]
    for number, text in enumerate(reversed(texts) if swapped else texts, 1):
        add(case, number, telegram_records(tmp_path, text))
    assert sorted(fact[0] for fact in told(case)) == ["300 EUR", "350 EUR", OLD]
    assert warned(case) == [("message_edited", 1)]
    assert "source 1 row 1" in rows(case, "SELECT message FROM issues WHERE severity = 'warning'")[0][0]
    add(case, 3, telegram_records(tmp_path, texts[0]))
    assert len(told(case)) == 3


def test_a_sum_that_was_taken_out_is_told(case: Case, tmp_path: Path) -> None:
    add(case, 1, telegram_records(tmp_path, f"300 EUR na {OLD}"))
    add(case, 2, telegram_records(tmp_path, f"na {OLD}"))
    assert warned(case) == [("message_edited", 1)]


def test_another_time_and_another_sender_of_one_message_are_told(case: Case, tmp_path: Path) -> None:
    add(case, 1, telegram_records(tmp_path, "kod 4718"))
    add(case, 2, telegram_records(tmp_path, "kod 4718", date_unixtime="1722640000"))
    add(case, 3, telegram_records(tmp_path, "kod 4718", **{"from": "B", "from_id": "user2"}))
    assert warned(case) == [("time_contradiction", 1), ("sender_contradiction", 1)]
    assert len(told(case)) == 1


def test_an_edited_message_of_whatsapp_names_what_stood_there_before(case: Case, tmp_path: Path) -> None:
    other = "02/08/2024, 23:20 - Kaka: kod 4718"
    add(case, 1, whatsapp_records(tmp_path, other, f"02/08/2024, 23:20 - Kaka: 300 EUR {OLD}"))
    add(case, 2, whatsapp_records(tmp_path, other, f"02/08/2024, 23:20 - Kaka: 350 EUR {OLD} <This message was edited>"))
    assert sorted(fact[0] for fact in told(case)) == ["300 EUR", "350 EUR", "4718", OLD, OLD]
    assert warned(case) == [("message_edited", 2)]
    assert "source 1 row 2" in rows(case, "SELECT message FROM issues WHERE severity = 'warning'")[0][0]


def test_a_message_of_meta_is_the_same_wherever_it_stands(tmp_path: Path) -> None:
    old = {"sender_name": "A", "timestamp_ms": 1722640811000, "content": "kod 4718"}
    new = {"sender_name": "A", "timestamp_ms": 1722640911000, "content": "kod 4719"}
    first, second = (
        read_all(message_table, make_source(tmp_path, json.dumps({"participants": [], "messages": said}), "message_1.json"),
                 ReadOptions(mapping={"scope": "x"})) for said in ([old, old], [new, old, old])
    )  # fmt: skip
    assert [event.identity for event in second.events[1:]] == [event.identity for event in first.events]


def test_the_first_version_of_an_edited_message_of_signal_is_the_one_from_before_the_edit(tmp_path: Path) -> None:
    said = {"id": "a", "type": "incoming", "conversationId": "c", "sent_at": 1722640811000, "body": "kod 4718",
            "sourceServiceId": "u"}  # fmt: skip
    history = [{"body": "kod 4719", "timestamp": 1722643200000}, {"body": "kod 4718", "timestamp": 1722640811000}]
    first, second = (
        read_all(signal, make_source(tmp_path, json.dumps([each]), "signal.json"), ReadOptions(mapping={"scope": "x"}))
        for each in (said, {**said, "body": "kod 4719", "editHistory": history})
    )
    assert second.events[0].identity == first.events[0].identity
    assert [event.text for event in second.events] == ["4718", "4719"]
