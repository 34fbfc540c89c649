"""Who says what in a chat: firms that are no notice, senders without a name, and what an admin deletes as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import whatsapp
from connectors.whatsapp.deleted import find_deleted
from connectors.whatsapp.notices import is_edited, is_notice
from tests.connectors.reading import make_source, read_all
from trails.connector import ReadOptions


@pytest.mark.parametrize(
    ("words", "by_admin"),
    [
        ("You deleted this message as admin", True),
        ("Du hast diese Nachricht als Admin gel\u00f6scht.", True),
        ("Vous avez supprim\u00e9 ce message en tant qu\u2019admin", True),
        ("Eliminaste este mensaje como admin", True),
        ("Voc\u00ea apagou esta mensagem como admin", True),
        ("Questo messaggio \u00e8 stato eliminato dall'admin Kaka", True),
        ("Questo messaggio \u00e8 stato eliminato da un amministratore", True),
        ("You deleted this message as admin, why?", False),
        ("you deleted it", False),
    ],
)
def test_what_an_admin_deletes_is_deleted(words: str, *, by_admin: bool) -> None:
    assert find_deleted(words) == ("a message was deleted by an admin" if by_admin else None)


@pytest.mark.parametrize(
    ("name", "notice"),
    [
        ("Kaka Business Account", False),
        ("This chat is with a business account", True),
        ("Kaka changed the group description to", True),
    ],
)
def test_a_firm_that_is_called_a_business_account_writes_messages(name: str, *, notice: bool) -> None:
    assert is_notice(name, "kod 4718") is notice


def test_the_words_of_a_sender_without_a_name_are_not_given_to_the_one_before(tmp_path: Path) -> None:
    lines = ["[25/07/2024, 21:41:55] Kaka: kod 4718", "[25/07/2024, 21:42:55] : kod 9911"]
    source = make_source(tmp_path, "\r\n".join(lines) + "\r\n", "_chat.txt")
    reading = read_all(whatsapp, source, ReadOptions(timezone="UTC"))
    assert [(event.row, event.text) for event in reading.events] == [(1, "4718")]
    assert [(issue.row, issue.code) for issue in reading.issues] == [(2, "sender_unknown")]


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("kod 4718 \u200e<Wiadomo\u015b\u0107 edytowana>", True),
        ("kod 4718 <Wiadomo\u015b\u0107 edytowana>", False),
        ("\u200e<Media>", False),
        ("proba \u200e<attached: 0001-PHOTO.jpg>", False),
    ],
)
def test_an_edit_is_known_by_the_apps_own_mark_in_every_language(text: str, *, edited: bool) -> None:
    assert is_edited(text) is edited
