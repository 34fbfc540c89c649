"""Tables whose rows have two sides: trades, pairs with a side, peer-to-peer orders, swaps without an account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.exchange_statement.chain import ChainWords, chain_events
from connectors.exchange_statement.facts import leg, movement_facts, peer_event, read_entry
from connectors.exchange_statement.notes import find_other_side
from connectors.exchange_statement.wide import wide_facts
from connectors.references import hide_names
from trails.columns import CellProblem
from trails.errors import AmountError
from trails.identifiers import normalise_name
from trails.model import Node, Record
from trails.money import currency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.exchange_statement.cells import Row, Sum
    from connectors.exchange_statement.facts import Entry, Ledger

#: As many rows of a ledger state a trade that is not in parts.
_LEGS = 2
_BUY = ("buy", "bought", "b", "\u4e70\u5165", "open long")
_SELL = ("sell", "sold", "s", "\u5356\u51fa")


def row_facts(ledger: Ledger, row: Row) -> Iterator[Record]:
    """All records of a row, by the kind of its table; raises CellProblem, or SkipRow for one to leave out."""
    table = row.layout.table
    if table == "p2p":
        yield from order_facts(ledger, row)
    elif table == "swaps":
        yield from swap_facts(ledger, row)
    elif table == "wide" and (meaning := _meaning(row, None)) not in ("inside", "skip"):
        yield from wide_facts(ledger, row, meaning)
    elif table == "pairs" and (meaning := _meaning(row, "trade")) in ("trade", "buy", "sell"):
        yield from pair_facts(ledger, row, meaning)
    elif table == "trades" and _meaning(row, "trade") == "trade":
        yield from trade_facts(ledger, row)
    elif table == "trades":
        yield from movement_facts(ledger, row, _meaning(row, "trade"))
    else:
        default = {"deposits": "deposit", "withdrawals": "withdrawal"}.get(table)
        yield from movement_facts(ledger, row, _meaning(row, default))


def _meaning(row: Row, default: str | None) -> str:
    """What the row's operation means; raises CellProblem for a word nobody has declared."""
    default = row.layout.operation or default
    if "operation" not in row.layout.mapping.columns:
        if default is None:
            raise CellProblem("operation_missing", "neither a column nor the mapping says what the rows are")
        return default
    said, sub = row.text("operation"), row.text("suboperation")
    meaning = row.layout.operation_of(said, sub)
    if meaning is None:
        shown = row.cells.shown("operation") + (f", {row.cells.shown('suboperation')}" if sub else "")
        if row.layout.sentences:  # a sentence may name people
            shown = f"{row.cells.where('operation')}: a sentence that is not known"
        raise CellProblem("operation_unknown", f"{shown}: say what it means under [operations]")
    return meaning


def trade_facts(ledger: Ledger, row: Row) -> Iterator[Record]:
    """A row that states what was given and what was got."""
    sent, received = row.sum("sent_amount", "sent_coin"), row.sum("received_amount", "received_coin")
    fee = row.sum("fee", "fee_coin") if "fee" in row.layout.mapping.columns else None
    yield from _trade(read_entry(ledger, row, "trade", sent), sent, received, fee)


def pair_facts(ledger: Ledger, row: Row, meaning: str) -> Iterator[Record]:
    """A row that states a pair and a side: BTC/USDT, buy, so many BTC for so many USDT."""
    base, quote = _halves(row)
    amount = row.sum("amount", "coin", unit=base)
    if row.text("remaining"):
        amount = amount.less(row.sum("remaining", "coin", unit=base))
    if row.layout.note_forms and (noted := _noted(row, meaning)):
        given = (noted, amount) if meaning == "buy" else (amount, noted)
        yield from _trade(read_entry(ledger, row, "trade", amount), *given, None)
        return
    total = row.sum("total", "fiat", unit=quote)
    bought = meaning == "buy" or (meaning == "trade" and _is_buy(row))
    sent, received = (total, amount) if bought else (amount, total)
    fee = None
    if "fee" in row.layout.mapping.columns:
        unit = {"quote": quote, "received": base if bought else quote}.get(row.layout.fee_in or "")
        fee = row.sum("fee", "fee_coin", unit=unit)
    if (rows := len(row.text("ledgers").split(","))) > _LEGS:
        message = f"the ledger states this trade in {rows} rows: where the ledger is in the case too, leave this list out"
        row.warn("may_count_twice", message)
    yield from _trade(read_entry(ledger, row, "trade", amount), sent, received, fee)


def _noted(row: Row, meaning: str) -> Sum | None:
    """The other side of a trade by the row's note, where the columns do not state what moved.

    The columns of a purchase or sale do, unless it was settled in another coin than the one they are valued in.
    """
    found = find_other_side(row.text("note"), row.layout.note_forms)
    if found is None:
        if meaning == "trade":
            raise CellProblem("note_unread", "what was got stands in the note only, in a sentence that is not known")
        return None
    what = row.written_sum("note", *found)
    if meaning != "trade":
        if what.asset.symbol == row.asset(row.text("fiat")).symbol:
            return None
        message = f"settled in {what.asset.symbol}, as the note says, and valued in another currency: any fee is inside the sum"
        row.warn("settled_otherwise", message, "note")
    return what


def _trade(entry: Entry, sent: Sum, received: Sum, fee: Sum | None) -> Iterator[Record]:
    if fee is not None and "fee_in_total" in entry.row.layout.flags:
        sent, received = _without_fee(sent, received, fee)
    if not sent.units and not received.units:
        raise CellProblem("amount_missing", "the row states neither what was given nor what was got")
    yield from leg(entry, sent, received, fee)


def _without_fee(sent: Sum, received: Sum, fee: Sum) -> tuple[Sum, Sum]:
    """The sides of a trade whose sums are what was paid, or got, in all: the fee is in what was given, and out of the rest."""
    if fee.asset.symbol == sent.asset.symbol:
        sent = sent.less(fee)
        if sent.units is not None and sent.units < 0:
            raise CellProblem("fee_too_large", "the fee is more than the amount that is said to include it")
    elif fee.asset.symbol == received.asset.symbol:
        received = received.more(fee)
    return sent, received


def _is_buy(row: Row) -> bool:
    side = normalise_name(row.text("side"))
    if side not in (*_BUY, *_SELL):
        raise CellProblem("side_unknown", f"{row.cells.shown('side')} is neither buy nor sell")
    return side in _BUY


def _halves(row: Row) -> tuple[str | None, str | None]:
    """The two coins of a pair: at the mark between them, by how the cells end, or by what pairs here may end with."""
    pair = row.text("pair")
    if not pair:
        return None, None
    for mark in "/-_":
        first, found, second = pair.partition(mark)
        if found and first and second:
            return (second, first) if "quote_first" in row.layout.flags else (first, second)
    amount, total = row.text("amount").upper(), row.text("total").upper()
    fits = [place for place in range(1, len(pair)) if amount.endswith(pair[:place]) and total.endswith(pair[place:])]
    if len(fits) == 1:
        return pair[: fits[0]], pair[fits[0] :]
    if ends := [quote for quote in row.layout.quotes if pair.endswith(quote) and len(pair) > len(quote)]:
        quote = _fitting_quote(row, pair, ends)
        return pair[: -len(quote)], quote
    raise CellProblem(
        "pair_unknown", f"{row.cells.shown('pair')}: where its first coin ends is not known; say `quotes`"
    )


def _fitting_quote(row: Row, pair: str, ends: Sequence[str]) -> str:
    """The second coin of a pair that ends with several codes: the longest.

    Of two codes of one coin (``XXBT``, ``XBT``) the longer fits only behind a code that is known too: ``XETHXXBT``, but
    ``TRXXBT`` is TRX for XBT.
    """
    longest = ends[0]
    coin = row.layout.coin_code(longest)
    same = [end for end in ends if row.layout.coin_code(end) == coin]
    return longest if len(same) == 1 or row.layout.knows_coin(pair[: -len(longest)]) else same[-1]


def order_facts(ledger: Ledger, row: Row) -> Iterator[Record]:
    """A peer-to-peer order: coins pass between two customers, the money outside the exchange."""
    coins = row.sum("amount", "coin")
    entry = read_entry(ledger, row, "p2p", coins)
    if not coins.units:
        raise CellProblem("amount_missing", "the order states no amount of coins")
    junction = entry.junction("p2p")
    name = row.text("counterparty")
    other = Node("vasp", f"{entry.exchange}:nickname:{normalise_name(name)}", label=name) if name else None
    ways = [(junction, entry.account, "own")]
    if other is not None:
        ways.append((other, junction, "other"))
    bought = _is_buy(row)
    for src, dst, part in ways:
        yield entry.move(src, dst, coins, part) if bought else entry.move(dst, src, coins, part)
    fee = row.sum("fee", "fee_coin", unit=coins.asset.symbol) if "fee" in row.layout.mapping.columns else None
    if fee is not None and fee.units:
        yield entry.move(entry.account, entry.own("fee"), fee, "fee", "fee")
    if row.text("total") and row.text("fiat"):
        yield peer_event(entry, f"{row.text('total')} {_fiat(row)}", other)


def _fiat(row: Row) -> str:
    try:
        return currency(row.text("fiat")).asset
    except AmountError as problem:
        raise CellProblem("currency_unknown", str(problem)) from None


def swap_facts(ledger: Ledger, row: Row) -> Iterator[Record]:
    """A swap service without accounts: one coin comes in over a chain, another, or the same one again, goes out."""
    sent, received = row.sum("sent_amount", "sent_coin"), row.sum("received_amount", "received_coin")
    entry = read_entry(ledger, row, "swap", sent)
    trade, incoming = entry.junction("trade"), entry.junction("deposit", _chain_end(row, "sent"))
    returned = entry.status == "failed"
    yield _done(entry).move(incoming, trade, sent, "sent")
    yield from chain_events(entry, incoming, ChainWords(True, "sent_txid", "sent_address"))
    if returned and row.text("refund_txid"):
        outgoing = entry.junction("withdrawal", _chain_end(row, "refund"))
        row.warn("refund_amount_unknown", "the row does not state how much was sent back")
        yield _done(entry).move(trade, outgoing, type(sent)(sent.asset, None), "refund", "refund")
        yield from chain_events(entry, outgoing, ChainWords(False, "refund_txid", "refund_address"))
    elif not returned:
        outgoing = entry.junction("withdrawal", _chain_end(row, "received"))
        yield entry.move(trade, outgoing, received, "received")
        yield from chain_events(entry, outgoing, ChainWords(False, "received_txid", "received_address"))


def _chain_end(row: Row, side: str) -> str:
    return hide_names(row.text(f"{side}_txid")) or f"{hide_names(row.text('id'))}:{side}"


def _done(entry: Entry) -> Entry:
    """The same row for the side of it that did happen: a returned swap did receive its coins."""
    return replace(entry, status="ok")
