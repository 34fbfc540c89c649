"""From a case's tables to what a picture shows: who is an actor, which transfers are payments between actors.

Nothing is computed here that analysis has not found: transfers are read, junctions are crossed, and the policy of each
crossing is stated.

- A transfer between two accounts is a payment as its row states it: a fact.
- A hawala code is crossed through the office that handled it: payer -> office, office -> payee. Rows state both: facts.
- A Bitcoin transaction is crossed from the one entity all its inputs belong to, to each output but its own change. Which
  entity that is rests on clustering, so the payment is drawn as an inference. With inputs of several entities
  (a CoinJoin, say) nobody is said to have paid anybody, and the transaction is counted as not drawn.
- A match drawn between two different actors is an inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trails.charts.records import Actor, Basis, FlowInput, Payment, RoleBasis
from trails.fact_lines import is_missing, say_time
from trails.graph import NOT_MONEY, list_rows
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import pandas as pd

    from trails.fact_lines import FactLines
    from trails.graph import CaseTables
    from trails.pseudonyms import Names

#: A case of more transfers is drawn around the entities that have a role.
DRAWN_WHOLE = 50_000
_UTXO_RAILS = ("bitcoin", "bitcoin-test")
#: What a person may be declared or found to be, in the order that decides the picture where there are several.
_ROLE_ORDER = (
    "minor", "victim", "payer", "third_party", "organiser", "dispatcher", "recruiter", "driver", "office", "service",
)  # fmt: skip
#: Roles that make nobody a part of the picture by themselves.
_NO_CORE = ("service", "third_party")


@dataclass(frozen=True, slots=True)
class PictureTables:
    """What the pictures are drawn from: facts, inferences, names, values and words for facts; ``payments`` are the transfers
    that are no fuel and no dust."""

    tables: CaseTables
    entities: pd.DataFrame
    roles: pd.DataFrame
    matches: pd.DataFrame
    names: Names
    values: dict[int, Decimal | None]
    lines: FactLines
    reference: str
    rails: dict[int, str]
    payments: AbstractSet[int]


@dataclass(frozen=True, slots=True)
class Movement:
    """One payment between two entities, with the transfer that states it."""

    src: int
    dst: int
    row: dict[str, Any]
    basis: Basis
    kind: str


def build_flow(picture: PictureTables, *, title: str, footer: tuple[str, ...]) -> FlowInput:
    """The flow of the whole case: every payment between two different entities.

    Junctions that cannot be crossed without allocating coins are left out and counted in the footer.
    """
    movements, uncrossed = list_movements(picture)
    shown = _keep_core(picture, movements)
    if len(shown) < len(movements):
        footer = (
            *footer,
            f"{len(movements) - len(shown):,} payments between others, that touch nobody with a role but services, are not drawn",
        )
    movements = shown
    touched = sorted({end for movement in movements for end in (movement.src, movement.dst)})
    members, roles = list_members(picture), _list_roles(picture)
    actors = tuple(_make_actor(picture, entity, members[entity], roles.get(entity, [])) for entity in touched)
    payments = tuple(_make_payment(picture, movement) for movement in movements)
    if len(picture.tables.transfers) > DRAWN_WHOLE:
        footer = (
            *footer,
            f"more than {DRAWN_WHOLE:,} transfers: only those that touch an entity with a role are drawn",
        )
    if uncrossed:
        footer = (
            *footer,
            f"{count_words(uncrossed, 'Bitcoin transaction')} with inputs of several owners not drawn: whose coins is not stated",
        )
    return FlowInput(actors, payments, picture.reference, title, footer)


def _keep_core(picture: PictureTables, movements: list[Movement]) -> list[Movement]:
    """The payments that touch somebody with a role other than service or third party; all of them where nobody has one."""
    core = {int(e) for e in picture.roles.loc[~picture.roles["role"].isin(_NO_CORE), "entity_id"]}
    return [m for m in movements if m.src in core or m.dst in core] if core else movements


def list_movements(picture: PictureTables) -> tuple[list[Movement], int]:
    """All payments between different entities, in the order of their transfers, and how many junctions stay uncrossed."""
    tables = picture.tables
    entity_of = {
        int(n): int(e) for n, e in zip(picture.entities["node_id"], picture.entities["entity_id"], strict=True)
    }
    nodes = {
        int(n): (str(k), str(r))
        for n, k, r in zip(tables.nodes["node_id"], tables.nodes["kind"], tables.nodes["rail"], strict=True)
    }
    rows = [
        dict(zip(tables.transfers.columns, row, strict=True))
        for row in tables.transfers.itertuples(index=False, name=None)
    ]
    rows = [row for row in rows if row["status"] not in NOT_MONEY and _is_drawn(picture, row)]
    rows = _thin_rows(picture, rows, entity_of)
    found = list(_cross_accounts(rows, nodes, entity_of))
    found += _cross_codes(rows, nodes, entity_of, _find_offices(tables, rows))
    crossed, uncrossed = _cross_transactions(rows, nodes, entity_of)
    found += crossed
    found += _draw_matches(picture, {int(row["transfer_id"]): row for row in rows}, entity_of)
    movements = [movement for movement in found if movement.src != movement.dst]
    return sorted(movements, key=lambda m: (m.row["transfer_id"], m.basis, m.src, m.dst)), uncrossed


def _is_drawn(picture: PictureTables, row: dict[str, Any]) -> bool:
    """Fuel and dust are no payments; an input whose value nobody states still says who spends."""
    return int(row["transfer_id"]) in picture.payments or row["kind"] == "input"


def _thin_rows(picture: PictureTables, rows: list[dict[str, Any]], entity_of: dict[int, int]) -> list[dict[str, Any]]:
    """Of a very large case only what touches an entity with a role: nobody could read more, and the footer says so."""
    if len(rows) <= DRAWN_WHOLE:
        return rows
    with_role = {int(entity) for entity in picture.roles["entity_id"]}
    return [row for row in rows if {entity_of[int(row["src"])], entity_of[int(row["dst"])]} & with_role]


def _cross_accounts(
    rows: list[dict[str, Any]], nodes: dict[int, tuple[str, str]], entity_of: dict[int, int]
) -> Iterator[Movement]:
    for row in rows:
        src, dst = int(row["src"]), int(row["dst"])
        if nodes[src][0] == "account" and nodes[dst][0] == "account":
            yield Movement(entity_of[src], entity_of[dst], row, "fact", str(row["kind"]))


def _find_offices(tables: CaseTables, rows: list[dict[str, Any]]) -> dict[tuple[int, str], int]:
    """The office that handled each code on each side: as a ledger row names it beside the deposit or the payout."""
    handled = tables.events[tables.events["kind"] == "handled_by"]
    offices = {
        (int(source), int(row)): int(office)
        for source, row, office in zip(handled["source_id"], handled["row"], handled["other_node_id"], strict=True)
    }
    sides: dict[tuple[int, str], int] = {}
    for row in rows:
        office = offices.get((int(row["source_id"]), int(row["row"])))
        if office is not None and row["kind"] in ("deposit", "payout", "refund"):
            sides.setdefault((int(row["transfer_id"]), str(row["kind"])), office)
    return sides


def _cross_codes(
    rows: list[dict[str, Any]], nodes: dict[int, tuple[str, str]], entity_of: dict[int, int],
    offices: dict[tuple[int, str], int],
) -> list[Movement]:  # fmt: skip
    """Payer -> office for deposits, office -> payee for payouts and refunds; through the bare code where no office is named."""
    found = []
    for row in rows:
        kind, src, dst = str(row["kind"]), int(row["src"]), int(row["dst"])
        if nodes[src][1] != "hawala" or kind not in ("deposit", "payout", "refund"):
            continue
        office = offices.get((int(row["transfer_id"]), kind))
        if kind == "deposit":
            found.append(Movement(entity_of[src], entity_of[office if office is not None else dst], row, "fact", kind))
        else:
            found.append(Movement(entity_of[office if office is not None else src], entity_of[dst], row, "fact", kind))
    return found


def _cross_transactions(
    rows: list[dict[str, Any]], nodes: dict[int, tuple[str, str]], entity_of: dict[int, int]
) -> tuple[list[Movement], int]:
    senders: dict[int, set[int]] = {}
    for row in rows:
        if row["kind"] == "input":
            senders.setdefault(int(row["dst"]), set()).add(entity_of[int(row["src"])])
    found, open_junctions = [], {junction for junction, owners in senders.items() if len(owners) > 1}
    for row in rows:
        junction = int(row["src"])
        if row["kind"] != "output" or nodes[junction][1] not in _UTXO_RAILS or not row["amount"]:
            continue
        owners = senders.get(junction, set())
        if len(owners) == 1:
            found.append(Movement(next(iter(owners)), entity_of[int(row["dst"])], row, "inference", "output"))
    return found, len(open_junctions)


def _draw_matches(
    picture: PictureTables, rows: dict[int, dict[str, Any]], entity_of: dict[int, int]
) -> Iterator[Movement]:
    """A match between a payee and a receiver who are not already one entity."""
    for match in list_rows(picture.matches):
        a, b = rows.get(int(match["transfer_a"])), rows.get(int(match["transfer_b"]))
        if a is not None and b is not None:
            payee, receiver = entity_of[int(a["dst"])], entity_of[int(b["dst"])]
            yield Movement(payee, receiver, b, "inference", "match")


def _make_actor(picture: PictureTables, entity: int, nodes: list[int], roles: list[dict[str, Any]]) -> Actor:
    name, whole = picture.names.shown[nodes[0]], _tell_whole(picture, nodes)
    for role in _ROLE_ORDER:
        for row in roles:
            if row["role"] == role:
                basis: RoleBasis = row["basis"]
                note = "" if row["protected"] else picture.names.tell_text(str(row["wording"]))
                return Actor(str(entity), name, role, note, basis, *whole)
    return Actor(str(entity), name, "unknown", "", "unknown", *whole)


def _tell_whole(picture: PictureTables, nodes: list[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names and addresses in full, and node numbers; of whoever is shown by a pseudonym neither."""
    shown = [node for node in sorted(nodes) if node not in picture.names.hidden]
    whole = dict.fromkeys(picture.names.full[node] for node in shown)
    return tuple(text for text in whole if text != picture.names.shown[nodes[0]]), tuple(shown)


def list_members(picture: PictureTables) -> dict[int, list[int]]:
    """The nodes of every entity; first the one whose name stands for it: with a label, of a ledger before a chat, the smallest."""
    nodes = picture.tables.nodes
    rank = nodes["rail"].map({"hawala": 0, "chat": 1}).fillna(2)
    placed = nodes[["node_id"]].assign(unnamed=nodes["label"].isna(), rank=rank)
    joined = picture.entities[["entity_id", "node_id"]].merge(placed, on="node_id")
    members: dict[int, list[int]] = {}
    for entity, node in joined.sort_values(["unnamed", "rank", "node_id"])[["entity_id", "node_id"]].itertuples(index=False):
        members.setdefault(int(entity), []).append(int(node))
    return members


def _list_roles(picture: PictureTables) -> dict[int, list[dict[str, Any]]]:
    """The roles of every entity, in their order in the table."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in list_rows(picture.roles):
        found.setdefault(int(row["entity_id"]), []).append(row)
    return found


def _make_payment(picture: PictureTables, movement: Movement) -> Payment:
    row = movement.row
    line = picture.lines.line(f"transfer:{int(row['transfer_id'])}")
    time = row["time"]
    known = not is_missing(time)
    return Payment(
        payment_id=f"{movement.kind}:{row['transfer_id']}:{movement.src}:{movement.dst}",
        src=str(movement.src), dst=str(movement.dst), rail=picture.rails[int(row["src"])], asset=str(row["asset"]),
        amount_text=picture.lines.amount(row["asset"], row["amount"]), value=picture.values.get(int(row["transfer_id"])),
        time=time.to_pydatetime().replace(tzinfo=UTC) if known else None, time_text=say_time(row), kind=movement.kind,
        basis=movement.basis, citation=f"{line.source} row {line.row}", transfer=int(row["transfer_id"]),
        reference=line.reference or "",
    )  # fmt: skip
