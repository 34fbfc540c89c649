"""Answer sheets of exchanges to authorities: any table, through a mapping of kind ``travel_rule`` that declares its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.coin_codes import is_coin_code, quote_code
from connectors.ivms101.model import Message, Party, Side
from connectors.references import hide_names
from trails.columns import CellProblem, DeclaredRow
from trails.errors import AmountError, IdentifierError
from trails.identifiers import normalise_name, parse_txid
from trails.mapping import Vocabulary, load_mapping
from trails.money import Asset, currency
from trails.timestamps import UNKNOWN_TIME
from trails.words import count_words, may_name, quote_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.connector import RawRecord, ReadOptions
    from trails.mapping import DeclaredColumns

_SIDES = ("originator", "beneficiary")
_PARTS = ("vasp", "account", "address", "document", "customer")
VOCABULARY = Vocabulary(
    words=("number", "date", "txid", "network", "amount", "currency", "status", *_SIDES,
           *(f"{side}_{part}" for side in _SIDES for part in _PARTS)),
    required=(),
    needs={"done": (), "pending": (), "failed": ()},
    kind="travel_rule",
    unused=("region", "profile"),
    serves={"status": ("status",)},
)  # fmt: skip
_STATUS = {"done": "ok", "pending": "unconfirmed", "failed": "failed"}
_WORD_OF_BOTH = re.compile(r"[^\W\d_]\d{3}|\d{3}[^\W\d_]")
_BETWEEN = re.compile(r"[;,\s]+")
#: Decimals of a coin of which the sheet states none.
_COIN_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Sheet:
    """The declared columns, and what was said beside them."""

    mapping: DeclaredColumns
    zone_name: str | None
    currency: str | None
    date_order: str | None


def load_sheet(said: Mapping[str, Any], options: ReadOptions) -> Sheet:
    """The mapping of a sheet, its problems in it."""
    mapping = load_mapping(said, VOCABULARY)
    problems = list(mapping.problems)
    if not set(_SIDES) & set(mapping.columns):
        problems.append("[columns] says neither which column `originator` nor which `beneficiary` is")
    return Sheet(
        replace(mapping, problems=tuple(problems)),
        options.timezone or mapping.said("timezone"),
        options.currency or mapping.said("currency"),
        options.date_order,
    )


def read_row(sheet: Sheet, record: RawRecord) -> Message:
    """One row; raises CellProblem."""
    row = DeclaredRow.of(record, sheet.mapping)
    originator, beneficiary = (_read_side(row, side) for side in _SIDES)
    txid = _read_txid(row)
    asset, amount = _read_sum(sheet, row, on_chain=bool(txid or row.text("network") or originator.accounts or beneficiary.accounts))
    return Message(
        row=record.row,
        originator=originator,
        beneficiary=beneficiary,
        time=row.instant("date", sheet.zone_name, sheet.date_order) or UNKNOWN_TIME,
        txid=txid,
        network=row.text("network") or None,
        asset=asset,
        amount=amount,
        number=hide_names(row.text("number")) or None,
        status=_read_status(row),
    )


def _read_side(row: DeclaredRow, side: str) -> Side:
    name, document, customer = (row.text(word) for word in (side, f"{side}_document", f"{side}_customer"))
    party = Party((name,) if name else (), (document,) if document else (), (customer,) if customer else ())
    addresses = [each for each in _BETWEEN.split(row.text(f"{side}_address")) if each]
    if any(not any(map(str.isdigit, each)) for each in addresses):
        raise CellProblem("address_damaged", f"{row.where(f'{side}_address')} holds words, and no address")
    accounts = dict.fromkeys([*addresses, *filter(None, [row.text(f"{side}_account")])])
    stated = name or document or customer
    return Side(side, (party,) if stated else (), tuple(accounts), row.text(f"{side}_vasp") or None)


def may_identify(text: str) -> bool:
    """Whether the cell of a sum holds what may name a person: words, or letters and digits as one, as in a document's number.

    >>> may_identify("0.5 BTC"), may_identify("1.250,5"), may_identify("FX1234567"), may_identify("Amber Quince")
    (False, False, True, True)
    """
    return may_name(text) or _WORD_OF_BOTH.search(text) is not None


def _read_txid(row: DeclaredRow) -> str | None:
    if not row.text("txid"):
        return None
    try:
        return parse_txid(row.text("txid"))
    except IdentifierError:
        raise CellProblem("txid_damaged", f"{row.shown('txid')} is no transaction id of 64 hexadecimal digits") from None


def _read_sum(sheet: Sheet, row: DeclaredRow, *, on_chain: bool) -> tuple[Asset | None, int | None]:
    code = row.text("currency") or (sheet.currency or "")
    if not code:
        if row.text("amount"):
            raise CellProblem("currency_missing", "no currency is stated; say it with --currency, or fill the column")
        return None, None
    asset = _read_asset(sheet, code, on_chain=on_chain)
    if may_identify(row.text("amount")):
        raise CellProblem("amount_damaged", f"{row.where('amount')} holds no sum; it is not shown: its columns may have moved")
    amount = row.amount("amount", asset.decimals or 0)
    if amount is not None and amount < 0:
        raise CellProblem("negative_amount", f"{row.shown('amount')} is negative")
    return asset, amount


def _read_asset(sheet: Sheet, code: str, *, on_chain: bool) -> Asset:
    """BTC and USDT, a currency where no chain is spoken of, and any other code as a coin of the exchange's books."""
    name = str(sheet.mapping.currencies.get(normalise_name(code), code)).strip().upper()
    if name in ("BTC", "USDT"):
        return currency(name)
    if not on_chain:
        try:
            return currency(name)
        except AmountError as problem:
            raise CellProblem("currency_unknown", f"{problem} under [currencies]") from None
    if not is_coin_code(name):
        raise CellProblem("currency_unknown", f"coin {quote_code(code)} is no coin's code")
    return Asset(f"{name}@vasp", "vasp", None, name, _COIN_DECIMALS)


def _read_status(row: DeclaredRow) -> str:
    """Whether it took place; a sheet without a column for it lists what did."""
    if "status" not in row.mapping.columns:
        return "ok"
    found = row.mapping.status.get(normalise_name(row.text("status")))
    if found not in _STATUS:
        said = row.text("status")
        shown = quote_word(said) if said.isalpha() else f"({count_words(len(said), 'sign')})"
        raise CellProblem("status_unknown", f"{row.where('status')}: {shown} is not known; say what it means under [status]")
    return _STATUS[found]
