"""Claims as arrays, many millions at once, and the narrow form in which a case keeps them.

Words of a claim (rule, strength, state, reason) are positions in the lists of ``trails.tables``. The sentences of
``claims.why`` are made by a view from the transaction a claim names, so they are written in one place only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.errors import ContractError
from trails.graph import make_table
from trails.tables import CHANGE_SIGNS, CLAIM_RULES, CLAIM_STATES, CLAIM_STRENGTHS, HELD_REASONS

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Texts = npt.NDArray[np.object_]

#: No transfer, no event; and for ``held``: no reason of the guard.
NOTHING = -1
NO_REASON = 255


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims as arrays of one length, in the order in which they are numbered from 1.

    ``node_a`` < ``node_b``; ``transfer`` and ``event`` are the facts they rest on (-1 for none); ``rule``, ``strength``
    and ``state`` are positions in CLAIM_RULES, CLAIM_STRENGTHS and CLAIM_STATES, ``signs`` bits of CHANGE_SIGNS,
    ``held`` a position in HELD_REASONS (255 for none). ``why`` and ``held_text`` are sentences of rules that write their
    own, None for those whose sentence the view makes; where no claim has one the array is empty.
    """

    node_a: Ints
    node_b: Ints
    rule: Codes
    strength: Codes
    state: Codes
    transfer: Ints
    event: Ints
    signs: Codes
    held: Codes
    why: Texts
    held_text: Texts

    def __len__(self) -> int:
        return len(self.node_a)

    @classmethod
    def make(cls, node_a: Any, node_b: Any, rule: str, strength: Any, state: Any, transfer: Any, **more: Any) -> Self:
        """Make claims of one rule on transfers; ``strength`` and ``state`` are words or arrays of positions."""
        a, b = np.asarray(node_a, np.int32), np.asarray(node_b, np.int32)
        count = len(a)
        words = {"strength": (strength, CLAIM_STRENGTHS), "state": (state, CLAIM_STATES)}
        coded = {
            name: np.full(count, listed.index(said), np.uint8) if isinstance(said, str) else np.asarray(said, np.uint8)
            for name, (said, listed) in words.items()
        }
        return cls(
            node_a=np.minimum(a, b), node_b=np.maximum(a, b), rule=np.full(count, CLAIM_RULES.index(rule), np.uint8),
            transfer=np.asarray(transfer, np.int32), event=np.full(count, NOTHING, np.int32),
            signs=np.asarray(more.get("signs", np.zeros(count)), np.uint8),
            held=np.asarray(more.get("held", np.full(count, NO_REASON)), np.uint8),
            why=np.empty(0, object), held_text=np.empty(0, object), **coded,
        )  # fmt: skip

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Take up a claims frame of a rule that writes its own sentences; raises ContractError for an unknown word."""
        unknown = [
            f"claims: {name} {word!r} is none of {', '.join(listed)}"
            for name, listed in (("rule", CLAIM_RULES), ("strength", CLAIM_STRENGTHS), ("state", CLAIM_STATES))
            for word in sorted(set(frame[name]) - set(listed))
        ]
        if unknown:
            raise ContractError("claims", unknown)

        def code(name: str, listed: tuple[str, ...]) -> Codes:
            return frame[name].map(listed.index).to_numpy(np.uint8)

        def number(name: str) -> Ints:
            return pd.to_numeric(frame[name]).fillna(NOTHING).to_numpy(np.int32)

        return cls(
            node_a=number("node_a"), node_b=number("node_b"), rule=code("rule", CLAIM_RULES),
            strength=code("strength", CLAIM_STRENGTHS), state=code("state", CLAIM_STATES),
            transfer=number("transfer_id"), event=number("event_id"), signs=np.zeros(len(frame), np.uint8),
            held=np.full(len(frame), NO_REASON, np.uint8), why=frame["why"].to_numpy(object),
            held_text=frame["held_because"].to_numpy(object),
        )  # fmt: skip

    def replace(self, **columns: Any) -> Self:
        """The claims with other values in some columns."""
        return replace(self, **columns)

    def take(self, chosen: npt.NDArray[Any]) -> Self:
        """The chosen claims (a mask, or positions in the wanted order)."""
        return replace(
            self,
            **{
                each.name: values[chosen] if len(values := getattr(self, each.name)) else values
                for each in fields(self)
            },
        )

    def frame(self) -> pd.DataFrame:
        """The claims as a table of the contract, for small cases; without the sentences that a case's view makes."""
        both = (self.why if len(self.why) else np.full(len(self), None), "")
        return make_table("claims", {
            "claim_id": np.arange(1, len(self) + 1),
            "node_a": self.node_a, "node_b": self.node_b,
            "rule": [CLAIM_RULES[at] for at in self.rule],
            "strength": [CLAIM_STRENGTHS[at] for at in self.strength],
            "state": [CLAIM_STATES[at] for at in self.state],
            "transfer_id": [None if at == NOTHING else int(at) for at in self.transfer],
            "event_id": [None if at == NOTHING else int(at) for at in self.event],
            "why": [both[1] if text is None else text for text in both[0]],
            "held_because": [
                HELD_REASONS[code] if code != NO_REASON else text
                for code, text in zip(self.held, self.held_text if len(self.held_text) else [None] * len(self), strict=True)
            ],
            "signs": [name_signs(bits) or None for bits in self.signs.tolist()],
            "spanning": [None] * len(self),
        })  # fmt: skip


def name_signs(bits: int) -> str:
    """The signs of a change output in words.

    >>> name_signs(0b11)
    'fresh address, script of the inputs'
    """
    return ", ".join(sign for at, sign in enumerate(CHANGE_SIGNS) if bits >> at & 1)


def join_claims(*parts: Claims) -> Claims:
    """Claims of several rules as one, in the order given."""
    joined: dict[str, Any] = {}
    for each in fields(Claims):
        columns = [getattr(part, each.name) for part in parts]
        if each.name in ("why", "held_text"):
            filled = any(len(column) for column in columns)
            columns = [
                column if len(column) or not filled else np.full(len(part), None, object)
                for column, part in zip(columns, parts, strict=True)
            ]
        joined[each.name] = np.concatenate(columns)
    return Claims(**joined)


def claims_to_arrow(claims: Claims, spanning: npt.NDArray[np.bool_], first: int = 1) -> pa.Table:
    """The claims as rows of ``claim_rows``, numbered from ``first``."""
    import pyarrow as pa

    def nullable(values: npt.NDArray[Any], empty: int, kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind, mask=values == empty)

    def texts(values: Texts) -> pa.Array:
        return pa.array(values, pa.string()) if len(values) else pa.nulls(len(claims), pa.string())

    change = claims.rule == CLAIM_RULES.index("change")
    return pa.table({
        "claim_id": pa.array(np.arange(first, first + len(claims), dtype=np.int32)),
        "node_a": claims.node_a, "node_b": claims.node_b,
        "rule": claims.rule, "strength": claims.strength, "state": claims.state,
        "transfer_id": nullable(claims.transfer, NOTHING, pa.int32()),
        "event_id": nullable(claims.event, NOTHING, pa.int32()),
        "signs": pa.array(claims.signs, pa.uint8(), mask=~change),
        "held": nullable(claims.held, NO_REASON, pa.uint8()),
        "spanning": pa.array(spanning, mask=claims.state != 0),
        "why_text": texts(claims.why), "held_text": texts(claims.held_text),
    })  # fmt: skip


def read_claims(table: pa.Table) -> Claims:
    """Rows of ``claim_rows``, in the order of their numbers, as arrays again."""

    def column(name: str, empty: int, kind: Any) -> npt.NDArray[Any]:
        return np.asarray(table.column(name).fill_null(empty).to_numpy(), kind)

    def texts(name: str) -> Texts:
        values = table.column(name)
        return np.empty(0, object) if values.null_count == len(values) else values.to_pandas().to_numpy(object)

    return Claims(
        node_a=column("node_a", 0, np.int32), node_b=column("node_b", 0, np.int32),
        rule=column("rule", 0, np.uint8), strength=column("strength", 0, np.uint8),
        state=column("state", 0, np.uint8), transfer=column("transfer_id", NOTHING, np.int32),
        event=column("event_id", NOTHING, np.int32), signs=column("signs", 0, np.uint8),
        held=column("held", NO_REASON, np.uint8), why=texts("why_text"), held_text=texts("held_text"),
    )  # fmt: skip
