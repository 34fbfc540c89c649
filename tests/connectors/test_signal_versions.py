"""Signal: quoted messages, pictures in Markdown, and every version of a message that was edited."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors import signal
from connectors.signal.markdown import read_markdown
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions

SENT = 1_722_640_811_000
WALLET, OTHER = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr"


def read_markdown_chat(folder: Path, *messages: str) -> Reading:
    text = "".join(f"[2024-08-02 23:12:0{place}] {said}\n" for place, said in enumerate(messages))
    return read_all(signal, make_source(folder, text, "chat.md"), ReadOptions(timezone="UTC"))


def read_json(folder: Path, *items: dict[str, Any], zone: str | None = None) -> Reading:
    text = "\n".join(json.dumps(item) for item in items) + "\n"
    return read_all(signal, make_source(folder, text, "data.json"), ReadOptions(timezone=zone))


def desktop(**fields: Any) -> dict[str, Any]:
    base = {"id": "m1", "conversationId": "c1", "type": "incoming", "sent_at": SENT, "source": "+38765000111", "body": "x"}
    return {**base, **fields}


def told(reading: Reading) -> list[tuple[int, str | None, str]]:
    return [(event.row, event.node.label if event.node else None, event.text) for event in reading.events]


def test_a_quoted_message_is_not_what_the_quoter_says(tmp_path: Path) -> None:
    quote = f"\n\n> kod 4718, {WALLET}\n> 300 EUR\n\n"
    reading = read_markdown_chat(tmp_path, f"Kaka: kod 4718, {WALLET}  ", f"Cedar: {quote}da, 50 EUR  ", f"Cedar: {quote}da  ")
    assert told(reading) == [(1, "Kaka", "4718"), (1, "Kaka", WALLET), (2, "Cedar", "50 EUR")]
    assert reading.graded == {("note", "message_quoted"): 2}
    assert "3 addresses, codes or sums stand" in reading.issues[0].message
    assert reading.events[2].span == (len(quote) + 4, len(quote) + 10)


def test_a_mark_that_a_person_writes_is_no_quote(tmp_path: Path) -> None:
    assert told(read_markdown_chat(tmp_path, "Kaka: > kod 4718\n> 300 EUR")) == [(1, "Kaka", "4718"), (1, "Kaka", "300 EUR")]


def test_pictures_and_videos_in_markdown_are_possible_proofs(tmp_path: Path) -> None:
    text = (
        "Kaka: stigli  \n(- +38765000111: OK, Cedar: da -)![IMG (1).jpg](./media/IMG%20(1).jpg)  [v.mp4](./media/v.mp4)  "
        "[x.pdf](./media/x.pdf)  (image not exported)  [sticker](../exported_stickers/a/1.webp)  "
    )
    reading = read_markdown_chat(tmp_path, text)
    assert [(event.kind, event.text) for event in reading.events] == [
        ("proof", "IMG (1).jpg (photo; possible proof of delivery)"),
        ("proof", "v.mp4 (video; possible proof of delivery)"),
        ("proof", "image (photo, media not included; possible proof of delivery)"),
    ]  # fmt: skip


def test_every_version_of_an_edited_message_has_its_own_time(tmp_path: Path) -> None:
    history = [
        {"timestamp": SENT + 60_000, "body": f"{OTHER} 900 EUR"}, {"timestamp": SENT, "body": f"{WALLET} 300 EUR"},
    ]  # fmt: skip
    reading = read_json(tmp_path, desktop(body=f"{OTHER} 900 EUR", editHistory=history, attachments=[{"fileName": "a.jpg"}]))
    found = [(event.text.split(" (")[0], event.time.time) for event in reading.events]
    first, second = datetime(2024, 8, 2, 23, 20, 11, tzinfo=UTC), datetime(2024, 8, 2, 23, 21, 11, tzinfo=UTC)
    assert found == [
        (WALLET, first), ("300 EUR", first), ("a.jpg", first), (OTHER, second), ("900 EUR", second),
    ]  # fmt: skip
    assert reading.graded == {("note", "message_edited"): 1}


def test_a_version_whose_time_is_not_stated_has_none(tmp_path: Path) -> None:
    history = [{"timestamp": SENT, "body": "kod 4718"}]
    reading = read_json(tmp_path, desktop(body="kod 4719", editHistory=history))
    assert [(event.text, event.time.basis) for event in reading.events] == [("4718", "stated"), ("4719", "unknown")]
    export = {
        "date": "2024-08-02T23:20:11", "sender": "Kaka", "body": "kod 4719  ", "reactions": [], "attachments": [],
        "edits": [{"date": "2024-08-02T23:20:11", "body": "kod 4718"}],
    }  # fmt: skip
    reading = read_json(tmp_path, export, zone="UTC")
    assert [(event.text, event.time.basis) for event in reading.events] == [("4718", "assumed"), ("4719", "unknown")]
    assert "when the last was written is not stated" in reading.issues[0].message


def test_a_history_of_one_entry_is_no_edit(tmp_path: Path) -> None:
    reading = read_json(tmp_path, desktop(body="kod 4718", editHistory=[{"timestamp": SENT, "body": "kod 4718"}]))
    assert ([event.text for event in reading.events], reading.issues) == (["4718"], [])


def test_a_damaged_history_refuses_its_message_alone(tmp_path: Path) -> None:
    damaged = [desktop(editHistory=["x"]), desktop(body="kod 1111", editHistory=[{"timestamp": "x", "body": "kod 4718"}])]
    reading = read_json(tmp_path, *damaged, desktop(body="kod 4719"))
    assert reading.errors == [(1, "message_damaged"), (2, "time_damaged")]
    assert [event.row for event in reading.events if event.row not in reading.refused] == [3]


def test_quotes_in_json_are_told_and_an_edit_sent_from_here_is_read(tmp_path: Path) -> None:
    data = {"timestamp": SENT, "message": "kod 4719", "quote": {"text": "kod 4718"}}
    edit = {"editMessage": {"targetSentTimestamp": 1, "dataMessage": data}}
    cli = {"timestamp": SENT, "syncMessage": {"sentMessage": edit}}
    reading = read_json(tmp_path, {"envelope": cli, "account": "+38765000112"}, desktop(quote={"text": "300 EUR"}))
    assert [(event.row, event.text) for event in reading.events] == [(1, "4719")]
    assert reading.graded == {("note", "message_quoted"): 2, ("note", "message_edited"): 1}


@given(st.text("abc >\n()[]!-./ 4718kod", max_size=60), st.text("ab >4718 kod\n", max_size=30))
def test_what_is_quoted_is_never_among_the_own_words_and_every_character_keeps_its_place(body: str, quote: str) -> None:
    plain = quote.rstrip("\n").replace("\n", "\n> ")
    text = f"\n\n> {plain}\n\nx{body}"
    written = read_markdown(text)
    assert len(written.words) == len(text)
    assert written.words[: len(text) - len(body) - 1].strip("_\n") == ""
    assert written.words.endswith("x") or "x" in written.words[-len(body) - 1 :]
