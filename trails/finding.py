"""What a finding is made of, before it gets a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a finding: what was observed, the threshold, and whether it is met."""

    condition: str
    observed: object
    threshold: object
    met: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One inference with its proof and its doubt, before it gets a number.

    ``about`` lists what else it is about besides its subject.
    """

    kind: str
    subject: str
    wording: str
    conditions: tuple[Condition, ...]
    evidence: tuple[str, ...]
    innocent_reading: str
    missing_test: str
    chance: float | None = None
    about: tuple[str, ...] = ()


def cite_facts(table: str, numbers: Iterable[object]) -> tuple[str, ...]:
    """Fact numbers as findings list them, in order: ``transfer:12``."""
    return tuple(f"{table}:{number}" for number in sorted({int(str(n)) for n in numbers}))
