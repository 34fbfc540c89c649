"""A tiny case written by hand: times are hours after 2024-08-01 00:00 UTC, ids count from 1."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from trails.graph import CaseTables, make_table
from trails.ownership.co_spend import claim_co_spend, flag_mixes
from trails.ownership.coinjoin import screen_transactions
from trails.ownership.transactions import describe_accounts, read_transactions

START = datetime(2024, 8, 1)

ASSETS = [
    ("BTC", "bitcoin", None, "BTC", 8),
    ("EUR", None, None, "EUR", 2),
    ("USD", None, None, "USD", 2),
    ("BAM", None, None, "BAM", 2),
    ("AED", None, None, "AED", 2),
    ("SAR", None, None, "SAR", 2),
    ("JOD", None, None, "JOD", 3),
    ("IRR", None, None, "IRR", 2),
    ("USDT@tron", "tron", "TR7", "USDT", 6),
    ("USDT@bsc", "bsc", "0x55", "USDT", 18),
    ("0xfake@ethereum", "ethereum", "0xfake", "USDT", 6),
    ("TRX", "tron", None, "TRX", 6),
    ("ETH", "ethereum", None, "ETH", 18),
    ("BNB", "bsc", None, "BNB", 18),
]


def moment(hours: float | None) -> datetime | None:
    return None if hours is None else START + timedelta(hours=hours)


class SmallCase:
    """Collects rows and gives the tables of a case."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, object]]] = {
            name: [] for name in ("nodes", "transfers", "events", "tags", "prices", "judgements")
        }

    def _add(self, table: str, key: str, row: dict[str, object]) -> int:
        number = len(self.rows[table]) + 1
        self.rows[table].append({key: number, **row})
        return number

    def node(self, key: str, rail: str = "tron", kind: str = "account", label: str | None = None) -> int:
        return self._add("nodes", "node_id", {"kind": kind, "rail": rail, "key": key, "label": label})

    def move(
        self, src: int, dst: int, amount: int | None = 100, *, at: float | None = 0, kind: str = "transfer",
        asset: str = "USDT@tron", error: int = 0, seq: int | None = None, status: str = "ok", source: int = 1,
        ref: str | None = None,
    ) -> int:  # fmt: skip
        time = moment(at)
        return self._add("transfers", "transfer_id", {
            "public_id": f"t{len(self.rows['transfers']):016d}", "src": src, "dst": dst, "asset": asset,
            "amount": amount, "kind": kind, "time": time, "time_error_s": None if time is None else error,
            "time_basis": "unknown" if time is None else "chain", "seq": seq, "status": status, "ref": ref,
            "source_id": source, "row": len(self.rows["transfers"]) + 1,
        })  # fmt: skip

    def event(
        self, kind: str, *, at: float | None = 0, node: int | None = None, other: int | None = None, source: int = 9,
        row: int | None = None,
    ) -> int:  # fmt: skip
        time = moment(at)
        return self._add("events", "event_id", {
            "public_id": f"e{len(self.rows['events']):016d}", "kind": kind, "time": time,
            "time_error_s": None if time is None else 0, "time_basis": "unknown" if time is None else "stated",
            "node_id": node, "other_node_id": other, "text": kind, "source_id": source,
            "row": len(self.rows["events"]) + 1 if row is None else row,
        })  # fmt: skip

    def tag(self, node: int, category: str) -> int:
        return self._add("tags", "tag_id", {"node_id": node, "label": category, "category": category, "source_id": 7,
                                            "row": len(self.rows["tags"]) + 1})  # fmt: skip

    def price(
        self, base: str, quote: str, rate: str, *, at: float | None = 0, error: int = 0, origin: str = "test"
    ) -> int:
        time = moment(at)
        return self._add("prices", "price_id", {
            "base": base, "quote": quote, "rate": rate, "time": time, "time_error_s": None if time is None else error,
            "time_basis": "unknown" if time is None else "stated", "origin": origin, "source_id": 8, "row": 1,
        })  # fmt: skip

    def declare(self, node: int, role: str, *, at: float = 0, supersedes: int | None = None) -> int:
        row = self.rows["nodes"][node - 1]
        return self._add("judgements", "judgement_id", {
            "target": f"node:{row['rail']}:{row['key']}", "verdict": f"role={role}", "who": "analyst", "at": moment(at),
            "supersedes": supersedes,
        })  # fmt: skip

    def tables(self) -> CaseTables:
        made = {name: _table(name, rows) for name, rows in self.rows.items()}
        names = ("asset", "rail", "contract", "symbol", "decimals")
        assets = make_table("assets", {name: [row[at] for row in ASSETS] for at, name in enumerate(names)})
        return CaseTables(assets=assets, **made)


def _table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return make_table(name, {column: [row[column] for row in rows] for column in (rows[0] if rows else ())})


def shuffled(tables: CaseTables, seed: int) -> CaseTables:
    """The same tables with every table's rows in another order."""
    rng = np.random.default_rng(seed)
    frames = {
        name: getattr(tables, name).iloc[rng.permutation(len(getattr(tables, name)))].reset_index(drop=True)
        for name in ("nodes", "assets", "transfers", "events", "tags", "prices", "judgements")
    }
    return CaseTables(**frames)


def co_spends(tables: CaseTables, coinjoins: pd.DataFrame | None = None) -> pd.DataFrame:
    """The co-spend claims of tables in memory, screened unless other flags are given."""
    transactions = read_transactions(tables.transfers)
    flagged = screen_transactions(transactions) if coinjoins is None else coinjoins
    mixes = flag_mixes(transactions, flagged)
    return claim_co_spend(transactions, describe_accounts(tables.nodes), mixes).claims.frame()


def no_matches() -> pd.DataFrame:
    return make_table("matches", {})


def no_coinjoins() -> pd.DataFrame:
    return pd.DataFrame({"junction": [], "verdict": [], "rule": [], "conditions": [], "confidence": []})


def cell(frame: pd.DataFrame, row: object, column: str) -> Any:
    """One cell, whose type pandas cannot know."""
    return frame[column].to_dict()[row]
