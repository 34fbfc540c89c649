"""From a case's tables to lanes in time: one lane for each hawala code, each sender of proofs, and each driver.

A code's lane shows its deposits, the messages that quote it, its payouts (a release where the payee is an organiser), its
refunds and, as an inference, the transfer a payout is matched to. A driver's lane shows what the driver received and what
went on to a service. Which trip a payment belongs to is not stated by any row and is not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from trails.charts.flow_input import Movement, PictureTables, list_members, list_movements
from trails.charts.lanes import Lane, Mark, MarkKind, TimelineInput
from trails.charts.records import Basis
from trails.fact_lines import FactLine, is_missing
from trails.graph import NOT_MONEY, list_rows
from trails.patterns.counterfeits import find_counterfeits

_NEVER = datetime.max.replace(tzinfo=UTC)


def build_timeline(picture: PictureTables, *, title: str, footer: tuple[str, ...]) -> TimelineInput:
    """The lanes of the whole case: codes by their first record, then proofs by sender, then drivers."""
    roles: dict[int, set[str]] = {}
    for entity, role in zip(picture.roles["entity_id"], picture.roles["role"], strict=True):
        roles.setdefault(int(entity), set()).add(str(role))
    entity_of = {
        int(n): int(e) for n, e in zip(picture.entities["node_id"], picture.entities["entity_id"], strict=True)
    }
    marks = [
        *_mark_codes(picture, entity_of, roles),
        *_mark_quotes(picture),
        *_mark_proofs(picture),
        *_mark_drivers(picture, roles),
    ]
    named = _name_lanes(picture)
    order = {"code": 0, "proofs": 1, "driver": 2}
    first: dict[str, datetime] = {}
    for mark in marks:
        first[mark.lane] = min(first.get(mark.lane, _NEVER), mark.time or _NEVER)
    lanes = sorted(first, key=lambda lane: (order[lane.split(":")[0]], first[lane], lane))
    return TimelineInput(
        tuple(Lane(lane, named[lane]) for lane in lanes), tuple(marks), picture.reference, title, footer
    )


def _name_lanes(picture: PictureTables) -> dict[str, str]:
    names = {}
    for node in list_rows(picture.tables.nodes):
        number = int(node["node_id"])
        if node["rail"] == "hawala" and node["kind"] == "junction":
            names[f"code:{number}"] = "code " + str(node["key"]).rpartition(":")[2]
        names[f"proofs:{number}"] = f"proofs sent by {picture.names.shown[number]}"
    drivers, members = picture.roles[picture.roles["role"] == "driver"], list_members(picture)
    for entity, basis in zip(drivers["entity_id"], drivers["basis"], strict=True):
        said = "driver (inferred)" if basis == "inferred" else "driver"
        names[f"driver:{entity}"] = f"{said} {picture.names.shown[members[int(entity)][0]]}"
    return names


def _mark_codes(picture: PictureTables, entity_of: dict[int, int], roles: dict[int, set[str]]) -> Iterator[Mark]:
    junctions = picture.tables.nodes
    codes = set(
        junctions.loc[(junctions["rail"] == "hawala") & (junctions["kind"] == "junction"), "node_id"].astype(int)
    )
    matched = {int(m["transfer_a"]): int(m["transfer_b"]) for m in list_rows(picture.matches)}
    transfers = picture.tables.transfers.set_index("transfer_id", drop=False)
    moved = picture.tables.transfers[~picture.tables.transfers["status"].isin(NOT_MONEY)]
    for row in list_rows(moved):
        src, dst, kind = int(row["src"]), int(row["dst"]), str(row["kind"])
        if kind == "deposit" and dst in codes:
            yield _mark(picture, f"code:{dst}", "deposit", row)
        elif kind == "refund" and src in codes:
            yield _mark(picture, f"code:{src}", "refund", row)
        elif kind == "payout" and src in codes:
            to_organiser = "organiser" in roles.get(entity_of[dst], set())
            yield _mark(picture, f"code:{src}", "release" if to_organiser else "payout", row)
            other = matched.get(int(row["transfer_id"]))
            if other is not None:
                yield _mark(picture, f"code:{src}", "pass", dict(transfers.loc[other]), "inference")


def _mark_quotes(picture: PictureTables) -> Iterator[Mark]:
    """Messages that quote a code, on the lane of every code that reads so: the chat does not say whose book it is in."""
    nodes = picture.tables.nodes
    codes: dict[str, list[int]] = {}
    for node_id, rail, kind, key in zip(nodes["node_id"], nodes["rail"], nodes["kind"], nodes["key"], strict=True):
        if rail == "hawala" and kind == "junction":
            codes.setdefault(str(key).rpartition(":")[2], []).append(int(node_id))
    quotes = picture.tables.events[picture.tables.events["kind"] == "code_quoted"]
    for row in list_rows(quotes):
        for node_id in codes.get(str(row["text"]), []):
            yield _mark_event(picture, f"code:{node_id}", "message", row, "code quoted in a message")


def _mark_proofs(picture: PictureTables) -> Iterator[Mark]:
    proofs = picture.tables.events[picture.tables.events["kind"] == "proof"]
    for row in list_rows(proofs):
        if not is_missing(row["node_id"]):
            yield _mark_event(picture, f"proofs:{int(row['node_id'])}", "proof", row, "possible proof of delivery")


def _mark_drivers(picture: PictureTables, roles: dict[int, set[str]]) -> Iterator[Mark]:
    """What drivers received and sent on; a token that only calls itself USDT pays nobody, and is a finding of its own."""
    movements, _ = list_movements(picture)
    counterfeits = set(find_counterfeits(picture.tables)["asset"])
    for movement in movements:
        if movement.row["asset"] in counterfeits:
            continue
        if "driver" in roles.get(movement.dst, set()):
            yield _mark_movement(picture, f"driver:{movement.dst}", "driver_pay", movement)
        if "driver" in roles.get(movement.src, set()):
            kind: MarkKind = "cashout" if "service" in roles.get(movement.dst, set()) else "pass"
            yield _mark_movement(picture, f"driver:{movement.src}", kind, movement)


def _mark_movement(picture: PictureTables, lane: str, kind: MarkKind, movement: Movement) -> Mark:
    return _mark(picture, lane, kind, movement.row, movement.basis)


def _mark(picture: PictureTables, lane: str, kind: MarkKind, row: dict[str, Any], basis: Basis = "fact") -> Mark:
    line = picture.lines.line(f"transfer:{int(row['transfer_id'])}")
    return Mark(
        lane=lane, kind=kind, time=None if is_missing(row["time"]) else row["time"].to_pydatetime().replace(tzinfo=UTC),
        error_s=0 if is_missing(row["time_error_s"]) else int(row["time_error_s"]), rail=picture.rails[int(row["src"])],
        value=picture.values.get(int(row["transfer_id"])), label=line.text, citation=_cite(line),
        basis=basis,
    )  # fmt: skip


def _mark_event(picture: PictureTables, lane: str, kind: MarkKind, row: dict[str, Any], label: str) -> Mark:
    line = picture.lines.line(f"event:{int(row['event_id'])}")
    return Mark(
        lane=lane, kind=kind, time=None if is_missing(row["time"]) else row["time"].to_pydatetime().replace(tzinfo=UTC),
        error_s=0 if is_missing(row["time_error_s"]) else int(row["time_error_s"]), rail="chat", value=None, label=label,
        citation=_cite(line),
    )  # fmt: skip


def _cite(line: FactLine) -> str:
    return f"{line.source} row {line.row}" + (f", reference {line.reference}" if line.reference else "")
