"""What a statement must balance with: opening, entries and closing, or the control sums of an interim report.

A break is a missing or an altered entry, or one that we refused. It names the rows that could be its cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.bank_statement.amounts import read_asset
from trails.model import Issue
from trails.money import format_units
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.bank_statement.entries import Statement

#: So many rows are named; of more the number is said.
_MOST_NAMED = 10


def balance_issues(statement: Statement, rows: Sequence[int], refused: Mapping[int, int | None]) -> Iterator[Issue]:
    """Whether opening balance and entries make the closing balance; ``rows`` are the statement's.

    ``refused`` are those of them that count for nothing, with their units where they can be read.
    """
    yield from _check_sums(statement, refused)
    if statement.opening is None or statement.closing is None or statement.currency is None:
        if statement.must_balance and rows:
            yield _unchecked(statement, rows)
        return
    difference = statement.closing - statement.opening - statement.booked
    if not difference:
        return
    decimals = read_asset(statement.currency).decimals
    opening, booked, closing, lacking = (
        format_units(units, decimals) for units in (statement.opening, statement.booked, statement.closing, difference)
    )
    message = (
        f"{statement.label}: opening {opening} and entries of {booked} do not make the closing {closing} "
        f"({_causes(statement, rows, refused, difference)}): {lacking} {statement.currency} are missing or altered"
    )
    yield Issue(None, "warning", "balance_break", message)


def _unchecked(statement: Statement, rows: Sequence[int]) -> Issue:
    lacking = [
        word
        for word, units in (("opening", statement.opening), ("closing", statement.closing))
        if units is None or statement.currency is None
    ]
    message = (
        f"{statement.label}: no {' and no '.join(lacking)} balance that can be read, so nothing shows whether "
        f"an entry is missing beside {_name_rows(rows)}"
    )
    return Issue(None, "warning", "balance_missing", message)


def _causes(statement: Statement, rows: Sequence[int], refused: Mapping[int, int | None], difference: int) -> str:
    """The rows that could be the cause of a break, in words."""
    said = []
    if refused:
        whole = sum(units or 0 for units in refused.values()) == difference and None not in refused.values()
        said.append(
            f"refused and not counted: {_name_rows([*refused])}{', which is the whole difference' if whole else ''}"
        )
    elsewhere = statement.elsewhere
    if elsewhere:
        said.append(f"in another currency and not counted: {_name_rows(elsewhere)}")
    if doubted := statement.doubted:
        said.append(f"with lines of text that look like fields: {_name_rows(doubted)}")
    counted = [(row, units) for row, units in statement.moved if row not in elsewhere]
    left_out = [row for row, units in counted if units == -difference]
    turned = [row for row, units in counted if 2 * units == -difference]
    if left_out:
        said.append(f"{_name_rows(left_out)} would balance it if left out")
    if turned:
        said.append(f"{_name_rows(turned)} would balance it the other way round")
    if not said:
        said.append(f"no single one of {_name_rows(rows)} explains it" if rows else "it has no entries")
    return "; ".join(said)


def _name_rows(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return f"row {rows[0]}"
    if list(rows) == list(range(rows[0], rows[-1] + 1)):
        return f"rows {rows[0]} to {rows[-1]}"
    named = ", ".join(map(str, rows[:_MOST_NAMED]))
    return f"rows {named}" + (f" and {len(rows) - _MOST_NAMED:,} more" if len(rows) > _MOST_NAMED else "")


def _check_sums(statement: Statement, refused: Mapping[int, int | None]) -> Iterator[Issue]:
    """Whether an interim report's entries are as many, and as much, as its control sums say."""
    for incoming, (count, units) in statement.sums.items():
        found = [moved for _row, moved in statement.moved if (moved > 0) == incoming]
        if (len(found), sum(map(abs, found))) == (count, units) or statement.currency is None:
            continue
        decimals = read_asset(statement.currency).decimals
        why = f"; refused and not counted: {_name_rows([*refused])}" if refused else ""
        message = (
            f"{statement.label}: {count_words(len(found), 'entry', 'entries')} {'in' if incoming else 'out'} of "
            f"{format_units(sum(map(abs, found)), decimals)} {statement.currency}, its control sum says {count:,} of "
            f"{format_units(units, decimals)}{why}"
        )
        yield Issue(None, "warning", "balance_break", message)
