from __future__ import annotations

import pytest

from tests.links.small_case import SmallCase, shuffled
from trails.hawala.debts import find_debts, is_misread, map_same
from trails.hawala.legs import list_legs

DAY = 86_400


class Books(SmallCase):
    """Codes of two books; sums in EUR, a rate of 1.1 throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.price("EUR", "USD", "1.1")
        self.price("EUR", "USD", "1.1", at=24 * 60)
        self.codes: dict[tuple[str, str], int] = {}

    def row(
        self, kind: str, code: str, cents: int, day: float, *, scope: str = "a", source: int = 1, error: int = DAY // 2
    ) -> int:
        key = (scope, code)
        self.codes.setdefault(key, self.node(f"code:{scope}:{code}", "hawala", "junction"))
        party = self.node(f"party:{scope}:{len(self.rows['nodes'])}", "hawala")
        ends = (party, self.codes[key]) if kind == "deposit" else (self.codes[key], party)
        return self.move(*ends, cents, kind=kind, asset="EUR", at=24 * day, error=error, source=source)

    def debts(self) -> list[tuple[int, int, str]]:
        tables = self.tables()
        found = find_debts(list_legs(tables), tables)
        return list(found[["transfer_a", "transfer_b", "basis"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("code", "cents", "day", "basis"),
    [
        ("4718", 100_000, 5, "code, day and sum"),
        ("4718", 95_000, 7, "code, day and sum"),  # a commission, and two days later
        ("4718", 100_000, 30, "code and sum"),
        ("4718", 1_000_000, 5, "code and day"),  # a nought too many
        ("4781", 100_000, 6, "day and sum, code misread"),
        ("4719", 100_000, 30, ""),  # another code, another day
        ("4718", 40_000, 5, ""),  # a part of it
        ("4718", 100_000, 120, ""),  # another use of the code
        ("9999", 100_000, 5, ""),
    ],
)
def test_two_of_three_signs_make_one_debt(code: str, cents: int, day: float, basis: str) -> None:
    case = Books()
    first = case.row("payout", "4718", 100_000, 5, error=0)
    again = case.row("payout", code, cents, day, source=2)
    assert case.debts() == ([(first, again, basis)] if basis else [])


def test_rows_of_one_book_are_never_one_debt_and_the_surer_time_stays() -> None:
    case = Books()
    day = case.row("payout", "4718", 100_000, 5)
    minute = case.row("payout", "4718", 100_000, 5, source=2, error=0)
    case.row("payout", "4718", 100_000, 5, source=2, error=0)
    assert case.debts() == [(minute, day, "code, day and sum")]


def test_a_third_book_leads_to_the_same_record() -> None:
    case = Books()
    rows = [case.row("payout", "4718", 100_000, 5, source=number, error=number) for number in (1, 2, 3)]
    tables = case.tables()
    assert map_same(find_debts(list_legs(tables), tables)) == {rows[1]: rows[0], rows[2]: rows[0]}


def test_codes_with_nothing_in_common_need_deposit_and_payout_and_no_luck() -> None:
    case = Books()
    mine = [case.row("deposit", "8812", 450_000, 1), case.row("payout", "8812", 150_000, 4)]
    theirs = [
        case.row("deposit", "c123", 450_000, 1, scope="b", source=2), case.row("payout", "c123", 142_500, 4, scope="b", source=2),
    ]  # fmt: skip
    basis = "day and sum of deposit and payout"
    assert case.debts() == [(mine[0], theirs[0], basis), (mine[1], theirs[1], basis)]
    third = Books()
    third.row("deposit", "8812", 450_000, 1)
    third.row("deposit", "c123", 450_000, 1, scope="b", source=2)
    assert third.debts() == [], "a deposit alone is a coincidence"


def test_equal_sums_every_day_are_no_debts() -> None:
    case = Books()
    for day in range(40):
        case.row("deposit", f"1{day:03}", 10_000, day)
        case.row("payout", f"1{day:03}", 9_500, day + 1)
        case.row("deposit", f"zz{day:03}x", 10_000, day, scope="b", source=2)
        case.row("payout", f"zz{day:03}x", 9_500, day + 1, scope="b", source=2)
    assert case.debts() == []


def test_no_order_of_rows_matters() -> None:
    case = Books()
    for number in range(12):
        case.row("payout", f"47{number % 7}8", 100_000 + 1_000 * (number % 3), number % 4, source=1 + number % 3)
    tables = case.tables()
    other = shuffled(tables, 3)
    first, second = (find_debts(list_legs(each), each) for each in (tables, other))
    assert first.to_dict("records") == second.to_dict("records")


def test_two_changed_signs_are_another_code() -> None:
    assert not is_misread("4718", "5728")
    assert not is_misread("47", "4718")
    assert is_misread("47181", "4718")
