"""Who is protected because the records say payer: depositors, whoever pays a declared leader, whoever pays as families pay.

Payers are mostly migrants and their families. Whoever is found here gets a pseudonym in everything that is shown, is never
walked through, and is no candidate for any other role. So the rules lean towards protection: a remitting family looks the
same and is protected too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import HOUR_US, CaseTables, node_column, order_transfers, time_bounds
from trails.links.signs import PROOF_HOURS
from trails.persons import PERSONAL, is_person
from trails.valuation import find_units, value_transfers

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

#: A family pays one to four times, EUR 500 to 15,000 in all, to one office or wallet (domain research, roles).
MOST_PAYMENTS, LEAST_EUR, MOST_EUR = 4, 500, 15_000
#: Through an operator a single traveller of a short leg pays less, and hardly anybody but a family sends money so.
OPERATOR_LEAST_EUR = 150
#: As many people who get the same sum from one sender on one day are paid as aid or wages are paid.
BATCH_PEOPLE = 3
BATCH_HOURS = 24
#: By bank wages are paid too: there a family's payee is paid by so many others at least.
BOOKED_RAIL, FAN_IN = "bank", 3
#: Dollar and euro tokens besides Tether's by their symbols: whoever only calls itself so leads to protection, no more.
_STABLE = ("USDC", "DAI", "BUSD", "TUSD", "USDD", "FDUSD", "PYUSD", "USDP", "EURC", "EURT", "EURS")
#: Whoever pays so many others besides is a trader or a desk, not a family.
WIDE_PAYEES = 10

COLUMNS = ["entity_id", "role", "sign", "payments", "since", "until", "evidence"]


@dataclass(frozen=True, slots=True)
class Known:
    """Who is known by entity: ``leaders`` (declared organisers and dispatchers), ``offices`` (declared), ``services``, and
    ``exempt``, who keep their own role whatever they pay: declared otherwise, services, offices."""

    leaders: AbstractSet[int]
    offices: AbstractSet[int]
    services: AbstractSet[int]
    exempt: AbstractSet[int]


def list_payments(tables: CaseTables, entity: dict[int, int], is_payment: pd.Series) -> pd.DataFrame:
    """Who paid whom, an entity each: transfers between accounts, and ways through a junction that one entity alone pays into.

    Columns: ``payer``, ``payee``, ``transfer_id`` (the row that reaches the payee), ``into`` (the row that leaves the payer),
    ``time``, ``time_error_s``, ``asset``, ``amount`` (of the row that leaves the payer), ``kind``, ``rail``, ``source_id``.
    Left out are fees, fuel and dust, what offices settle among themselves, and hawala codes, whose depositors are payers by
    that alone. Cost: two groupings.
    """
    used = order_transfers(tables.transfers[is_payment & ~tables.transfers["kind"].isin(["fee", "settlement"])])
    used = used.assign(
        payer=used["src"].map(entity), payee=used["dst"].map(entity), rail=node_column(tables.nodes, "rail", used["src"]),
        here=node_column(tables.nodes, "kind", used["src"]), there=node_column(tables.nodes, "kind", used["dst"]),
        into=used["transfer_id"],
    )  # fmt: skip
    direct = used[(used["here"] == "account") & (used["there"] == "account")]
    into = used[(used["there"] == "junction") & (used["rail"] != "hawala")]
    senders = into.groupby("dst")["payer"].nunique()
    first = into[into["dst"].map(senders) == 1].drop_duplicates("dst").set_index("dst")
    out = used[(used["here"] == "junction") & used["src"].isin(first.index)]
    through = out.assign(
        payer=out["src"].map(first["payer"]), into=out["src"].map(first["into"]),
        asset=out["src"].map(first["asset"]), amount=out["src"].map(first["amount"]).to_numpy(dtype=object),
    )  # fmt: skip
    names = ["payer", "payee", "transfer_id", "into", "time", "time_error_s", "asset", "amount", "kind", "rail", "source_id"]
    both = pd.concat([direct[names], through[names]]) if len(through) else direct[names]
    kept: pd.DataFrame = both[both["payer"] != both["payee"]].sort_values("transfer_id", ignore_index=True)
    return kept


def find_payers(
    tables: CaseTables, entity: dict[int, int], payments: pd.DataFrame, is_payment: pd.Series, known: Known
) -> pd.DataFrame:
    """Who is protected, and by which sign.

    - ``deposit``: pays a deposit into a hawala code, or gets a refund out of one.
    - ``pays_leader``: pays a declared organiser, dispatcher or office, on whatever rail, and pays fewer than ten others.
    - ``as_families_pay``: one to four payments in money (no unknown tokens) of EUR 500 (through an operator 150) to 15,000 in
      all (what no rate values counts as fitting), all to one who is no service, and no money from anybody but services and
      whom it paid. By bank the payee must be paid by three at least, since wages are paid so too.
    - ``batch``: gets, on one day, the same sum as two others from one sender, as aid and wages are paid, and pays nobody but
      services: role ``third_party``.

    Nobody whom ``known`` exempts is found, nor whom a declared leader pays within 48 hours after a proof of delivery of their
    own: that is how drivers are paid.

    Parameters
    ----------
    tables
        The case.
    entity
        The entity of every node.
    payments
        As ``list_payments`` gives them.
    is_payment
        As ``flag_payments`` gives it.
    known
        Who is declared, published or found to be what.

    Returns
    -------
    DataFrame
        One row for each entity found, by entity: ``entity_id``, ``role`` (payer or third_party), ``sign``, ``payments`` (how
        many rows show it), ``since``, ``until``, ``evidence`` (fact numbers). An entity with several signs has the first.

    Notes
    -----
    Source: domain research on roles (payers of 1 to 4 payments); the limits are assumed. Cost: a few groupings. What it misses:
    families who pay more often, or from an account that others pay into. Where it errs: a driver or courier who pays out and
    whose own pay stands in no file.

    """
    crew = _find_paid_after_own_proof(tables, entity, payments, known.leaders) | _find_no_people(tables, entity)
    free = ~payments["payer"].isin({*known.exempt, *crew})
    found = [
        _find_depositors(tables, entity, is_payment),
        _find_who_pays_leaders(payments[free], known),
        _find_as_families_pay(tables, payments, free, known),
        _find_batches(payments, known),
    ]
    rows = pd.concat([each for each in found if len(each)] or found[:1])
    rows = rows[~rows["entity_id"].isin({*known.exempt, *crew})]
    return rows.drop_duplicates("entity_id").sort_values("entity_id", ignore_index=True)


def _find_paid_after_own_proof(
    tables: CaseTables, entity: dict[int, int], payments: pd.DataFrame, leaders: AbstractSet[int]
) -> set[int]:
    """Who posted a proof of delivery and was certainly paid by a declared leader within 48 hours after it."""
    proofs = tables.events[(tables.events["kind"] == "proof") & tables.events["time"].notna() & tables.events["node_id"].notna()]
    paid = payments[payments["payer"].isin(leaders) & payments["time"].notna()]
    if not len(proofs) or not len(paid):
        return set()
    low, high, _ = time_bounds(proofs)
    posted = pd.DataFrame({"payee": proofs["node_id"].map(entity).to_numpy(), "low": low, "high": high})
    start, end, _ = time_bounds(paid)
    pairs = paid[["payee"]].assign(start=start, end=end).merge(posted, on="payee")
    near = pairs[(pairs["high"] < pairs["start"]) & (pairs["end"] - pairs["low"] <= PROOF_HOURS * HOUR_US)]
    return {int(number) for number in near["payee"].unique()}


def _find_no_people(tables: CaseTables, entity: dict[int, int]) -> set[int]:
    """Entities that are programs or firms: a token's own contract; an operator, a bank or an exchange's fees."""
    contracts = tables.assets.dropna(subset=["contract"])[["rail", "contract"]]
    here = tables.nodes[tables.nodes["key"].isin(contracts["contract"])]
    programs = here.merge(contracts, left_on=["rail", "key"], right_on=["rail", "contract"])["node_id"]
    named = tables.nodes[tables.nodes["rail"].isin(PERSONAL) & (tables.nodes["kind"] == "account")]
    person = np.array([is_person(str(r), str(key)) for r, key in zip(named["rail"], named["key"], strict=True)], dtype=bool)
    people = {entity[int(node)] for node in named.loc[person, "node_id"]}
    return {entity[int(node)] for node in (*programs, *named.loc[~person, "node_id"])} - people


def _find_depositors(tables: CaseTables, entity: dict[int, int], is_payment: pd.Series) -> pd.DataFrame:
    rows = order_transfers(tables.transfers[is_payment & tables.transfers["kind"].isin(["deposit", "refund"])])
    paid = rows["kind"] == "deposit"
    rows = rows.assign(party=rows["src"].where(paid, rows["dst"]), code=rows["dst"].where(paid, rows["src"]))
    rows = rows[node_column(tables.nodes, "rail", rows["code"]) == "hawala"]
    return _tell(rows.assign(entity_id=rows["party"].map(entity)), "payer", "deposit")


def _find_who_pays_leaders(payments: pd.DataFrame, known: Known) -> pd.DataFrame:
    others = payments.groupby("payer")["payee"].nunique()
    wide = set(others[others >= WIDE_PAYEES].index)
    paid = payments[payments["payee"].isin({*known.leaders, *known.offices}) & ~payments["payer"].isin(wide)]
    return _tell(paid.assign(entity_id=paid["payer"], transfer_id=paid["into"]), "payer", "pays_leader")


def _find_as_families_pay(tables: CaseTables, payments: pd.DataFrame, free: pd.Series, known: Known) -> pd.DataFrame:
    """One to four payments to one payee, of a fitting sum, by somebody whom none but services and that payee pays."""
    mine = payments[free & ~payments["payee"].isin(known.services)].drop_duplicates(["into", "payer", "payee"])
    mine = mine[~mine["payer"].isin(mine.loc[~mine["asset"].isin(_list_money(tables.assets)), "payer"])]
    shape = mine.groupby("payer").agg(rows=("into", "nunique"), payees=("payee", "nunique"), payee=("payee", "first"))
    few = shape[(shape["rows"] <= MOST_PAYMENTS) & (shape["payees"] == 1)]
    fan_in = payments.groupby("payee")["payer"].nunique()
    banked = set(mine.loc[mine["rail"] == BOOKED_RAIL, "payer"])
    few = few[~few.index.isin(banked) | (few["payee"].map(fan_in).fillna(0) >= FAN_IN)]
    inflow = payments[payments["payee"].isin(few.index) & ~payments["payer"].isin(known.services)]
    strange = inflow[inflow["payer"].to_numpy() != inflow["payee"].map(few["payee"]).to_numpy()]
    few = few[~few.index.isin(strange["payee"])]
    left = mine[mine["payer"].isin(few.index)].drop_duplicates("into")
    worth = _value_in_eur(tables, left)
    if not len(left):
        return _tell(left.assign(entity_id=[]), "payer", "as_families_pay")
    sums = left.assign(worth=worth).groupby("payer").agg(
        sum=("worth", "sum"), count=("worth", "count"), size=("worth", "size"), rail=("rail", "first")
    )
    least = sums["rail"].map({"mto": OPERATOR_LEAST_EUR}).fillna(LEAST_EUR)
    fits = (sums["count"] < sums["size"]) | ((sums["sum"] >= least) & (sums["sum"] <= MOST_EUR))
    kept = left[left["payer"].isin(sums[fits].index)]
    return _tell(kept.assign(entity_id=kept["payer"], transfer_id=kept["into"]), "payer", "as_families_pay")


def _list_money(assets: pd.DataFrame) -> set[str]:
    """What families pay in: currencies, coins and tokens of the dollar and the euro; no other token, whose worth nobody knows."""
    known = {asset for asset, (unit, _) in find_units(assets).items() if unit}
    return known | set(assets.loc[assets["symbol"].isin(_STABLE), "asset"])


def _value_in_eur(tables: CaseTables, rows: pd.DataFrame) -> np.ndarray:
    """What payments were worth in EUR, NaN where no rate says: dollars and their tokens count as EUR there."""
    mine = tables.transfers[tables.transfers["transfer_id"].isin(rows["into"])]
    found: dict[int, float] = {}
    for reference in ("USD", "EUR"):
        valued = value_transfers(mine, tables.assets, tables.prices, reference=reference)
        found |= {
            int(n): float(v) for n, v in zip(valued["transfer_id"], valued["value"], strict=True) if v is not None
        }  # fmt: skip
    return np.array([found.get(int(number), np.nan) for number in rows["into"]], dtype=np.float64)


def _find_batches(payments: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Who got, within a day, the same sum as two others from one sender, and pays nobody but services."""
    timed = payments[payments["time"].notna() & payments["amount"].notna() & ~payments["payer"].isin(known.leaders)]
    paying = set(payments.loc[~payments["payee"].isin(known.services), "payer"])
    sums = ["payer", "asset", "amount"]
    timed = timed[timed.groupby(sums)["into"].transform("size") >= BATCH_PEOPLE]
    timed = timed.assign(same=timed.groupby(sums).ngroup()).sort_values(["same", "time"])
    apart = (timed["same"].diff() != 0) | (timed["time"].diff() > pd.Timedelta(hours=BATCH_HOURS))
    people = timed.groupby(apart.cumsum())["payee"].transform("nunique")
    found = timed[(people >= BATCH_PEOPLE) & ~timed["payee"].isin(paying)]
    return _tell(found.assign(entity_id=found["payee"]), "third_party", "batch")


def _tell(rows: pd.DataFrame, role: str, sign: str) -> pd.DataFrame:
    """One line for each entity: how many rows show it, from when to when, and which they are."""
    groups = rows.drop_duplicates(["entity_id", "transfer_id"]).groupby("entity_id", sort=True)
    times = rows.groupby("entity_id", sort=True)["time"]
    told = groups["transfer_id"].agg(payments="size", evidence=_cite).assign(since=times.min(), until=times.max())
    named: pd.DataFrame = told.reset_index().assign(role=role, sign=sign)[COLUMNS]
    return named


def _cite(transfers: pd.Series) -> list[str]:
    return [f"transfer:{int(number)}" for number in sorted(transfers)]
