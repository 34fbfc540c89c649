"""Payers are protected in everything that leaves the case."""

from __future__ import annotations

import pandas as pd
import pytest

from trails.errors import LeakError
from trails.pseudonyms import LENGTH, make_pseudonym, name_nodes, name_openly, scan_export

NODES = pd.DataFrame({
    "node_id": [1, 2, 3, 4], "kind": "account", "rail": ["hawala", "hawala", "tron", "phone"],
    "key": ["party:x:zalmay f.", "party:x:alder", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "+38765123456"],
    "label": ["Zalmay F.", "Alder", None, None],
})  # fmt: skip
ENTITIES = pd.DataFrame({"entity_id": [1, 2, 3, 1], "node_id": [1, 2, 3, 4]})
ROLES = pd.DataFrame({
    "entity_id": [1, 2], "role": ["payer", "organiser"], "basis": ["inferred", "declared"], "protected": [True, False],
})  # fmt: skip
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


def test_sentences_use_the_names() -> None:
    assert NAMES.rename_text("from [node:1] to [node:2], [node:99]") == f"from {NAMES.shown[1]} to Alder, node 99"
    assert (
        NAMES.rename_text("[node:3] and nodes 1 and 2, node 1")
        == "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t and nodes 1 and 2, node 1"
    )


def test_a_pseudonym_stays_when_the_entity_grows() -> None:
    """Files that come later bring nodes with larger numbers, whose keys may well be smaller."""
    more = pd.DataFrame({"node_id": [5], "kind": "account", "rail": ["chat"], "key": ["a:1"], "label": ["Z"]})
    grown = name_nodes(
        pd.concat([NODES, more]),
        pd.concat([ENTITIES, pd.DataFrame({"entity_id": [1], "node_id": [5]})]),
        ROLES,
        key="cd" * 32,
    )
    assert grown.shown[1] == grown.shown[5] == NAMES.shown[1]


def test_pseudonyms_are_long_enough_for_ten_million() -> None:
    """By the birthday bound the chance that any two of 10 million are alike is below 1 in a million."""
    count = 10_000_000
    assert count * (count - 1) / 2 / 32**LENGTH < 1e-6
    made = {make_pseudonym("ab" * 32, str(number)) for number in range(20_000)}
    assert len(made) == 20_000


def test_two_alike_are_told_apart_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def always_alike(key: str, identity: str, word: str = "Payer", *, turn: int = 0) -> str:
        del key, identity
        return f"{word}-{'A' * 7}-{turn:07d}"

    monkeypatch.setattr("trails.pseudonyms.make_pseudonym", always_alike)
    nodes = pd.DataFrame({"node_id": [1, 2], "kind": "account", "rail": "chat", "key": ["x", "y"], "label": None})
    names = name_nodes(nodes, ENTITIES[:0], ROLES[:0], key="cd" * 32)
    assert names.shown[1] != names.shown[2]


def test_whoever_has_only_an_inferred_role_is_a_pseudonym_until_confirmed() -> None:
    roles = pd.DataFrame({"entity_id": [2, 3], "role": "driver", "basis": "inferred", "protected": False})
    names = name_nodes(NODES, ENTITIES, roles, key="cd" * 32)
    assert names.shown[2].startswith("Party-")
    assert names.shown[3].startswith("Party-"), "an address too"
    assert names.inferred == {2, 3}
    assert "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t" not in names.terms, "an annex may hold the address"
    confirmed = name_nodes(NODES, ENTITIES, roles.assign(basis="confirmed"), key="cd" * 32)
    assert confirmed.shown[2] == "Alder"
    assert confirmed.full[3] == "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


def test_victims_minors_and_third_parties_are_protected_whatever_rail_they_are_on() -> None:
    for role in ("victim", "minor", "third_party"):
        roles = pd.DataFrame({"entity_id": [3], "role": [role], "basis": ["declared"], "protected": [True]})
        names = name_nodes(NODES, ENTITIES, roles, key="cd" * 32)
        assert names.protected == {3}
        assert "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t" in names.terms


def test_the_transaction_of_a_payer_is_searched_for_too() -> None:
    names = name_nodes(NODES, ENTITIES, ROLES, key="cd" * 32, references=["ab" * 32])
    with pytest.raises(LeakError):
        scan_export(f"see {'AB' * 32}:0", names, file_name="x.csv")
    assert names.clean_text(f"tx {'ab' * 32}") == "tx (reference withheld)"


def test_a_leak_is_seen_through_the_escapes_of_html() -> None:
    nodes = NODES.assign(label=pd.Series(["O'Neil & Sons", "Alder", None, None]))
    names = name_nodes(nodes, ENTITIES, ROLES, key="cd" * 32)
    with pytest.raises(LeakError):
        scan_export("<p>O&#x27;Neil &amp; Sons</p>", names, file_name="x.html")


def test_real_names_hide_nobody() -> None:
    names = name_openly(NODES)
    assert names.full[1] == "Zalmay F."
    assert not names.hidden
    assert names.clean_text("Zalmay F. paid") == "Zalmay F. paid"


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


def test_numbers_and_whole_names_of_third_parties_are_searched_for() -> None:
    names = name_nodes(THIRD, ALONE, ROLES[:0], key="cd" * 32)
    assert set(names.terms) == {"+38765123456", "DE89370400440532013000", "Someone Fictional"}
    for leak in ("call +387 65 123-456 today", "call 065 123 456", "someone  fictional", "chat_Someone_Fictional.txt"):
        with pytest.raises(LeakError):
            scan_export(leak, names, file_name="x.html")
    scan_export("someone paid 4711", names, file_name="x.html")


def test_a_person_of_a_chat_with_a_role_is_named() -> None:
    roles = pd.DataFrame({"entity_id": [1], "role": ["organiser"], "basis": ["declared"], "protected": [False]})
    names = name_nodes(THIRD, ALONE, roles, key="cd" * 32)
    assert names.shown[1] == "Someone Fictional"
    assert 1 not in names.hidden


def test_our_own_words_are_not_taken_for_a_name_that_is_nearly_written_so() -> None:
    """Somebody is called Finding Match, somebody Päyer: sentences of ours that say "match finding" or "payer" name nobody."""
    nodes = pd.DataFrame({
        "node_id": [1, 2, 3], "rail": "hawala", "key": ["party:x:code hawala", "party:x:päyer", "party:x:ana quince"],
        "label": ["Code Hawala", "Päyer", "Ana Quince"], "kind": "account",
    })  # fmt: skip
    names = name_nodes(nodes, ENTITIES[:0], ROLES[:0], key="cd" * 32)
    said = "a payer and a hawala code"
    assert names.clean_text(said) == said
    assert names.clean_text("Päyer, code hawala") == f"{names.shown[2]}, {names.shown[1]}"
    assert names.clean_text("Quince, Ana") == f"{names.shown[3]} (nearly)"


def test_whoever_is_shown_by_nearly_the_name_of_a_payer_keeps_it() -> None:
    nodes = pd.DataFrame({
        "node_id": [1, 2], "rail": "hawala", "key": ["party:x:ali reza", "party:x:reza ali"], "label": ["Ali Reza", "Reza Ali"],
        "kind": "account",
    })  # fmt: skip
    roles = pd.DataFrame({"entity_id": [1, 2], "role": ["payer", "driver"], "basis": "declared", "protected": [True, False]})
    names = name_nodes(nodes, ENTITIES[:0], roles, key="cd" * 32)
    assert names.tell_text("[node:1] paid [node:2]") == f"{names.shown[1]} paid Reza Ali"
