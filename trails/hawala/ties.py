"""Which matches may be read as the same money: links, and what an analyst accepted; never what an analyst rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.targets import find_in_force, read_judgements

if TYPE_CHECKING:
    from trails.graph import BoolArray, CaseTables
    from trails.targets import Judgement

#: What each verdict says of a match, before what the records alone say.
_LEADS = {
    "accept": "Accepted by a person as the same money (judgement {}).",
    "reject": "Rejected by a person (judgement {}): not read as the same money.",
    "unsure": "A person is unsure of it (judgement {}): not followed as the same money.",
}


def supported_matches(matches: pd.DataFrame) -> BoolArray:
    """Whether each match may be followed: a link by its own probability, chance and second source (see ``match_table``),
    unless an analyst rejected it or is unsure; or any match that an analyst accepted."""
    pairs = zip(matches["state"], matches["judged"], strict=True)
    found: BoolArray = np.array(
        [judged == "accept" or (state == "link" and not isinstance(judged, str)) for state, judged in pairs], dtype=bool
    )
    return found


def list_verdicts(matches: pd.DataFrame, tables: CaseTables) -> list[Judgement | None]:
    """The judgement in force on each match, whatever its number is now; None where nobody has judged it.

    The sum of a match in parts falls with any of them: what is rejected of one row is rejected of all its rows.
    """
    of_pair = {each.target.parts: each for each in find_in_force(read_judgements(tables.judgements), "match")}
    if not of_pair:
        return [None] * len(matches)
    public = dict(zip(tables.transfers["transfer_id"].tolist(), tables.transfers["public_id"].tolist(), strict=True))
    pairs = zip(matches["transfer_a"].tolist(), matches["transfer_b"].tolist(), strict=True)
    found = [of_pair.get((public[a], public[b])) for a, b in pairs]
    parts = [None if pd.isna(part) else int(part) for part in matches["part"]]
    fallen = {part: each for part, each in zip(parts, found, strict=True) if part is not None and each and each.verdict == "reject"}
    return [fallen.get(part, each) if part is not None else each for part, each in zip(parts, found, strict=True)]


def list_unmatched(matches: pd.DataFrame, tables: CaseTables) -> list[Judgement]:
    """Judgements in force on pairs that are no match now: an analyst accepted or doubted what the records no longer give."""
    used = {each.number for each in list_verdicts(matches, tables) if each is not None}
    return [each for each in find_in_force(read_judgements(tables.judgements), "match") if each.number not in used]


def apply_judgements(matches: pd.DataFrame, tables: CaseTables) -> pd.DataFrame:
    """Matches with what an analyst holds of them, in the column ``judged`` and at the head of the sentence."""
    judgements = list_verdicts(matches, tables)
    said = [
        wording if each is None else f"{_LEADS[each.verdict].format(each.number)} By the records alone: {wording}"
        for wording, each in zip(matches["wording"].tolist(), judgements, strict=True)
    ]
    judged = [None if each is None else each.verdict for each in judgements]
    return matches.assign(
        judged=pd.Series(judged, dtype=object, index=matches.index), wording=pd.Series(said, dtype=object, index=matches.index)
    )
