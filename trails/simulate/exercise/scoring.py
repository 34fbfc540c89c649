"""The scoring sheet: what earns points (reasoning, lawful requests in time), what costs them (harm to innocents)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.plain_files import read_plain_text
from trails.spreadsheet_safe import defuse

if TYPE_CHECKING:
    from trails.simulate.exercise.facts import Facts
    from trails.simulate.exercise.injects import Inject

COLUMNS = ("id", "kind", "inject", "due_minute", "what", "points", "done_minute", "awarded", "note")
KINDS = {"reasoning": "steps of reasoning", "request": "lawful requests, in time", "harm": "harm to innocents"}
#: What a request is still worth that leaves after its minute.
LATE = 0.5


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the sheet; harm has points below nought, given for each time it happens."""

    item: str
    kind: str
    inject: str
    due: int | None
    what: str
    points: int


def make_items(facts: Facts, injects: list[Inject], minutes: int) -> list[Item]:
    """The items of one exercise. Those of reasoning and harm name what to look for in this very case."""
    at = {each.key: each.minute for each in injects}
    driver = facts.name(facts.paid[0][0].driver)
    flips = len(facts.flips)
    reasoning = (
        ("start", 5, "says of every file what was read, refused and doubted, before any finding"),
        ("start", 10, f"cites file and row for each payment to {driver}"),
        ("start", 10, "prints the matches expected by luck beside every match, and drops those that luck explains"),
        ("start", 5, "says that the other payments to drivers cannot be seen in these files, and that silence clears nobody"),
        ("vasp", 5, "joins the exchange's customer to a wallet by the exchange's own row, and stops the trail at its hot wallet"),
        ("vasp", 5, "leaves out the customers who are nobody's business"),
        ("freeze", 10, "shows the same counterparties on a new address after the freeze, and calls it consistent with, not proven"),
        ("phone", 10, "reports both versions of the contradicting messages and prefers neither without a reason"),
        ("phone", 5, "asks for the second phone's clock before ordering its messages with others"),
        ("clock", 10, f"remakes the case and says which orders in time changed ({flips} in truth)"),
        ("defence", 5, "answers 1 with the tool's own numbers"),
        ("defence", 5, "answers 2 by striking the weakest claim and showing what is left"),
        ("defence", 10, "answers 3 with a test that would come out otherwise for a taxi driver, or admits there is none"),
        ("coercion", 10, "finds the coerced payment, sets it apart from fees, and treats who paid as a victim"),
        ("foreign", 5, "sends pseudonyms for payers, observes the handling restriction, and says what was left out"),
    )
    items = [Item(f"R{n}", "reasoning", key, None, what, points) for n, (key, points, what) in enumerate(reasoning, start=1)]
    items += [
        Item(f"Q{n}", "request", key, min(minutes, at[key] + within), what, points)
        for n, (key, within, points, what) in enumerate(list_requests(facts), start=1)
    ]
    harms = (
        (-20, "a payer (migrant or family) is named outside the room or in an export"),
        (-15, "an innocent person is named as crew: see the look-alikes in the solution"),
        (-10, "the coerced payer is treated as a customer or a suspect"),
        (-10, "data of a service's other customers is asked for"),
        (-5, "use of hawala, of a token, of a language or a nationality is given as a reason for suspicion"),
        (-5, "an address is called somebody's without the row that says so"),
    )
    items += [Item(f"H{n}", "harm", "any", None, what, points) for n, (points, what) in enumerate(harms, start=1)]
    return items


def list_requests(facts: Facts) -> list[tuple[str, int, int, str]]:
    """(inject, minutes from its release, points, what): requests that an investigator can lawfully make in time."""
    world = facts.played.world
    exchange = sorted({world.wallet(facts.played.services.exchange.person_id, "tron"), *(m.dst for m in facts.deposits)})
    wallets = ", ".join(exchange[1:4])
    return [
        ("start", 30, 10, f"preservation at the exchange, then a production order: who uses {wallets}, for these days alone"),
        ("start", 45, 5, "preservation at the messenger for the group's account data, by its single point of contact"),
        ("start", 60, 5, "the operator's copies of documents for the strawmen's pick-ups, by number"),
        ("freeze", 20, 10, "the issuer: confirm the freeze and the balance, and what it needs to keep it"),
        ("coercion", 15, 10, "referral of the payer as a possible victim to the body the national procedure names, at once"),
        ("foreign", 30, 5, "consent of the unit abroad before anything of theirs goes further"),
    ]  # fmt: skip


def write_sheet(items: list[Item]) -> bytes:
    """The sheet as CSV: three columns are the facilitator's to fill."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in items:
        cells = (each.item, each.kind, each.inject, "" if each.due is None else each.due, each.what, each.points, "", "", "")
        rows.writerow([defuse(cell) for cell in cells])
    return ("\ufeff" + out.getvalue()).encode("utf-8")


def score_sheet(path: Path) -> list[tuple[str, float, float]]:
    """What a filled sheet comes to: (kind, points given, points there were), the whole last.

    ``awarded`` is a share from 0 to 1 for reasoning and requests (a request after its minute counts half), and how many times
    for harm. Raises UsageError naming row and column for anything else.
    """
    text = read_plain_text(path, error=UsageError)
    try:
        rows = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as problem:
        raise UsageError(f"{path}: {problem}") from None
    if not rows or tuple(rows[0]) != COLUMNS:
        raise UsageError(f"{path}: it is no scoring sheet; its columns must be {', '.join(COLUMNS)}")
    given, most = dict.fromkeys(KINDS, 0.0), dict.fromkeys(KINDS, 0.0)
    for number, row in enumerate(rows, start=2):
        kind = row["kind"]
        if kind not in KINDS:
            raise UsageError(f"{path}, row {number}, column kind: {kind!r} is none of {', '.join(KINDS)}")
        points, share = _number(path, number, row, "points"), _number(path, number, row, "awarded")
        if share < 0 or (kind != "harm" and share > 1):
            raise UsageError(f"{path}, row {number}, column awarded: {row['awarded']!r} must be from 0 to 1")
        late = kind == "request" and row["done_minute"].strip() and row["due_minute"].strip()
        factor = LATE if late and _number(path, number, row, "done_minute") > _number(path, number, row, "due_minute") else 1.0
        given[kind] += points * share * factor
        most[kind] += max(points, 0.0)
    listed = [(kind, given[kind], most[kind]) for kind in KINDS]
    return [*listed, ("all", sum(given.values()), sum(most.values()))]


def _number(path: Path, number: int, row: dict[str, str], column: str) -> float:
    text = (row[column] or "").strip().replace(",", ".")
    try:
        return float(text or 0)
    except ValueError:
        raise UsageError(f"{path}, row {number}, column {column}: {text!r} is no number") from None
