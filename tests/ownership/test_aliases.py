from __future__ import annotations

import pandas as pd
import pytest

from tests.links.small_case import SmallCase, shuffled
from trails.graph import CaseTables
from trails.ownership.aliases import claim_aliases, fold_name, keep_consonants


def aliases(tables: CaseTables) -> pd.DataFrame:
    return claim_aliases(tables.transfers, tables.events, tables.nodes)


def pairs(case: SmallCase) -> list[list[int]]:
    found = aliases(case.tables())
    assert set(found["state"]) <= {"held"}
    assert set(found["strength"]) <= {"hint"}
    return found[["node_a", "node_b"]].to_numpy().tolist()


@pytest.mark.parametrize(("one", "other"), [
    ("Gagi", "Гаги"), ("Đorđe", "Djordje"), ("Ђорђе", "Đorđe"), ("Šefket", "Шефкет"), ("Čedo", "Чедо"), ("Žika", "Жика"),
    ("Aljoša", "Аљоша"), ("Yusuf", "Юсуф"), ("Hasan", "Хасан"), ("Giorgos", "Γιώργος"), ("Mohammad", "Mohamad"),
    ("KAKA  Nour", "nour kaka"), ("Jusuf", "Yusuf"),
])  # fmt: skip
def test_one_sound_in_two_spellings(one: str, other: str) -> None:
    assert fold_name(one) == fold_name(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Gagi", "Gogi"), ("Hasan", "Hakan"), ("Almond", "Alder"), ("Mira", "Mara")])
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


def test_what_says_too_little_has_no_sound() -> None:
    assert [fold_name(text) for text in ("", "Al", "17", "+387 65 000 417", "🙂")] == [""] * 5
    assert keep_consonants(fold_name("Aleida")) == "", "two consonants"


def book(*names: tuple[str, int], kind: str = "payout") -> tuple[SmallCase, list[int]]:
    """One transfer for each name and source."""
    case = SmallCase()
    code = case.node("code:s:1", "hawala", kind="junction")
    nodes = []
    for number, (name, source) in enumerate(names):
        nodes.append(case.node(f"party:s{number}:{name.casefold()}", "hawala", label=name))
        ends = (nodes[-1], code) if kind == "deposit" else (code, nodes[-1])
        case.move(*ends, kind=kind, source=source, asset="EUR")
    return case, nodes


def test_an_alias_is_possible_and_joins_nobody() -> None:
    case, (one, other, _) = book(("Gagi", 1), ("Гаги", 2), ("Walnut", 2))
    found = aliases(case.tables())
    assert found[["node_a", "node_b", "rule", "state", "transfer_id"]].to_numpy().tolist() == [[one, other, "alias", "held", 2]]
    assert found["why"].iloc[0] == (
        "their names agree in sound; 1 of 3 pairs of names agree so, at most about 3 of them expected by luck "
        "(0 of 0 pairs of different names within one source do)"
    )
    assert "agi" not in found["why"].iloc[0]


def test_two_names_of_one_book_and_script_are_two_people() -> None:
    assert pairs(book(("Djordje", 1), ("Đorđe", 1))[0]) == []
    assert pairs(book(("Djordje", 1), ("Đorđe", 2))[0]) == [[2, 3]]
    assert pairs(book(("Gagi", 1), ("Гаги", 1))[0]) == [[2, 3]], "one writer, two scripts"


def test_consonants_are_compared_only_with_a_script_that_has_no_vowels() -> None:
    assert pairs(book(("Farhad", 1), ("فرهاد", 2), ("Farhod", 3))[0]) == [[2, 3], [3, 4]]


def test_payers_are_left_alone_until_they_are_more() -> None:
    case, nodes = book(("Gagi", 1), ("Гаги", 2), kind="deposit")
    assert pairs(case) == []
    for source, node in enumerate(nodes, start=3):
        case.move(1, node, kind="payout", source=source, asset="EUR")
    assert pairs(case) == [nodes]


def test_a_chat_user_may_be_a_party_of_a_ledger() -> None:
    case, (party,) = book(("Miki", 1))
    user = case.node("telegram:user1", "chat", label="Мики")
    event = case.event("mention", node=user, source=2)
    found = aliases(case.tables())
    assert found[["node_a", "node_b", "event_id"]].to_numpy().tolist() == [[party, user, event]]


def test_a_name_of_many_says_nothing() -> None:
    assert pairs(book(*(("Kaka", source) for source in range(1, 22)))[0]) == []
    assert len(pairs(book(*(("Kaka", source) for source in range(1, 21)))[0])) == 190


def test_the_luck_is_that_of_different_names_in_one_source() -> None:
    names = [(f"{first}ar{last}", 1) for first in "bdfgklmnpr" for last in "bdfgklmnpr"]
    case, _ = book(*names, ("Barbb", 1), ("Zorz", 2))
    case.event("mention", node=case.node("telegram:u", "chat", label="Барб"), source=2)
    found = aliases(case.tables())
    assert len(found) == 2, "Барб is like both barb and Barbb"
    assert "2 of 203 pairs of names agree so, at most about 0.08 of them expected by luck (1 of 5050 pairs" in found["why"].iloc[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_decides_nothing(seed: int) -> None:
    case, _ = book(("Gagi", 1), ("Гаги", 2), ("Farhad", 1), ("فرهاد", 2))
    tables = case.tables()
    one, two = aliases(tables), aliases(shuffled(tables, seed))
    pd.testing.assert_frame_equal(one, two)
    assert len(one) == 2


def test_an_empty_case_has_no_aliases() -> None:
    assert aliases(SmallCase().tables()).empty
