"""Who stands on the other side, in the layouts of :86: that banks agreed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import bank_statement
from connectors.bank_statement.swift_details import read_details, unwrap
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions

OWN, OTHER, THIRD = "BA329999990000000017", "RS20999000000000000033", "DE38999999990000000021"


def read_entry(folder: Path, entry: str, *, own: str = OWN, reference: str = "REF", envelope: str = "") -> Reading:
    amount = 250 if ":61:240805D" in entry or ":61:240805RC" in entry else -250
    text = f"{envelope}:20:{reference}\n:25:{own}\n:28C:1\n:60F:C240801EUR500,00\n{entry}\n:62F:C240831EUR{500 - amount},00\n-\n"
    reading = read_all(bank_statement, make_source(folder, text, "s.sta"), ReadOptions(timezone="UTC"))
    assert "balance_break" not in reading.codes
    return reading


def other(reading: Reading) -> tuple[str, str | None]:
    (transfer,) = reading.transfers
    node = transfer.src if transfer.amount and transfer.dst.key.endswith(OWN[-6:]) else transfer.dst
    return node.key, node.label


OUT, IN = ":61:240805D250,00NTRFNONREF\n:86:", ":61:240805C250,00NTRFNONREF\n:86:"
SIDES = {
    "ING": f"/EREF/E-1//CNTP/{OTHER}/FICTRS00/Payee Fictional/Town//REMI/USTD//two of five/",
    "ING, cut anywhere": f"/EREF/E-1//CNTP/{OTHER[:7]}\n{OTHER[7:]}/FICTRS00/Payee Fict\nional///REM\nI/USTD//two/",
    "ING, without its bank": f"/CNTP/{OTHER}//Payee Fictional///REMI/USTD//two/",
    "ING, with the payer behind": f"/CNTP/{OTHER}/FICTRS00/Payee Fictional///ULTD//NAME/Somebody Else//REMI/USTD//two/",
    "ABN": f"/TRTP/SEPA OVERBOEKING/IBAN/{OTHER}/BIC/FICTRS00\n/NAME/Payee Fictional/REMI/two/EREF/NOTPROVIDED",
    "ABN, the account behind the text": f"/TRTP/SEPA/CSID/X1/NAME/Payee Fictional/MARF/1/REMI/two/IBAN/{OTHER}/BIC/FICTRS00",
    "Rabobank": f"/EREF/E-1/BENM//NAME/Payee Fictional/REMI/two/ISDT/2024-08-05\n:86:/IBAN/{OTHER}",
    "bunq": f"/IBAN/{OTHER}/NAME/Payee Fictional/REMI/",
    "account and bank": f"/ACCW/{OTHER},FICTRS00/BENM//NAME/Payee Fictional/REMI/two",
    "beneficiary": f"/BENM/{OTHER}\n/Payee Fictional\n/00//00\n/some purpose",
    "German": f"166?00TEXT?20SVWZ+two?30FICTRS00?31{OTHER}?32Payee Fic?33tional",
    "German, cut anywhere": f"166?00TEXT?20SVWZ+two?\n30FICTRS00?3\n1{OTHER}?32Payee Fictional",
    "German, on lines": f"166\n?00TEXT\n?20SVWZ+two\n?31{OTHER}\n?32Payee Fictional",
    "subfield 38": f"020?00TEXT?20two?3012345678?31000000000017?32Payee Fictional?38{OTHER}",
    "another mark": f"020~00TEXT~20two~32Payee Fictional~38{OTHER}",
    "a third mark": f"020<00TEXT<20two<32Payee <33Fictional<38{OTHER}",
    "German, without the code": f"?00TEXT?20SVWZ+two?31{OTHER}?32Payee Fictional",
    "in the purpose": f"166?00TEXT?20SVWZ+two IBAN+{OTHER}?32Payee Fictional",
}


@pytest.mark.parametrize("text", SIDES.values(), ids=SIDES)
def test_the_other_side_by_its_layout(tmp_path: Path, text: str) -> None:
    assert other(read_entry(tmp_path, OUT + text)) == (OTHER, "Payee Fictional")


def test_who_orders_and_who_benefits_go_with_the_direction(tmp_path: Path) -> None:
    both = f"/ORDP//NAME/Orderer Fictional/BENM//NAME/Payee Fictional/REMI/x/IBAN/{OTHER}"
    assert other(read_entry(tmp_path, OUT + both)) == (OTHER, "Payee Fictional")
    assert other(read_entry(tmp_path, IN + both)) == (OTHER, "Orderer Fictional")
    assert other(read_entry(tmp_path, f":61:240805RD250,00NTRFNONREF\n:86:{both}")) == (OTHER, "Payee Fictional")


@pytest.mark.parametrize(
    "text",
    [
        f"/CNTP/{OTHER}/FICTRS00/Payee Fictional///REMI/USTD//pay /IBAN/{THIRD}/NAME/Nobody/EREF/X/",
        f"/TRTP/SEPA/IBAN/{OTHER}/NAME/Payee Fictional/REMI/see /CNTP/{THIRD}/B/Nobody///IBAN/{THIRD}",
        f"166?00T?20SVWZ+pay IBAN+{THIRD}?31{OTHER}?32Payee Fictional",
    ],
)
def test_the_payers_own_text_does_not_name_the_other_side(tmp_path: Path, text: str) -> None:
    assert other(read_entry(tmp_path, OUT + text)) == (OTHER, "Payee Fictional")


@pytest.mark.parametrize(
    ("layout", "entry", "account", "label"),
    [
        ("S", f"250,00N102EREF            \n{OTHER}\n:86:/EREF/E/BENM//NAME/Payee F/REMI/x", OTHER, "Payee F"),
        ("S", "250.00N154NONREF\nP001234567\n:86:/BENM//NAME/Payee F/REMI/x", f"account:{OWN}:P001234567", "Payee F"),
        ("S", "250,00N586PREF\n0000000000\n:86:/PREF/P-1", "unstated", "not stated"),
        ("S", f"250,00N541NONREF\n{THIRD}\n:86:/ACCW/{OTHER},FICT/BENM//NAME/Payee F/REMI/x", OTHER, "Payee F"),
        ("A", "250,00N0440121470966      Payee F\n:86:back", f"account:{OWN}:0121470966", "Payee F"),
        ("A", "250.00NMSCP1901950        Payee F\n:86:back", f"account:{OWN}:P1901950", "Payee F"),
        ("A", "250.00NMSC170059286\n:86:savings", f"account:{OWN}:170059286", None),
        ("A", "250,00N030NONREF          Shop F\n:86:by card", f"party:{OWN}:shop f", "Shop F"),
        ("A", "250,00N0000000000000      Shop F\n:86:by card", "unstated", "not stated"),
    ],
)
def test_rabobank_writes_the_account_beside_the_entry(
    tmp_path: Path, layout: str, entry: str, account: str, label: str | None
) -> None:
    key, named = other(read_entry(tmp_path, f":61:240805D{entry}", reference=f"940{layout}240805"))
    assert (key.partition("|")[0].partition(":B")[0] if key.startswith("unstated") else key, named) == (account, label)


@pytest.mark.parametrize(
    "envelope",
    [
        "0000 01INGBNL2AXXXX00001\n940 00\n",
        "{1:000001INGBNL2AXXXX00001}\n{4:\n",
        "{1:F01SNSBNL2AXXXX0000000000}{2:I940X}{4:\n",
    ],
)
def test_an_account_at_the_beginning_of_the_text_is_one_where_the_bank_writes_so(tmp_path: Path, envelope: str) -> None:
    entry = OUT + "0111111111 Payee Fictional\nspeedy payment"
    assert other(read_entry(tmp_path, entry, envelope=envelope)) == (f"account:{OWN}:0111111111", "Payee Fictional")
    long = OUT + "0111111111 Payee Fictional and all of the text in one line"
    assert other(read_entry(tmp_path, long, envelope=envelope)) == (f"account:{OWN}:0111111111", None)
    assert other(read_entry(tmp_path, entry))[0].startswith("unstated:")


def test_an_iban_in_the_place_of_a_reference_is_none(tmp_path: Path) -> None:
    entry = f":61:240805D250,00NOVB{OTHER}\npayee fictional\n:86:{OTHER} payee fictional\n    \nwages"
    reading = read_entry(tmp_path, entry, envelope="{1:F01ASNBNL21XXXX0000000000}{2:O940X}{4:\n")
    assert (other(reading), reading.transfers[0].ref, reading.codes) == ((OTHER, "payee fictional"), None, {})


def test_a_masked_account_is_kept_by_its_name_alone(tmp_path: Path) -> None:
    reading = read_entry(tmp_path, OUT + "/CNTP/RS20999000000000***/FICTRS00/Payee Fictional///REMI/USTD//x/")
    assert other(reading) == (f"party:{OWN}:payee fictional", "Payee Fictional")
    assert reading.graded == {("note", "account_masked"): 1}


def test_an_iban_cut_by_the_end_of_a_full_line_stands_alone_in_the_text(tmp_path: Path) -> None:
    filled = ("transfer to " + "x" * 60)[: 65 - 8] + " " + OTHER[:7]
    assert len(filled) == 65
    assert other(read_entry(tmp_path, f"{OUT}{filled}\n{OTHER[7:]} thanks"))[0] == OTHER
    assert unwrap([filled, OTHER[7:]]).endswith(OTHER)


def test_a_text_without_a_layout_names_nobody() -> None:
    for text in ("rent for July", "12/ID/34", "GIRO 428428 SHOP", ""):
        found = read_details([text], credit=False, giro=False)
        assert (found.name, found.account, found.text) == ("", "", text)
