"""The page a person reads first: what the case is, who is who, and what there is to find."""


from __future__ import annotations

from examples.river_case import btc, chat, expected, ledgers, story, usdt
from examples.river_case.addresses import bitcoin

_TEXT = """\
# The river case

**{fictional}**

Addresses are hashes of made-up labels: they pass their checksums and nobody holds a key to them. The
Bitcoin transactions hash to their ids but are on no chain; the token contract of USDT is the issuer's real one, because
telling it from a counterfeit is part of the case. Rates are made up.

It takes about five minutes. `trails demo` adds the files, declares what `declarations.toml` says, and analyses.
`expected.json` holds the answers below as data. `python -m examples.river_case.make` writes all files anew.

## The story

August 2024. Families pay at **Office Amber** in Istanbul; each deposit gets a code and is held. **Birch** sends cars
from Sarajevo towards the river, six trips in three weeks. The driver films the arrival and writes *OK rasid* (arrived)
in the group chat. Birch writes *kod ... pusten* (code released), and **Office Jade** in Sarajevo pays the code out to
**Alder**, the organiser: sometimes in cash, more often it keeps 2 to 5 % and sends the rest as USDT some hours later.
Alder passes a part to Birch, and Birch pays the drivers by the head, always within two days of the proof.
The drivers and Alder never write to each other.

## Who is who

| who | is | known by |
|---|---|---|
| Alder | organiser | ledger party; TRON `{alder}`; Bitcoin `{alder_1}` and `{alder_2}` |
| Birch | dispatcher | chat; TRON `{birch}` |
| Gagi | driver, 300 USDT a head | chat; TRON `{gagi}` |
| Dado | driver, 280 USDT a head; **not declared, to be inferred** | chat; TRON `{dado}` |
| Miki | driver, EUR 250 a head | ledger party; chat; phone {miki_phone}; Bitcoin `{miki}` |
| Office Amber | hawala office, Istanbul | `ledger_amber.csv`; TRON `{amber}` |
| Office Jade | hawala office, Sarajevo | `ledger_jade.xlsx`; TRON `{jade}` |
| Exchange Pebble | service, by published tag | TRON `{hot}` and deposit addresses |
| the payers | {payers} people or families who deposit | the ledgers only. They are protected: no export may name them |
| everybody else | families, a trader, a firm's wages, an exchange's customers | strangers to the case |

Four of the codes (120-1 to 120-4) are family remittances that have nothing to do with any trip.

## The files

| file | what it is | zone |
|---|---|---|
| `ledger_amber.csv` | deposits, a refund, two settlements; one impossible date (refused), one cancelled row (skipped) | Istanbul |
| `ledger_jade.xlsx` | payouts, on the sheet 2024; one voided row (skipped); two rows state the day only | Sarajevo |
| `telegram_result.json` | the group chat and contacts from Birch's phone; two messages were deleted | Sarajevo, with UTC |
| `usdt_tron.json` | {tron_rows} TRC-20 transfers as TronGrid lists them, in two pages | UTC |
| `bitcoin.json` | {btc_rows} transactions as an esplora server lists them | UTC |
| `tags.yaml`, `rates.csv`, `declarations.toml` | published tags, daily rates, the analyst's declarations | |

## What there is to find

1. **Links organiser to driver.** Alder to Gagi: three payments, 3,600 USDT, over Birch. Alder to Dado: four payments,
   3,360 USDT, over Birch; nobody declared Dado a driver, each payment follows a proof within 48 hours. Alder to Miki:
   EUR 400 by code 7741, which Alder deposited himself at Office Amber, and {miki_btc} BTC directly.
2. **The same money on two rails.** {matches} payouts to Alder left Office Jade again as USDT:

{match_table}

   For code {rival_of} a transfer between two strangers is of about the same sum in the same days: a rival, so this match
   is weaker than the others.
3. **Who is the same.** Alder's ledger name and his TRON and first Bitcoin address: `ledger_jade.xlsx` states both as the
   payee's wallet (codes 8812 and 5160). His two Bitcoin addresses: spent together. Miki's ledger name and chat
   account: the phone beside code 7741 is in the chat's contacts. Office Jade and its wallet: stated beside the settlements.
4. **What must not be joined.** The five inputs of the CoinJoin of 13 August, one of which is Alder's change.
5. **A code that does not balance.** 9134: EUR 1,900 in, 1,600 out, fee 100; EUR 200 are left. Birch complains of it too.
6. **A refund.** 2651: the trip did not go; EUR 1,400 of 1,500 went back, the fee stayed.
7. **Traps.** A counterfeit "USDT" of 1,500 sent to Gagi counts for nothing. A transfer of zero from an address that
   looks like Gagi's is no payment. Dado first mistyped his wallet: the damaged address is reported and never mended.
8. **Silence.** Gagi and Alder cash out at the exchange: the trail stops there. One head of trip 4 has no code in the
   ledgers. Messages {missing} are missing.

Innocent readings are part of the exercise. The firm's wages of 7 and 21 August fall into the hours after proofs too; the
trader who buys Dado's USDT buys from a dozen others; and using hawala or USDT says nothing about anybody.
"""


def case_md() -> bytes:
    """Page, with its addresses and sums filled in."""
    matched = [code for code in story.CODES if code.relay]
    return _TEXT.format(
        fictional=story.FICTIONAL, alder=story.ALDER, birch=story.BIRCH, gagi=story.GAGI, dado=story.DADO,
        amber=story.AMBER, jade=story.JADE, hot=story.EXCHANGE_HOT, miki_phone=story.MIKI_PHONE,
        alder_1=bitcoin(story.ALDER_BTC[0]), alder_2=bitcoin(story.ALDER_BTC[1]), miki=bitcoin(story.MIKI_BTC),
        payers=len(story.protected_names()), tron_rows=len(usdt.all_rows()), btc_rows=len(btc.transactions()),
        miki_btc=f"{btc.miki_satoshi() / 100_000_000:.8f}", matches=len(matched), match_table=_match_table(matched),
        rival_of=expected.RIVAL_OF, missing=" and ".join(map(str, chat.MISSING_IDS)),
    ).encode()


def _match_table(matched: list[story.Code]) -> str:
    lines = ["   | code | payout (row of the ledger) | sent on | hours later | office kept |", "   |---|---|---|---|---|"]
    rows = ledgers.jade_rows()
    for code in matched:
        if code.relay and code.paid and code.paid_at:
            row = ledgers.row_of(rows, f"payout {code.code}", ledgers.JADE_HEADER_ROW)
            hours = (code.relay.time - code.paid_at).total_seconds() / 3600
            usdt_sum = f"{story.relayed_usdt(code) / 1_000_000:,.2f}"
            lines.append(
                f"   | {code.code} | EUR {code.paid:,} (row {row}) | {usdt_sum} USDT | {hours:.1f} | {code.relay.kept / 10} % |"
            )
    return "\n".join(lines)
