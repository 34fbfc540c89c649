"""The two hawala ledgers, each as its office writes it, with the mapping file that declares its columns."""

from __future__ import annotations

import csv
import importlib
import io
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from examples.river_case import story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from examples.river_case.story import Code

AMBER_ZONE = ZoneInfo("Europe/Istanbul")
JADE_ZONE = ZoneInfo("Europe/Sarajevo")
AMBER_FILE = "ledger_amber.csv"
JADE_FILE = "ledger_jade.xlsx"
AMBER_HEADER_ROW = 2
JADE_HEADER_ROW = 3

_AMBER_COLUMNS = (
    "No", "Date", "Code", "Payer", "Payee", "Office", "Amount", "Cur", "Fee", "Status", "Payee wallet", "Note",
)
_JADE_COLUMNS = ("Nr", "Datum", "Kod", "Primalac", "Ured", "Iznos", "Val", "Stanje", "Telefon", "Novcanik", "Napomena")

AMBER_MAPPING = f"""\
# {story.FICTIONAL}
# How the ledger of Office Amber (Istanbul) is written.
scope = "{story.SCOPE}"
timezone = "Europe/Istanbul"
date_pattern = "%d.%m.%Y %H:%M"
decimal_mark = ","
thousands_mark = "."
currency = "EUR"
header_row = {AMBER_HEADER_ROW}

[columns]
number = "No"
date = "Date"
code = "Code"
payer = "Payer"
payee = "Payee"
office = "Office"
amount = "Amount"
currency = "Cur"
fee = "Fee"
status = "Status"
payee_address = "Payee wallet"
note = "Note"

[status]
"held" = "deposit"
"returned" = "refund"
"settled" = "settlement"
"cancelled" = "skip"
"""

JADE_MAPPING = f"""\
# {story.FICTIONAL}
# How the ledger of Office Jade (Sarajevo) is written. Two rows state the day only, hence two patterns.
scope = "{story.SCOPE}"
timezone = "Europe/Sarajevo"
date_pattern = ["%Y-%m-%d %H:%M", "%d.%m.%Y"]
decimal_mark = "."
thousands_mark = ","
currency = "EUR"
region = "BA"
sheet = "2024"
header_row = {JADE_HEADER_ROW}

[columns]
number = "Nr"
date = "Datum"
code = "Kod"
payee = "Primalac"
office = "Ured"
amount = "Iznos"
currency = "Val"
status = "Stanje"
payee_phone = "Telefon"
payee_address = "Novcanik"
note = "Napomena"

[status]
"isplaceno" = "payout"
"storno" = "skip"
"""


def amber_csv() -> bytes:
    """Ledger of Office Amber: deposits, one refund, settlements, one cancelled row, one impossible date."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([story.FICTIONAL])
    writer.writerow(_AMBER_COLUMNS)
    for number, (_, row) in enumerate(amber_rows(), start=1):
        writer.writerow([str(number), *row])
    return text.getvalue().encode()


def amber_rows() -> list[tuple[str, list[str]]]:
    """Rows as (what it is, its cells after the number), in the order of the book."""
    rows = [(code.deposited, f"deposit {code.code}", _amber_deposit(code)) for code in story.CODES]
    rows += [(code.refunded_at, f"refund {code.code}", _amber_refund(code, code.refunded_at))
             for code in story.CODES if code.refunded_at]
    rows += [(when, "settlement", _amber_settlement(eur, when)) for eur, when in story.SETTLEMENTS]
    rows.append((story.at(7, 10, 20), "cancelled", _amber_row(
        "07.08.2024 13:20", ("4410", story.CANCELLED_ROW_PAYER, "Alder", "1.300,00", "100,00"), "cancelled")))
    rows.append((story.at(12, 12, 0), "damaged", _amber_row(
        "31.02.2024 15:00", ("6603", story.DAMAGED_ROW_PAYER, "Teacher Pear", "435,00", "5,00"), "held")))
    return [(what, cells) for _, what, cells in sorted(rows, key=lambda row: row[0])]


def _amber_deposit(code: Code) -> list[str]:
    cells = (code.amber, code.payer, code.payee, _amber_amount(code.deposit), _amber_amount(code.fee))
    return _amber_row(_amber_time(code.deposited), cells, "held")


def _amber_refund(code: Code, when: datetime) -> list[str]:
    cells = (code.amber, code.payer, code.payee, _amber_amount(code.deposit - code.fee), "")
    return _amber_row(_amber_time(when), cells, "returned", note=code.note)


def _amber_settlement(euro: int, when: datetime) -> list[str]:
    cells = ("", "", "Office Jade", _amber_amount(euro), "")
    return _amber_row(_amber_time(when), cells, "settled", wallet=story.JADE, note="paid in USDT")


def _amber_row(
    when: str, cells: tuple[str, str, str, str, str], status: str, *, wallet: str = "", note: str = ""
) -> list[str]:
    """Write one line of the book; ``cells`` are code, payer, payee, amount and fee."""
    code, payer, payee, amount, fee = cells
    return [when, code, payer, payee, "Office Amber", amount, "EUR", fee, status, wallet, note]


def _amber_time(when: datetime) -> str:
    return when.astimezone(AMBER_ZONE).strftime("%d.%m.%Y %H:%M")


def _amber_amount(euro: int) -> str:
    return f"{euro:,}".replace(",", ".") + ",00"


def jade_rows() -> list[tuple[str, list[str]]]:
    """Rows as (what it is, its cells after the number), in the order of the book."""
    rows = [(code.paid_at, f"payout {code.code}", _jade_payout(code, code.paid, code.paid_at))
            for code in story.CODES if code.paid is not None and code.paid_at]
    rows.append((story.at(13, 9, 15), "storno", _jade_row(
        "2024-08-13 11:15", "91-34", "Alder", 1800, "storno", note="pogresan iznos")))
    return [(what, cells) for _, what, cells in sorted(rows, key=lambda row: row[0])]


def _jade_payout(code: Code, euro: int, when: datetime) -> list[str]:
    """Small family remittances have only the day in this book."""
    pattern = "%d.%m.%Y" if code.code in ("120-2", "120-4") else "%Y-%m-%d %H:%M"
    return _jade_row(when.astimezone(JADE_ZONE).strftime(pattern), code.jade, code.payee, euro, "isplaceno",
                     phone=code.payee_phone, wallet=code.payee_address, note=code.note)


def _jade_row(
    when: str, code: str, payee: str, euro: int, status: str, *, phone: str = "", wallet: str = "", note: str = ""
) -> list[str]:
    return [when, code, payee, "Office Jade", f"{euro:,}.00", "EUR", status, phone, wallet, note]


def row_of(rows: Sequence[tuple[str, list[str]]], what: str, header_row: int) -> int:
    """Row number that facts cite, counted from the top of the file."""
    return header_row + 1 + [name for name, _ in rows].index(what)


def jade_xlsx() -> bytes:
    """Workbook of Office Jade: a cover sheet, and the sheet 2024 with two lines above the column names."""
    workbook = importlib.import_module("xlsxwriter").Workbook  # it has no type marks
    buffer = io.BytesIO()
    book = workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": story.FICTIONAL, "created": datetime(2024, 8, 25)})  # noqa: DTZ001 - what the library takes
    cover = book.add_worksheet("notes")
    cover.write_string(0, 0, story.FICTIONAL)
    sheet = book.add_worksheet("2024")
    lines = [[story.FICTIONAL], ["Ured Jade / avgust 2024"], list(_JADE_COLUMNS)]
    lines += [[str(number), *cells] for number, (_, cells) in enumerate(jade_rows(), start=1)]
    for line, cells in enumerate(lines):
        for column, cell in enumerate(cells):
            sheet.write_string(line, column, cell)
    book.close()
    return _stored(buffer.getvalue())


def _stored(workbook: bytes) -> bytes:
    """Repack the workbook without compression, so that its bytes do not depend on the machine's zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for item in old.infolist():
            entry = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            new.writestr(entry, old.read(item))
    return buffer.getvalue()
