"""What goes into a flow picture and what the geometry hands to every back end. Lengths in px, y runs down.

Payers are a protected class: a ``Shape`` of payers never carries a name, a key or a note of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Basis = Literal["fact", "inference"]
RoleBasis = Literal["declared", "confirmed", "inferred", "tag", "unknown"]
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something that pays or is paid. ``role_basis`` says what the role rests on; ``whole`` lists names and
    addresses in full, which labels shorten; ``nodes`` are its numbers in the case."""

    key: str
    label: str
    role: str
    note: str = ""
    role_basis: RoleBasis = "declared"
    whole: tuple[str, ...] = ()
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment between two actors.

    ``value`` is in the reference currency, None where there is no rate; ``amount_text`` is the amount as the source
    states it. ``basis`` says whether a row states the payment (fact) or it was derived (inference). ``transfer`` is the
    number of the transfer behind it, ``reference`` the rail's own reference in full, empty where it would name a payer.
    """

    payment_id: str
    src: str
    dst: str
    rail: str
    asset: str
    amount_text: str
    value: Decimal | None
    time: datetime | None
    time_text: str
    kind: str
    basis: Basis
    citation: str
    transfer: int | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class FlowInput:
    """Everything a flow picture shows. ``title`` is the finding or the question; ``footer`` the caller's lines."""

    actors: tuple[Actor, ...]
    payments: tuple[Payment, ...]
    reference_currency: str
    title: str
    footer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """Placed text: one or two lines at ``x``; ``box`` is left, top, right, bottom in px. The first line may be bold."""

    lines: tuple[str, ...]
    x: float
    y: float
    anchor: Anchor
    box: Box
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of roles; money in and out counts what crosses into or out of the column."""

    title: str
    x: float
    count: int
    money_in: Decimal
    money_out: Decimal
    detail: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One actor, or a folded group of ``folded`` actors (0 = a single actor), with totals from ALL its payments.

    ``inferred``: nobody decided on the role, so the shape is pale and dashed. ``whole`` and ``nodes`` are those of a single
    actor; a group has none.
    """

    index: int
    column: int
    x: float
    y: float
    radius: float
    role: str
    name: str
    label: Label
    folded: int
    shared: bool
    money_in: Decimal
    money_out: Decimal
    count_in: int
    count_out: int
    unrated: int
    note: str
    role_text: str
    inferred: bool = False
    whole: tuple[str, ...] = ()
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Strand:
    """The lengthwise slice of a ribbon that one rail and one basis takes, arrow head included, as a closed polygon."""

    rail: str
    basis: Basis
    count: int
    value: Decimal
    width: float
    outline: tuple[Point, ...]
    centre: tuple[Point, ...]
    hatch: tuple[tuple[Point, Point], ...]


@dataclass(frozen=True, slots=True)
class Ribbon:
    """All drawn payments from one shape to another; ``value`` sums those with a rate, ``unrated`` counts the rest."""

    src: int
    dst: int
    value: Decimal
    count: int
    unrated: int
    width: float
    strands: tuple[Strand, ...]
    centre: tuple[Point, ...]
    first: datetime | None
    last: datetime | None
    kinds: tuple[tuple[str, int], ...]
    facts: int
    inferences: int
    amounts: tuple[str, ...]
    citations: tuple[str, ...]
    label: Label | None = None
    transfers: tuple[int, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is left out of the picture, so that drawn + hidden = all payments. Values in the reference currency."""

    returns: int = 0
    returns_value: Decimal = Decimal(0)
    thin_ribbons: int = 0
    thin: int = 0
    thin_value: Decimal = Decimal(0)
    thin_limit: Decimal = Decimal(0)
    filtered: int = 0
    filtered_value: Decimal = Decimal(0)
    inside: int = 0
    inside_value: Decimal = Decimal(0)

    @property
    def count(self) -> int:
        """Payments not drawn, for whatever reason."""
        return self.returns + self.thin + self.filtered + self.inside

    @property
    def value(self) -> Decimal:
        """Their value where a rate is known."""
        return self.returns_value + self.thin_value + self.filtered_value + self.inside_value


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One line of a legend: the role or rail it explains and its text with the count or total."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """The finished geometry: every back end draws exactly this."""

    width: float
    height: float
    title: str
    subtitle: tuple[str, ...]
    footer: tuple[str, ...]
    reference_currency: str
    columns: tuple[Column, ...]
    shapes: tuple[Shape, ...]
    ribbons: tuple[Ribbon, ...]
    hidden: Hidden
    paid_in: Decimal
    roles: tuple[LegendItem, ...]
    rails: tuple[LegendItem, ...]
    width_scale: tuple[tuple[float, str], ...]
    legend_top: float
    has_inference: bool
    has_shared: bool
    has_groups: bool
    empty_reason: str = ""
    has_inferred_role: bool = False

    @property
    def head_top(self) -> float:
        """Base line of the column heads; two lines of subtitle always have room, so a filter moves nothing."""
        return 74.0 + 16 * max(2, len(self.subtitle))
