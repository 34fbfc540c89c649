"""Every sentence that a case holds, and what no sentence may hold: braces, holes, false certainty, wrong numbers of things."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from trails.case import Case

#: Tables with sentences: the column, and the column of the probability that stands beside it.
WORDED = {
    "matches": ("wording", "score"), "debts": ("wording", None), "states": ("wording", None), "nettings": ("wording", None),
    "proceeds": ("wording", None), "roles": ("wording", "chance"), "links": ("wording", None), "findings": ("wording", "chance"),
}  # fmt: skip
_FAULTS = {
    "a brace": r"[{}]",
    "a value that is not there": r"\b(?:nan|NaN|None|NaT)\b|<NA>|\binf\b",
    "a plural in brackets": r"\((?:s|es|ies)\)",
    "a thing and its absence": r"\b0 \w+s?, no \w+|\b0 rivals?\b",
    "an empty place": r"\(\s*\)|\s,|\s\.(?:\s|$)|,,|  ",
    "one of many": r"(?<![\w.,:/+-])1 (?:[a-z]+ )?"
    r"(?!this|is|was|has|hours?/|us\b|less\b|plus\b|minus\b|across\b)[a-z]{3,}(?<!ss)(?<!us)(?<!is)s\b(?! row| file)",
    "many of one": r"(?<![\w.,:/+-])(?:[2-9]|\d{2,}|\d{1,3}(?:,\d{3})+) (?:row|file|transfer|payment|code|claim|match|link|node|"
    r"deposit|payout|sign|hour|day|way|rival|person|receipt|family|proof|judgement|record|source|trail|condition|address|token|"
    r"account|entity|office|party)\b(?! \w+s\b)",
}


def find_faults(text: str, probability: float | None) -> list[str]:
    """What is wrong with a sentence; ``probability`` is the one it speaks of, if any."""
    found = [name for name, pattern in _FAULTS.items() if re.search(pattern, text)]
    if probability is not None and probability < 1 and re.search(r"probability (?:of )?(?:1|100)(?:\.0+)?(?![\d.]*\d)", text):
        found.append("certainty that nobody has")
    return found


def list_texts(case: Case) -> Iterator[tuple[str, str, float | None]]:
    """Every sentence of a case's inferences: where it stands, the text, and the probability it speaks of."""
    for table, (column, chance) in WORDED.items():
        asked = f"SELECT {column}, {chance or 'NULL'} FROM {table}"
        for number, (text, probability) in enumerate(case.con.execute(asked).fetchall(), start=1):
            yield f"{table} {number}", str(text), probability
    rows = case.con.execute("SELECT finding_id, innocent_reading, missing_test, conditions FROM findings").fetchall()
    for number, innocent, test, conditions in rows:
        yield f"innocent reading of finding {number}", str(innocent), None
        yield f"missing test of finding {number}", str(test), None
        for each in json.loads(conditions):
            yield f"condition of finding {number}", f"{each['condition']}: {each['observed']}, asked {each['threshold']}", None
    for number, text in case.con.execute("SELECT claim_id, why FROM claims").fetchall():
        yield f"claim {number}", str(text), None
