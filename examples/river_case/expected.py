"""The answers of the case as data, written from the story and never from what trails finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from examples.river_case import btc, chat, ledgers, sides, story, usdt
from examples.river_case.addresses import bitcoin

if TYPE_CHECKING:
    from datetime import datetime

#: The payout that leaves part of its deposit unexplained.
UNBALANCED = "9134"
RIVAL_OF = "6025"
_PARTY = f"hawala:party:{story.SCOPE}:"


def expected_json() -> bytes:
    """Whole list of answers."""
    answers = {
        "fictional": story.FICTIONAL,
        "sources": _sources(),
        "entities": _entities(),
        "not_joined": _not_joined(),
        "matches": _matches(),
        "payouts_without_match": _cash_payouts(),
        "links": _links(),
        "roles_inferred": [{"node": f"tron:{story.DADO}", "role": "driver", "payments": 4, "proofs_before": 4}],
        "roles_from_tags": [_tagged(address, network) for address, network, _ in sides.TAGS],
        "junctions": _junctions(),
        "proofs": _proofs(),
        "chat": _chat(),
        "traps": _traps(),
        "protected_names": story.protected_names(),
    }
    return (json.dumps(answers, ensure_ascii=False, indent=1) + "\n").encode()


def _sources() -> dict[str, dict[str, int]]:
    amber, jade = len(ledgers.amber_rows()), len(ledgers.jade_rows())
    plain = {
        "usdt_tron.json": len(usdt.all_rows()),
        "bitcoin.json": len(btc.transactions()),
        "tags.yaml": len(sides.TAGS),
        "rates.csv": 2 * len(story.all_days()),
    }
    return {
        ledgers.AMBER_FILE: {"read": amber, "kept": amber - 2, "skipped": 1, "refused": 1},
        ledgers.JADE_FILE: {"read": jade, "kept": jade - 1, "skipped": 1, "refused": 0},
        **{name: {"read": rows, "kept": rows, "skipped": 0, "refused": 0} for name, rows in plain.items()},
    }


def _entities() -> list[dict[str, Any]]:
    """Nodes that accepted claims join: by an address or phone a ledger states, and by spending together."""
    first, second = (f"bitcoin:{bitcoin(label)}" for label in story.ALDER_BTC)
    payment = btc.transactions()["payment"].txid
    return [
        {"name": "Alder", "nodes": [_PARTY + "alder", f"tron:{story.ALDER}", first, second], "joined_by": [
            {"rule": "same_address", "nodes": [_PARTY + "alder", f"tron:{story.ALDER}"], **_jade_row("8812")},
            {"rule": "same_address", "nodes": [_PARTY + "alder", first], **_jade_row("5160")},
            {"rule": "co_spend", "nodes": [first, second], "file": "bitcoin.json", "txid": payment},
        ]},
        {"name": "Miki", "nodes": [_PARTY + "miki", f"chat:telegram:user{chat.USERS['Miki']}"], "joined_by": [
            {"rule": "same_phone", "phone": story.MIKI_PHONE, **_jade_row("7741")},
        ]},
        {"name": "Office Jade", "nodes": [_PARTY + "office jade", f"tron:{story.JADE}"], "joined_by": [
            {"rule": "same_address", "nodes": [_PARTY + "office jade", f"tron:{story.JADE}"],
             **_amber_row("settlement")},
        ]},
    ]


def _not_joined() -> list[dict[str, Any]]:
    """Nodes that must stay apart, and why."""
    join = btc.transactions()["coinjoin"]
    return [
        {"why": "inputs of a CoinJoin", "txid": join.txid,
         "nodes": [f"bitcoin:{bitcoin(coin.output.label)}" for coin in join.inputs]},
        {"why": "an address told in a chat is not yet an account of who told it",
         "nodes": [f"bitcoin:{bitcoin(story.MIKI_BTC)}", _PARTY + "miki"]},
        {"why": "look-alike of Gagi's wallet", "nodes": [f"tron:{story.LOOKALIKE}", f"tron:{story.GAGI}"]},
    ]


def _matches() -> list[dict[str, Any]]:
    """Payouts that left Office Jade again as USDT, with the transfer each became."""
    return [
        {
            "code": code.code,
            **_jade_row(code.code),
            "payout_cents": code.paid * 100,
            "tx": next(row.tx for row in usdt.relays() if row.label == f"relay {code.code}"),
            "amount": story.relayed_usdt(code),
            "asset": "USDT@tron",
            "hours": round((code.relay.time - code.paid_at).total_seconds() / 3600, 2),
            "kept_percent": code.relay.kept / 10,
            "rivals": [usdt.RIVAL.tx] if code.code == RIVAL_OF else [],
        }
        for code in story.CODES
        if code.relay and code.paid is not None and code.paid_at
    ]


def _cash_payouts() -> list[dict[str, Any]]:
    return [{"code": code.code, **_jade_row(code.code)} for code in story.CODES if code.paid and not code.relay]


def _links() -> list[dict[str, Any]]:
    """Organiser to driver, one a driver's node and asset; totals are of the last transfers only."""
    payment = btc.transactions()["payment"]
    by_birch = {
        driver: [row for row in usdt.crew() if row.src == story.BIRCH and row.dst == wallet]
        for driver, wallet in (("Gagi", story.GAGI), ("Dado", story.DADO))
    }
    links: list[dict[str, Any]] = [
        {"driver": driver, "node": f"tron:{rows[0].dst}", "asset": "USDT@tron", "payments": len(rows),
         "total": sum(row.value for row in rows), "via": f"tron:{story.BIRCH}", "tx": [row.tx for row in rows]}
        for driver, rows in by_birch.items()
    ]
    links.append({"driver": "Miki", "node": _PARTY + "miki", "asset": "EUR", "payments": 1, "total": 40_000,
                  "via": f"hawala:code:{story.SCOPE}:7741", **_jade_row("7741")})
    links.append({"driver": "Miki", "node": f"bitcoin:{bitcoin(story.MIKI_BTC)}", "asset": "BTC", "payments": 1,
                  "total": btc.miki_satoshi(), "via": f"bitcoin:{payment.txid}", "tx": [payment.txid]})
    return [{"organiser": "Alder", **link} for link in links]


def _tagged(address: str, network: str) -> dict[str, str]:
    rail = "tron" if network == "TRX" else "bitcoin"
    return {"node": f"{rail}:{address}", "role": "service"}


def _junctions() -> dict[str, Any]:
    """Every code balances save one; one is refunded."""
    refunded = next(code for code in story.CODES if code.refunded_at)
    odd = next(code for code in story.CODES if code.code == UNBALANCED)
    return {
        "codes": len(story.CODES),
        "unbalanced": [{"code": f"hawala:code:{story.SCOPE}:{UNBALANCED}", "asset": "EUR",
                        "left_cents": (odd.deposit - odd.fee - (odd.paid or 0)) * 100}],
        "refunded": [{"code": f"hawala:code:{story.SCOPE}:{refunded.code}", "asset": "EUR",
                      "refund_cents": (refunded.deposit - refunded.fee) * 100}],
    }


def _proofs() -> list[dict[str, Any]]:
    """Chat's proofs of delivery, with the payment each was followed by."""
    ids = {message.proof: number for number, message in chat.numbered() if message.proof is not None}
    return [
        {"message_id": ids[number], "trip": proof.trip, "driver": proof.driver, "heads": proof.heads,
         "time": _iso(proof.time)}
        for number, proof in enumerate(story.PROOFS)
    ]


def _chat() -> dict[str, Any]:
    """Answers about the chat that do not depend on how its reader counts rows."""
    numbered = chat.numbered()
    return {
        "messages": len(numbered),
        "service_messages": [number for number, message in numbered if message.action],
        "payment_messages": [number for number, message in numbered if message.pays],
        "missing_ids": list(chat.MISSING_IDS),
        "contacts": 4,
        "quoted_transaction": chat.quoted_transaction(),
    }


def _traps() -> dict[str, Any]:
    counterfeit, poison = usdt.COUNTERFEIT, usdt.POISON
    return {
        "counterfeit": {"asset": f"{counterfeit.contract}@tron", "tx": counterfeit.tx, "to": counterfeit.dst},
        "poison": {"tx": poison.tx, "from": poison.src, "looks_like": story.GAGI, "amount": 0},
        "damaged_address": {"text": chat.damaged_address(), "meant": story.DADO},
        "rival": {"code": RIVAL_OF, "tx": usdt.RIVAL.tx, "amount": usdt.RIVAL.value},
        "coinjoin": {"txid": btc.transactions()["coinjoin"].txid, "equal_outputs": btc.COINJOIN_SIZE},
        "refused_row": _amber_row("damaged"),
        "cancelled_rows": [_amber_row("cancelled"), _jade_row("storno")],
    }


def _jade_row(code: str) -> dict[str, Any]:
    what = code if code == "storno" else f"payout {code}"
    return {"file": ledgers.JADE_FILE, "row": ledgers.row_of(ledgers.jade_rows(), what, ledgers.JADE_HEADER_ROW)}


def _amber_row(what: str) -> dict[str, Any]:
    return {"file": ledgers.AMBER_FILE, "row": ledgers.row_of(ledgers.amber_rows(), what, ledgers.AMBER_HEADER_ROW)}


def _iso(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")
