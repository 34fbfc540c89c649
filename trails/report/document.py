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

from trails.fact_lines import FACTS, FactLine, FactLines, is_missing
from trails.graph import NOT_MONEY, CaseTables, list_rows
from trails.kept import read_records, read_texts
from trails.pseudonyms import Names
from trails.report.judged import list_judgements
from trails.report.limits import LIMITS, STANDING_STATEMENTS
from trails.visible import hide_in_json
from trails.words import count_words

FORMAT = "trails-result/2"


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
        """The document as JSON text, keys in a fixed order, signs that act or are unseen as escapes."""
        return hide_in_json(json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True, default=str)) + "\n"


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
        "read": [_describe_source(source, names) for source in sources],
        "missing": _list_missing(sources, tables, names),
        "counts": {name: len(frame) for name, frame in sorted(frames.items())},
        "assets": _sum_assets(tables),
        "roles": _list_roles(frames, names),
        "annex": _list_annex(tables, frames, names),
        "judgements": list_judgements(tables, frames, names),
        "links": _list_links(frames, names, lines),
        "findings": [asdict(entry) for entry in _list_findings(frames["findings"], names, lines)],
        "settings": settings,
        "versions": versions,
        "limits": list(LIMITS),
        "statements": list(STANDING_STATEMENTS),
    }
    frozen = json.dumps(results, ensure_ascii=False, sort_keys=True, default=str)
    return ResultDocument(FORMAT, hashlib.sha256(frozen.encode()).hexdigest(), results, record)


def _describe_source(source: dict[str, Any], names: Names) -> dict[str, Any]:
    kept = ("source_id", "name", "connector", "sha256", "bytes", "rows_read", "rows_kept", "rows_duplicate",
            "rows_skipped", "rows_refused", "options")  # fmt: skip
    said = {key: source[key] for key in kept}
    return {**said, "name": names.clean_text(str(source["name"])), "options": names.clean_text(str(source["options"]))}


def _list_missing(sources: list[dict[str, Any]], tables: CaseTables, names: Names) -> list[dict[str, Any]]:
    """What is not there or not usable: refused and doubted rows, values and times that no row states."""
    found = [
        {"source": names.clean_text(str(source["name"])), "severity": group["severity"], "code": group["code"],
         "count": group["count"], "rows": [row for row in group["rows"] if row is not None]}
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


_PROTECTED_WORDS = {
    "payer": "People who paid; protected, named by pseudonym, never suspects.",
    "third_party": "People whom others paid as aid or wages, or who were declared third parties; protected.",
    "victim": "People declared victims; protected.",
    "minor": "People declared minors; protected.",
}


def _list_roles(frames: dict[str, pd.DataFrame], names: Names) -> list[dict[str, Any]]:
    """Roles of all entities but protected people, who are only counted."""
    roles = frames["roles"]
    listed = [
        {
            "role_id": int(row["role_id"]), "entity": _name(names, int(row["entity_id"])), "role": row["role"],
            "basis": row["basis"], "wording": names.tell_text(row["wording"]),
        }
        for row in list_rows(roles)
        if not row["protected"]
    ]  # fmt: skip
    for role, words in _PROTECTED_WORDS.items():
        number = int((roles["role"] == role).sum())
        if number or role == "payer":
            shown = count_words(number, role.replace("_", " "), "third parties" if role == "third_party" else None)
            listed.append({"role_id": None, "entity": shown, "role": role, "basis": "protected", "wording": words})
    return listed


def _list_annex(tables: CaseTables, frames: dict[str, pd.DataFrame], names: Names) -> list[dict[str, Any]]:
    """Addresses of chains behind the pseudonyms of roles that are only inferred: they may have to be asked about."""
    unsure = frames["roles"][~frames["roles"]["protected"].astype(bool)].drop_duplicates("entity_id").set_index("entity_id")
    entity_of = dict(zip(frames["entities"]["node_id"], frames["entities"]["entity_id"], strict=True))
    return [
        {"entity": _name(names, int(row["node_id"])), "role": unsure.loc[entity_of[row["node_id"]], "role"], "rail": row["rail"],
         "address": row["key"]}
        for row in list_rows(tables.nodes)
        if int(row["node_id"]) in names.inferred and row["rail"] in _CHAINS
    ]  # fmt: skip


_CHAINS = ("bitcoin", "bitcoin-test", "ethereum", "bsc", "polygon", "gnosis", "evm", "tron")


def _name(names: Names, node: int) -> str:
    return names.full.get(node) or names.shown[node]


def _list_links(frames: dict[str, pd.DataFrame], names: Names, lines: FactLines) -> list[dict[str, Any]]:
    """Each link with its payments; under each payment the ways it could have gone, hop by hop, every hop cited."""
    hops = frames["hops"]
    listed = []
    for link in list_rows(frames["links"]):
        mine = hops[hops["link_id"] == link["link_id"]].sort_values(["trail", "step"])
        payments: dict[int, list[list[dict[str, Any]]]] = {}
        for _, steps in mine.groupby("trail", sort=True):
            payments.setdefault(int(steps["transfer_id"].iloc[-1]), []).append([_tell_hop(h, lines) for h in list_rows(steps)])
        listed.append({
            "link": int(link["link_id"]), "organiser": _name(names, int(link["organiser"])),
            "driver": _name(names, int(link["driver"])), "payments": int(link["payments"]), "ways": int(link["ways"]),
            "total": lines.amount(link["asset"], link["total"]), "asset": link["asset"],
            "wording": names.rename_text(link["wording"]), "likelihood": "not quantified",
            "judged": link["judged"] if isinstance(link["judged"], str) else None,
            "paid": [{"payment": asdict(lines.line(f"transfer:{number}")), "ways": ways} for number, ways in payments.items()],
        })  # fmt: skip
    return listed


def _tell_hop(hop: dict[str, Any], lines: FactLines) -> dict[str, Any]:
    return {
        "hop": int(hop["hop"]), "match": None if is_missing(hop["match_id"]) else int(hop["match_id"]),
        "allocated": bool(hop["allocated"]), **asdict(lines.line(f"transfer:{int(hop['transfer_id'])}")),
    }  # fmt: skip


def _list_findings(findings: pd.DataFrame, names: Names, lines: FactLines) -> list[FindingEntry]:
    return [
        FindingEntry(
            number=int(row["finding_id"]), kind=row["kind"], subject=row["subject"], wording=_tell_wording(row, names),
            conditions=tuple(_rename_condition(c, names) for c in read_records(row["conditions"], "a condition of a finding")),
            evidence=tuple(map(lines.line, _select_facts(row["evidence"]))),
            chance=None if is_missing(row["chance"]) else float(row["chance"]),
            innocent_reading=names.rename_text(row["innocent_reading"]), missing_test=names.rename_text(row["missing_test"]),
        )
        for row in list_rows(findings)
    ]  # fmt: skip


def _tell_wording(finding: dict[str, Any], names: Names) -> str:
    """The sentence of a finding; that of a role may say which analyst confirmed it, who may have come to be protected since."""
    tell = names.tell_text if str(finding["subject"]).startswith("role:") else names.rename_text
    return tell(str(finding["wording"]))


def _select_facts(evidence: str) -> list[str]:
    """The facts among what a finding rests on."""
    return [name for name in read_texts(evidence, "the evidence of a finding") if name.split(":")[0] in FACTS]


def _rename_condition(condition: dict[str, Any], names: Names) -> dict[str, Any]:
    return {key: names.rename_text(value) if isinstance(value, str) else value for key, value in condition.items()}
