"""Who is protected because records say payer, one tiny case a rule; and who is not, since then nobody would be found."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.links.small_case import SmallCase, no_matches
from trails.graph import make_table
from trails.links.payers import BATCH_PEOPLE, FAN_IN, MOST_PAYMENTS, WIDE_PAYEES
from trails.links.roles import assign_roles
from trails.ownership.entities import join_entities
from trails.small_sums import flag_payments

USDT = 1_000_000


class Journey(SmallCase):
    """A declared organiser (node 1), an exchange by tag (node 2), and a code."""

    def __init__(self) -> None:
        super().__init__()
        self.boss, self.exchange = self.node("Tboss"), self.node("Texchange")
        self.code = self.node("4718", "hawala", "junction")
        self.declare(self.boss, "organiser")
        self.tag(self.exchange, "exchange")
        self.price("EUR", "USD", "1.1", at=0)


def roles_of(case: SmallCase, matches: pd.DataFrame | None = None) -> pd.DataFrame:
    tables = case.tables()
    entities = join_entities(tables.nodes, make_table("claims", {}))
    counted = flag_payments(tables.transfers, tables.assets, tables.prices, fuel_usd=20, dust_usd=1)
    return assign_roles(tables, entities, no_matches() if matches is None else matches, is_payment=counted)


def protected(case: SmallCase) -> dict[int, str]:
    found = roles_of(case)
    found = found[found["protected"].astype(bool)]
    return dict(zip(found["entity_id"].tolist(), found["role"].tolist(), strict=True))


def test_who_deposits_on_a_code_or_gets_a_refund_is_a_payer() -> None:
    case = Journey()
    family, other = case.node("family", "hawala"), case.node("other", "hawala")
    paid = case.move(family, case.code, 450_00, kind="deposit", asset="EUR")
    back = case.move(case.code, other, 450_00, kind="refund", asset="EUR")
    assert protected(case) == {family: "payer", other: "payer"}
    evidence = roles_of(case).set_index("entity_id")["evidence"]
    assert json.loads(evidence[family]) == [f"transfer:{paid}"]
    assert json.loads(evidence[other]) == [f"transfer:{back}"]


@pytest.mark.parametrize("role", ["organiser", "dispatcher", "office"])
@pytest.mark.parametrize("rail", ["tron", "bank", "hawala", "cash"])
def test_who_pays_a_declared_leader_or_office_is_a_payer_on_every_rail(role: str, rail: str) -> None:
    case = SmallCase()
    leader, family = case.node("leader", rail), case.node("family", rail)
    case.declare(leader, role)
    case.move(family, leader, 90 * USDT)
    assert protected(case) == {family: "payer"}


def test_who_pays_a_leader_through_an_operator_is_a_payer() -> None:
    case = SmallCase()
    leader, family, mtcn = case.node("party:op:l", "mto"), case.node("party:op:f", "mto"), case.node("mtcn", "mto", "junction")
    case.declare(leader, "dispatcher")
    case.move(family, mtcn, 90_00, kind="deposit", asset="EUR")
    case.move(mtcn, leader, 90_00, kind="payout", asset="EUR", at=5)
    assert protected(case) == {family: "payer"}


@pytest.mark.parametrize(("rail", "firm"), [("vasp", "kraken:fee"), ("mto", "operator:moneygram"), ("bank", "fee")])
def test_a_firm_that_gives_a_fee_back_is_no_payer(rail: str, firm: str) -> None:
    """It would be called by a pseudonym, and its name, which is an ordinary word, would stop every export."""
    case = Journey()
    client = case.node("kraken:account:9" if rail == "vasp" else "party:op:client" if rail == "mto" else "BA1", rail)
    case.move(case.node(firm, rail), client, 700_00, kind="refund", asset="EUR")
    assert protected(case) == {}


def test_fuel_and_dust_make_nobody_a_payer() -> None:
    case = Journey()
    giver, poisoner = case.node("Tgiver"), case.node("Tpoisoner")
    case.move(poisoner, case.boss, 10_000)
    case.move(giver, case.boss, 99 * USDT, asset="TRX")
    assert protected(case) == {}
    case.move(giver, case.boss, 100 * USDT, asset="TRX")
    assert protected(case) == {giver: "payer"}


@pytest.mark.parametrize("known_as", ["declared", "tag", "office", "wide", "paid after own proof"])
def test_who_is_known_as_somebody_else_is_no_payer(known_as: str) -> None:
    case = Journey()
    other = case.node("Tother", "hawala" if known_as == "office" else "tron")
    case.move(other, case.boss, 900 * USDT, at=200)
    assert protected(case) == {other: "payer"}
    if known_as == "declared":
        case.declare(other, "dispatcher")
    elif known_as == "tag":
        case.tag(other, "exchange")
    elif known_as == "office":
        for source in (1, 2, 3):
            case.move(case.code, other, 5 * USDT, kind="fee", source=source)
    elif known_as == "wide":
        for number in range(WIDE_PAYEES - 1):
            case.move(other, case.node(f"T{number}"), 70 * USDT)
    else:
        case.event("proof", node=other, at=10)
        case.move(case.boss, other, 300 * USDT, at=20)
    assert other not in protected(case)


def test_an_offices_wallet_is_no_payer_when_it_sends_what_the_office_paid_out() -> None:
    case = Journey()
    wallet = case.node("Twallet")
    pairs = [
        (case.move(case.code, case.boss, 900_00, kind="payout", asset="EUR", at=at),
         case.move(wallet, case.boss, 980 * USDT, at=at + 3))
        for at in (10, 50, 90)
    ]  # fmt: skip
    assert protected(case) == {wallet: "payer"}
    matches = make_table("matches", {
        "match_id": [1, 2, 3], "transfer_a": [a for a, _ in pairs], "transfer_b": [b for _, b in pairs], "kind": ["payout"] * 3,
        "score": [0.99] * 3, "rivals": [0] * 3, "chance": [0.0] * 3, "state": ["link"] * 3, "wording": ["x"] * 3,
    })  # fmt: skip
    assert not roles_of(case, matches)["protected"].astype(bool).any()


def test_a_proof_by_another_does_not_make_a_payer_a_driver() -> None:
    case = Journey()
    family, chat = case.node("Tfamily"), case.node("somebody", "chat")
    case.move(family, case.boss, 900 * USDT, at=5)
    case.event("proof", node=chat, at=10)
    case.move(case.boss, family, 100 * USDT, at=20)
    assert protected(case) == {family: "payer"}


@pytest.mark.parametrize(("sums", "found"), [
    ([600], True), ([300, 300], True), ([200, 100], False), ([100] * MOST_PAYMENTS + [400], False), ([20_000], False),
])  # fmt: skip
def test_one_to_four_payments_of_a_fitting_sum_to_one_wallet(sums: list[int], *, found: bool) -> None:
    case = Journey()
    family, wallet = case.node("Tfamily"), case.node("Twallet")
    case.move(case.exchange, family, 30_000 * USDT)
    for number, each in enumerate(sums):
        case.move(family, wallet, each * USDT, at=10 * number + 1)
    assert (family in protected(case)) == found


@pytest.mark.parametrize("change", ["two payees", "income", "to a service"])
def test_what_families_do_not_do(change: str) -> None:
    case = Journey()
    family, wallet, other = case.node("Tfamily"), case.node("Twallet"), case.node("Tother")
    case.move(case.exchange, family, 30_000 * USDT)
    goal = case.exchange if change == "to a service" else wallet
    case.move(family, goal, 700 * USDT, at=1)
    if change == "two payees":
        case.move(family, other, 700 * USDT, at=2)
    if change == "income":
        case.move(other, family, 40 * USDT, at=0)
    assert family not in protected(case)


def test_money_given_back_by_the_payee_is_no_income() -> None:
    case = Journey()
    family, wallet = case.node("Tfamily"), case.node("Twallet")
    case.move(family, wallet, 700 * USDT, at=1)
    case.move(wallet, family, 600 * USDT, at=50)
    assert family in protected(case)


def test_a_sum_that_no_rate_values_counts_as_fitting() -> None:
    case = SmallCase()
    family, wallet = case.node("Tfamily"), case.node("Twallet")
    case.move(family, wallet, 5_000_000, asset="IRR")
    assert family in protected(case)


def test_a_token_that_nobody_takes_for_money_is_no_sign_of_a_family() -> None:
    case = SmallCase()
    holder, wallet = case.node("Tholder"), case.node("Twallet")
    case.move(holder, wallet, 5_000_000, asset="0xfake@ethereum")
    assert holder not in protected(case)


def test_the_contract_of_a_token_is_no_payer() -> None:
    case = SmallCase()
    contract, wallet = case.node("0xfake", "ethereum"), case.node("0xb", "ethereum")
    case.move(contract, wallet, 900 * USDT)
    assert contract not in protected(case)


@pytest.mark.parametrize(("others", "found"), [(FAN_IN - 2, False), (FAN_IN - 1, True)])
def test_by_bank_a_family_pays_somebody_whom_others_pay_too(others: int, *, found: bool) -> None:
    case = Journey()
    family, payee = case.node("BA1", "bank"), case.node("BA2", "bank")
    case.move(family, payee, 700_00, asset="EUR")
    for number in range(others):
        case.move(case.node(f"BA9{number}", "bank"), payee, 50_00, asset="EUR")
    assert (family in protected(case)) == found


def test_through_an_operator_less_is_enough() -> None:
    case = Journey()
    family, payee, mtcn = case.node("party:op:f", "mto"), case.node("party:op:p", "mto"), case.node("m", "mto", "junction")
    case.move(family, mtcn, 200_00, kind="deposit", asset="EUR")
    case.move(mtcn, payee, 200_00, kind="payout", asset="EUR")
    assert family in protected(case)


@pytest.mark.parametrize(("people", "found"), [(BATCH_PEOPLE - 1, False), (BATCH_PEOPLE, True)])
def test_people_who_get_one_sum_on_one_day_from_one_sender_are_third_parties(people: int, *, found: bool) -> None:
    case = Journey()
    charity = case.node("Tcharity")
    aided = [case.node(f"T{number}") for number in range(people)]
    for number, each in enumerate(aided):
        case.move(charity, each, 220 * USDT, at=number / 10)
    assert protected(case) == (dict.fromkeys(aided, "third_party") if found else {})


@pytest.mark.parametrize("change", ["other sums", "days apart", "a leader pays", "pays on"])
def test_what_is_no_aid(change: str) -> None:
    case = Journey()
    sender = case.boss if change == "a leader pays" else case.node("Tsender")
    people = [case.node(f"T{number}") for number in range(BATCH_PEOPLE)]
    for number, each in enumerate(people):
        case.move(
            sender,
            each,
            (220 + (number if change == "other sums" else 0)) * USDT,
            at=number * (40 if change == "days apart" else 1),
        )
    if change == "pays on":
        case.move(people[0], case.node("Tnext"), 60 * USDT, at=99)
    assert people[0] not in protected(case)


def test_a_payer_is_a_candidate_for_no_other_role() -> None:
    """Paid three times after proofs by the declared organiser, and never after one of his own: still a payer."""
    case = Journey()
    family = case.node("Tfamily")
    case.move(family, case.boss, 900 * USDT, at=0)
    for number in range(4):
        case.event("proof", at=100 * number + 1, source=9)
        case.move(case.boss, family, 50 * USDT, at=100 * number + 5)
    found = roles_of(case)
    assert found.loc[found["entity_id"] == family, "role"].tolist() == ["payer"]


def test_a_declared_victim_minor_or_third_party_is_protected_and_named_by_nobody_else() -> None:
    for role in ("victim", "minor", "third_party", "payer"):
        case = Journey()
        person = case.node("Tperson")
        case.declare(person, role)
        assert protected(case) == {person: role}
    case = Journey()
    recruiter = case.node("Trecruiter")
    case.declare(recruiter, "recruiter")
    assert protected(case) == {}


def test_the_sentence_says_what_the_rows_show_and_names_nobody() -> None:
    case = Journey()
    family = case.node("zalmay", "hawala", label="Zalmay")
    case.move(family, case.code, 450_00, kind="deposit", asset="EUR")
    text = str(roles_of(case).set_index("entity_id").loc[family, "wording"])
    assert text.startswith(f"Payer ([node:{family}]): 1 deposit into hawala codes, or refund out of them. Protected:")
    assert "almay" not in text
