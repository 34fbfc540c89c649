"""The frozen result document: everything the evidence summary says, decided once, before anything is rendered.

The part ``results`` depends on the files and the settings alone: the same files and settings give the same bytes, and
``results_sha256`` is their hash. The part ``record`` says when and by whom the case was made, and differs from run to run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from trails.graph import NOT_MONEY, CaseTables, list_rows
from trails.money import format_units
from trails.pseudonyms import Names
from trails.report.limits import LIMITS, STANDING_STATEMENTS

FORMAT = "trails-result/1"
_FACTS = ("transfer", "event", "tag")


@dataclass(frozen=True, slots=True)
class FactLine:
    """One cited fact in words: which fact, what it states, and the file and row that state it."""

    fact: str
    text: str
    source: str
    row: int | None
    sha256: str
    further: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """One finding: its words, its conditions, the facts under it, what luck alone would give, the innocent reading."""

    number: int
    kind: str
    subject: str
    wording: str
    conditions: tuple[dict[str, Any], ...]
    evidence: tuple[FactLine, ...]
    chance: float | None
    innocent_reading: str
    missing_test: str


@dataclass(frozen=True, slots=True)
class ResultDocument:
    """What ``trails report`` freezes to JSON and renders to HTML."""

    format: str
    results_sha256: str
    results: dict[str, Any]
    record: dict[str, Any]

    def to_json(self) -> str:
        """The document as JSON text, keys in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"


def build_document(
    tables: CaseTables,
    *,
    frames: dict[str, pd.DataFrame],
    names: Names,
    lines: FactLines,
    sources: list[dict[str, Any]],
    settings: dict[str, Any],
    versions: dict[str, str],
    record: dict[str, Any],
) -> ResultDocument:
    """Assemble the document from facts, inference frames (claims, entities, matches, roles, links, hops, findings) and
    the account of rows. Payers are pseudonyms throughout; no raw text of a source is taken in.
    """
    results = {
        "read": [_describe_source(source) for source in sources],
        "missing": _list_missing(sources, tables),
        "counts": {name: len(frame) for name, frame in sorted(frames.items())},
        "assets": _sum_assets(tables),
        "roles": _list_roles(frames, names),
        "judgements": _list_judgements(tables, names),
        "links": _list_links(frames, names, lines),
        "findings": [asdict(entry) for entry in _list_findings(frames["findings"], names, lines)],
        "settings": settings,
        "versions": versions,
        "limits": list(LIMITS),
        "statements": list(STANDING_STATEMENTS),
    }
    frozen = json.dumps(results, ensure_ascii=False, sort_keys=True, default=str)
    return ResultDocument(FORMAT, hashlib.sha256(frozen.encode()).hexdigest(), results, record)


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
            place = f"{self._sources[source_id]['name']} row {row}"
            self._further.setdefault((str(fact), int(fact_id)), []).append(place)

    def line(self, fact: str) -> FactLine:
        """One fact in words; ``fact`` is like ``transfer:12``."""
        kind, _, number = fact.partition(":")
        row: dict[str, Any] = dict(self._facts[kind].loc[int(number)])
        source = self._sources[int(row["source_id"])]
        words = {"transfer": self._say_transfer, "event": self._say_event, "tag": self._say_tag}[kind](row)
        further = tuple(self._further.get((kind, int(number)), ()))
        return FactLine(fact, words, source["name"], int(row["row"]), source["sha256"], further)

    def amount(self, asset: str, amount: int | None) -> str:
        """An exact amount with its asset's symbol, or its contract where the symbol is nobody's to trust."""
        decimals = self._decimals.get(asset)
        symbol = self._symbols.get(asset)
        shown = asset if "@" in asset and not asset.startswith("USDT@") else (symbol or asset)
        exact = None if is_missing(amount) or amount is None else int(amount)
        return f"{format_units(exact, None if is_missing(decimals) or decimals is None else int(decimals))} {shown}"

    def _say_transfer(self, row: dict[str, Any]) -> str:
        src, dst = self._names.shown[int(row["src"])], self._names.shown[int(row["dst"])]
        said = "" if row["status"] == "ok" else f" (status: {row['status']})"
        return f"{say_time(row)}: {row['kind']} of {self.amount(row['asset'], row['amount'])} from {src} to {dst}{said}"

    def _say_event(self, row: dict[str, Any]) -> str:
        parts = [self._names.shown[int(row[key])] for key in ("node_id", "other_node_id") if not is_missing(row[key])]
        return f"{say_time(row)}: {row['kind'].replace('_', ' ')} ({', '.join(parts)})"

    def _say_tag(self, row: dict[str, Any]) -> str:
        return f"tag on {self._names.shown[int(row['node_id'])]}: {row['label']} ({row['category'] or 'no category'})"


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


def _describe_source(source: dict[str, Any]) -> dict[str, Any]:
    kept = ("source_id", "name", "connector", "sha256", "bytes", "rows_read", "rows_kept", "rows_duplicate",
            "rows_skipped", "rows_refused", "options")  # fmt: skip
    return {key: source[key] for key in kept}


def _list_missing(sources: list[dict[str, Any]], tables: CaseTables) -> list[dict[str, Any]]:
    """What is not there or not usable: refused and doubted rows, values and times that no row states."""
    found = [
        {"source": source["name"], "severity": group["severity"], "code": group["code"], "count": group["count"],
         "rows": [row for row in group["rows"] if row is not None]}
        for source in sources for group in source["issues"] if group["severity"] in ("error", "warning", "note")
    ]  # fmt: skip
    for status, count in tables.transfers["status"].value_counts().sort_index().items():
        if status in NOT_MONEY:
            found.append(
                {"source": "(all)", "severity": "note", "code": f"status_{status}", "count": int(count), "rows": []}
            )
    untimed, unvalued = int(tables.transfers["time"].isna().sum()), int(tables.transfers["amount"].isna().sum())
    if untimed:
        found.append({"source": "(all)", "severity": "note", "code": "time_not_stated", "count": untimed, "rows": []})
    if unvalued:
        found.append(
            {"source": "(all)", "severity": "note", "code": "amount_not_stated", "count": unvalued, "rows": []}
        )
    return found


def _sum_assets(tables: CaseTables) -> list[dict[str, Any]]:
    """Per asset: how many movements and by kind. Amounts are not summed over hops, and what failed is no movement."""
    money = tables.transfers[~tables.transfers["status"].isin(NOT_MONEY)]
    counted = money.groupby(["asset", "kind"], sort=True, as_index=False).agg(transfers=("transfer_id", "size"))
    return [{**row, "transfers": int(row["transfers"])} for row in list_rows(counted)]


def _list_roles(frames: dict[str, pd.DataFrame], names: Names) -> list[dict[str, Any]]:
    """Roles of all entities but payers, who are only counted."""
    roles = frames["roles"]
    listed = [
        {
            "entity": names.shown[int(row["entity_id"])],
            "role": row["role"],
            "basis": row["basis"],
            "wording": names.rename_text(row["wording"]),
        }
        for row in list_rows(roles)
        if row["role"] != "payer"
    ]
    payers = int((roles["role"] == "payer").sum())
    return [*listed, {"entity": f"{payers} payers", "role": "payer", "basis": "protected",
                      "wording": "People who paid; protected, named by pseudonym, never suspects."}]  # fmt: skip


def _list_judgements(tables: CaseTables, names: Names) -> list[dict[str, Any]]:
    protected = {f"node:{row['rail']}:{row['key']}": names.shown[int(row["node_id"])]
                 for row in list_rows(tables.nodes) if int(row["node_id"]) in names.hidden}  # fmt: skip
    return [
        {"judgement": int(row["judgement_id"]), "target": protected.get(row["target"], row["target"]), "verdict": row["verdict"],
         "who": row["who"], "why": row["why"] if isinstance(row["why"], str) else None}
        for row in list_rows(tables.judgements)
    ]  # fmt: skip


def _list_links(frames: dict[str, pd.DataFrame], names: Names, lines: FactLines) -> list[dict[str, Any]]:
    """Each link with its trails, hop by hop, every hop cited."""
    hops = frames["hops"]
    listed = []
    for link in list_rows(frames["links"]):
        mine = hops[hops["link_id"] == link["link_id"]].sort_values(["trail", "step"])
        trails = [
            [
                {"hop": int(hop["hop"]), "match": None if is_missing(hop["match_id"]) else int(hop["match_id"]),
                 "allocated": bool(hop["allocated"]), **asdict(lines.line(f"transfer:{int(hop['transfer_id'])}"))}
                for hop in list_rows(steps)
            ]
            for _, steps in mine.groupby("trail", sort=True)
        ]  # fmt: skip
        listed.append({
            "link": int(link["link_id"]), "organiser": names.shown[int(link["organiser"])],
            "driver": names.shown[int(link["driver"])],
            "payments": int(link["payments"]), "total": lines.amount(link["asset"], link["total"]), "asset": link["asset"],
            "wording": names.rename_text(link["wording"]), "likelihood": "not quantified", "trails": trails,
        })  # fmt: skip
    return listed


def _list_findings(findings: pd.DataFrame, names: Names, lines: FactLines) -> list[FindingEntry]:
    return [
        FindingEntry(
            number=int(row["finding_id"]), kind=row["kind"], subject=row["subject"], wording=names.rename_text(row["wording"]),
            conditions=tuple(_rename_condition(c, names) for c in json.loads(row["conditions"])),
            evidence=tuple(lines.line(f) for f in json.loads(row["evidence"]) if f.split(":")[0] in _FACTS),
            chance=None if is_missing(row["chance"]) else float(row["chance"]),
            innocent_reading=names.rename_text(row["innocent_reading"]), missing_test=names.rename_text(row["missing_test"]),
        )
        for row in list_rows(findings)
    ]  # fmt: skip


def _rename_condition(condition: dict[str, Any], names: Names) -> dict[str, Any]:
    return {key: names.rename_text(value) if isinstance(value, str) else value for key, value in condition.items()}
