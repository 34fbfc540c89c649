"""What Telegram itself records of money: payments and refunds of bots, gifts, prizes, prices of messages and posts.

Such a row states some of a sum with its currency, who acted, the other account, and the number of the charge; it is given as
an event ``payment_stated``, which moves no value: what Telegram's own books hold is in no chain's. Sums are whole numbers of
the smallest unit (``4999`` for 49.99 USD), or Stars (``XTR``) or TON. Source: Telegram Desktop (export_output_json.cpp).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.messages import Found
from trails.errors import AmountError
from trails.money import currency, format_units
from trails.words import quote_id, quote_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ACTIONS = {
    "send_payment": "payment", "refunded_payment": "refund", "send_star_gift": "gift", "send_stars_gift": "gift of Stars",
    "send_ton_gift": "gift of TON", "send_premium_gift": "gift of Premium", "gift_code_prize": "prize of a gift code",
    "stars_prize": "prize of Stars", "paid_messages_refund": "refund of paid messages",
    "paid_messages_price_change": "price of messages", "process_suggested_post": "price of a suggested post",
    "suggested_post_success": "payment of a suggested post", "suggested_post_refund": "refund of a suggested post",
}  # fmt: skip
#: Who pays is the account that these name, not whoever acts in the chat.
_PAYERS = ("peer", "boost_peer")
_STARS = ("stars", "stars_count", "price_stars")
_IDS = (("charge_id", "charge"), ("transaction_id", "transaction"), ("gift_code", "gift code"))
_WORD = re.compile(r"[a-z_]{1,40}\Z")
_LONGEST = 200
_NANO = 9
_UNITS = ("TON", "Stars")


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment in words, and the account that pays where the row names one that is not the actor."""

    text: str
    payer: tuple[str, str | None] | None = None


def find_payment(value: Mapping[str, Any]) -> Payment | None:
    """What a row records of money; None where it records nothing."""
    sums, ids = list(_sums(value)), list(_ids(value))
    stated = value.get("action")
    action = stated if isinstance(stated, str) and _WORD.match(stated) else "payment"
    if not sums and not ids and action not in _ACTIONS:
        return None
    named = _ACTIONS.get(action, action.replace("_", " "))
    parts = [f"{named}: {', '.join(sums) or 'no sum stated'}", *ids]
    invoice = value.get("invoice_message_id")
    if _is_number(invoice):
        parts.append(f"for the invoice in message {invoice}")
    return Payment("; ".join(parts), _payer(value))


def _sums(value: Mapping[str, Any]) -> Iterator[str]:
    amount, code = value.get("amount"), value.get("currency")
    if isinstance(code, str) and amount is not None:
        yield say_sum(amount, code)
    for name in _STARS:
        if _is_number(value.get(name)):
            yield f"{value[name]} Stars"
    if _is_number(value.get("amount_whole")):
        unit = "TON" if value.get("action") == "send_ton_gift" else "Stars"
        yield _with_nano(value["amount_whole"], value.get("amount_nano"), unit)
    if value.get("price_amount_whole") is not None:
        said = value.get("price_currency")
        unit = said if isinstance(said, str) and said in _UNITS else "(no unit)"
        yield _with_nano(value["price_amount_whole"], value.get("price_amount_nano"), unit)
    cost = value.get("cost")
    if isinstance(cost, str) and cost.strip():
        yield f"cost {quote_id(cost)}"


def say_sum(amount: object, code: str) -> str:
    """A sum as Telegram states it, a whole number of the smallest unit.

    >>> say_sum(4999, "USD"), say_sum(15, "XTR"), say_sum(5, "XYZ")
    ('49.99 USD (4999 in the smallest unit)', '15 Stars', "5 of the smallest unit of 'XYZ'")
    """
    if not isinstance(amount, int) or isinstance(amount, bool):
        return f"a sum that is no whole number ({quote_id(str(amount))})"
    if code == "XTR":
        return f"{amount} Stars"
    try:
        decimals = currency(code).decimals
    except AmountError:
        return f"{amount} of the smallest unit of {quote_word(code)}"
    return f"{format_units(amount, decimals)} {code.strip().upper()} ({amount} in the smallest unit)"


def _with_nano(whole: object, nano: object, unit: str) -> str:
    """A sum of which the billionths stand in a field of their own."""
    if not (str(whole).isdecimal() and str(nano or 0).isdecimal()):
        return f"a sum that is no whole number ({quote_id(str(whole))})"
    places = str(nano or 0).rjust(_NANO, "0").rstrip("0")
    return f"{int(str(whole))}{'.' if places else ''}{places} {unit}"


def _ids(value: Mapping[str, Any]) -> Iterator[str]:
    for name, word in _IDS:
        found = value.get(name)
        if isinstance(found, str) and found.strip():
            yield f"{word} {_whole(found)[:_LONGEST]}"


def _payer(value: Mapping[str, Any]) -> tuple[str, str | None] | None:
    for name in _PAYERS:
        account, label = value.get(f"{name}_id"), value.get(f"{name}_name")
        if isinstance(account, str) and account.strip():
            return _whole(account), _whole(label) if isinstance(label, str) else None
    return None


def _whole(text: str) -> str:
    """A field without blanks round it; half of a broken character becomes a mark."""
    return text.encode("utf-8", "replace").decode().strip()


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_invoice(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The invoice in a message; Telegram Desktop writes it as a JSON text inside the JSON."""
    stated = value.get("invoice_information")
    if isinstance(stated, str):
        try:
            stated = json.loads(stated)
        except (ValueError, RecursionError):
            return None
    return stated if isinstance(stated, dict) else None


def invoice_sum(value: Mapping[str, Any]) -> list[Found]:
    """The sum that an invoice in a message asks for."""
    invoice = read_invoice(value)
    if invoice is None or not isinstance(invoice.get("currency"), str) or invoice.get("amount") is None:
        return []
    return [Found("amount_mentioned", say_sum(invoice["amount"], invoice["currency"]), 0, 0)]
