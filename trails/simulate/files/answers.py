"""Answers to requests: an exchange's histories of customers, a money-transfer operator's list, bank statements; tags, rates."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import yaml

from trails.identifiers import normalise_name
from trails.simulate.files import FICTIONAL, WRONG_ZONE, Made, Origin
from trails.simulate.keys import digest
from trails.simulate.world import DAY, START

if TYPE_CHECKING:
    from trails.simulate.chain_pay import Services
    from trails.simulate.dice import Dice
    from trails.simulate.world import Movement, World

_NETWORK = {"tron": "TRX", "ethereum": "ETH", "bsc": "BSC"}
#: Where the operator's and the banks' clocks stand.
_LOCAL = ZoneInfo("Europe/Belgrade")


def write_vasp(world: World, services: Services, customer: str, number: int) -> list[Made]:
    """One customer's withdrawals and deposits, as an exchange answers a request."""
    hot = services.exchange.person_id
    paid_out, paid_in = [], []
    for each in world.movements:
        if each.rail not in _NETWORK:
            continue
        if each.kind in ("withdrawal", "top_up") and world.owner(each, "src") == hot and world.owner(each, "dst") == customer:
            paid_out.append(each)
        if each.kind == "cash_out" and world.owner(each, "src") == customer:
            paid_in.append(each)
    found = []
    if paid_out:
        found.append(_vasp_file(f"exchange_{number}_withdrawals.csv", paid_out, customer, number, fee=True))
    if paid_in:
        found.append(_vasp_file(f"exchange_{number}_deposits.csv", paid_in, customer, number, fee=False))
    return found


def _vasp_file(name: str, rows: list[Movement], customer: str, number: int, *, fee: bool) -> Made:
    made = Made(name, b"", [], mapping=f'# {FICTIONAL}\nkind = "statement"\nscope = "customer-{number}"\n')
    made.own("vasp", f"binance:account:customer-{number}", customer)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["Date(UTC+0)", "Coin", "Network", "Amount", *(["Fee"] if fee else []), "Address", "TXID", "Status"]
    writer.writerow(head)
    for row, each in enumerate(sorted(rows, key=lambda m: (m.time, m.number)), start=2):
        places = 18 if each.rail == "bsc" else 6
        amount = f"{each.amount / 10**places:.2f}"
        txid = each.txid if each.rail == "tron" else f"0x{each.txid}"
        when = datetime.fromtimestamp(each.time - 60 if fee else each.time + 60, UTC)
        cells = [f"{when:%Y-%m-%d %H:%M:%S}", "USDT", _NETWORK[each.rail], amount, *(["1"] if fee else []), each.dst, txid,
                 "Completed"]  # fmt: skip
        writer.writerow(cells)
        made.origins.append(Origin(row, f"M{each.number}", each.time))
    made.data = out.getvalue().encode()
    return made


def write_mto(world: World, dice: Dice, rows: list[Movement]) -> Made:
    """A money-transfer operator's list: number, sender, receiver, when and how much."""
    shifted = dice.happens("fault_zone")
    made = Made("operator_list.csv", b"", [], known={"timezone": WRONG_ZONE if shifted else _LOCAL.key})
    made.faults += ["zone"] if shifted else []
    made.mapping = f'# {FICTIONAL}\nkind = "pickup"\nscope = "operator"\n'
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("MTCN", "Sender Name", "Receiver Name", "Send Date", "Pay Date", "Principal", "Send Currency", "Status"))
    for row, each in enumerate(sorted(rows, key=lambda m: (m.time, m.number)), start=2):
        sender, receiver = (world.persons[person].name.latin for person in (each.src, each.dst))
        for person, name in ((each.src, sender), (each.dst, receiver)):
            made.own("mto", f"party:operator:{normalise_name(name)}", person)
        sent = datetime.fromtimestamp(each.time, _LOCAL)
        paid = datetime.fromtimestamp(each.time + dice.between(3600, DAY), _LOCAL)
        number = int.from_bytes(digest("mtcn", world.seed, each.number)[:5], "big") % 9_000_000_000 + 1_000_000_000
        writer.writerow((number, sender, receiver, f"{sent:%Y-%m-%d %H:%M}", f"{paid:%Y-%m-%d %H:%M}",
                         f"{each.amount / 100:.2f}", "EUR", "Paid"))  # fmt: skip
        made.origins.append(Origin(row, f"M{each.number}", each.time, "zone" if shifted else ""))
    made.data = out.getvalue().encode()
    return made


def write_bank(world: World, rows: list[Movement]) -> Made:
    """Statements (MT940) of the accounts that paid, one after another; a booked day has no hour."""
    made = Made("bank_statements.sta", b"", [], known={"timezone": _LOCAL.key})
    parts, row = [], 0
    by_payer: dict[str, list[Movement]] = {}
    for each in sorted(rows, key=lambda m: (m.time, m.number)):
        by_payer.setdefault(each.src, []).append(each)
    for nth, (payer, payments) in enumerate(by_payer.items(), start=1):
        iban = make_iban(payer)
        made.own("bank", iban, payer)
        total = sum(each.amount for each in payments)
        first, last = (datetime.fromtimestamp(each.time, _LOCAL) for each in (payments[0], payments[-1]))
        lines = [f":20:FICTIONAL{nth}", f":25:{iban}", f":28C:{nth}/1", f":60F:C{first:%y%m%d}EUR{_money(total + 50_000)}"]
        for each in payments:
            row += 1
            day = datetime.fromtimestamp(each.time, _LOCAL)
            other = make_iban(each.dst)
            made.own("bank", other, each.dst)
            name = world.persons[each.dst].name.latin
            lines.append(f":61:{day:%y%m%d}{day:%m%d}D{_money(each.amount)}NTRFNONREF//B-{each.number:06}")
            lines.append(f":86:/TRTP/SEPA/IBAN/{other}/NAME/{name}/REMI/")
            made.origins.append(Origin(row, f"M{each.number}", each.time))
        lines.append(f":62F:C{last:%y%m%d}EUR500,00")
        parts.append("{1:F01FICTBA00AXXX0000000000}{2:I940FICTBA00XXXXN}{4:\n" + "\n".join(lines) + "\n-}")
    made.data = ("\n".join(parts) + "\n").encode("ascii")
    return made


def _money(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02}"


def make_iban(person: str) -> str:
    """A Bosnian account number with right check digits, of a bank that does not exist.

    >>> make_iban("P000001")[:2], len(make_iban("P000001"))
    ('BA', 20)
    """
    body = "999" + str(int.from_bytes(digest("iban", person)[:8], "big") % 10**13).zfill(13)
    check = 98 - int(body + "111000") % 97  # B = 11, A = 10
    return f"BA{check:02}{body}"


def write_tags(services: Services) -> Made:
    """Published tags of the services; the private trader has none."""
    made = Made("tags.yaml", b"", [])
    tags = []
    for person, label, category in (
        (services.exchange, "Exchange Pebble", "exchange"), (services.swap, "Swap Slate", "swap"),
        (services.gambling, "Casino Marble", "gambling"),
    ):  # fmt: skip
        for rail, currency in (("tron", "USDT"), ("ethereum", "ETH"), ("bsc", "BSC"), ("bitcoin", "BTC")):
            for address in person.wallets.get(rail, [])[:1]:
                tag = {"address": address, "currency": currency, "label": f"{label} (fictional)", "category": category}
                tags.append({**tag, **({"network": "TRX"} if rail == "tron" else {})})
    pack = {
        "title": "Fictional services", "creator": "trails simulate", "source": "fictional", "lastmod": "2024-08-01",
        "confidence": "service_data", "is_cluster_definer": False, "tags": tags,
    }  # fmt: skip
    text = f"# {FICTIONAL}\n" + yaml.safe_dump(pack, sort_keys=False, allow_unicode=True)
    made.data = text.encode("utf-8")
    made.origins = [Origin(nth, "tag", START) for nth in range(1, len(tags) + 1)]
    return made


def write_rates(world: World) -> Made:
    """Daily rates, as a table of them states them."""
    lines = ["date,base,quote,rate,source"]
    for (day, name), rate in sorted(world.rates.items(), key=lambda item: (item[0][0], item[0][1])):
        when = datetime.fromtimestamp(START + day * DAY, UTC)
        pair = "BTC,USD" if name == "BTC" else f"EUR,{name}"
        lines.append(f"{when:%Y-%m-%d},{pair},{rate:.6g},fictional")
    origins = [Origin(row, "rate", START) for row in range(2, len(lines) + 1)]
    return Made("rates.csv", ("\n".join(lines) + "\n").encode(), origins)
