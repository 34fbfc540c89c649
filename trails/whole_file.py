"""What is said once of a whole file: that nothing of it was kept, or that something said about it decided nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trails.idle_options import note_idle, refuse_misordered
from trails.model import Issue
from trails.said import is_read_in, note_currency_unused, note_order_misfit, note_unused, note_zone_unused
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import duckdb

    from trails.connector import Connector, ReadOptions, Source

#: Where the times of what was read come from.
_BASES = (
    "SELECT DISTINCT time_basis FROM stage_transfers UNION SELECT DISTINCT time_basis FROM stage_events "
    "UNION SELECT DISTINCT time_basis FROM stage_prices UNION SELECT DISTINCT time_basis FROM stage_batches"
)
_DAMAGED = "SELECT count(DISTINCT row) FROM stage_issues WHERE code IN ('time', 'time_damaged') AND severity = 'error'"
#: The rails of what was read.
_RAILS = (
    "SELECT DISTINCT src_rail FROM stage_transfers UNION SELECT DISTINCT dst_rail FROM stage_transfers "
    "UNION SELECT DISTINCT node_rail FROM stage_events UNION SELECT DISTINCT node_rail FROM stage_tags "
    "UNION SELECT DISTINCT rail FROM stage_batches"
)


def note_all_skipped(con: duckdb.DuckDBPyConnection, rows_read: int) -> Iterator[Issue]:
    """Warn where every row of a file was left out on purpose, with the reason most of them have: nobody looks for skips."""
    ((skipped,),) = con.execute("SELECT count(DISTINCT row) FROM stage_skips").fetchall()
    if not skipped or skipped != rows_read:
        return
    asked = "SELECT reason, count(DISTINCT row) FROM stage_skips GROUP BY reason ORDER BY 2 DESC, 1 LIMIT 1"
    ((reason, most),) = con.execute(asked).fetchall()
    whose = "its reason" if skipped == 1 else "their reason" if most == skipped else f"the reason of {most:,} of them"
    message = f"nothing of the file was kept: {count_words(skipped, 'row was', 'rows were')} left out on purpose; {whose}: {reason}"
    yield Issue(None, "warning", "all_skipped", message)


def note_options(
    con: duckdb.DuckDBPyConnection, source: Source, connector: Connector, options: ReadOptions, assets: Iterable[str]
) -> Iterator[Issue]:
    """Warn of what was said about a file and decided nothing in it, or may have been said wrongly; ``assets`` are those read.

    Raises SourceError where the dates of the file prove another order than the one said.
    """
    rails = {rail for (rail,) in con.execute(_RAILS).fetchall() if rail} if options.rail else set()
    found = list(assets)
    yield from note_unused(options, source, connector, rails)
    refused = list(note_currency_unused(options, found, connector))
    yield from refused
    settled = {"currency"} if refused or is_read_in(options.currency, found) else set()
    yield from note_idle(source, connector, options, rails=rails, settled=settled)
    if options.timezone:
        yield from note_zone_unused(options, {basis for (basis,) in con.execute(_BASES).fetchall()}, connector)
    if options.date_order:
        ((damaged,),) = con.execute(_DAMAGED).fetchall()
        if damaged:
            refuse_misordered(source, connector, options)
        yield from note_order_misfit(options, damaged)
