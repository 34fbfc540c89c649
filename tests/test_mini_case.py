"""Six layouts of one fictional affair in one case: two hawala books, a jeweller's notebook, a dispatcher's list, a WhatsApp
and a Telegram chat, an explorer's export and an exchange's list of withdrawals. What they state of each other must meet.

Addresses are derived from fictional labels: nobody holds their keys. Nothing here is of a real person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.reading import SAMPLES
from trails.case import Case
from trails.connector import ReadOptions
from trails.ingest import add_source
from trails.pipeline import analyse_case, read_tables
from trails.pseudonyms import name_nodes

DRIVER, PAYER = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP", "TCNrDEtFKu3S3L17XWLzokHuyL6PQcfd4w"
BOARD = "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr"
PAID, SETTLED = "3f" * 32, "9c" * 32
WHATSAPP = """[01/08/2024, 9:00:00 AM] Kaka N.: salam
[02/08/2024, 11:41:07 PM] Kaka N.: <attached: 00000031-VIDEO-2024-08-02-23-40-55.mp4>
[13/08/2024, 12:12:00 AM] +90 500 000 00 00: OK rasid. kod 4 7 1 8
"""
TELEGRAM: dict[str, Any] = {
    "name": "primer_bot", "type": "personal_chat", "id": 900000001,
    "messages": [
        {"id": 77, "type": "message", "date": "2024-08-03T01:20:11", "date_unixtime": "1722640811", "from": "primer_bot",
         "from_id": "user900000001", "text": ["isplata ", {"type": "code", "text": DRIVER}, " 625 EUR"]},
    ],
}  # fmt: skip
EXPLORER = f"""Txn Hash,Block,Time(UTC),From,To,Amount,Token,Status
{PAID},64000001,2024-08-02 23:24:36,{PAYER},{DRIVER},680,USDT,SUCCESS
"""
WITHDRAWALS = f"""Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,Status
2024-08-06 09:14:00,USDT,TRX,18199,1,{BOARD},{SETTLED},Completed
"""


def add_ledger(case: Case, name: str) -> None:
    sample = SAMPLES / "hawala_ledger" / name
    assert not add_source(case, sample, mapping_path=sample.with_name(f"{name}.mapping.toml")).rows_refused


def add_text(case: Case, folder: Path, name: str, text: str, *, mapping: str = "", **said: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    if mapping:
        (folder / f"{name}.mapping.toml").write_text(mapping, encoding="utf-8")
    report = add_source(case, folder / name, options=ReadOptions(**said))  # type: ignore[arg-type]
    assert not report.rows_refused


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("mini")
    with Case.create(folder / "case") as case:
        for name in ("sample-f1.csv", "sample-f2.txt", "sample-f3.txt", "sample-f4.txt"):
            add_ledger(case, name)
        add_text(case, folder, "_chat.txt", WHATSAPP, timezone="Europe/Sarajevo")
        add_text(case, folder, "result.json", json.dumps(TELEGRAM))
        usdt = 'contract = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\n'
        add_text(case, folder, "export.csv", EXPLORER, mapping=usdt)
        add_text(case, folder, "withdrawals.csv", WITHDRAWALS)
        yield case


def ask(case: Case, sql: str) -> list[tuple[Any, ...]]:
    return case.con.execute(sql).fetchall()


def test_one_debt_stands_in_two_books_and_neither_is_lost_in_the_other(mini: Case) -> None:
    sums = ask(
        mini,
        "SELECT s.name, t.kind, t.amount, t.asset FROM transfers t JOIN sources s USING (source_id) "
        "WHERE s.name IN ('sample-f2.txt', 'sample-f3.txt') AND t.asset = 'EUR' ORDER BY ALL",
    )
    assert ("sample-f2.txt", "deposit", 450_000, "EUR") in sums
    assert ("sample-f3.txt", "deposit", 450_000, "EUR") in sums
    paid = {(name, kind): amount for name, kind, amount, _ in sums if kind in ("payout", "fee")}
    assert paid["sample-f2.txt", "payout"] == 150_000
    assert paid["sample-f3.txt", "payout"] == 142_500, "1,500 less 5 %"


def test_the_order_of_the_bot_comes_4_minutes_25_before_the_chain(mini: Case) -> None:
    ((ordered, basis, error),) = ask(
        mini, "SELECT time, time_basis, time_error_s FROM events WHERE kind = 'mention' AND text LIKE 'TL6AVH7j%'"
    )
    assert (ordered, basis, error) == (datetime(2024, 8, 2, 23, 20, 11), "stated", 0)
    ((moved, amount),) = ask(mini, f"SELECT time, amount FROM transfers WHERE ref LIKE '{PAID}%'")
    assert (moved - ordered).total_seconds() == 4 * 60 + 25
    assert amount == 680_000_000


def test_the_zone_of_the_video_is_only_what_was_said(mini: Case) -> None:
    ((proof, basis),) = ask(mini, "SELECT time, time_basis FROM events WHERE kind = 'proof'")
    assert (proof, basis) == (datetime(2024, 8, 2, 21, 41, 7), "assumed")


def test_a_whole_address_is_one_node_and_a_cut_one_only_possible(mini: Case) -> None:
    assert ask(mini, f"SELECT count(*) FROM nodes WHERE rail = 'tron' AND key = '{DRIVER}'") == [(1,)]
    named = ask(
        mini,
        f"SELECT DISTINCT e.kind FROM events e JOIN nodes n ON n.node_id IN (e.node_id, e.other_node_id) "
        f"WHERE n.key = '{DRIVER}'",
    )
    assert named == [("mention",)], "the cut one of the list names no node"
    assert ask(mini, "SELECT text FROM events WHERE kind = 'address_possible'") == [("TL6AVH7j…PrCiP",)]
    assert ask(mini, "SELECT count(*) FROM claims") == [(0,)]


def test_one_alias_in_two_scripts_is_only_possible(mini: Case) -> None:
    said = ask(mini, "SELECT text FROM events WHERE kind = 'name_possible' AND text LIKE 'Gagi%'")
    assert said == [("Gagi may be Гаги (row 1)",)]


def test_one_alias_in_two_scripts_and_one_code_in_two_books_are_possible_and_join_nobody(mini: Case) -> None:
    from trails.pipeline import cluster_case

    cluster_case(mini)
    said = ask(
        mini,
        "SELECT c.rule, c.state, a.label, coalesce(b.label, b.key) FROM claims c JOIN nodes a ON a.node_id = c.node_a "
        "JOIN nodes b ON b.node_id = c.node_b WHERE c.strength = 'hint' ORDER BY c.rule",
    )
    assert said == [("alias", "held", "Гаги", "Gagi"), ("same_code", "held", "کاکا نمونه", "+905000000000")]


def test_a_correction_takes_nothing_back_on_the_chain(mini: Case) -> None:
    corrected = ask(
        mini,
        "SELECT e.row FROM events e JOIN sources s USING (source_id) WHERE e.kind = 'correction' AND s.name = 'sample-f4.txt'",
    )
    assert corrected == [(3,)]
    assert ask(mini, f"SELECT status FROM transfers WHERE ref LIKE '{PAID}%'") == [("ok",)]


def test_a_code_is_the_same_in_every_spelling_and_not_used_twice(mini: Case) -> None:
    rows = ask(
        mini,
        "SELECT DISTINCT n.key, n.label, t.kind, t.row FROM transfers t JOIN nodes n ON n.node_id IN (t.src, t.dst) "
        "JOIN sources s USING (source_id) WHERE n.kind = 'junction' AND s.name = 'sample-f1.csv' ORDER BY t.row",
    )
    assert [(key.rpartition(":")[2], kind, row) for key, _, kind, row in rows] == [
        ("4718", "deposit", 2), ("4718", "payout", 3)
    ]  # fmt: skip
    assert ask(mini, "SELECT text FROM events WHERE kind = 'code_quoted'") == [("4718",)]
    doubted = ask(
        mini, "SELECT s.name FROM issues i JOIN sources s USING (source_id) WHERE i.code = 'code_second_name'"
    )
    assert doubted == [("sample-f2.txt",)], "881-2 stands beside two names; 4718 stands beside one"


def test_what_was_booked_is_what_was_withdrawn_with_its_fee(mini: Case) -> None:
    booked = ask(mini, "SELECT amount, asset FROM transfers WHERE kind = 'settlement'")
    assert [int(amount) for amount, _ in booked] == [18_200 * 10**6]
    parts = ask(
        mini, "SELECT sum(t.amount) FROM transfers t JOIN sources s USING (source_id) WHERE s.name = 'withdrawals.csv'"
        " AND t.src = (SELECT min(src) FROM transfers u WHERE u.source_id = t.source_id)",
    )  # fmt: skip
    assert parts == [(18_200 * 10**6,)]
    assert ask(mini, f"SELECT count(*) FROM nodes WHERE key = '{BOARD}'") == [(1,)]


def test_the_family_is_a_pseudonym_and_no_payment_of_theirs_reaches_the_driver(mini: Case) -> None:
    analyse_case(mini)
    tables = read_tables(mini, inferences=True)
    assert tables.entities is not None
    assert tables.roles is not None
    names = name_nodes(tables.nodes, tables.entities, tables.roles, key="cd" * 32)
    family = tables.nodes.loc[tables.nodes["label"] == "فامیل زلمی ف.", "node_id"].tolist()
    assert len(family) == 1
    assert names.shown[family[0]].startswith(("Payer-", "Party-"))
    assert ask(mini, "SELECT count(*) FROM links") == [(0,)]


def test_the_two_books_of_one_debt_are_recognised_and_count_once(mini: Case) -> None:
    analyse_case(mini)
    told = ask(
        mini, "SELECT a.name, b.name, t.kind, d.basis FROM debts d JOIN transfers t ON t.transfer_id = d.transfer_a "
        "JOIN transfers u ON u.transfer_id = d.transfer_b JOIN sources a ON a.source_id = t.source_id "
        "JOIN sources b ON b.source_id = u.source_id ORDER BY t.kind",
    )  # fmt: skip
    both = {"sample-f2.txt", "sample-f3.txt"}
    assert [({a, b}, kind) for a, b, kind, _ in told] == [(both, "deposit"), (both, "payout")]
    assert {basis for *_, basis in told} == {"day and sum of deposit and payout"}


def test_the_settlement_and_its_withdrawal_are_one_and_the_use_of_each_code_is_its_own(mini: Case) -> None:
    analyse_case(mini)
    matched = ask(
        mini, "SELECT s.name, m.state FROM matches m JOIN transfers t ON t.transfer_id = m.transfer_b "
        "JOIN sources s USING (source_id) WHERE m.kind = 'settlement'",
    )  # fmt: skip
    assert [name for name, _ in matched] == ["withdrawals.csv"]
    uses = dict(ask(mini, "SELECT text, use FROM codes"))
    assert uses["4718"] == "secret_release"
    assert uses["c123456789"] == "payee_token"
    reused = ask(mini, "SELECT text FROM codes WHERE anomalies LIKE '%two_payers%'")
    assert ("4718",) not in reused
