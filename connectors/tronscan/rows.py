"""One row of an explorer's export of TRON, read field by field: every way to understand or refuse a row is here.

A symbol is no proof of a token: anybody can issue a token called USDT. A row is USDT where its contract is the issuer's,
in a column or, said for the whole file, in its mapping. A row with a symbol alone is refused until somebody says the
contract; TRX, which has none, is known by the type of the transaction or by ``_`` in the column of contracts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.evm import refuse, token_notes
from connectors.token_decimals import decimals_of
from connectors.tron import RAIL, TRX, account_key, read_decimals, trc10, tron_node, unconfirmed
from connectors.tron_contracts import Contract, delegation
from trails.columns import CellProblem
from trails.errors import AmountError, IdentifierError, TimeError, ValueProblem, ZoneMissing
from trails.identifiers import parse_txid
from trails.model import Issue, Record, Skip, Transfer
from trails.money import Asset, parse_amount, token
from trails.timestamps import UNKNOWN_TIME, Instant, from_unix, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.tronscan.layout import Layout

EMPTY = "an empty line"
_STAMP = re.compile(r"\d{10}(\d{3})?\Z", re.ASCII)
_SLASHED = re.compile(r"(\d{4})/(\d\d)/(\d\d)(?=\D|\Z)", re.ASCII)
_NO_CONTRACT = ("", "_", "-")
_TOKEN_KEY = re.compile(r"1\d{6}\Z|T.{33}\Z", re.ASCII)
_GOOD = frozenset({"success", "sucess", "successful", "confirmed", "ok", "true"})
_WAITING = frozenset({"unconfirmed", "pending", "confirming", "false"})
#: How the chain says that a transaction failed (contractResult of core/Tron.proto), and explorers' words for it.
_BAD = frozenset(
    {
        "fail", "failed", "failure", "revert", "reverted", "error", "bad_jump_destination", "out_of_memory",
        "precompiled_contract", "stack_too_small", "stack_too_large", "illegal_operation", "stack_overflow",
        "out_of_energy", "out_of_time", "jvm_stack_over_flow", "unknown", "transfer_failed", "invalid_code",
    }
)  # fmt: skip
_HALF_DAY_S = 43_200
_COLLECTIBLES = ("trc721", "trc1155", "nft")
_LENDING = {"delegateresourcecontract": False, "undelegateresourcecontract": True}


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one row by our names."""

    row: int
    values: Mapping[str, str]
    layout: Layout

    def text(self, name: str) -> str:
        """Give a field without spaces around it, empty where there is none."""
        return self.values.get(name, "").strip()

    @property
    def kind(self) -> str:
        """The type of the transaction in small letters and digits."""
        return "".join(letter for letter in self.text("type").casefold() if letter.isalnum())


def read_row(row: int, cells: Mapping[str | None, str | Sequence[str] | None], layout: Layout) -> Iterator[Record]:
    """Give what a record of ``csv_records`` states, with its notes, or the issue that refuses it."""
    if None in cells or None in cells.values():
        yield ragged(row)
        return
    if not any(cells.values()):
        yield Skip(row, EMPTY)
        return
    yield from read_fields(
        Fields(row, {ours: str(cells[name.strip()]) for ours, name in layout.columns.items()}, layout)
    )


RAGGED = "the row does not have the fields of its header; it may be cut"


def ragged(row: int, said: str = RAGGED) -> Issue:
    """Refuse a row that does not have the fields of the header."""
    return Issue(row, "error", "ragged", said)


def read_fields(fields: Fields) -> Iterator[Record]:
    """Give what the fields of a row state."""
    try:
        yield from list(_facts(fields))
    except CellProblem as problem:
        yield Issue(fields.row, "error", problem.code, str(problem))
        if isinstance(problem, UnknownDecimals):
            yield from token_notes(fields.row, problem.asset, *_words(fields), None)
    except ValueProblem as problem:
        yield refuse(fields.row, problem)


def _facts(fields: Fields) -> Iterator[Record]:
    row = fields.row
    reason = _why_no_transfer(fields)
    if reason:
        yield Skip(row, reason)
        return
    status, doubts = read_status(fields)
    time, time_doubts = read_time(row, fields.text("time"), fields.layout)
    tx = parse_txid(fields.text("tx"))
    if fields.kind in _LENDING:
        yield from _lending(fields, Contract(row, fields.text("type"), {}, tx, time, status))
        return
    asset = read_asset(fields)
    amount = read_amount(fields, asset)
    if fields.kind == "triggersmartcontract" and asset == TRX and not amount:
        yield Skip(row, "a contract call that sends no TRX: tokens it moved stand in the export of transfers")
        return
    src, dst = tron_node(fields.text("src")), tron_node(fields.text("dst"))
    yield from doubts
    yield from time_doubts
    yield from token_notes(row, asset, *_words(fields), amount)
    yield Transfer(row, src, dst, asset, amount, "transfer", time, tx=tx, status=status)


def _why_no_transfer(fields: Fields) -> str:
    """Say why a row is left out on purpose, empty where it is not."""
    kind = fields.kind
    if fields.text("item") not in ("", "-", "_") or kind in _COLLECTIBLES:
        return "a collectible (TRC-721 or TRC-1155), not money"
    if kind.startswith("approv"):
        return "an approval: moves no tokens"
    known = ("transfercontract", "transferassetcontract", "triggersmartcontract", *_LENDING)
    if kind.endswith("contract") and kind not in known:
        return f"{fields.text('type')[:60]}: no transfer between accounts"
    return ""


def read_status(fields: Fields) -> tuple[str, tuple[Issue, ...]]:
    """Read how the transaction ended, from all columns that say so."""
    said = [fields.text(name).casefold() for name in ("result", "status", "confirmed")]
    words = [word for word in said if word not in ("", "-")]
    if any(word in _BAD for word in words) or fields.text("revert").casefold() in ("true", "1"):
        return "failed", ()
    strange = [word for word in words if word not in _GOOD and word not in _WAITING]
    if strange:
        message = f"result {strange[0][:60]!r} is no word we know for success or failure: not counted as moved"
        return strange[0][:60], (Issue(fields.row, "warning", "status_unknown", message),)
    if any(word in _WAITING for word in words):
        return "unconfirmed", (unconfirmed(fields.row),)
    return "ok", ()


def read_asset(fields: Fields) -> Asset:
    """Read what moved; raises CellProblem where the row does not say it exactly."""
    if fields.kind in ("transfercontract", *_LENDING):
        return TRX
    contract, (symbol, name) = _contract(fields), _words(fields)
    decimals = read_decimals(fields.text("decimals"))
    if fields.kind == "transferassetcontract" or contract.isdigit():
        return _exact(trc10(contract, symbol or None, decimals))
    if contract:
        key = account_key(contract)
        return _exact(token(RAIL, key, symbol or None, decimals_of(RAIL, key) if decimals is None else decimals))
    word = symbol or name
    if word.upper() == "TRX" and (fields.layout.states_contracts or fields.kind == "triggersmartcontract"):
        return TRX
    told = fields.layout.told
    if told and word.casefold() in ("", str(fields.layout.told_word).casefold()):
        return told
    said = f"token {word[:60]!r} and no contract" if word else "no token"
    raise CellProblem(
        "contract_not_stated",
        f"the row states {said}: anybody can issue a token of any name. Export with the contract, or, if you know which "
        'token this file is about, say it in <file>.mapping.toml: contract = "TR7N.." (or "TRX")',
    )


def _stated(fields: Fields) -> str:
    """Give what stands where the contract belongs: Tronscan calls that column ``Token`` and the symbol's its own."""
    if "contract" in fields.layout.columns:
        return fields.text("contract")
    return fields.text("token") if fields.layout.states_contracts else ""


def _contract(fields: Fields) -> str:
    """Give the contract or the TRC-10 number of a row, empty where it states none."""
    stated = _stated(fields)
    if "contract" in fields.layout.columns:
        return "" if stated in _NO_CONTRACT else stated
    return stated if _TOKEN_KEY.match(stated) else ""


def _words(fields: Fields) -> tuple[str, str]:
    """Give the symbol and the name by which the row calls its token."""
    stated = _stated(fields)
    if "symbol" not in fields.layout.columns:
        word = fields.text("token")
        return ("TRX" if stated == "_" else word), fields.text("name")
    other = fields.text("token") if fields.text("token") not in (_contract(fields), *_NO_CONTRACT) else ""
    return fields.text("symbol") or ("TRX" if stated == "_" else ""), fields.text("name") or other


class UnknownDecimals(CellProblem):
    """A row names a token whose decimals nobody states, so that its amount is not exact."""

    def __init__(self, asset: Asset) -> None:
        self.asset = asset
        message = (
            f"the export states no decimals for token {asset.contract}, so its amounts are not exact; get the API answer "
            "(token_trc20/transfers), which states them"
        )
        super().__init__("decimals_unknown", message)


def _exact(asset: Asset) -> Asset:
    if asset.decimals is None:
        raise UnknownDecimals(asset)
    return asset


def read_amount(fields: Fields, asset: Asset) -> int:
    """Read an amount in base units; raises AmountError, CellProblem where nobody says the unit of ``quant``."""
    text, decimals = fields.text("value"), asset.decimals or 0
    if "value" not in fields.layout.columns:
        text = fields.text("quant")
        if fields.layout.unit is None:
            raise CellProblem(
                "unit_not_stated",
                f"column `quant` holds {text[:40]!r}: whole tokens in some exports, base units in others; say which in "
                'the mapping: unit = "token" or unit = "base"',
            )
        decimals = decimals if fields.layout.unit == "token" else 0
    amount = parse_amount(text, decimals, decimal_mark=".", thousands_mark=",")
    if amount < 0:
        raise AmountError(f"amount {text[:60]!r} is negative")
    return amount


def read_time(row: int, text: str, layout: Layout) -> tuple[Instant, tuple[Issue, ...]]:
    """Read a time: Unix milliseconds or seconds, or written in the zone that the header or a person names.

    Raises TimeError for text that is no time, CellProblem where nobody names the zone.
    """
    if _STAMP.match(text):
        try:
            return from_unix(int(text[:10])), ()
        except TimeError as problem:
            return UNKNOWN_TIME, (Issue(row, "warning", "time_implausible", str(problem)),)
    plain = _SLASHED.sub(r"\1-\2-\3", text)
    if layout.offset is not None:
        day_only = len(plain) <= 10
        zoned = _zoned(f"{plain} 12:00:00" if day_only else plain, layout.offset)
        found = parse_time(zoned, zone_name=None, order=layout.date_order)
        return Instant(found.time, _HALF_DAY_S if day_only else found.error_s, "stated"), ()
    try:
        return parse_time(plain, zone_name=layout.zone_name, order=layout.date_order), ()
    except ZoneMissing as problem:
        raise CellProblem("time_no_zone", str(problem)) from None


def _zoned(text: str, offset: str) -> str:
    """Add the header's offset to a time that has none of its own.

    >>> _zoned("2024-08-02 23:24:36", "+08:00")
    '2024-08-02 23:24:36+08:00'
    """
    return text if re.search(r"(Z|[+-]\d\d:?\d\d)\Z", text[10:]) else f"{text}{offset}"


def _lending(fields: Fields, contract: Contract) -> Iterator[Record]:
    """State a resource lent or taken back; the export does not say whether energy or bandwidth."""
    if contract.status != "ok":
        yield Skip(fields.row, f"{contract.kind[:60]} failed: nothing happened")
        return
    owner, receiver = tron_node(fields.text("src")), tron_node(fields.text("dst"))
    yield delegation(contract, owner, receiver, back=_LENDING[fields.kind])


def plain_asset(fields: Fields) -> Asset | None:
    """Give the asset of rows of this kind that need no word: certain, successful, six decimals; None for all others."""
    try:
        if _why_no_transfer(fields) or fields.kind in ("triggersmartcontract", *_LENDING):
            return None
        asset = read_asset(fields)
        noted = any(True for _ in token_notes(fields.row, asset, *_words(fields), 1))
        return asset if asset.decimals == 6 and not noted and read_status(fields) == ("ok", ()) else None
    except (ValueProblem, IdentifierError):
        return None
