"""Who sent a row of a forensic table, where its cells name a group, the owner's word for himself, or a linked account."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors import message_table
from tests.connectors.reading import make_source, read_all

_HEADER = "Timestamp\tDirection\tSender Name\tFrom ID\tReceiver\tTo ID\tMessage"
_WALLET = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"


@pytest.mark.parametrize(
    ("direction", "name", "written", "label"),
    [
        ("Incoming", "", "12345-678@g.us", None),
        ("Incoming", "Kaka", "12345-678@g.us", "Kaka"),
        ("Incoming", "", "status@broadcast", None),
        ("Incoming", "Kaka", "status@broadcast", "Kaka"),
        ("Incoming", "Kaka", "123456789012345@lid", "Kaka"),
        ("Incoming", "Me", "", "Me"),
        ("Incoming", "Local User", "", "the device's owner"),
        ("Outgoing", "Me", "", "the device's owner"),
        ("", "Me", "", "the device's owner"),
    ],
)
def test_nobody_is_named_by_a_group_and_nobody_who_writes_to_the_device_is_its_owner(
    tmp_path: Path, direction: str, name: str, written: str, label: str | None
) -> None:
    row = f"2024-08-02 23:20:11+00:00\t{direction}\t{name}\t{written}\tX\t\tkod 4718"
    (event,) = read_all(message_table, make_source(tmp_path, f"{_HEADER}\n{row}\n", "a.tsv")).events
    assert (event.node.label if event.node else None) == label


def test_the_link_of_a_shared_page_is_read_and_its_words_are_anothers(tmp_path: Path) -> None:
    shared = {"sender_name": "B", "timestamp_ms": 1722640912000,
              "share": {"link": f"https://explorer.example/{_WALLET}", "share_text": "300 EUR"}}  # fmt: skip
    chat = json.dumps({"participants": [], "messages": [shared]})
    reading = read_all(message_table, make_source(tmp_path, chat, "message_1.json"))
    assert [(event.kind, event.text) for event in reading.events] == [("mention", _WALLET)]
    assert reading.graded == {("note", "message_quoted"): 1}
