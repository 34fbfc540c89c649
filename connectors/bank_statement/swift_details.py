"""The text of a payment in MT940 (``:86:``): who stands on the other side, in the layouts that banks agreed on.

Raw::

    166?00GUTSCHRIFT?20EREF+E2E-1?21SVWZ+invoice?30BYLADEM1001?31DE02120300000000202051?32Erika Fiktiv   German; also ?38
    /EREF/E2E-1//CNTP/DE02120300000000202051/BYLADEM1001/Erika Fiktiv///REMI/USTD//invoice/              ING
    /EREF/E2E-1/BENM//NAME/Erika Fiktiv/REMI/invoice      Rabobank, the account on the second line of :61:
    /BENM/300000000000017\\n/Erika Fiktiv\\n/...            Macedonian and other banks; /ORDP/ where money comes in
    0111111111 Erika Fiktiv                               ING and SNS of old; ASN with an IBAN

What follows ``/REMI/`` is the payer's own text: a slash word in it counts only where none stands before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.bank_statement.accounts import is_iban, known_account

if TYPE_CHECKING:
    from collections.abc import Sequence

_STRUCTURED = re.compile(r"\s*(?:\d{3}\s?(?=[?<>~^|@]\d\d)|(?=[?<~^](?:00|20)))(.)", re.DOTALL)
_SEPA = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|PURP|MDAT|DDAT|SQTP|ORCR|ORMR)\+")
_SLASH = re.compile(
    r"/(ACCW|ADDR|BENM|BIC|CNTP|CSID|EREF|IBAN|ID|IREF|ISDT|KREF|MARF|NAME|ORDP|PREF|PURP|REMI|RTRN|SVCL|TRCD|TRTP|ULTB|ULTC|ULTD)(?=/)"
)
_CODED = re.compile(r"\A\s*/|/(?:BENM|CNTP|IBAN|NAME|ORDP)/")
#: Words that say whose name and id follow: the other side's, the account's own, or of whoever stands behind one of them.
_SIDES = ("BENM", "CNTP", "IBAN", "ORDP", "ULTB", "ULTC", "ULTD")
_IBAN_IN_TEXT = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}[A-Z0-9]{11,30}(?![A-Z0-9])")
_NUMBER = re.compile(r"(?=(?:[A-Z]*\d){4})[A-Z0-9]{4,34}\Z")
_GIRO = re.compile(r"\s*(\d{9,10}|[A-Z]{2}\d{2}[A-Z0-9]{11,30})(?:\s+(\S.*))?\Z")
_FULL_LINE = 65
_LONGEST_NAME = 32


@dataclass(frozen=True, slots=True)
class Details:
    """The other side as the text states it, the payment's reference and the text; empty where not stated."""

    name: str = ""
    account: str = ""
    bank: str = ""
    reference: str = ""
    text: str = ""


def read_details(lines: Sequence[str], *, credit: bool, giro: bool) -> Details:
    """The text of a payment by the layout it is written in; ``giro`` says that its bank begins it with an account.

    Who orders a ``credit`` is its other side, who benefits from a debit; the reversal of one names the same two.

    >>> read_details(["/CNTP/DE02120300000000202051/BYLADEM1001/Erika Fiktiv///R", "EMI/USTD//two"], credit=True, giro=False).name
    'Erika Fiktiv'
    """
    joined = "".join(lines)
    if found := _STRUCTURED.match(joined):
        return _structured(joined, found[1])
    if _CODED.search(joined) and _SLASH.search(joined):
        return _slash(joined, credit=credit)
    text = unwrap(lines)
    begin = _GIRO.match(lines[0]) if giro and lines else None
    if begin is None or not begin[1].strip("0"):
        return Details(text=text)
    name = (begin[2] or "").strip()  # where the whole text stands in one line, nobody can tell where the name ends
    return Details(name if len(name) <= _LONGEST_NAME else "", begin[1], text=text)


def is_structured(lines: Sequence[str]) -> bool:
    """Whether a text is in the layout of German and Polish banks, by its beginning."""
    return bool(lines) and bool(_STRUCTURED.match("".join(lines[:2])))


def unwrap(lines: Sequence[str]) -> str:
    """Lines as one text: a full one goes on without a space, since it was cut at the 65th sign.

    >>> unwrap(["rent", "July"]), unwrap(["x" * 64 + "Ju", "ly"])[-4:]
    ('rent July', 'July')
    """
    text = ""
    for line in lines:
        text += line if len(line) >= _FULL_LINE else line + " "
    return " ".join(text.split())


def lone_iban(text: str) -> str:
    """The one IBAN that stands in a text, empty where none or several do."""
    found = {plain for plain in _IBAN_IN_TEXT.findall(text) if is_iban(plain)}
    return found.pop() if len(found) == 1 else ""


def _structured(joined: str, mark: str) -> Details:
    pieces = re.split(rf"{re.escape(mark)}(\d\d)", joined)
    fields: dict[str, str] = {}
    for number, value in zip(pieces[1::2], pieces[2::2], strict=True):
        fields[number] = fields.get(number, "") + value
    purpose = "".join(fields[number] for number in sorted(fields) if "20" <= number <= "29")
    words = _SEPA.split(purpose)
    said = dict(reversed(list(zip(words[1::2], words[2::2], strict=True))))
    more = "".join(fields[number] for number in sorted(fields) if "60" <= number <= "63")
    written = [
        each.strip() for each in (fields.get("38", ""), fields.get("31", ""), said.get("IBAN", "")) if each.strip()
    ]
    account = next(filter(known_account, written), written[0] if written else "")
    return Details(
        name=" ".join(f"{fields.get('32', '')}{fields.get('33', '')}".split()),
        account=account,
        bank=fields.get("30", "").strip(),
        reference=said.get("EREF", "").strip(),
        text=" ".join(" ".join((*words[:1], *words[2::2], more)).split()),
    )


def _slash(joined: str, *, credit: bool) -> Details:
    pieces = _SLASH.split(joined)
    first, later = dict[str, str](), dict[str, str]()  # what the bank says, and what stands behind the payer's own text
    behind, theirs, said = False, "ORDP" if credit else "BENM", first
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        if word in _SIDES:
            behind = word not in ("CNTP", "IBAN", theirs)
        plain = value[1:].strip()
        if plain.strip("/") and not (behind and word in ("NAME", "ID", "ADDR")):
            said.setdefault(word, plain)
        if word == "REMI":
            behind, said = False, later
    account, bank, name = _party(first, theirs)
    last_account, last_bank, last_name = _party(later, theirs)
    return Details(
        name=(name or last_name).strip("/ "),
        account=(account or last_account).strip("/ "),
        bank=(bank if account else last_bank).strip("/ "),
        reference=(first.get("EREF") or later.get("EREF", "")).strip("/ "),
        text=" ".join(joined.split()),
    )


def _party(said: dict[str, str], side: str) -> tuple[str, str, str]:
    """Account, bank and name of the other side: by words of their own, else as /CNTP/ gives them, else /BENM/ or /ORDP/."""
    account, bank, name = said.get("IBAN", ""), said.get("BIC", ""), said.get("NAME", "")
    if "CNTP" in said:
        first, second, third, *_ = (*said["CNTP"].split("/"), "", "", "")
        return account or first.strip(), bank or second.strip(), name or third.strip()
    if side in said:
        first, second, *_ = (*said[side].split("/"), "", "")
        plain = first.replace(" ", "")
        found = (plain, second) if _NUMBER.match(plain) else ("", first)
        account, name = account or found[0], name or found[1].strip()
    return account or said.get("ACCW", "").partition(",")[0].strip(), bank, name
