"""Pick-up lists: what was sent, paid out and given back, who handled it, and every row or list that is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import pickup_list
from connectors.pickup_list.entries import VOCABULARY, read_words
from connectors.profiles import load_profiles
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

HEADER = (
    "MTCN,Sender Name,Receiver Name,Send Date,Pay Date,Principal,Send Currency,Paid Amount,Pay Currency,Fee,Status,"
    "Pay Agent,Pay Country,Receiver Phone,Receiver ID Number"
)
GOOD = {
    "number": "1234567890", "sender": "Sender A", "receiver": "Receiver B", "sent": "2024-08-05 14:20",
    "paid": "2024-08-06 09:10", "amount": "500.00", "currency": "EUR", "paid_amount": "58500.00", "paid_currency": "RSD",
    "fee": "4.90", "status": "Paid", "agent": "Agent C", "country": "Serbia", "phone": "+38160000001", "document": "AB 12-3",
}  # fmt: skip


def read_rows(folder: Path, *rows: dict[str, str], mapping: dict[str, Any] | None = None, **options: Any) -> Reading:
    text = "\n".join([HEADER, *(",".join((GOOD | row).values()) for row in rows)]) + "\n"
    said = {"kind": "pickup", "scope": "s", **(mapping or {})}
    options.setdefault("timezone", "UTC")
    return read_all(pickup_list, make_source(folder, text, "list.csv"), ReadOptions(mapping=said, **options))


def test_a_paid_transfer_passes_its_number_in_two_currencies(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {})
    number = "mtcn:western-union:1234567890"
    assert [(t.kind, t.src.key, t.dst.key, t.asset.asset, t.amount, t.ref) for t in reading.transfers] == [
        ("deposit", "party:s:sender a", number, "EUR", 50_000, "1234567890"),
        ("fee", "party:s:sender a", "operator:western-union", "EUR", 490, "1234567890"),
        ("payout", number, "party:s:receiver b", "RSD", 5_850_000, "1234567890"),
    ]
    assert {t.src.rail for t in reading.transfers} | {t.dst.rail for t in reading.transfers} == {"mto"}
    assert [t.time.time for t in reading.transfers] == [
        datetime(2024, 8, 5, 14, 20, tzinfo=UTC), datetime(2024, 8, 5, 14, 20, tzinfo=UTC), datetime(2024, 8, 6, 9, 10, tzinfo=UTC),
    ]  # fmt: skip
    assert [(e.kind, e.node and e.node.key, e.other and (e.other.rail, e.other.key)) for e in reading.events] == [
        ("handled_by", number, ("mto", "agent:western-union:agent c, serbia")),
        ("identifier", "party:s:receiver b", ("phone", "+38160000001")),
        ("identifier", "party:s:receiver b", ("document", "AB123")),
    ]
    assert reading.issues == []


@pytest.mark.parametrize(("paid", "issues"), [("58500.00", {"paid_currency_missing": 1}), ("500.00", {})])
def test_a_paid_sum_without_a_currency_of_its_own_says_which_it_takes(
    tmp_path: Path, paid: str, issues: dict[str, int]
) -> None:
    columns = {word: name for word, name in _columns().items() if word != "paid_currency"}
    said = {"decimal_mark": ".", "operator": "western union"}
    reading = read_rows(tmp_path, {"paid_amount": paid, "fee": ""}, mapping={"columns": columns, **said})
    assert {t.asset.asset for t in reading.transfers} == {"EUR"}
    assert {code: count for code, count in reading.codes.items() if code != "unknown_columns"} == issues


def _columns() -> dict[str, str]:
    return {
        "number": "MTCN", "sender": "Sender Name", "receiver": "Receiver Name", "date_sent": "Send Date", "date_paid": "Pay Date",
        "amount": "Principal", "currency": "Send Currency", "paid_amount": "Paid Amount", "paid_currency": "Pay Currency",
        "status": "Status",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "paid", "kinds"),
    [
        ("Paid", "2024-08-06", ["deposit", "fee", "payout"]),
        ("isplaćeno", "2024-08-06", ["deposit", "fee", "payout"]),
        ("Unpaid", "", ["deposit", "fee"]),
        ("Refunded", "2024-08-06", ["deposit", "fee", "refund"]),
        ("Cancelled", "", ["deposit", "fee"]),
        ("", "2024-08-06", ["deposit", "fee", "payout"]),
    ],
)
def test_the_status_says_what_moved(tmp_path: Path, status: str, paid: str, kinds: list[str]) -> None:
    reading = read_rows(tmp_path, {"status": status, "paid": paid})
    assert [t.kind for t in reading.transfers] == kinds
    assert {t.status for t in reading.transfers} == {"failed" if status == "Cancelled" else "ok"}


def test_without_status_and_pick_up_a_transfer_was_only_sent(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {"status": "", "paid": "", "paid_amount": "", "paid_currency": "", "fee": ""})
    assert [t.kind for t in reading.transfers] == ["deposit"]
    assert [e.kind for e in reading.events] == ["identifier", "identifier"]


def test_an_amount_that_is_not_stated_stays_unknown(tmp_path: Path) -> None:
    deposit, payout = read_rows(tmp_path, {"amount": "", "currency": "", "fee": ""}).transfers
    assert (deposit.amount, payout.amount, payout.asset.asset) == (None, 5_850_000, "RSD")
    deposit, payout = read_rows(tmp_path, {"paid_amount": "", "paid_currency": "", "fee": ""}).transfers
    assert (deposit.amount, payout.amount, payout.asset.asset) == (50_000, 50_000, "EUR")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("123-456-7890", "1234567890"),
        ("123 456 7890", "1234567890"),
        ("۱۲۳۴۵۶۷۸۹۰", "1234567890"),
        ("ab12345678", "AB12345678"),
    ],
)
def test_a_number_is_one_whatever_stands_between_its_digits(tmp_path: Path, written: str, number: str) -> None:
    assert read_rows(tmp_path, {"number": written}).transfers[0].ref == number


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"number": "******7890"}, "number_masked"),
        ({"number": "1.23E+09"}, "number_damaged"),
        ({"number": "?"}, "number_damaged"),
        ({"number": "Zalmay Fictional"}, "number_damaged"),  # a name from the next column
        ({"number": ""}, "number_damaged"),
        ({"status": "Glorious"}, "status_unknown"),
        ({"sent": "05/08/2024"}, "time_ambiguous"),
        ({"sent": "soon"}, "time_damaged"),
        ({"amount": "1.500"}, "amount_ambiguous"),
        ({"amount": "five"}, "amount_damaged"),
        ({"amount": "-5"}, "negative_amount"),
        ({"fee": "-5"}, "negative_amount"),
        ({"currency": "EURO"}, "currency_unknown"),
        ({"currency": ""}, "currency_missing"),
        ({"sender": "", "receiver": ""}, "parties_missing"),
    ],
)
def test_a_row_that_cannot_be_understood_is_refused_alone(tmp_path: Path, cells: dict[str, str], code: str) -> None:
    reading = read_rows(tmp_path, cells, {"number": "9999999999"})
    assert reading.errors == [(2, code)]
    assert reading.kept == {3}


@pytest.mark.parametrize(
    ("cells", "code", "severity"),
    [
        ({"number": "456789012"}, "number_unusual", "warning"),
        ({"phone": "060 000"}, "phone_damaged", "warning"),
        ({"document": "PASSPORT"}, "document_damaged", "warning"),
        ({"document": "**1234"}, "document_damaged", "warning"),
        ({"receiver": ""}, "identifier_without_party", "warning"),
        ({"paid": ""}, "time_missing", "warning"),
        ({"sent": ""}, "time_missing", "note"),
        ({"amount": "", "currency": "", "fee": ""}, "amount_missing", "note"),
    ],
)
def test_a_doubted_cell_keeps_its_row(tmp_path: Path, cells: dict[str, str], code: str, severity: str) -> None:
    reading = read_rows(tmp_path, cells)
    assert (severity, code) in reading.graded
    assert (reading.errors, reading.kept) == ([], {2})


def test_what_a_person_says_of_dates_and_marks_is_used(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {"sent": "05/08/2024"}, date_order="dmy")
    assert reading.transfers[0].time.time == datetime(2024, 8, 5, 12, tzinfo=UTC)
    reading = read_rows(tmp_path, {"amount": "1.500", "fee": ""}, mapping={"decimal_mark": ",", "thousands_mark": "."})
    assert reading.errors == [(2, "amount_damaged")]  # the other sum's point is no thousands mark
    reading = read_rows(
        tmp_path,
        {"amount": "1.500", "paid_amount": "175.500", "fee": ""},
        mapping={"decimal_mark": ",", "thousands_mark": "."},
    )
    assert [t.amount for t in reading.transfers] == [150_000, 17_550_000]
    assert read_rows(tmp_path, {}, timezone=None).errors == [(2, "time_no_zone")]


def test_a_number_in_two_rows_states_its_office_once(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, {}, {})
    assert len({t.identity for t in reading.transfers}) == 3
    assert [e.row for e in reading.events] == [2, 2, 2]


def test_totals_and_empty_lines_are_skipped_and_a_list_without_scope_says_so(tmp_path: Path) -> None:
    text = HEADER + "\n" + ",".join(GOOD.values()) + "\n" + "," * 14 + "\nTotal" + "," * 14 + "\n"
    reading = read_all(pickup_list, make_source(tmp_path, text, "l.csv"), ReadOptions(timezone="UTC"))
    assert (reading.kept, reading.skipped, reading.codes) == ({2}, {3, 4}, {"scope_not_stated": 1})
    source = make_source(tmp_path, HEADER + "\n", "l.csv")
    assert read_all(pickup_list, source).codes == {"no_rows": 1}


def test_every_profile_is_recognised_by_its_header_and_reads_a_row(tmp_path: Path) -> None:
    for profile in load_profiles(pickup_list.FOLDER):
        time = "2024-08-05 10:00:00"
        names = {
            word: names[0] if isinstance(names, list) else names for word, names in profile.mapping["columns"].items()
        }
        known = {name: name for name in profile.header}
        date = names["date_sent"]
        amount, money = names["amount"], names["currency"]
        header = [*known, date, amount, money, *([] if profile.mapping.get("operator") else [names["operator"]])]
        row = ["12345678", "A", "B", time, "5", "EUR", *([] if profile.mapping.get("operator") else ["Ria"])]
        source = make_source(tmp_path, ";".join(header) + "\n" + ";".join(row) + "\n", "l.csv")
        assert pickup_list.recognise(make_head(source)) == f"the header is that of {profile.title}"
        reading = read_all(pickup_list, source, ReadOptions(timezone="UTC"))
        assert [(t.kind, t.amount) for t in reading.transfers] == [("deposit", 500)], profile.name


def test_only_known_headers_and_mappings_of_pick_ups_are_recognised(tmp_path: Path) -> None:
    source = make_source(tmp_path, "a,b\n1,2\n", "a.csv")
    assert pickup_list.recognise(make_head(source)) is None
    assert pickup_list.recognise(make_head(source, {"kind": "pickup", "columns": {"number": "a"}}))
    assert pickup_list.recognise(make_head(source, {"columns": {"number": "a"}})) is None
    with pytest.raises(SourceError, match="no known header"):
        list(pickup_list.read(source, ReadOptions()))


def test_a_mapping_that_does_not_fit_is_refused_with_every_reason(tmp_path: Path) -> None:
    mapping = {
        "kind": "pickup",
        "operator": 5,
        "columns": {"number": "No", "amount": "Sum", "x": "y"},
        "status": {"a": "gift"},
    }
    with pytest.raises(SourceError) as caught:
        list(pickup_list.read(make_source(tmp_path, "a,b\n1,2\n", "a.csv"), ReadOptions(mapping=mapping)))
    for reason in ("`operator`", "date_sent", "decimal_mark", "`x`", "'gift'", "'No'"):
        assert reason in str(caught.value)


def test_the_operator_must_be_known(tmp_path: Path) -> None:
    columns = {"number": "a", "date_sent": "b", "sender": "c", "amount": "d"}
    mapping = {"kind": "pickup", "columns": columns, "decimal_mark": ".", "currency": "EUR", "timezone": "UTC"}
    source = make_source(tmp_path, "a,b,c,d\n12345678,2024-08-05,A,5\n", "a.csv")
    assert read_all(pickup_list, source, ReadOptions(mapping=mapping)).errors == [(2, "operator_missing")]
    reading = read_all(pickup_list, source, ReadOptions(mapping={**mapping, "operator": "WU"}))
    assert reading.transfers[0].dst.key == "mtcn:western-union:12345678"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "no known header|empty"), (b"\xff" * 9, "no known header"), (b"PK\x03\x04 torn", "workbook|damaged")],
)
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(pickup_list.read(make_source(tmp_path, content, "l.csv"), ReadOptions()))


def test_every_status_word_has_a_known_meaning() -> None:
    assert set(read_words()["status"].values()) == set(VOCABULARY.needs)
