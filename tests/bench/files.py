"""Generated files for the benchmark: fictional, the same bytes each time, and shaped like real ones where that costs time.

What makes ingest slow is the number of different addresses, so this is stated with each figure: power-law senders and
receivers with a quarter as many different addresses as rows are the hard case (a part of the chain), and the export of
one account, where one side of each row is always the same, the usual one.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from trails.simulate.many_keys import make_many_addresses

if TYPE_CHECKING:
    from pathlib import Path

_USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
#: How many addresses are drawn from for each row; some are never drawn.
_POOL = 0.32
_WORDS = [
    "dobro", "idemo", "sutra", "dolazi", "nas", "kombi", "stigao", "ok", "ceka", "granica",
    "put", "auto", "hvala", "gdje", "brate", "kad", "krecemo", "javi", "😊", "не",
    "знам", "خوب", "است", "بیا", "اینجا", "tamam", "geliyorum", "abi", "yarın",
]  # fmt: skip


def write_tronscan(path: Path, rows: int, *, one_account: bool = False) -> int:
    """Write a Tronscan export; give the number of different addresses in it.

    One row in 25 is a further transfer of the transaction before, one in 500 a failed transaction.
    """
    import duckdb
    import pyarrow as pa

    con = duckdb.connect()
    con.execute("SET threads = 1")
    con.execute("SELECT setseed(0.5)").fetchall()
    con.register("pool", pa.table({"address": make_many_addresses(range(max(10, int(rows * _POOL))))}))
    con.execute("CREATE TABLE pool_table AS SELECT row_number() OVER () - 1 AS n, address FROM pool")
    # the first 24 are services that stand in a fifth of the rows; the others follow a power law
    draw = "CASE WHEN random() < 0.2 THEN floor(random() * 24) ELSE floor(power(random(), 4) * {pool}) END"
    draw = f"CAST(least({draw}, {{pool}} - 1) AS BIGINT)".format(pool=max(10, int(rows * _POOL)))
    ends = (f"{draw} AS a, {draw} AS b") if not one_account else f"0 AS a, {draw} AS b"
    con.execute(f"CREATE TABLE picks AS SELECT i, {ends}, random() AS size FROM range({rows}) r(i)")
    turn = "i % 2 = 0" if one_account else "true"
    con.execute(
        f"COPY (SELECT sha256('fictional transfer ' || (i - (i % 25 = 24)::INT)) AS \"Txn Hash\", 64000000 + i // 40 AS Block, "
        f"TIMESTAMP '2024-08-01' + to_seconds(CAST(3 * (i // 40) AS BIGINT)) AS \"Time(UTC)\", "
        f'CASE WHEN {turn} THEN s.address ELSE d.address END AS "From", '
        f"CASE WHEN {turn} THEN d.address ELSE s.address END AS \"To\", '{_USDT}' AS Token, 'USDT' AS \"Token Symbol\", "
        f"CAST(CASE WHEN i % 3 = 0 THEN 5 * (1 + floor(size * 400)) ELSE 0.000001 + power(size, 3) * 5e4 END "
        f"AS DECIMAL(18,6)) AS \"Amount/TokenID\", CASE WHEN i % 500 = 7 THEN 'OUT_OF_ENERGY' ELSE 'SUCCESS' END AS Result, "
        f"'CONFIRMED' AS Status FROM picks JOIN pool_table s ON s.n = a JOIN pool_table d ON d.n = b ORDER BY i) "
        f"TO '{path}' (HEADER, DELIMITER ',')"
    )
    row = con.execute("SELECT count(*) FROM (SELECT a FROM picks UNION SELECT b FROM picks)").fetchone()
    return int(row[0]) if row else 0


def write_etl(path: Path, rows: int) -> int:
    """Write a token_transfers file of ethereum-etl, ten transfers a block; give the number of different addresses."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET threads = 1")
    con.execute("SELECT setseed(0.5)").fetchall()
    pick = f"floor(power(random(), 4) * {rows * _POOL})::INT"
    con.execute(f"CREATE TABLE picks AS SELECT i, {pick} AS a, {pick} AS b, random() AS size FROM range({rows}) r(i)")
    con.execute(
        "COPY (SELECT '0xdac17f958d2ee523a2206206994597c13d831ec7' AS token_address, "
        "'0x' || left(sha256('a' || a), 40) AS from_address, '0x' || left(sha256('a' || b), 40) AS to_address, "
        "1 + floor(power(size, 3) * 5e9)::BIGINT AS value, '0x' || sha256('t' || i) AS transaction_hash, i % 10 AS log_index, "
        "17000000 + i // 10 AS block_number, 1680911891 + 12 * (i // 10) AS block_timestamp FROM picks ORDER BY i) "
        f"TO '{path}' (HEADER, DELIMITER ',')"
    )
    row = con.execute("SELECT count(*) FROM (SELECT a FROM picks UNION SELECT b FROM picks)").fetchone()
    return int(row[0]) if row else 0


def write_ledger(path: Path, rows: int) -> None:
    """Write a hawala ledger as a workbook with the mapping that declares its columns: deposits, and their payouts."""
    import xlsxwriter

    random.seed(7)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["No", "Date", "Code", "Payer", "Payee", "Office", "Amount", "Unit", "State"])
    start = datetime(2024, 8, 1, 8, tzinfo=UTC)
    for row in range(rows):
        when = start + timedelta(minutes=row)
        paid = row % 2
        name = f"Family {random.randrange(rows // 4 + 1)}"
        amount = 50 * random.randint(4, 120)
        sheet.write_row(row + 1, 0, [
            row + 1, when.strftime("%d.%m.%Y %H:%M"), str(10_000_000 + row // 2), "" if paid else name,
            "Alder" if not paid else name, "Office Amber", amount, "EUR", "payout" if paid else "deposit",
        ])  # fmt: skip
    book.close()
    mapping = (
        'kind = "ledger"\nscope = "bench"\ntimezone = "Europe/Istanbul"\ndate_pattern = ["%d.%m.%Y %H:%M"]\n'
        'decimal_mark = "."\n[columns]\nnumber = "No"\ndate = "Date"\ncode = "Code"\npayer = "Payer"\npayee = "Payee"\n'
        'office = "Office"\namount = "Amount"\ncurrency = "Unit"\nstatus = "State"\n'
        '[status]\ndeposit = "deposit"\npayout = "payout"\n'
    )
    path.with_name(f"{path.name}.mapping.toml").write_text(mapping, encoding="utf-8")


def _say(place: int) -> str:
    """The words of a message: one in eight has payment content, three in ten some digit."""
    body = " ".join(random.choices(_WORDS, k=random.randint(2, 16)))
    chance = random.random()
    if chance < 0.04:
        return f"{body} kod {random.randint(1000, 9999)}"
    if chance < 0.08:
        return f"isplata {random.randint(100, 5000)} EUR {body}"
    if chance < 0.10:
        return f"{body} {_USDT} {random.randint(100, 999)} usdt"
    if chance < 0.12:
        return f"zovi +387 65 000 {place % 1000:03}"
    return f"{body} u {random.randint(1, 12)} sati" if chance < 0.30 else body


def write_telegram(path: Path, messages: int) -> None:
    """Write a group's chat as Telegram Desktop exports it."""
    random.seed(5)
    told, said = 1_700_000_000, []
    for place in range(messages):
        told += random.randint(5, 400)
        body = _say(place)
        text = body if place % 5 else [body[:5], {"type": "bold", "text": body[5:]}]
        said.append({
            "id": place + 1, "type": "message", "date": datetime.fromtimestamp(told, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "date_unixtime": str(told), "from": f"Person {place % 7}", "from_id": f"user{900_000 + place % 7}",
            "text": text, "text_entities": [{"type": "plain", "text": body}],
        })  # fmt: skip
    chat = {"name": "Fictional group", "type": "private_supergroup", "id": 77, "messages": said}
    path.write_text(json.dumps(chat, ensure_ascii=False, indent=1), encoding="utf-8")


def write_whatsapp(path: Path, messages: int) -> None:
    """Write a chat as WhatsApp on Android exports it; one message in twenty has a second line."""
    random.seed(5)
    told, lines = datetime(2023, 1, 1, tzinfo=UTC), []
    for place in range(messages):
        told += timedelta(seconds=random.randint(5, 400))
        lines.append(f"{told:%d/%m/%Y, %H:%M} - Person {place % 7}: {_say(place)}")
        if place % 20 == 0:
            lines.append("druga linija poruke")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
