"""A fact in words: what its row states, in whole units and UTC, by names that are safe to show, with file and row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from trails.money import format_units

if TYPE_CHECKING:
    from trails.graph import CaseTables
    from trails.pseudonyms import Names

#: The tables whose rows are facts that findings cite.
FACTS = ("transfer", "event", "tag")


@dataclass(frozen=True, slots=True)
class FactLine:
    """One cited fact in words: which fact, what it states, and the file and row that state it.

    ``reference`` is the rail's own reference in full (transaction id and number), None where there is none or where it
    would name a protected person; ``ends`` are the two parties in full.
    """

    fact: str
    text: str
    source: str
    row: int | None
    sha256: str
    further: tuple[str, ...]
    reference: str | None = None
    ends: tuple[str, ...] = ()


class FactLines:
    """Facts in words with their file and row; looked up by ``table:number``."""

    def __init__(
        self, tables: CaseTables, names: Names, sources: list[dict[str, Any]], citations: pd.DataFrame
    ) -> None:
        self._names = names
        self._sources = {source["source_id"]: source for source in sources}
        self._decimals = dict(zip(tables.assets["asset"], tables.assets["decimals"], strict=True))
        self._symbols = dict(zip(tables.assets["asset"], tables.assets["symbol"], strict=True))
        self._facts = {
            "transfer": tables.transfers.set_index("transfer_id"),
            "event": tables.events.set_index("event_id"),
            "tag": tables.tags.set_index("tag_id"),
        }
        self._further: dict[tuple[str, int], list[str]] = {}
        for fact, fact_id, source_id, row in citations.itertuples(index=False, name=None):
            place = f"{self._file(source_id)} row {row}"
            self._further.setdefault((str(fact), int(fact_id)), []).append(place)

    def _file(self, source_id: int) -> str:
        return self._names.clean_text(str(self._sources[source_id]["name"]))

    def line(self, fact: str) -> FactLine:
        """One fact in words; ``fact`` is like ``transfer:12``."""
        kind, _, number = fact.partition(":")
        row: dict[str, Any] = dict(self._facts[kind].loc[int(number)])
        source = self._sources[int(row["source_id"])]
        words = {"transfer": self._say_transfer, "event": self._say_event, "tag": self._say_tag}[kind](row)
        nodes = [int(row[key]) for key in ("src", "dst", "node_id", "other_node_id") if key in row and not is_missing(row[key])]
        safe = not self._names.protected.intersection(nodes)
        reference = None if not safe or is_missing(row.get("ref")) else self._names.show_reference(str(row["ref"]))
        return FactLine(
            fact, words, self._file(int(row["source_id"])), int(row["row"]), source["sha256"],
            tuple(self._further.get((kind, int(number)), ())), reference,
            tuple(self._name(node) for node in nodes),
        )  # fmt: skip

    def _name(self, node: int) -> str:
        return self._names.full.get(node) or self._names.shown.get(node, f"node {node}")

    def amount(self, asset: str, amount: int | None) -> str:
        """An exact amount with its asset's symbol, or its contract where the symbol is nobody's to trust."""
        decimals = self._decimals.get(asset)
        symbol = self._symbols.get(asset)
        shown = asset if "@" in asset and not asset.startswith("USDT@") else (symbol or asset)
        exact = None if is_missing(amount) or amount is None else int(amount)
        return f"{format_units(exact, None if is_missing(decimals) or decimals is None else int(decimals))} {shown}"

    def _say_transfer(self, row: dict[str, Any]) -> str:
        src, dst = self._name(int(row["src"])), self._name(int(row["dst"]))
        said = "" if row["status"] == "ok" else f" (status: {row['status']})"
        return f"{say_time(row)}: {row['kind']} of {self.amount(row['asset'], row['amount'])} from {src} to {dst}{said}"

    def _say_event(self, row: dict[str, Any]) -> str:
        parts = [self._name(int(row[key])) for key in ("node_id", "other_node_id") if not is_missing(row[key])]
        return f"{say_time(row)}: {row['kind'].replace('_', ' ')}{' (' + ', '.join(parts) + ')' if parts else ''}"

    def _say_tag(self, row: dict[str, Any]) -> str:
        category = row["category"] if isinstance(row["category"], str) else "no category"
        return f"tag on {self._name(int(row['node_id']))}: {row['label']} ({category})"


def is_missing(value: object) -> bool:
    """Whether a table's cell is empty: None, NaN, NaT or NA."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def say_time(row: dict[str, Any]) -> str:
    """An instant with its uncertainty, for people: ``2024-08-02 23:24:36 UTC``, ``... +-12 h``, ``time not stated``."""
    time = row["time"]
    if is_missing(time):
        return "time not stated"
    error = 0 if is_missing(row["time_error_s"]) else int(row["time_error_s"])
    shown = f"{time:%Y-%m-%d %H:%M:%S} UTC"
    if error >= 3600:
        shown += f" +-{error / 3600:g} h"
    elif error:
        shown += f" +-{error} s"
    return shown + (" (zone assumed)" if row["time_basis"] == "assumed" else "")
