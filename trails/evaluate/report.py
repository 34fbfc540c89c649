"""A case against known owners, from its tables to the printed figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.clustering.arrays import read_accounts, read_coin_arrays, read_places
from trails.clustering.others import read_known
from trails.errors import UsageError
from trails.evaluate.clusters import MEASURES
from trails.evaluate.markdown import write_rows
from trails.evaluate.owners import read_owners
from trails.evaluate.ownership import Setting, evaluate_rules, evaluate_variants

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case


def evaluate_ownership(case: Case, owners: Path, *, rounds: int = 1_000) -> dict[str, pd.DataFrame]:
    """The frames ``variants`` and ``rules`` of a case whose owners a file names (see ``read_owners``).

    Raises UsageError where none of the file's addresses is in the case, SourceError where the file cannot be read.
    """
    stated = read_owners(owners)
    accounts = read_accounts(case.con)
    names = {name: number for number, name in enumerate(sorted(set(stated.values())))}
    owner = np.full(len(accounts.ownable), -1, np.int64)
    rows = case.con.execute("SELECT node_id, rail || ':' || key, key FROM nodes WHERE kind = 'account'").fetchall()
    for node, full, key in rows:
        name = stated.get(full) or stated.get(key)
        if name is not None:
            owner[node] = names[name]
    if not (owner >= 0).any():
        raise UsageError(f"none of the {len(stated):,} addresses of {owners} is in the case")
    transactions = read_coin_arrays(case.con)
    known = read_known(case.con, len(owner), case.settings["service_counterparties"])
    setting = Setting(transactions, accounts, known, read_places(case.con))
    return {"variants": evaluate_variants(setting, owner, rounds=rounds), "rules": evaluate_rules(setting, owner)}


def _figures(found: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The frames with figures as people read them: value (low to high)."""
    variants = found["variants"][["variant", "addresses", "clusters"]].copy()
    for name in MEASURES:
        columns = (found["variants"][column] for column in (name, f"{name}_low", f"{name}_high"))
        variants[name.replace("_", " ")] = [
            f"{value:.4f} ({low:.4f}-{high:.4f})" for value, low, high in zip(*columns, strict=True)
        ]
    rules = found["rules"][["rule", "strength", "what", "claims", "right"]].copy()
    shares = zip(found["rules"]["share"], found["rules"]["low"], found["rules"]["high"], strict=True)
    rules["share right"] = [f"{value:.2%} ({low:.2%}-{high:.2%})" for value, low, high in shares]
    return {"Clusters against owners": variants, "Rules and signs by themselves": rules}


def write_text(found: dict[str, pd.DataFrame]) -> str:
    """The figures as text, one block for each variant and one line for each rule."""
    lines = []
    variants, rules = _figures(found).values()
    for row in variants.to_dict("records"):
        lines.append(f"{row.pop('variant')}: {row.pop('addresses'):,} addresses in {row.pop('clusters'):,} clusters")
        lines += [f"   {name!s:14} {value}" for name, value in row.items()]
    lines.append("")
    for row in rules.to_dict("records"):
        named = f"{row['rule']} ({row['strength']}), {row['what']}"
        lines.append(f"{named}: {row['right']:,} of {row['claims']:,} right, {row['share right']}")
    return "\n".join(lines)


def write_markdown(found: dict[str, pd.DataFrame]) -> str:
    """The figures as Markdown tables."""
    parts = []
    for title, frame in _figures(found).items():
        rows = frame.to_numpy(object).tolist()
        parts.append(f"### {title}\n\n{write_rows([str(name) for name in frame.columns], rows)}")
    return "\n\n".join(parts)
