from __future__ import annotations

import pandas as pd
import pytest

from tests.links.small_case import SmallCase, shuffled
from trails.graph import CaseTables
from trails.ownership.shared_mentions import claim_shared_mentions


def shared(tables: CaseTables) -> pd.DataFrame:
    return claim_shared_mentions(tables.transfers, tables.events, tables.nodes)


def quoting(*said: tuple[str, str, int], kind: str = "code_quoted") -> SmallCase:
    """Who says which text in which source."""
    case = SmallCase()
    for who, text, source in said:
        known = [at for at, row in enumerate(case.rows["nodes"], 1) if row["key"] == who]
        node = known[0] if known else case.node(who, "chat")
        case.event(kind, node=node, source=source)
        case.rows["events"][-1]["text"] = text
    return case


def pairs(case: SmallCase) -> list[list[object]]:
    found = shared(case.tables())
    assert set(found["state"]) <= {"held"}
    assert set(found["strength"]) <= {"hint"}
    return found[["node_a", "node_b", "rule"]].to_numpy().tolist()


def test_a_code_quoted_in_two_sources_is_recorded_with_its_luck() -> None:
    case = quoting(("a", "4718", 1), ("a", "881", 1), ("b", "4718", 2), ("b", "5511", 2), ("b", "6000", 2))
    found = shared(case.tables())
    assert found[["node_a", "node_b", "rule", "event_id"]].to_numpy().tolist() == [[1, 2, "same_code", 3]]
    assert found["why"].to_list() == [
        "both name 1 code (4718), in sources 1 and 2; as many codes drawn at random would share 0.0003"
    ]
    assert "one payment, not one owner" in found["held_because"].iloc[0]


def test_many_codes_of_one_pair_are_one_claim() -> None:
    said = [(who, str(code), source) for who, source in (("a", 1), ("b", 2)) for code in range(100, 110)]
    (why,) = shared(quoting(*said).tables())["why"]
    assert why == (
        "both name 10 codes (100, 101, 102, 103, 104, 105, 106, 107 and 2 more), in sources 1 and 2; "
        "as many codes drawn at random would share 0.1"
    )


def test_one_source_alone_says_nothing() -> None:
    assert pairs(quoting(("a", "4718", 1), ("b", "4718", 1))) == []
    assert pairs(quoting(("a", "4718", 1), ("a", "4718", 2))) == []


def test_who_is_paid_on_a_code_counts_and_who_pays_it_in_does_not() -> None:
    case = quoting(("a", "4718", 1))
    code = case.node("code:s:4718", "hawala", kind="junction")
    payer, payee = (case.node(f"party:s:{name}", "hawala") for name in ("payer", "payee"))
    case.move(payer, code, kind="deposit", source=2)
    paid = case.move(code, payee, kind="payout", source=2)
    found = shared(case.tables())
    assert found[["node_a", "node_b", "transfer_id"]].to_numpy().tolist() == [[1, payee, paid]]


def test_a_code_with_letters_has_no_luck_to_print() -> None:
    (why,) = shared(quoting(("a", "n4718", 1), ("b", "n4718", 2)).tables())["why"]
    assert why == "both name 1 code (n4718), in sources 1 and 2"


def test_a_plate_is_a_sign_of_a_vehicle() -> None:
    case = quoting(("a", "A12-B-345 (BiH)", 1), ("b", "A12-B-345 (BiH)", 2), kind="plate_mentioned")
    assert pairs(case) == [[1, 2, "same_plate"]]
    assert "hired" in shared(case.tables())["held_because"].iloc[0]


def test_what_everybody_names_says_nothing() -> None:
    assert len(pairs(quoting(*((f"u{number}", "4718", number) for number in range(1, 6))))) == 4
    assert pairs(quoting(*((f"u{number}", "4718", number) for number in range(1, 7)))) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_decides_nothing(seed: int) -> None:
    tables = quoting(("a", "4718", 1), ("b", "4718", 2), ("c", "4718", 3), ("a", "99", 1), ("c", "99", 2)).tables()
    pd.testing.assert_frame_equal(shared(tables), shared(shuffled(tables, seed)))
    assert len(shared(tables)) == 2
