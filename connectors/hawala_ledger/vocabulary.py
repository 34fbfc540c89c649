"""What a mapping of a ledger may say: the words for its columns or parts of lines, the kinds of row, the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors import transcription
from connectors.hawala_ledger.words import load_lists
from trails.mapping import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.mapping import DeclaredColumns

IDENTIFIERS = ("payer_phone", "payee_phone", "payer_address", "payee_address", "payer_handle", "payee_handle")
WORDS = (
    "number", "date", "code", "payer", "payee", "office", "amount", "currency", "fee", "status", "note", "token",
    "party", "side", "credit", "debit", "balance", "corrects", "split", "paid_date", "pay_office", "pay_currency",
    "rate", "equal_amount", "equal_currency", *IDENTIFIERS, *transcription.WORDS,
)  # fmt: skip
#: The kinds of row, and the words each needs.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "deposit": ("code", "payer"),
    "payout": ("code", "payee"),
    "refund": ("code", "payer"),
    "completed": ("code", "payer", "payee", "paid_date"),
    "settlement": ("payee",),
    "settlement_in": ("payer",),
    "payment": ("payee",),
    "reassignment": ("code",),
    "credit": ("party",),
    "debit": ("party",),
    "account": ("party",),
    "correction": (),
}
CHOICES = {
    "layout": ("table", "lines"),
    "balance_rises_with": ("credit", "debit"),
    "balance_per": ("book", "party", "payee"),
    "balance_starts": ("unknown", "zero"),
    "negative": ("refuse", "correction"),
    "fee_taken": ("deposit", "payout", "on_top"),
}
LISTS = ("words", "code_prefixes")
#: The side of the office's own account on which each kind of row stands.
INCOMING = frozenset({"deposit", "settlement_in", "credit"})

_TABLE = Vocabulary(WORDS, ("date", "amount", "status"), NEEDS, CHOICES, LISTS, lines=True)
_ACCOUNT = Vocabulary(WORDS, ("date", "party", "credit", "debit"), NEEDS, CHOICES, LISTS, lines=True)
_LINES = Vocabulary(WORDS, (), NEEDS, CHOICES, LISTS, lines=True)


def choose_vocabulary(data: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary of a mapping: of lines, of an account with two sides, or of a table with a status."""
    columns = data.get("columns")
    if data.get("layout") == "lines":
        return _LINES
    if isinstance(columns, dict) and "status" not in columns and {"credit", "debit"} & set(columns):
        return _ACCOUNT
    return _TABLE


def check_settings(mapping: DeclaredColumns) -> list[str]:
    """What is wrong with the settings of a ledger as a whole."""
    known = load_lists()
    problems = [
        f"`words` has no list {name!r}; there are: {', '.join(known)}"
        for name in mapping.lists.get("words", ())
        if name not in known
    ]
    words = set(mapping.columns) | {
        word for line in mapping.lines for word in WORDS if f"(?P<{word}>" in line["pattern"]
    }
    if "balance" in words and mapping.said("balance_rises_with") is None:
        problems.append('`balance_rises_with` is missing: say whether the balance grows with "credit" or with "debit"')
    problems += transcription.check_columns(words)
    if mapping.said("layout") == "lines" and words & set(transcription.WORDS):
        problems.append("a transcription is a table: `picture` and what belongs to it are columns, no parts of a line")
    if {"credit", "debit", "balance"} & words and mapping.said("decimal_mark") is None:
        problems.append("`decimal_mark` is missing: say '.' or ',', because 4.500 is two different amounts")
    return list(dict.fromkeys(problem for problem in problems if problem not in mapping.problems))
