from __future__ import annotations

import pandas as pd
import pytest

from tests.links.small_case import SmallCase, cell, no_matches, shuffled
from trails.errors import ContractError
from trails.graph import make_table
from trails.links.roles import assign_roles, pick_entities
from trails.links.signs import measure_drivers
from trails.ownership.entities import join_entities


def roles_of(case: SmallCase, matches: pd.DataFrame | None = None) -> pd.DataFrame:
    tables = case.tables()
    entities = join_entities(tables.nodes, make_table("claims", {}))
    return assign_roles(tables, entities, no_matches() if matches is None else matches)


def named(case: SmallCase) -> dict[int, tuple[str, str]]:
    found = roles_of(case)
    named_as = zip(found["role"].tolist(), found["basis"].tolist(), strict=True)
    return dict(zip(found["entity_id"].tolist(), named_as, strict=True))


def driver_case(*, payments: int = 3, proofs: int = 3, proof_source: int = 9) -> tuple[SmallCase, int]:
    case = SmallCase()
    boss, driver = case.node("Tboss"), case.node("Tdriver")
    for number in range(proofs):
        case.event("proof", at=100 * number, source=proof_source)
    for number in range(payments):
        case.move(boss, driver, 500, at=100 * number + 5)
    return case, driver


def test_a_driver_is_inferred_from_payments_after_proofs() -> None:
    case, driver = driver_case()
    row = roles_of(case).set_index("entity_id").loc[driver]
    assert (row["role"], row["basis"], row["weight"]) == ("driver", "inferred", 7 / 8)
    assert "consistent with the role driver (7 of 8 signs met" in row["wording"]
    assert row["since"] == pd.Timestamp("2024-08-01 05:00")


@pytest.mark.parametrize(
    "change", ["two payments", "one proof", "one source", "too late", "not certainly after", "many senders", "failed"]
)
def test_no_driver_is_named_when_a_sign_is_missing(change: str) -> None:
    case, driver = driver_case(
        payments=2 if change == "two payments" else 3, proofs=1 if change == "one proof" else 3,
        proof_source=1 if change == "one source" else 9,
    )  # fmt: skip
    moves = case.rows["transfers"]
    if change == "too late":
        moves[0]["time"] = pd.Timestamp("2024-08-03 00:00:01")
    if change == "not certainly after":
        moves[0]["time_error_s"] = 5 * 3600
    if change == "failed":
        moves[0]["status"] = "failed"
    if change == "many senders":
        for number in range(5):
            case.move(case.node(f"T{number}"), driver, 5, at=2000)
    assert driver not in named(case)


def crowded_case(*, declared: bool) -> tuple[SmallCase, int]:
    """Proofs so frequent that whatever anybody receives lies within 48 hours after one."""
    case, driver = driver_case()
    for number in range(20):
        case.event("proof", at=40 * number + 1, source=9)
    if declared:
        case.declare(1, "dispatcher")
    return case, driver


def test_where_luck_explains_the_times_a_driver_is_named_only_when_a_declared_leader_pays() -> None:
    case, driver = crowded_case(declared=False)
    assert driver not in named(case)
    case, driver = crowded_case(declared=True)
    assert named(case)[driver] == ("driver", "inferred")


def test_three_payments_after_one_proof_count_once() -> None:
    case, driver = driver_case(payments=0)
    for at in (1, 2, 3):
        case.move(1, driver, 500, at=at)
    tables = case.tables()
    entities = join_entities(tables.nodes, make_table("claims", {}))
    assert cell(measure_drivers(tables, entities, no_matches()), 0, "after_proof") == 1


def test_declared_beats_tag_beats_inferred() -> None:
    case, driver = driver_case()
    assert named(case)[driver] == ("driver", "inferred")
    case.tag(driver, "exchange")
    assert named(case)[driver] == ("service", "tag")
    case.declare(driver, "dispatcher")
    assert named(case)[driver] == ("dispatcher", "declared")


def test_the_latest_judgement_that_none_supersedes_wins() -> None:
    case = SmallCase()
    node = case.node("Tx")
    first = case.declare(node, "driver", at=1)
    assert named(case)[node][0] == "driver"
    case.declare(node, "organiser", at=2, supersedes=first)
    assert named(case)[node][0] == "organiser"
    case.rows["judgements"].append({"judgement_id": 3, "target": "node:tron:Tx", "verdict": "role=none", "who": "b",
                                    "at": pd.Timestamp("2024-09-01"), "supersedes": 2})  # fmt: skip
    assert named(case) == {}


def test_unknown_nodes_are_left_alone_and_unknown_roles_refused() -> None:
    case = SmallCase()
    node = case.node("Tx")
    case.declare(node, "kingpin")
    with pytest.raises(ContractError, match="there is no role 'kingpin'"):
        roles_of(case)
    case.rows["judgements"][0] |= {"target": "node:tron:Tother", "verdict": "role=driver"}
    assert named(case) == {}


def test_payers_are_protected_from_the_first_deposit_unless_declared_otherwise() -> None:
    case = SmallCase()
    code, payer = case.node("4718", "hawala", "junction"), case.node("family", "hawala", label="Family Office Ltd")
    case.move(payer, code, 4500_00, kind="deposit", asset="EUR")
    found = roles_of(case)
    assert found[["entity_id", "role"]].to_numpy().tolist() == [[payer, "payer"]]
    assert "family" not in cell(found, 0, "wording").casefold()
    assert "payer ([node:2])" in cell(found, 0, "wording").casefold()
    case.declare(payer, "organiser")
    assert named(case)[payer] == ("organiser", "declared")


def test_a_payer_is_never_called_a_driver_whatever_the_signs() -> None:
    case, driver = driver_case()
    case.move(driver, case.node("4718", "hawala", "junction"), 5, kind="deposit", asset="EUR")
    assert named(case)[driver] == ("payer", "inferred")


def test_an_office_needs_three_events_and_two_sources() -> None:
    case = SmallCase()
    code, office = case.node("4718", "hawala", "junction"), case.node("mk", "hawala", label="Office Mashhad")
    peer = case.node("peer", "hawala")
    for source in (1, 1):
        case.move(code, office, 50, kind="fee", asset="EUR", source=source)
    assert named(case) == {}
    case.move(office, peer, 50, kind="settlement", asset="EUR", source=2)
    assert named(case) == {office: ("office", "inferred")}
    assert cell(roles_of(case), 0, "weight") == 1.0


def test_a_matched_transfer_is_not_counted_besides_its_payout() -> None:
    case = SmallCase()
    code, driver, wallet = case.node("1", "hawala", "junction"), case.node("d", "hawala"), case.node("Tw")
    for number in range(3):
        case.event("proof", at=100 * number)
    payouts = [case.move(code, driver, 5, kind="payout", asset="EUR", at=100 * n + 5) for n in range(2)]
    sent = case.move(wallet, driver, 5, at=205)
    matches = make_table("matches", {
        "match_id": [1], "transfer_a": payouts[:1], "transfer_b": [sent], "score": [1.0], "margin": [1.0],
        "rivals": [0], "chance": [0.0], "wording": ["x"],
    })  # fmt: skip
    assert pick_entities(roles_of(case), "driver") == [driver]
    assert pick_entities(roles_of(case, matches), "driver") == []


def test_row_order_does_not_matter() -> None:
    case, _ = driver_case()
    case.tag(case.node("Tx"), "gambling")
    case.move(case.node("p", "hawala"), case.node("4718", "hawala", "junction"), kind="deposit", asset="EUR")
    tables = case.tables()
    expected = roles_of(case)
    for seed in range(3):
        other = shuffled(tables, seed)
        entities = join_entities(other.nodes, make_table("claims", {}))
        pd.testing.assert_frame_equal(expected, assign_roles(other, entities, no_matches()))
