"""A decoded transaction as the shared reading of Bitcoin takes it, with the outputs it spends as far as they are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors import bitcoin
from connectors.bitcoin_scripts import script_address
from trails.model import Issue

if TYPE_CHECKING:
    from btclib.tx.tx_in import TxIn

    from connectors.bitcoin_blocks.blocks import RawTransaction
    from connectors.bitcoin_blocks.networks import Network
    from connectors.bitcoin_blocks.spent import Remembered


def build_transaction(
    raw: RawTransaction, place: bitcoin.Junction, stated: list[bitcoin.Output], remembered: Remembered, network: Network
) -> bitcoin.Transaction:
    """Give a transaction with its inputs' outputs: as the companion states them, else as the file itself does.

    Where both do and differ, a doubt refuses the row. Raises AmountError for an amount that cannot exist.
    """
    inputs, doubts = [], []
    for number, each in enumerate(raw.fields.vin):
        own = None if each.is_coinbase else remembered.spend(each.prev_out.tx_id, each.prev_out.vout)
        told = stated[number] if stated else None
        if own and told and own != told:
            doubts.append(_contradiction(place.row, each, own, told))
        spent = told or own
        inputs.append(_input(each, _name(spent, network) if spent else None))
    outputs = tuple(
        _name(bitcoin.Output(bitcoin.satoshi(each.value, "value"), each.script_pub_key.script, None), network)
        for each in raw.fields.vout
    )
    return bitcoin.Transaction(
        row=place.row,
        txid=raw.txid,
        version=raw.fields.version,
        locktime=raw.fields.lock_time,
        inputs=tuple(inputs),
        outputs=outputs,
        fee=None,
        time=place.time,
        seq=place.seq,
        status="ok",
        doubts=tuple(doubts),
        self_hashed=True,
    )


def _input(each: TxIn, prevout: bitcoin.Output | None) -> bitcoin.Input:
    outpoint = None if each.is_coinbase else (each.prev_out.tx_id.hex(), bitcoin.output_number(each.prev_out.vout))
    return bitcoin.Input(outpoint, each.script_sig, each.sequence, prevout)


def _name(output: bitcoin.Output, network: Network) -> bitcoin.Output:
    """State the address where the rail alone does not say its prefix: private test networks share a rail with others."""
    if network.prefix != "bcrt" or output.script is None:
        return output
    return replace(output, address=script_address(output.script, network.prefix))


def _contradiction(row: int, each: TxIn, own: bitcoin.Output, told: bitcoin.Output) -> Issue:
    message = (
        f"output {each.prev_out.tx_id.hex()}:{each.prev_out.vout} is {own.amount} satoshi in this file, but {told.amount} "
        "(or another script) in the file of what it spends: one of the two was altered"
    )
    return Issue(row, "error", "prevout_contradiction", message)
