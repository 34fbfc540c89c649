"""CAMT: sums with their own currency and direction, whose account it is, and the published messages of banks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import bank_statement
from connectors.bank_statement.accounts import split_account
from tests.connectors.reading import Reading, open_source, read_all
from trails.connector import ReadOptions

if TYPE_CHECKING:
    from trails.model import Transfer

OWN, OTHER, THIRD = "BA329999990000000017", "RS20999000000000000033", "DE38999999990000000021"
ACCOUNT = f"<Id><IBAN>{OWN}</IBAN></Id><Ccy>CHF</Ccy>"
DOCUMENT = (
    '<?xml version="1.0"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.04"><BkToCstmrStmt><Stmt><Id>S</Id>'
    "<Acct>{account}</Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
)


def read(folder: Path, *entries: str, account: str = ACCOUNT, balances: str = "") -> Reading:
    path = folder / "made.xml"
    path.write_text(DOCUMENT.format(account=account, balances=balances, entries="".join(entries)), encoding="utf-8")
    return read_all(bank_statement, open_source(path), ReadOptions(timezone="UTC"))


def entry(amount: str, mark: str, *parts: str, currency: str | None = "CHF", batch: str = "") -> str:
    named = f' Ccy="{currency}"' if currency else ""
    inside = "".join(f"<TxDtls>{part}</TxDtls>" for part in parts)
    return (
        f"<Ntry><Amt{named}>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd><Sts>BOOK</Sts>"
        f"<BookgDt><Dt>2024-08-05</Dt></BookgDt><NtryDtls>{batch}{inside}</NtryDtls></Ntry>"
    )


def part(amount: str, currency: str | None = "CHF", mark: str = "", more: str = "", parties: str = "") -> str:
    named = f' Ccy="{currency}"' if currency else ""
    marked = f"<CdtDbtInd>{mark}</CdtDbtInd>" if mark else ""
    return f"<Amt{named}>{amount}</Amt>{marked}{more}<RltdPties>{parties}</RltdPties>"


def party(role: str, account: str = "", name: str = "") -> str:
    named = f"<{role}><Nm>{name}</Nm></{role}>" if name else ""
    return named + (f"<{role}Acct><Id><IBAN>{account}</IBAN></Id></{role}Acct>" if account else "")


def balance(code: str, amount: str, currency: str = "CHF", mark: str = "CRDT") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{mark}</CdtDbtInd></Bal>"
    )


def sums(reading: Reading) -> list[tuple[str, int | None, str]]:
    return [(t.asset.asset, t.amount, "in" if t.dst.key == OWN else "out") for t in reading.transfers]


def test_each_payment_of_a_batch_keeps_the_currency_it_is_written_with(tmp_path: Path) -> None:
    reading = read(tmp_path, entry("150.00", "DBIT", part("60.00", "EUR"), part("50.00", "USD"), part("40.00")))
    assert sums(reading) == [("EUR", 6_000, "out"), ("USD", 5_000, "out"), ("CHF", 4_000, "out")]
    assert reading.graded == {("warning", "batch_currency"): 1}
    assert "2 of 3 payments are written in EUR, USD, the entry in CHF" in reading.issues[0].message
    assert len({t.identity for t in reading.transfers}) == 3


def test_figures_that_agree_do_not_make_one_currency_another(tmp_path: Path) -> None:
    reading = read(tmp_path, entry("100.00", "DBIT", part("60.00", "EUR"), part("40.00", "EUR")))
    assert [asset for asset, _, _ in sums(reading)] == ["EUR", "EUR"]
    assert reading.graded == {("warning", "batch_currency"): 1}


def test_of_two_sums_of_a_payment_the_one_in_the_entrys_currency_is_what_was_booked(tmp_path: Path) -> None:
    both = "<AmtDtls><TxAmt><Amt Ccy='{}'>{}</Amt></TxAmt><CntrValAmt><Amt Ccy='{}'>{}</Amt></CntrValAmt></AmtDtls>"
    reading = read(
        tmp_path,
        entry("90.00", "DBIT", part("60.00", "EUR", more=both.format("CHF", "55.00", "USD", "9")),
              part("40.00", "EUR", more=both.format("USD", "41", "CHF", "35.00"))),
    )  # fmt: skip
    assert sums(reading) == [("CHF", 5_500, "out"), ("CHF", 3_500, "out")]
    assert reading.issues == []


def test_one_payment_alone_has_the_sum_and_the_direction_of_its_entry(tmp_path: Path) -> None:
    reading = read(tmp_path, entry("100.00", "DBIT", part("92.00", "EUR", "CRDT", parties=party("Cdtr", OTHER))))
    assert sums(reading) == [("CHF", 10_000, "out")]
    assert reading.transfers[0].dst.key == OTHER
    assert reading.graded == {("warning", "part_direction"): 1, ("note", "part_currency"): 1}


@pytest.mark.parametrize(("more", "severity"), [("", "warning"), ("<Chrgs><TtlChrgsAndTaxAmt/></Chrgs>", "note")])
def test_one_payment_of_another_sum_than_was_booked_is_told(tmp_path: Path, more: str, severity: str) -> None:
    reading = read(tmp_path, entry("100.00", "DBIT", part("99.00", more=more)))
    assert sums(reading) == [("CHF", 10_000, "out")]
    assert reading.graded == {(severity, "part_amount"): 1}
    assert "'99.00' CHF, booked are '100.00' CHF" in reading.issues[0].message
    assert read(tmp_path, entry("100.00", "DBIT", part("1OO"))).codes == {"part_amount": 1}


def test_a_batch_may_hold_a_payment_the_other_way_where_its_sum_says_so(tmp_path: Path) -> None:
    net = read(tmp_path, entry("80.00", "DBIT", part("100.00", mark="DBIT"), part("20.00", mark="CRDT")))
    assert (sums(net), net.issues) == ([("CHF", 10_000, "out"), ("CHF", 2_000, "in")], [])
    marked = read(tmp_path, entry("120.00", "DBIT", part("100.00", mark="DBIT"), part("20.00", mark="CRDT")))
    assert sums(marked) == [("CHF", 10_000, "out"), ("CHF", 2_000, "out")]
    assert marked.graded == {("warning", "part_direction"): 1}
    turned = read(tmp_path, entry("999.00", "DBIT", part("100.00", mark="CRDT"), part("20.00", mark="CRDT")))
    assert [way for _, _, way in sums(turned)] == ["out", "out"]
    assert turned.graded == {("warning", "part_direction"): 1, ("warning", "batch_break"): 1}
    unclear = read(tmp_path, entry("999.00", "DBIT", part("100.00", mark="DBIT"), part("20.00", mark="CRDT")))
    assert [way for _, _, way in sums(unclear)] == ["out", "in"]
    assert unclear.graded == {("warning", "part_direction"): 1, ("warning", "batch_break"): 1}


def test_a_sum_without_a_currency_says_whose_it_takes(tmp_path: Path) -> None:
    reading = read(tmp_path, entry("100.00", "DBIT", part("60.00", None), part("40.00", None), currency=None))
    assert [asset for asset, _, _ in sums(reading)] == ["CHF", "CHF"]
    assert reading.graded == {("note", "currency_of_account"): 1, ("note", "currency_of_entry"): 1}
    nowhere = read(tmp_path, entry("1.00", "DBIT", currency=None), account=f"<Id><IBAN>{OWN}</IBAN></Id>")
    assert nowhere.errors == [(1, "currency_missing")]


def test_an_entry_in_another_currency_than_its_account_is_kept_and_told(tmp_path: Path) -> None:
    balances = balance("OPBD", "10.00") + balance("CLBD", "10.00")
    for account in (ACCOUNT, f"<Id><IBAN>{OWN}</IBAN></Id>"):  # the balances state it as well
        reading = read(tmp_path, entry("5.00", "DBIT", currency="SEK"), balances=balances, account=account)
        assert sums(reading) == [("SEK", 500, "out")]
        assert reading.graded == {("warning", "entry_currency"): 1}


@pytest.mark.parametrize(
    ("closing", "code"),
    [
        (balance("CLBD", "5.00", "SEK"), "balance_currency"),
        (balance("CLBD", "5,00"), "balance_damaged"),
        (balance("CLBD", "5.00", mark="DEBIT"), "balance_damaged"),
        ("<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp></Bal>", "balance_damaged"),
    ],
)
def test_a_balance_that_cannot_be_compared_is_told(tmp_path: Path, closing: str, code: str) -> None:
    reading = read(tmp_path, entry("5.00", "DBIT"), balances=balance("OPBD", "10.00") + closing)
    assert reading.graded == {("warning", code): 1}
    assert reading.issues[0].message.startswith(f"statement S of {OWN}: the closing balance is not compared")


def test_a_negative_payment_in_a_batch_refuses_its_entry(tmp_path: Path) -> None:
    reading = read(tmp_path, entry("20.00", "DBIT", part("60.00"), part("-40.00")), entry("1.00", "DBIT"))
    assert reading.errors == [(1, "negative_amount")]
    assert reading.kept == {2}


@pytest.mark.parametrize("mark", ["CRDT", "DBIT"])
def test_the_account_is_never_its_own_other_side(tmp_path: Path, mark: str) -> None:
    side, opposite = ("Dbtr", "Cdtr") if mark == "CRDT" else ("Cdtr", "Dbtr")
    back = part("9.00", parties=party(side, OWN) + party(opposite, OTHER))
    both = part("9.00", parties=party(side, OWN) + party(opposite, OWN))
    alone = part("9.00", parties=party(side, OWN))
    reading = read(tmp_path, *(entry("9.00", mark, each) for each in (back, both, alone)))
    others = [t.src.key if mark == "CRDT" else t.dst.key for t in reading.transfers]
    assert others[0] == OTHER
    assert all(other.startswith("unstated:") for other in others[1:])
    assert reading.graded == {("note", "own_account_named"): 3}


def test_the_holders_name_without_an_account_is_no_other_side(tmp_path: Path) -> None:
    account = ACCOUNT + "<Ownr><Nm>Holder Fictional</Nm></Ownr>"
    parties = party("Cdtr", OWN) + party("Dbtr", name="holder  fictional")
    (transfer,) = read(tmp_path, entry("9.00", "DBIT", part("9.00", parties=parties)), account=account).transfers
    assert transfer.dst.key.startswith("unstated:")


def test_a_party_in_the_other_role_only_is_told_and_not_taken(tmp_path: Path) -> None:
    reading = read(tmp_path, entry("9.00", "CRDT", part("9.00", parties=party("Cdtr", OTHER, "Somebody Fictional"))))
    assert reading.transfers[0].src.key.startswith("unstated:")
    assert reading.graded == {("note", "other_role_named"): 1}
    assert "Somebody" not in reading.issues[0].message
    assert read(tmp_path, entry("9.00", "CRDT", part("9.00", parties=party("Cdtr", OWN)))).issues == []


def test_own_numbers_without_check_digits_are_the_same_inside_one_bank_only(tmp_path: Path) -> None:
    bank = "<RltdAgts><CdtrAgt><FinInstnId><BIC>{}</BIC></FinInstnId></CdtrAgt></RltdAgts>"
    number = "<CdtrAcct><Id><Othr><Id>00 4711</Id></Othr></Id></CdtrAcct>"
    account = "<Id><Othr><Id>004711</Id></Othr></Id><Ccy>CHF</Ccy><Svcr><FinInstnId><BIC>AMBRBA22</BIC></FinInstnId></Svcr>"
    for bic, is_own in (("AMBRBA22XXX", True), ("JADEBA22XXX", False)):
        made = part("9.00", parties=number, more=bank.format(bic))
        (transfer,) = read(tmp_path, entry("9.00", "DBIT", made), account=account).transfers
        assert transfer.dst.key.startswith("unstated:") == is_own


@pytest.mark.parametrize("written", [f"{OWN}CHF", f"{OWN} CHF", f"{OWN[:4]} {OWN[4:]} chf"])
def test_an_iban_with_its_currency_behind_is_that_iban(tmp_path: Path, written: str) -> None:
    account = f"<Id><Othr><Id>{written}</Id></Othr></Id>"
    reading = read(tmp_path, entry("9.00", "DBIT", part("9.00", parties=party("Cdtr", f"{OTHER}EUR"))), account=account)
    assert (reading.transfers[0].src.key, reading.transfers[0].dst.key, reading.issues) == (OWN, OTHER, [])


def test_a_number_that_is_no_iban_with_a_currency_stays_as_it_is() -> None:
    for text in ("", "EUR", "4711EUR", f"{OWN}QQQ", f"{OWN[:-1]}8EUR", OWN):
        assert split_account(text) == (text, "")


@pytest.mark.parametrize(("said", "described", "issues"), [
    (2, 2, {}), (2, 3, {("warning", "batch_count"): 1}), (20, 1, {("warning", "batch_count"): 1}),
    (20, 0, {("note", "batch_count"): 1}), (1, 0, {}),
])  # fmt: skip
def test_a_batch_described_in_part_is_told(tmp_path: Path, said: int, described: int, issues: dict[Any, int]) -> None:
    batch = f"<Btch><NbOfTxs>{said}</NbOfTxs></Btch>"
    reading = read(tmp_path, entry(f"{described * 5 or 5}.00", "DBIT", *[part("5.00")] * described, batch=batch))
    assert reading.graded == issues


def test_payments_of_another_currency_are_compared_with_the_batch_of_theirs(tmp_path: Path) -> None:
    for total, issues in (("100.00", {"batch_currency": 1}), ("100.01", {"batch_currency": 1, "batch_break": 1})):
        batch = f'<Btch><NbOfTxs>2</NbOfTxs><TtlAmt Ccy="EUR">{total}</TtlAmt></Btch>'
        made = entry("93.00", "DBIT", part("60.00", "EUR"), part("40.00", "EUR"), batch=batch)
        assert read(tmp_path, made).codes == issues


def test_payments_stand_directly_in_an_entry_of_the_first_version(tmp_path: Path) -> None:
    made = entry("100.00", "DBIT", part("60.00", parties=party("Cdtr", OTHER)), part("40.00", parties=party("Cdtr", THIRD)))
    reading = read(tmp_path, made.replace("<NtryDtls>", "").replace("</NtryDtls>", ""))
    assert [t.dst.key for t in reading.transfers] == [OTHER, THIRD]


CODES = st.sampled_from(["CHF", "EUR", "USD", "JPY", None])
PARTS = st.lists(st.tuples(st.integers(1, 10**6), CODES, st.sampled_from(["CRDT", "DBIT", ""])), min_size=1, max_size=5)


@given(st.integers(1, 10**6), st.sampled_from(["CRDT", "DBIT"]), PARTS)
def test_whatever_a_batch_holds_no_sum_changes_its_currency(
    tmp_path_factory: pytest.TempPathFactory, amount: int, mark: str, parts: list[tuple[int, str | None, str]]
) -> None:
    folder = tmp_path_factory.mktemp("camt")
    made = [part(str(units), currency, way) for units, currency, way in parts]
    reading = read(folder, entry(str(amount), mark, *made))
    way = "in" if mark == "CRDT" else "out"
    if len(parts) == 1:
        assert sums(reading) == [("CHF", amount * 100, way)]
    else:
        written = [(code or "CHF", units * (1 if code == "JPY" else 100)) for units, code, _ in parts]
        assert [(asset, units) for asset, units, _ in sums(reading)] == written
    turned = [found != way for _, _, found in sums(reading)]
    if any(turned):  # against the entry only where it is marked so, and not all are
        assert not all(turned)
        assert all(said not in ("", mark) for (_, _, said), is_turned in zip(parts, turned, strict=True) if is_turned)
    if any(said not in ("", mark) for _, _, said in parts) and "part_direction" not in reading.codes:
        net = sum(-units if said not in ("", mark) else units for units, _, said in parts)
        assert net == amount
        assert all(code in ("CHF", None) for _, code, _ in parts)


# -- the published messages of banks, read a second time without our reader --------------------------------------------


@pytest.fixture(scope="session")
def originals(real_data: Path) -> list[Path]:
    """Published CAMT messages; skipped aloud where they are absent."""
    folder = real_data.parent / "originals" / "camt"
    if not folder.is_dir():
        pytest.skip(f"published CAMT messages are not at {folder} (set TRAILS_REAL_DATA)")
    return sorted(folder.glob("*.xml"))


def _plain(path: Path) -> ET.Element:
    """A document without the namespaces of its tags."""
    root = ET.parse(path).getroot()
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _said(element: ET.Element, *paths: str) -> str:
    return next((text for path in paths if (text := (element.findtext(path) or "").strip())), "")


def _account(element: ET.Element, path: str) -> str:
    return _said(element, f"{path}/Id/IBAN", f"{path}/Id/Othr/Id", f"{path}/Id/PrtryAcct/Id")


def _expect(statement: ET.Element) -> list[list[tuple[str, str, str, str]] | None]:
    """Per entry the (direction, sum, currency, day) of its movements, None where it states no day."""
    found: list[list[tuple[str, str, str, str]] | None] = []
    for made in statement.iter("Ntry"):
        day = _said(made, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")[:10]
        amount, way = made.find("Amt"), _said(made, "CdtDbtInd")
        assert amount is not None
        details = list(made.iter("TxDtls"))
        stated = [detail.find("Amt") for detail in details]
        moved = [each for each in stated if each is not None]
        if len(details) < 2 or len(moved) < len(details):
            moved = [amount]
        found.append([(way, str(float(each.text or "")), each.attrib["Ccy"], day) for each in moved] if day else None)
    return found


def _movement(transfer: Transfer, own: str) -> tuple[str, str, str, str]:
    assert (transfer.src.key == own) != (transfer.dst.key == own), "a payment from an account to itself"
    way = "CRDT" if transfer.dst.key == own else "DBIT"
    assert transfer.amount is not None
    assert transfer.time.time is not None
    units = transfer.amount / 10 ** (transfer.asset.decimals or 0)
    return way, str(units), transfer.asset.asset, transfer.time.time.date().isoformat()


def test_published_messages_are_read_as_a_second_reader_reads_them(originals: list[Path]) -> None:
    entries = 0
    for path in originals:
        reading = read_all(bank_statement, open_source(path), ReadOptions(timezone="UTC"))
        root = _plain(path)
        statements = [each for tag in ("Stmt", "Rpt", "Ntfctn") for each in root.iter(tag)]
        rows = [(_account(each, "Acct"), made) for each in statements for made in _expect(each)]
        assert reading.rows_read == len(rows), path.name
        for row, (own, expected) in enumerate(rows, 1):
            made = [_movement(transfer, own) for transfer in reading.transfers if transfer.row == row]
            assert made == (expected or []), f"{path.name}, entry {row}"
            assert ((row, "time_missing") in reading.errors) == (expected is None)
        entries += len(rows)
    assert entries >= 20


def test_the_other_side_of_published_messages_is_one_that_they_name(originals: list[Path]) -> None:
    for path in originals:
        reading = read_all(bank_statement, open_source(path), ReadOptions(timezone="UTC"))
        root = _plain(path)
        own = {_account(each, "Acct") for tag in ("Stmt", "Rpt", "Ntfctn") for each in root.iter(tag)}
        named = {_account(detail, f"RltdPties/{role}Acct") for detail in root.iter("TxDtls") for role in ("Dbtr", "Cdtr")}
        others = {key for t in reading.transfers for key in (t.src.key, t.dst.key) if key not in own}
        for key in others:
            stated = key.rpartition(":")[2] in named or key.startswith(("party:", "unstated:"))
            assert stated, f"{path.name}: {key}"
