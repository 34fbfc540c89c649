"""Payers are protected in everything that leaves the case."""

from __future__ import annotations

import pandas as pd
import pytest

from trails.errors import LeakError
from trails.pseudonyms import find_terms, name_nodes, scan_export

NODES = pd.DataFrame({
    "node_id": [1, 2, 3, 4], "kind": "account", "rail": ["hawala", "hawala", "tron", "phone"],
    "key": ["party:x:zalmay f.", "party:x:alder", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "+38765123456"],
    "label": ["Zalmay F.", "Alder", None, None],
})  # fmt: skip
ENTITIES = pd.DataFrame({"entity_id": [1, 2, 3, 1], "node_id": [1, 2, 3, 4]})
ROLES = pd.DataFrame({"entity_id": [1, 2], "role": ["payer", "organiser"]})
NAMES = name_nodes(NODES, ENTITIES, ROLES, key="cd" * 32)


def test_every_node_of_a_payer_has_the_payers_pseudonym() -> None:
    assert NAMES.shown[1] == NAMES.shown[4]
    assert NAMES.shown[1].startswith("Payer-")
    assert NAMES.protected == {1, 4}
    assert NAMES.shown[2] == "Alder"
    assert NAMES.shown[3] == "TR7NHqje...Lj6t"


def test_a_party_of_a_ledger_without_a_role_is_a_third_party() -> None:
    names = name_nodes(NODES, ENTITIES, ROLES[:1], key="cd" * 32)
    assert names.shown[2].startswith("Party-")
    assert 2 not in names.protected
    assert names.shown[3] == NAMES.shown[3]


def test_a_pseudonym_depends_on_the_key_and_not_on_numbers() -> None:
    other = name_nodes(NODES, ENTITIES, ROLES, key="ce" * 32)
    assert other.shown[1] != NAMES.shown[1]
    moved = name_nodes(
        NODES.assign(node_id=[11, 12, 13, 14]), ENTITIES.assign(entity_id=[11, 12, 13, 11], node_id=[11, 12, 13, 14]),
        ROLES.assign(entity_id=[11, 12]), key="cd" * 32,
    )  # fmt: skip
    assert moved.shown[11] == NAMES.shown[1]


@pytest.mark.parametrize("leak", ["paid by ZALMAY F. on", "call +38765123456 now", "zalmay f."])
def test_an_export_that_names_a_payer_is_refused_without_repeating_the_name(leak: str) -> None:
    with pytest.raises(LeakError) as raised:
        scan_export(f"<p>{leak}</p>", NAMES, file_name="report.html")
    assert "zalmay" not in str(raised.value).casefold()
    assert NAMES.shown[1] in str(raised.value)


def test_words_that_merely_contain_a_name_are_no_leak() -> None:
    assert find_terms("analysis of Alibaba", ["Ali"]) == []
    assert find_terms("paid Ali, cash", ["Ali"]) == ["Ali"]


def test_sentences_use_the_names() -> None:
    assert NAMES.rename_text("from node 1 to node 2, node 99") == f"from {NAMES.shown[1]} to Alder, node 99"


THIRD = pd.DataFrame({
    "node_id": [1, 2, 3, 4, 5, 6], "kind": ["account"] * 5 + ["junction"],
    "rail": ["chat", "phone", "bank", "bank", "vasp", "vasp"],
    "key": ["telegram:user71", "+38765123456", "DE89370400440532013000", "account:x:4711", "okx:account:99", "okx:withdrawal:99:7"],
    "label": ["Someone Fictional", None, None, None, None, None],
})  # fmt: skip
ALONE = pd.DataFrame({"entity_id": [1, 1, 3, 4, 5, 6], "node_id": [1, 2, 3, 4, 5, 6]})


def test_people_of_chats_and_accounts_without_a_role_are_third_parties() -> None:
    names = name_nodes(THIRD, ALONE, ROLES[:0], key="cd" * 32)
    assert names.shown[1] == names.shown[2], "one entity, one pseudonym"
    assert all(names.shown[node].startswith("Party-") for node in (1, 3, 4, 5))
    assert names.shown[6] == "okx withdrawal 7"
    assert not names.protected
    assert names.parties == {1, 2, 3, 4, 5}


def test_numbers_of_third_parties_are_searched_for_and_their_names_are_not() -> None:
    names = name_nodes(THIRD, ALONE, ROLES[:0], key="cd" * 32)
    assert set(names.terms) == {"+38765123456", "DE89370400440532013000"}
    with pytest.raises(LeakError):
        scan_export("call +38765123456 today", names, file_name="x.html")
    scan_export("Someone Fictional paid 4711", names, file_name="x.html")


def test_a_person_of_a_chat_with_a_role_is_named() -> None:
    roles = pd.DataFrame({"entity_id": [1], "role": ["organiser"]})
    names = name_nodes(THIRD, ALONE, roles, key="cd" * 32)
    assert names.shown[1] == "Someone Fictional"
    assert 1 not in names.hidden
