"""What analysts decide, as records: one parser of what a judgement is about, and one answer to which are in force.

A judgement names the thing it is about in words that hold when files are added and numbers change:

=========  ==========================================  =======================================
about      target                                      verdict
=========  ==========================================  =======================================
a node     ``node:RAIL:KEY``                           ``role=NAME``
..         ``node+ROLE:RAIL:KEY``                      ``role=ROLE``, held beside another role; or ``role=none``
a code     ``code-use:SCOPE:TEXT``                     ``use=NAME``
..         ``code-STATE:SCOPE:TEXT``                   ``state=STATE``
a claim    ``claim:RULE|RAIL:KEY|RAIL:KEY|FACT``       accept, reject, unsure
a match    ``match:TRANSFER|TRANSFER``                 accept, reject, unsure
a link     ``link:RAIL:KEY|RAIL:KEY|ASSET``            accept, reject, unsure
a role     ``role:ROLE|RAIL:KEY``                      accept, reject, unsure
=========  ==========================================  =======================================

FACT and TRANSFER are public ids. A sign ``|`` or ``%`` inside a key is written ``%7C`` and ``%25``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import pandas as pd

#: What may be judged, and the step of the analysis that applies it.
STEP_OF = {"claim": "cluster", "code": "match", "match": "match", "node": "cluster", "link": "link", "role": "link"}
#: The value of a node's judgement that takes its role away.
NONE = "none"
VERDICTS = ("accept", "reject", "unsure")
#: How many parts the target of each kind has.
_PARTS = {"claim": 4, "match": 2, "link": 3, "role": 2, "node": 2, "code": 2}


@dataclass(frozen=True, slots=True)
class Target:
    """What a judgement is about: ``kind`` (see ``STEP_OF``), its ``parts``, and a ``slot``, where several judgements of one
    thing stand beside each other: ``use`` or a state of a code, a further role of a node."""

    kind: str
    parts: tuple[str, ...]
    slot: str = ""

    @property
    def text(self) -> str:
        """The target as it is stored."""
        if self.kind == "node":
            return f"node{'+' if self.slot else ''}{self.slot}:{':'.join(self.parts)}"
        if self.kind == "code":
            return f"code-{self.slot}:{':'.join(self.parts)}"
        return f"{self.kind}:{'|'.join(map(escape_part, self.parts))}"

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ``rail:key`` of every node that the target names."""
        if self.kind == "node":
            return (":".join(self.parts),)
        places = {"claim": slice(1, 3), "link": slice(0, 2), "role": slice(1, 2)}
        return self.parts[places[self.kind]] if self.kind in places else ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """One decision: about what, which verdict, by whom, when (UTC) and why, and which one it replaces."""

    number: int
    target: Target
    verdict: str
    who: str
    at: datetime | None
    why: str
    supersedes: int | None

    @property
    def value(self) -> str:
        """The role, use or state that is held, or the verdict word itself."""
        return self.verdict.partition("=")[2] or self.verdict


def escape_part(text: str) -> str:
    """A part of a target without the sign that stands between parts.

    >>> escape_part("a|b")
    'a%7Cb'
    """
    return text.replace("%", "%25").replace("|", "%7C")


def parse_target(text: str) -> Target:
    """The record behind a stored target; raises UsageError for a text that is none.

    >>> parse_target("node:tron:TABC").parts, parse_target("code-use:amber:4718").slot
    (('tron', 'TABC'), 'use')
    """
    head, colon, rest = text.partition(":")
    kind, slot = head, ""
    for sign, of_kind in (("+", "node"), ("-", "code")):
        if head.startswith(of_kind + sign):
            kind, slot = of_kind, head.removeprefix(of_kind + sign)
    if kind == "node":
        first, sep, last = rest.partition(":")
        parts: tuple[str, ...] = (first, last) if sep else ()
    elif kind == "code":
        first, _, last = rest.rpartition(":")
        parts = (first, last) if slot else ()
    else:
        parts = tuple(part.replace("%7C", "|").replace("%25", "%") for part in rest.split("|"))
    if not colon or len(parts) != _PARTS.get(kind):
        raise UsageError(f"{text!r} names nothing that can be judged; try node:, claim:, code-use:, match:, link: or role:")
    return Target(kind, parts, slot)


def read_judgements(frame: pd.DataFrame) -> list[Judgement]:
    """The rows of table ``judgements`` as records, by number; raises UsageError for a target that cannot be read."""
    names = ["judgement_id", "target", "verdict", "who", "at", "why", "supersedes"]
    ordered = frame.sort_values("judgement_id")[names].astype(object)
    rows: Iterable[tuple[Any, ...]] = ordered.where(ordered.notna(), None).itertuples(index=False, name=None)
    return [
        Judgement(
            int(number), parse_target(str(target)), str(verdict), str(who), at, str(why or ""),
            None if replaced is None else int(replaced),
        )
        for number, target, verdict, who, at, why, replaced in rows
    ]  # fmt: skip


def find_in_force(judgements: Iterable[Judgement], kind: str | None = None) -> list[Judgement]:
    """The judgements that nothing replaced, by number: of each target the last one. ``kind`` keeps those of one kind.

    What is said of a node without a ``+`` replaces whatever was said of it before, a further role too: a record of an earlier
    version that takes a role back, or puts another in its place, names no further role.

    >>> first = Judgement(1, parse_target("role:driver|tron:T"), "accept", "a", None, "", None)
    >>> second = Judgement(2, parse_target("role:driver|tron:T"), "reject", "b", None, "", 1)
    >>> [judgement.number for judgement in find_in_force([first, second])]
    [2]
    """
    last: dict[str, Judgement] = {}
    for judgement in judgements:
        before = last.get(judgement.target.text)
        if before is None or judgement.number > before.number:
            last[judgement.target.text] = judgement
    return sorted(
        (each for each in last.values() if kind in (None, each.target.kind) and not _is_replaced(each, last)),
        key=lambda judgement: judgement.number,
    )


def _is_replaced(judgement: Judgement, last: dict[str, Judgement]) -> bool:
    """Whether a further role of a node was replaced by what was said later of the node as a whole."""
    if judgement.target.kind != "node" or not judgement.target.slot:
        return False
    whole = last.get(Target("node", judgement.target.parts).text)
    return whole is not None and whole.number > judgement.number
