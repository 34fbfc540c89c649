"""One address of an OFAC list, whatever the list's format."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: How every OFAC list names a crypto-currency address: ``Digital Currency Address - XBT``.
FEATURE = re.compile(r"Digital Currency Address - ([A-Za-z0-9]{2,10})")


@dataclass(frozen=True, slots=True)
class Listing:
    """A listed address: its number in the file, its text there, and what the list says beside it.

    ``asset`` is OFAC's word for the currency (XBT, ETH, USDT), None where the list does not say it. ``uid`` is OFAC's
    number of the listed party. ``cut`` says that the text ends where the list is cut, so that the address may go on.
    """

    row: int
    raw: str
    address: str
    asset: str | None
    name: str | None = None
    uid: str | None = None
    programs: tuple[str, ...] = ()
    origin: str = "OFAC sanctions list"
    cut: bool = False
