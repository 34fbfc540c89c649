"""Which nodes stand for people: not operators, banks, their fees, offices by their own book, or addresses of a chain."""

from __future__ import annotations

from trails.identifiers import normalise_name

#: Rails whose keys and labels are people's names and numbers.
PERSONAL = ("hawala", "chat", "phone", "document", "mto", "bank", "vasp", "cash")


def is_person(rail: str, key: str, kind: str = "account") -> bool:
    """Whether a node stands for a person, and not for an operator, its fees, a transaction, or an address of a chain.

    >>> is_person("vasp", "kraken:account:9a"), is_person("vasp", "kraken:fee"), is_person("bank", "fee")
    (True, False, False)
    >>> is_person("vasp", "party:answer:amber quince"), is_person("vasp", "example ltd:service")
    (True, False)
    """
    if kind != "account" or is_office_of_book(rail, key):
        return False
    if rail == "vasp":
        return ":account:" in key or ":nickname:" in key or key.startswith("party:")
    if rail == "mto":
        return key.startswith("party:")
    if rail == "bank":
        return not key.startswith(("bank:", "cash:", "unstated:")) and key != "fee"
    return rail in ("hawala", "chat", "phone", "document", "cash")


def is_office_of_book(rail: str, key: str) -> bool:
    """Whether a party is the office that keeps a book and is written nowhere: it is called as the book is."""
    _, scope, name = [*key.split(":", 2), "", ""][:3]
    return rail == "hawala" and bool(scope) and normalise_name(scope) == name
