"""MT940 and OFX: entries, counterparties, reversals, balances, dates with offsets, and files that are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import bank_statement
from connectors.bank_statement.ofx import ofx_encoding
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

OWN, OTHER = "BA329999990000000017", "RS20999000000000000033"


def read_swift(folder: Path, entries: str, head: str = f":25:{OWN}\n", closing: str = "", **options: Any) -> Reading:
    text = f":20:REF\n{head}:28C:8/1\n:60F:C240801EUR1000,00\n{entries}{closing}"
    options.setdefault("timezone", "UTC")
    return read_all(bank_statement, make_source(folder, text, "s.sta"), ReadOptions(**options))


GERMAN = f":86:166?00TEXT?20EREF+E-1?21SVWZ+the purpose?30FICTDE00?31{OTHER}?32Payee Fictional?33Second line\n"
DUTCH = f":86:/TRTP/SEPA/IBAN/{OTHER}/BIC/FICT/NAME/Payee Fictional/EREF/E-1/REMI/the purpose\n"


@pytest.mark.parametrize("details", [GERMAN, DUTCH], ids=["German subfields", "Dutch slash words"])
def test_an_entry_names_its_counterparty(tmp_path: Path, details: str) -> None:
    (transfer,) = read_swift(tmp_path, ":61:2408050806DR250,5NTRFNONREF//B-1\n" + details).transfers
    assert (transfer.src.key, transfer.dst.key, transfer.asset.asset, transfer.amount) == (OWN, OTHER, "EUR", 25_050)
    assert (transfer.ref, (transfer.dst.label or "")[:15]) == ("E-1", "Payee Fictional")
    assert (transfer.time.time, transfer.time.error_s) == (datetime(2024, 8, 6, 12, tzinfo=UTC), 43_200)


def test_an_iban_standing_alone_in_the_text_is_the_counterparty(tmp_path: Path) -> None:
    one, two, none = read_swift(
        tmp_path,
        f":61:240805C1,NTRFX\n:86:from {OTHER} thanks\n:61:240805C1,NTRFY\n:86:{OTHER} or {OWN}\n:61:240805C1,NTRFZ\n:86:nobody\n",
    ).transfers
    assert one.src.key == OTHER
    assert two.src.key.startswith("unstated:")
    assert none.src.key.startswith("unstated:")


@pytest.mark.parametrize(
    ("mark", "incoming", "kind"),
    [("C", True, "transfer"), ("D", False, "transfer"), ("RC", False, "refund"), ("RD", True, "refund")],
)
def test_marks_of_credit_debit_and_their_reversals(tmp_path: Path, mark: str, kind: str, *, incoming: bool) -> None:
    (transfer,) = read_swift(tmp_path, f":61:240805{mark}250,NTRFX\n{DUTCH}").transfers
    assert ((transfer.dst if incoming else transfer.src).key, transfer.kind) == (OWN, kind)


def test_charges_and_cash(tmp_path: Path) -> None:
    fee, cash = read_swift(tmp_path, ":61:240831D10,NCHGX\n:61:240831D10,NCSHY\n").transfers
    assert (fee.kind, cash.kind, cash.dst.rail) == ("fee", "cash", "cash")


def test_balances_are_checked_page_by_page(tmp_path: Path) -> None:
    entries = f":61:240805D250,NTRFX\n{DUTCH}:61:240809RD250,NTRFX\n{DUTCH}:61:240810C5,5NTRFX\n"
    assert read_swift(tmp_path, entries, closing=":62F:C240831EUR1005,50\n").codes == {}
    assert read_swift(tmp_path, entries, closing=":62M:C240831EUR1005,50\n").codes == {}
    (issue,) = read_swift(tmp_path, entries, closing=":62F:D240831EUR1005,50\n").issues
    assert (issue.row, issue.severity, issue.code) == (None, "warning", "balance_break")
    assert issue.message.endswith("-2,011.00 EUR are missing or altered")


def test_two_messages_are_two_statements(tmp_path: Path) -> None:
    message = f":20:A\n:25:{OWN}\n:28C:1\n:60F:C240801EUR1,00\n:61:240805C1,NTRFX//B\n:62F:C240805EUR2,00\n-\n"
    second = message.replace(OWN, "12345678/0000017").replace(":20:A", ":20:B")
    reading = read_all(
        bank_statement, make_source(tmp_path, "{1:F01X}{4:\n" + message + second, "s.sta"), ReadOptions(timezone="UTC")
    )
    own = [transfer.dst.key for transfer in reading.transfers]
    assert (own[0], own[1].startswith("account:"), own[1].endswith(":12345678/0000017")) == (OWN, True, True)
    assert ([t.row for t in reading.transfers], reading.codes) == ([1, 2], {})


@pytest.mark.parametrize(
    "line", [":61:24083X0831D10,NTRFNONREF", ":61:", ":61:240832D10,NTRFX", ":61:240805X10,NTRFX", ":61:240805D,NTRFX"]
)
def test_a_damaged_entry_is_refused_alone(tmp_path: Path, line: str) -> None:
    reading = read_swift(tmp_path, f"{line}\n:86:text\n:61:240805C1,NTRFX\n")
    assert reading.errors == [(1, "entry_damaged")]
    assert reading.kept == {2}


def test_a_day_of_mt940_needs_a_zone(tmp_path: Path) -> None:
    assert read_swift(tmp_path, ":61:240805C1,NTRFX\n", timezone=None).errors == [(1, "time_no_zone")]


def test_an_mt940_entry_is_cited_with_its_details(tmp_path: Path) -> None:
    first, second = f":61:240805C1,NTRFX\nsupplement\n{GERMAN}", ":61:240806C1,NTRFX\n"
    text = f":20:R\n:25:{OWN}\n:60F:C240801EUR1,\n{first}{second}:62F:C240806EUR3,\n"
    source = make_source(tmp_path, text, "s.sta")
    assert [raw.raw for raw in bank_statement.records(source, ReadOptions(timezone="UTC"))] == [first, second]


def ofx(*entries: str, version: str = "102", currency: str = "<CURDEF>EUR") -> str:
    return (
        f"OFXHEADER:100\nDATA:OFXSGML\nVERSION:{version}\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>"
        f"{currency}<BANKACCTFROM><BANKID>999<ACCTID>17<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>"
        + "\n".join(f"<STMTTRN>{entry}</STMTTRN>" for entry in entries)
        + "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


PLAIN = "<TRNTYPE>DEBIT<DTPOSTED>20240805<TRNAMT>-250.50<FITID>F-1<NAME>Taxi &amp; Sons<MEMO>ride"


def read_ofx(folder: Path, text: str | bytes, **options: Any) -> Reading:
    return read_all(bank_statement, make_source(folder, text, "s.ofx"), ReadOptions(**options))


def test_sgml_and_xml_state_the_same(tmp_path: Path) -> None:
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="220"?>\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>'
        "<CURDEF>EUR</CURDEF><BANKACCTFROM><BANKID>999</BANKID><ACCTID>17</ACCTID></BANKACCTFROM><BANKTRANLIST><STMTTRN>"
        "<TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240805</DTPOSTED><TRNAMT>-250.50</TRNAMT><FITID>F-1</FITID>"
        "<NAME>Taxi &amp; Sons</NAME><MEMO>ride</MEMO></STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    (old,), (new,) = read_ofx(tmp_path, ofx(PLAIN)).transfers, read_ofx(tmp_path, xml).transfers
    assert old == new
    assert (old.src.key, old.dst.key, old.amount, old.ref) == (
        "account:999:17",
        "party:account:999:17:taxi & sons",
        25_050,
        "F-1",
    )


@pytest.mark.parametrize(
    ("written", "hour", "error", "basis"),
    [
        ("20240805143000[-5:EST]", 19, 0, "stated"),
        ("20240805143000.000[+5.5:IST]", 9, 0, "stated"),
        ("20240805143000", 14, 0, "stated"),
        ("20240805120000[0:GMT]", 12, 43_200, "stated"),
        ("20240805", 12, 43_200, "assumed"),
    ],
)
def test_dates_of_ofx(tmp_path: Path, written: str, hour: int, error: int, basis: str) -> None:
    (transfer,) = read_ofx(tmp_path, ofx(PLAIN.replace("20240805", written, 1))).transfers
    assert transfer.time.time
    assert (transfer.time.time.hour, transfer.time.error_s, transfer.time.basis) == (hour, error, basis)


def test_a_bare_day_of_ofx_takes_the_zone_that_was_said(tmp_path: Path) -> None:
    (transfer,) = read_ofx(tmp_path, ofx(PLAIN), timezone="Europe/Sarajevo").transfers
    assert transfer.time.time == datetime(2024, 8, 5, 10, tzinfo=UTC)


def test_kinds_of_ofx_and_the_account_paid_to(tmp_path: Path) -> None:
    paid = PLAIN + "<BANKACCTTO><BANKID>998<ACCTID>33<ACCTTYPE>CHECKING</BANKACCTTO>"
    reading = read_ofx(
        tmp_path,
        ofx(PLAIN.replace("DEBIT", "FEE"), PLAIN.replace("DEBIT", "ATM"), paid, PLAIN.replace("-250.50", "+250,50")),
    )
    assert [(t.kind, t.dst.key) for t in reading.transfers] == [
        ("fee", "bank:account:999:17"), ("cash", "cash:account:999:17"),
        ("transfer", "account:998:33"), ("transfer", "account:999:17"),
    ]  # fmt: skip
    reversal = PLAIN.replace("<NAME>", "<CORRECTFITID>F-0<NAME>")
    assert [t.kind for t in read_ofx(tmp_path, ofx(reversal)).transfers] == ["refund"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("-250.50", "1.234,50", "amount_damaged"),
        ("-250.50", "", "amount_damaged"),
        ("20240805", "20240832", "time_damaged"),
        ("20240805", "5 August", "time_damaged"),
        ("20240805", "20240805143000[99]", "time_damaged"),
    ],
)
def test_a_damaged_transaction_is_refused_alone(tmp_path: Path, old: str, new: str, code: str) -> None:
    reading = read_ofx(tmp_path, ofx(PLAIN.replace(old, new), PLAIN))
    assert reading.errors == [(1, code)]
    assert reading.kept == {2}


def test_a_transaction_that_is_never_closed_does_not_swallow_the_next(tmp_path: Path) -> None:
    text = ofx(PLAIN, PLAIN).replace("</STMTTRN>", "", 1)
    reading = read_ofx(tmp_path, text)
    assert (reading.errors, reading.kept) == ([(1, "entry_damaged")], {2})
    assert read_ofx(tmp_path, ofx(PLAIN, currency="")).errors == [(1, "currency_missing")]


def test_the_header_says_the_encoding(tmp_path: Path) -> None:
    data = ofx(PLAIN.replace("Taxi &amp; Sons", "\u017deljko")).encode("cp1252")
    assert read_ofx(tmp_path, data).transfers[0].dst.label == "\u017deljko"
    assert ofx_encoding(b"ENCODING:UTF-8\nCHARSET:NONE") == "utf-8"
    assert ofx_encoding(b'<?xml encoding="ISO-8859-2"?>') == "ISO-8859-2"
    assert ofx_encoding(b"<OFX>") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ofx(PLAIN)[:-10], "truncated"),
        (ofx(PLAIN).replace("<OFX>", "<!DOCTYPE x><OFX>"), "document type"),
        ("OFXHEADER:100\nDATA:OFXSGML\n", "no element <OFX>"),
    ],
)
def test_a_broken_ofx_file_is_refused_whole(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_ofx(tmp_path, text)


def test_statements_without_entries_say_so(tmp_path: Path) -> None:
    assert read_ofx(tmp_path, ofx()).codes == {"no_rows": 1}
    assert read_swift(tmp_path, "").codes == {"no_rows": 1}
