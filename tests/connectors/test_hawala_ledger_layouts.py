"""The known layouts: the four fictional books of one small case give what they must, and three programs' tables are read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import hawala_ledger
from connectors.profiles import load_profiles
from tests.connectors.reading import Reading, load_toml, make_head, make_source, open_source, read_all
from tests.regenerate import read_mapping
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.model import Event, Node, Price, Transfer

FOLDER = Path(hawala_ledger.__file__).parent
WALLET = "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr"


def read_sample(name: str, **change: Any) -> Reading:
    path = FOLDER / name
    return read_all(hawala_ledger, open_source(path), ReadOptions(mapping={**(read_mapping(path) or {}), **change}))


def told(reading: Reading) -> list[tuple[Any, ...]]:
    """Row, kind, end points without their scope, amount, asset, and UTC time of each movement."""
    return [
        (t.row, t.kind, *(node.key.split(":", 2)[2] for node in (t.src, t.dst)), t.amount, t.asset.asset,
         t.time.time and t.time.time.strftime("%m-%d %H:%M"), t.time.error_s)
        for t in reading.transfers
    ]  # fmt: skip


def events(reading: Reading, kind: str) -> list[Event]:
    return [event for event in reading.events if event.kind == kind]


def test_f1_an_afghan_book_in_dari() -> None:
    reading = read_sample("sample-f1.csv")
    assert told(reading) == [
        (2, "deposit", "فامیل زلمی ف.", "4718", 350_000, "USD", "08-02 07:30", 43_200),
        # two lakh of kaldar, Pakistani rupees
        (3, "payout", "4718", "کاکا نمونه", 20_000_000, "PKR", "08-05 07:30", 43_200),
    ]
    # both spellings of the code are one, as the office's prefix is declared; what was written stays
    deposit, payout = reading.transfers
    assert (deposit.dst.key, deposit.dst.label) == (payout.src.key, "ن-۴۷۱۸")
    assert payout.src.label == "۴۷۱۸"
    assert [t.ref for t in reading.transfers] == ["۱۲", "۱۳"]
    # one payer: no second name beside the code, no look-alike
    assert reading.codes == {"dates_read": 1}
    assert reading.events == []


def test_f1_without_the_declared_prefix_the_two_codes_are_possibly_one() -> None:
    reading = read_sample("sample-f1.csv", code_prefixes=[])
    assert {t.dst.key for t in reading.of_kind("deposit")} == {"code:kabul-book:ن4718"}
    (pair,) = events(reading, "code_possible")
    assert pair.node
    assert pair.other
    assert (pair.row, pair.node.key, pair.other.key) == (3, "code:kabul-book:4718", "code:kabul-book:ن4718")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"period": ["1983-01-01", "1983-12-31"]}, "15 اسد"),
        ({"calendars": ["gregorian"]}, "read as jalali it would be 2024-08-02"),
        ({"calendars": ["hijri"]}, "1983-02-25 (hijri), outside the declared period"),
    ],
)
def test_f1_in_the_wrong_calendar_or_period_is_refused(change: dict[str, Any], said: str) -> None:
    reading = read_sample("sample-f1.csv", **change)
    assert any(said.translate(str.maketrans("15", "۱۵")) in i.message or said in i.message for i in reading.issues)
    assert reading.refused


def test_f1_without_a_period_two_calendars_stay_ambiguous() -> None:
    mapping = read_mapping(FOLDER / "sample-f1.csv")
    assert mapping
    del mapping["period"]
    reading = read_all(hawala_ledger, open_source(FOLDER / "sample-f1.csv"), ReadOptions(mapping=mapping))
    # the name of a month says its calendar
    assert reading.errors == [(2, "time_ambiguous")]


def test_f2_an_insurance_register_in_three_calendars() -> None:
    reading = read_sample("sample-f2.txt")
    assert told(reading) == [
        (2, "deposit", "أبو مثال", "8812", 450_000, "EUR", "08-02 09:00", 43_200),
        # the released part stands in the status; the 4,500 beside it is what was insured
        (3, "payout", "8812", "نموذج", 150_000, "EUR", "08-05 09:00", 43_200),
        (4, "fee", "8812", "maktab", 15_000, "EUR", "08-04 09:00", 129_600),
    ]
    (given_on,) = events(reading, "reassigned")
    assert given_on.other == Node("hawala", "party:maktab:آخر", label="آخر")
    (second,) = (issue for issue in reading.issues if issue.code == "code_second_name")
    # the innocent reading stands first
    assert (second.row, second.severity) == (4, "note")
    assert second.message.index("spouse") < second.message.index("used twice")
    assert reading.codes == {"code_second_name": 1, "dates_read": 1}


def test_f2_a_bare_sum_without_a_declared_currency_is_refused() -> None:
    mapping = read_mapping(FOLDER / "sample-f2.txt")
    assert mapping
    del mapping["currency"]
    reading = read_all(hawala_ledger, open_source(FOLDER / "sample-f2.txt"), ReadOptions(mapping=mapping))
    assert reading.errors == [(3, "currency_missing"), (4, "currency_missing")]
    assert told(reading)[0][4:6] == (450_000, "EUR")


def test_f3_a_jewellers_notebook() -> None:
    reading = read_sample("sample-f3.txt")
    assert told(reading) == [
        (1, "deposit", "örnek bey", "c123456789", 450_000, "EUR", "08-02 09:00", 43_200),
        (2, "payout", "c123456789", "ornek b.", 142_500, "EUR", "08-05 09:00", 43_200),
        (2, "payout", "c123456789", "ornek b.", 12_500, "XAU-g", "08-05 09:00", 43_200),
        (2, "fee", "c123456789", "kuyumcu", 7_500, "EUR", "08-05 09:00", 43_200),
        (3, "settlement", "kuyumcu", "tahta", 18_200_000_000, "USDT", "08-06 09:00", 43_200),
    ]
    # 1,425 paid is 1,500 released less 5 %
    assert 142_500 + 7_500 == 150_000
    assert [issue.message for issue in reading.issues if issue.code == "fee_from_terms"] == [
        "5 % was agreed in row 1: 1,500.00 EUR less 75.00"
    ]
    assert [event.text for event in events(reading, "token")] == ["5 TL C123 456 789"]
    (owner,) = events(reading, "identifier")
    assert (owner.node and owner.node.key, owner.other) == ("party:kuyumcu:tahta", Node("tron", WALLET))
    assert reading.codes == {"fee_from_terms": 1, "dates_read": 1}


def test_f3_an_address_that_a_scanner_misread_is_not_mended(tmp_path: Path) -> None:
    text = (FOLDER / "sample-f3.txt").read_text(encoding="utf-8").replace(WALLET, WALLET.replace("o3", "03"))
    mapping = read_mapping(FOLDER / "sample-f3.txt")
    reading = read_all(hawala_ledger, make_source(tmp_path, text, "n.txt"), ReadOptions(mapping=mapping))
    assert reading.codes["address_damaged"] == 1
    assert events(reading, "identifier") == []
    assert len(reading.transfers) == 5


def test_f3_a_sum_that_no_share_explains_has_no_fee(tmp_path: Path) -> None:
    text = (FOLDER / "sample-f3.txt").read_text(encoding="utf-8").replace("1.425 €", "1.425,01 €")
    mapping = read_mapping(FOLDER / "sample-f3.txt")
    reading = read_all(hawala_ledger, make_source(tmp_path, text, "n.txt"), ReadOptions(mapping=mapping))
    assert (reading.codes["fee_not_whole"], reading.of_kind("fee")) == (1, [])


def test_f4_a_dispatchers_list_in_two_scripts_and_three_currencies() -> None:
    reading = read_sample("sample-f4.txt")
    assert told(reading) == [
        # the night of 2 August: midnight after it, +-6 h
        (1, "cash", "lista", "гаги", 62_500, "EUR", "08-02 22:00", 21_600),
        (1, "transfer", "lista", "гаги", 62_500, "EUR", "08-02 22:00", 21_600),
        (2, "transfer", "lista", "primjer b.", 30_000, "EUR", "08-03 10:00", 43_200),
        (2, "transfer", "lista", "primjer b.", 1_200_000, "RSD", "08-03 10:00", 43_200),
        (2, "transfer", "lista", "primjer b.", 16_000, "BAM", "08-03 10:00", 43_200),
    ]
    assert [(e.row, e.text) for e in events(reading, "heads")] == [
        (1, "5 x 250.00 EUR = 1,250.00 EUR"), (2, "8 x 20.00 BAM = 160.00 BAM"),
    ]  # fmt: skip
    assert [e.text.split(":")[0] for e in events(reading, "purpose")] == ["prethodnica", "gorivo", "kuća"]
    # two heads given back: a correction, never a payment, and 1,250 - 500 leaves the 750 that is written
    (taken_back,) = events(reading, "correction")
    assert (taken_back.row, taken_back.node and taken_back.node.key) == (3, "party:lista:gagi")
    assert {t.row for t in reading.transfers} == {1, 2}
    # one alias in two scripts, never merged
    (alias,) = events(reading, "name_possible")
    assert {alias.node and alias.node.key, alias.other and alias.other.key} == {"party:lista:gagi", "party:lista:гаги"}
    # a shortened address is possible only: no node, no rail
    (address,) = events(reading, "address_possible")
    assert (address.text, address.other) == ("TL6AVH7j…PrCiP", None)
    assert events(reading, "identifier") == []
    assert reading.codes == {"address_truncated": 1, "dates_read": 1}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("ostaje 750", "ostaje 700", "balance_break"),
        ("= 1250e", "= 1200e", "sum_mismatch"),
        ("2.8. petak noć", "2.8. subota   ", "weekday_differs"),
        ("pola keš, pola TRC", "pola keš, pola zlato", "split_unclear"),
        ("5 gl x 250 = 1250e", "5 gl x 250 = 1250,01e", "split_unclear"),
    ],
)
def test_f4_what_does_not_add_up_is_said(tmp_path: Path, old: str, new: str, code: str) -> None:
    text = (FOLDER / "sample-f4.txt").read_text(encoding="utf-8")
    assert old in text
    source = make_source(tmp_path, text.replace(old, new), "n.txt")
    reading = read_all(hawala_ledger, source, ReadOptions(mapping=read_mapping(FOLDER / "sample-f4.txt")))
    assert reading.graded["warning", code] == 1
    assert len(reading.refused) == 0


def test_the_two_books_of_one_debt_say_the_same_of_it() -> None:
    """4,500 held on 2 August and 1,500 of it released on 5 August, in the register and in the notebook."""
    register, notebook = read_sample("sample-f2.txt"), read_sample("sample-f3.txt")

    def released(reading: Reading) -> list[tuple[int | None, datetime | None]]:
        rows = [t for t in reading.transfers if t.asset.asset == "EUR" and t.kind in ("payout", "fee") and t.row != 4]
        return [(sum(t.amount or 0 for t in rows), rows[0].time.time)]

    assert [(t.amount, t.time.time) for t in register.of_kind("deposit")] == [
        (t.amount, t.time.time) for t in notebook.of_kind("deposit")
    ]
    assert released(register) == released(notebook)


def test_a_bots_table_states_deposit_and_payout_in_one_row() -> None:
    reading = read_sample("sample-bot.csv")
    assert told(reading) == [
        (2, "deposit", "fictional sender fig", "hwl471802", 5_000_000, "AFN", "08-02 04:45", 0),
        (2, "payout", "hwl471802", "fictional receiver oak", 4_950_000, "AFN", "08-02 11:10", 0),
        (2, "fee", "hwl471802", "3", 50_000, "AFN", "08-02 04:45", 0),
        (3, "deposit", "fictional sender elm", "hwl209355", 120_000, "USD", "08-03 05:35", 0),
        (3, "fee", "hwl209355", "3", 1_200, "USD", "08-03 05:35", 0),
    ]
    # both offices handled the code, each at its own time
    assert [(e.text, e.time.time and e.time.time.hour) for e in events(reading, "handled_by") if e.row == 2] == [
        ("7", 11), ("3", 4),
    ]  # fmt: skip
    assert [skip.row for skip in reading.skips] == [4]
    assert reading.errors == [(5, "paid_date_missing")]


def test_mhawala_does_not_state_what_was_withdrawn_in_another_currency() -> None:
    reading = read_sample("sample-mhawala.csv")
    assert [(t.row, t.amount, t.asset.asset) for t in reading.of_kind("payout")] == [
        (2, 40_000, "USD"),
        (3, None, "KES"),
    ]
    assert reading.graded == {
        ("note", "unknown_columns"): 1, ("warning", "amount_missing"): 1, ("warning", "numbers_missing"): 1
    }  # fmt: skip


def test_rasid_and_bord_are_the_two_sides_of_a_customers_account() -> None:
    reading = read_sample("sample-rasid-bord.csv")
    assert [row[:6] for row in told(reading)] == [
        (2, "transfer", "17", "panel", 100_000, "USD"),
        (3, "transfer", "panel", "17", 3_525_000, "AFN"),
        (5, "transfer", "18", "panel", 20_000, "USD"),
    ]
    assert [(p.row, p.base, p.quote, str(p.rate)) for p in reading.prices if isinstance(p, Price)] == [
        (2, "USD", "AFN", "70.5"), (3, "USD", "AFN", "70.5"),
    ]  # fmt: skip
    assert reading.graded == {
        ("note", "unknown_columns"): 1, ("warning", "rate_differs"): 1, ("warning", "numbers_missing"): 1
    }  # fmt: skip


def test_an_account_in_persian_reconciles_until_it_does_not() -> None:
    reading = read_sample("sample-account.csv")
    # rial, and 20 million toman are 200 million rial
    assert [(t.row, t.amount) for t in reading.transfers] == [
        (2, 25_000_000_000), (3, 20_000_000_000), (4, 1_000_000_000), (6, 500_000_000),
    ]  # fmt: skip
    assert [(e.row, e.text) for e in events(reading, "correction")] == [(5, "-۱۰٬۰۰۰٬۰۰۰; corrects entry ۳")]
    (broken,) = (issue for issue in reading.issues if issue.code == "balance_break")
    assert broken.row == 6
    assert "45,000,000.00 IRR" in broken.message
    assert "40,000,000.00 IRR" in broken.message
    assert reading.codes == {
        "balance_break": 1, "time_outside_period": 1, "balance_unchecked": 1, "numbers_missing": 1, "dates_read": 1,
    }  # fmt: skip


def test_every_profile_is_sound_and_used_by_a_sample() -> None:
    profiles = load_profiles(FOLDER)
    assert len(profiles) == len({profile.name for profile in profiles}) == 7
    samples = [path for path in FOLDER.glob("sample-*") if path.suffix in (".csv", ".txt")]
    reasons = {str(hawala_ledger.recognise(make_head(open_source(path), read_mapping(path)))) for path in samples}
    assert {reason.partition(": ")[2] for reason in reasons} - {""} == {profile.title for profile in profiles}


def test_a_layout_is_known_by_its_columns_without_a_mapping(tmp_path: Path) -> None:
    source = open_source(FOLDER / "sample-bot.csv")
    assert "hawala bot" in str(hawala_ledger.recognise(make_head(source)))
    assert read_all(hawala_ledger, source, ReadOptions(timezone="UTC")).refused == {5}
    assert read_all(hawala_ledger, source, ReadOptions()).codes["time_no_zone"] == 3
    other = make_source(tmp_path, "a,b\n1,2\n", "other.csv")
    assert hawala_ledger.recognise(make_head(other)) is None


@pytest.mark.parametrize("mapping", [{"kind": "statement"}, {"profile": "other-profile"}, {"profile": ["x"]}])
def test_a_mapping_for_something_else_is_not_ours(mapping: dict[str, Any]) -> None:
    assert hawala_ledger.recognise(make_head(open_source(FOLDER / "sample-bot.csv"), mapping)) is None


def test_an_unknown_profile_is_named(tmp_path: Path) -> None:
    source = make_source(tmp_path, "x\n", "n.txt")
    with pytest.raises(SourceError, match=r"'nobody'.*jeweller-notebook"):
        list(hawala_ledger.read(source, ReadOptions(mapping={"profile": "nobody"})))


def test_what_is_said_on_the_command_line_wins_over_the_profile(tmp_path: Path) -> None:
    header = (FOLDER / "sample-f1.csv").read_text(encoding="utf-8").splitlines()[0]
    source = make_source(tmp_path, f"{header}\n1,1403/05/12,Payer,Payee,100,USD,1,امانت\n", "f1.csv")
    said = ReadOptions(timezone="UTC", calendar="jalali")
    assert [t.time.time and t.time.time.year for t in read_all(hawala_ledger, source, said).transfers] == [2024]
    source = make_source(tmp_path, f"{header}\n1,02/08/2024,Payer,Payee,100,USD,1,امانت\n", "f1.csv")
    said = ReadOptions(timezone="UTC", calendar="gregorian", date_order="dmy")
    (deposit,) = read_all(hawala_ledger, source, said).transfers
    assert isinstance(deposit, Transfer)
    assert deposit.time.time
    assert (deposit.time.time.day, deposit.time.time.month) == (2, 8)


def test_the_profiles_are_plain_mappings() -> None:
    for path in (FOLDER / "profiles").glob("*.toml"):
        assert load_toml(path)["profile"]["name"] == path.stem
