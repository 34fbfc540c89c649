"""The written contract of every table of a case: columns, types, units, meaning, and the check run on every write.

``transfers`` and ``nodes`` and the rest are what ``trails sql`` shows. Amounts are whole base units of the asset beside
them. Times are UTC; ``time_error_s`` is half the width of the interval the true instant lies in. Ids are dense integers
inside one case; ``public_id`` is a hash of the fewest raw fields and is the same in every case that holds the fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.errors import ContractError
from trails.words import count_words

if TYPE_CHECKING:
    import duckdb

TRANSFER_KINDS = ("transfer", "input", "output", "fee", "deposit", "payout", "refund", "settlement", "cash")
TIME_BASES = ("chain", "stated", "assumed", "unknown")
CLAIM_STATES = ("accepted", "held", "rejected")
#: A hint is one sign alone: stored, shown, and never joined by itself.
CLAIM_STRENGTHS = ("strong", "medium", "weak", "hint")
#: Every rule that makes claims. Cases store the position: append only.
CLAIM_RULES = (
    "co_spend", "change", "same_address", "same_phone", "same_handle", "same_bank_account", "same_plate", "same_code",
    "alias", "deposit_forward", "deposit_user", "fuelling", "self_authorised", "same_key", "origin", "control", "judged",
    "common_funder",
)  # fmt: skip
#: Why a claim waits for a person, where its rule finds no reason of its own. Cases store the position: append only.
HELD_REASONS = (
    "one sign alone",
    "another output shows a sign too",
    "both sides are large clusters: one transaction that welds them is more often an error than an owner",
    "the two sides carry tags of different actors",
    "one side is a service, which many people use",
)
#: The signs of a change output; a claim stores which of them it shows as bits, the first the lowest.
CHANGE_SIGNS = (
    "fresh address", "script of the inputs", "unrounded value", "smaller than every input", "same wallet form when spent",
    "others are used again", "continues a peel chain",
)  # fmt: skip
#: The steps of the analysis, in their order.
STEPS = ("cluster", "match", "link")
SEVERITIES = ("error", "warning", "note", "skip")
#: Every kind of event that the connectors of this project give, with its meaning.
EVENT_KINDS = {
    # chats, and remarks in other sources
    "mention": "an address is named", "mention_tx": "a transaction is named", "code_quoted": "a payment code is named",
    "amount_mentioned": "a sum with its currency is named",
    "amount_unclear": "a sum may be named: several numbers share a currency, none stands beside it, or a number is damaged",
    "plate_mentioned": "a vehicle's plate is named",
    "damaged_address": "nearly an address: its checksum fails, or it was damaged on the way",
    "possible_address": "the beginning or end of an address",
    "proof": "a photo or video that may prove a delivery", "media_omitted": "a file that the export left out",
    "message_deleted": "a message was deleted, or is missing",
    "payment_stated": "a chat's own record of a payment, refund or gift",
    # who is who
    "identifier": "a row states an address, phone or handle as a party's own", "handled_by": "whose books or desk it is",
    "heads": "persons counted times a rate give a sum", "place": "where something was paid in or out",
    "name_possible": "a name that may be another one misread", "note": "a label or remark of the book's owner",
    # ledgers
    "code_possible": "a code that may be another one misread", "address_possible": "an address that may be damaged",
    "correction": "a row that corrects another", "reassigned": "a code given to somebody else",
    "split": "one code paid out in parts", "fee_terms": "what the fee is to be", "purpose": "what a payment was for",
    "token": "a banknote's number or another token of recognition", "paid_outside": "paid outside of the operator's books",
    # chains
    "freeze": "an issuer froze an address", "unfreeze": "an issuer released it", "funds_destroyed": "an issuer destroyed its funds",
    "issued": "an issuer made new units", "redeemed": "an issuer took units back", "activated": "an account was activated",
    "energy_delegated": "energy was lent to an account", "energy_reclaimed": "lent energy was taken back",
    "bandwidth_delegated": "bandwidth was lent to an account", "bandwidth_reclaimed": "lent bandwidth was taken back",
    "permission_changed": "the keys that may sign for an account were changed; the other party holds one of them",
    "approved": "an account let another one spend its tokens", "approval_revoked": "an account took such a permission back",
    "transaction_form": "version, locktime and sequence numbers of a transaction, habits of the wallet that made it",
    "stated_tx": "an operator's own book names a transaction of a chain",
    "stated_address": "an operator's own book names an address of a chain",
    "rounded": "an amount may be rounded by its source: to how many places it is stated",
}  # fmt: skip
#: The uses of a code (design: nothing about order is concluded until the use is known).
CODE_USES = ("secret_release", "payee_token", "transfer_ref", "verbal_release", "unknown")
#: The states of a code, in the order of an undisturbed life; the last six may come at any time.
CODE_STATES = (
    "agreed", "held", "coded", "in_leg", "failed", "reassigned", "proof", "authorised", "part_paid", "paid", "coerced",
    "refunded", "lost", "disputed", "expired",
)  # fmt: skip
#: What somebody may be declared, found or published to be.
ROLES = (
    "organiser", "dispatcher", "recruiter", "driver", "office", "service", "payer", "victim", "minor", "third_party",
)  # fmt: skip
#: Whoever has one of these is protected: a pseudonym everywhere, never on a trail, never a candidate for another role.
PROTECTED_ROLES = ("payer", "victim", "minor", "third_party")
#: Kinds of findings, in the order in which they are listed.
FINDINGS = (
    "link", "match", "cluster", "coinjoin", "junction", "code_order", "code_possible", "debt", "netting", "proceeds", "role",
    "role_conflict", "address_poisoning", "counterfeit_token",
)  # fmt: skip
#: Whoever is declared one of these is taken to lead the journeys.
LEADERS = ("organiser", "dispatcher")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its SQL type, whether it may be empty, what it means, the words it may hold, the table it points to."""

    name: str
    type: str
    meaning: str
    null: bool = False
    words: tuple[str, ...] = ()
    points_to: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the contract: ``layer`` is fact, inference, human or record (of the case itself), and the layers never share
    a table."""

    name: str
    layer: str
    meaning: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)


def _c(name: str, type_: str, meaning: str, **more: object) -> Column:
    return Column(name, type_, meaning, **more)  # type: ignore[arg-type]


_SOURCE = _c("source_id", "INTEGER", "the source that states it", points_to="sources.source_id")
_ROW = _c("row", "BIGINT", "the row of that source, as its connector counts rows", check="row >= 0")
_TIME = (
    _c(
        "time",
        "TIMESTAMP",
        "UTC instant; empty where no source states one",
        null=True,
        check="time IS NULL OR (time >= TIMESTAMP '1900-01-01' AND time < TIMESTAMP '2100-01-01')",
    ),
    _c(
        "time_error_s",
        "INTEGER",
        "half the width of the interval around it, in seconds",
        null=True,
        check="(time IS NULL) = (time_error_s IS NULL) AND coalesce(time_error_s, 0) >= 0",
    ),
    _c(
        "time_basis",
        "VARCHAR",
        "where the time comes from",
        words=TIME_BASES,
        check="(time IS NULL) = (time_basis = 'unknown')",
    ),
)
_PUBLIC = _c(
    "public_id", "VARCHAR", "hash of the fewest raw fields; the same in every case", check="length(public_id) = 17"
)


def _node(name: str, meaning: str, *, null: bool = False) -> Column:
    return _c(name, "INTEGER", meaning, null=null, points_to="nodes.node_id")


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "sources",
            "fact",
            "one vaulted file and the account of its rows",
            (
                _c("source_id", "INTEGER", "number of the source in this case"),
                _c("sha256", "VARCHAR", "SHA-256 of its bytes", check="regexp_full_match(sha256, '[0-9a-f]{64}')"),
                _c("name", "VARCHAR", "the file name it came with"),
                _c("connector", "VARCHAR", "which connector read it"),
                _c("connector_version", "VARCHAR", "the connector's version"),
                _c("bytes", "BIGINT", "size in bytes", check="bytes >= 0"),
                _c(
                    "rows_read",
                    "BIGINT",
                    "rows visited; the four below add up to it",
                    check="rows_read = rows_kept + rows_duplicate + rows_skipped + rows_refused",
                ),
                _c("rows_kept", "BIGINT", "rows that state at least one new fact"),
                _c("rows_duplicate", "BIGINT", "rows whose facts were all known already"),
                _c("rows_skipped", "BIGINT", "rows left out on purpose"),
                _c("rows_refused", "BIGINT", "rows refused with an issue"),
                _c("added_at", "TIMESTAMP", "when it was added (UTC)"),
                _c("options", "VARCHAR", "what the person said about it, as JSON"),
            ),
        ),
        Table(
            "nodes",
            "fact",
            "accounts and junctions",
            (
                _c("node_id", "INTEGER", "number of the node in this case"),
                _c(
                    "kind",
                    "VARCHAR",
                    "account holds value over time; junction only passes it",
                    words=("account", "junction"),
                ),
                _c("rail", "VARCHAR", "where value moves: bitcoin, tron, ethereum, bsc, hawala, chat, phone ..."),
                _c(
                    "key",
                    "VARCHAR",
                    "canonical address, transaction id, code, or party in its source's scope",
                    check="length(key) > 0",
                ),
                _c("label", "VARCHAR", "the name as the source writes it", null=True),
            ),
        ),
        Table(
            "assets",
            "fact",
            "what moves",
            (
                _c("asset", "VARCHAR", "id of the asset: BTC, USDT@tron, EUR, contract@rail"),
                _c("rail", "VARCHAR", "the rail it lives on; empty for a currency", null=True),
                _c("contract", "VARCHAR", "token contract", null=True),
                _c("symbol", "VARCHAR", "the symbol as the source states it: never what decides the asset", null=True),
                _c(
                    "decimals",
                    "INTEGER",
                    "places of one unit; empty where no source states them",
                    null=True,
                    check="decimals IS NULL OR decimals BETWEEN 0 AND 255",
                ),
            ),
        ),
        Table(
            "transfers",
            "fact",
            "movements of one asset from one node to another, each stated by one row",
            (
                _c("transfer_id", "INTEGER", "number of the transfer in this case"),
                _PUBLIC,
                _node("src", "the node value leaves"),
                _node("dst", "the node value reaches"),
                _c("asset", "VARCHAR", "what moved", points_to="assets.asset"),
                _c(
                    "amount",
                    "DECIMAL(38,0)",
                    "whole base units; empty where no source states it",
                    null=True,
                    check="amount IS NULL OR amount >= 0",
                ),
                _c("kind", "VARCHAR", "what the movement is", words=TRANSFER_KINDS),
                *_TIME,
                _c(
                    "seq",
                    "BIGINT",
                    "order inside one instant (block x 10^6 + position); empty where not stated",
                    null=True,
                ),
                _c("status", "VARCHAR", "ok, failed, or the ledger's own word"),
                _c(
                    "ref",
                    "VARCHAR",
                    "the rail's own reference: hash:log, txid:vout, for an input the output it spends",
                    null=True,
                ),
                _SOURCE,
                _ROW,
            ),
        ),
        Table(
            "events",
            "fact",
            "what was recorded and moves no value",
            (
                _c("event_id", "INTEGER", "number of the event in this case"),
                _PUBLIC,
                _c("kind", "VARCHAR", "what was recorded; `EVENT_KINDS` in trails/tables.py lists the kinds"),
                *_TIME,
                _node("node_id", "whom or what it is about", null=True),
                _node("other_node_id", "the second node it names", null=True),
                _c("text", "VARCHAR", "the words that carry it, no more"),
                _SOURCE,
                _ROW,
                _c("span_start", "INTEGER", "first character of the row's text that carries it, from 0", null=True),
                _c(
                    "span_end",
                    "INTEGER",
                    "the character after the last one",
                    null=True,
                    check="(span_end IS NULL) = (span_start IS NULL) AND coalesce(span_start BETWEEN 0 AND span_end, true)",
                ),
            ),
        ),
        Table(
            "citations",
            "fact",
            "every further row that states the same fact",
            (
                _c("fact", "VARCHAR", "which table the fact is in", words=("transfer", "event", "tag")),
                _c("fact_id", "INTEGER", "the fact's number"),
                _SOURCE,
                _ROW,
            ),
        ),
        Table(
            "tags",
            "fact",
            "attributions that somebody else published",
            (
                _c("tag_id", "INTEGER", "number of the tag in this case"),
                _node("node_id", "the address it is about"),
                _c("label", "VARCHAR", "the published label"),
                _c("category", "VARCHAR", "the published category", null=True),
                _c("actor", "VARCHAR", "the published actor", null=True),
                _c("confidence", "VARCHAR", "the publisher's confidence word", null=True),
                _c("origin", "VARCHAR", "where the publisher has it from", null=True),
                _SOURCE,
                _ROW,
            ),
        ),
        Table(
            "prices",
            "fact",
            "rates as a source states them",
            (
                _c("price_id", "INTEGER", "number of the rate in this case"),
                _c("base", "VARCHAR", "one unit of this symbol"),
                _c("quote", "VARCHAR", "costs `rate` units of this one"),
                _c("rate", "VARCHAR", "exact decimal", check="try_cast(rate AS DECIMAL(38,12)) > 0"),
                *_TIME,
                _c("origin", "VARCHAR", "who published it"),
                _SOURCE,
                _ROW,
            ),
        ),
        Table(
            "issues",
            "fact",
            "rows refused, doubted, noted or left out on purpose, with the reason",
            (
                _c("issue_id", "INTEGER", "number of the issue in this case"),
                _SOURCE,
                _c("row", "BIGINT", "the row; empty for the whole source", null=True),
                _c(
                    "severity",
                    "VARCHAR",
                    "error refuses the row, warning doubts it, note tells, skip leaves it out on purpose",
                    words=SEVERITIES,
                ),
                _c("code", "VARCHAR", "one word for the kind of problem"),
                _c("message", "VARCHAR", "what, where, and what to try"),
            ),
        ),
        Table(
            "claims",
            "inference",
            "statements that two nodes have the same owner",
            (
                _c("claim_id", "INTEGER", "number of the claim"),
                _node("node_a", "one node"),
                _node("node_b", "the other"),
                _c(
                    "rule",
                    "VARCHAR",
                    "which rule makes it; trails/docs/method-ownership.md explains each",
                    words=CLAIM_RULES,
                ),
                _c("strength", "VARCHAR", "how good the rule is; a hint joins nobody", words=CLAIM_STRENGTHS),
                _c("state", "VARCHAR", "only accepted claims join", words=CLAIM_STATES),
                _c("transfer_id", "INTEGER", "a transfer it rests on", null=True, points_to="transfers.transfer_id"),
                _c(
                    "event_id",
                    "INTEGER",
                    "an event it rests on",
                    null=True,
                    points_to="events.event_id",
                    check="transfer_id IS NOT NULL OR event_id IS NOT NULL",
                ),
                _c("why", "VARCHAR", "the claim in words, naming its transaction or row"),
                _c("held_because", "VARCHAR", "why it waits for a judgement; empty where it does not", null=True),
                _c("signs", "VARCHAR", "the signs of a change output, separated by commas", null=True),
                _c("spanning", "BOOLEAN", "whether the entity's tree needs it; others say the same again", null=True),
            ),
        ),
        Table(
            "screens",
            "inference",
            "coin transactions that meet a rule of the CoinJoin screen",
            (
                _node("junction", "the transaction"),
                _c("verdict", "BOOLEAN", "true for mixes: the inputs are not read as one owner's"),
                _c("rule", "VARCHAR", "the rule it meets: whirlpool, wasabi1, wabisabi, joinmarket, equal_outputs ..."),
                _c("kind", "VARCHAR", "a mix, one wallet's preparation of it, or its spend after it",
                   words=("mix", "preparation", "after")),
                _c("conditions", "VARCHAR", "JSON list of {condition, observed, threshold, met, deciding}",
                   check="json_valid(conditions)"),
                _c("confidence", "VARCHAR", "how sure the rule is", words=("high", "medium", "low")),
                _c("lacking", "VARCHAR", "what the case does not state of it; empty where nothing"),
                _c("source", "VARCHAR", "where the rule comes from"),
            ),
        ),
        Table(
            "entities",
            "inference",
            "nodes joined by accepted claims; the smallest node id names the entity",
            (
                _node("entity_id", "the entity: its smallest node id"),
                _node("node_id", "a node of it"),
            ),
        ),
        Table(
            "matches",
            "inference",
            "a hawala record and a transfer on another rail read as the same money",
            (
                _c("match_id", "INTEGER", "number of the match"),
                _c("transfer_a", "INTEGER", "the hawala record", points_to="transfers.transfer_id"),
                _c("transfer_b", "INTEGER", "the transfer on the other rail", points_to="transfers.transfer_id"),
                _c("kind", "VARCHAR", "what the hawala record is", null=True, words=("payout", "deposit", "settlement")),
                _c("score", "DOUBLE", "probability that both are one sum of money, rivals weighed", check="score BETWEEN 0 AND 1"),
                _c("weight", "DOUBLE", "odds before rivals are weighed, in bits; empty for parts", null=True),
                _c("margin", "DOUBLE", "weight less the best rival's; empty where there is no rival", null=True),
                _c("rivals", "INTEGER", "other transfers and records inside the same bounds", check="rivals >= 0"),
                _c("chance", "DOUBLE", "matches this good expected by luck alone in this case", check="chance >= 0"),
                _c("state", "VARCHAR", "link, possible (more likely than not) or ambiguous", null=True,
                   words=("link", "possible", "ambiguous")),
                _c("judged", "VARCHAR", "what an analyst holds of it; empty for nothing", null=True,
                   words=("accept", "reject", "unsure")),
                _c("second", "VARCHAR", "a source besides amount and time that ties the two; empty for none", null=True),
                _c("part", "INTEGER", "number of a match in parts, which has several rows; empty for one to one", null=True),
                _c("explanation", "VARCHAR", "JSON list of {sign, bits, observed}: how the weight comes about", null=True,
                   check="json_valid(explanation)"),
                _c("wording", "VARCHAR", "the match in words"),
            ),
        ),
        Table(
            "debts",
            "inference",
            "rows of two books that tell of one deposit, payout or refund",
            (
                _c("debt_id", "INTEGER", "number of the pair"),
                _c("transfer_a", "INTEGER", "the row that is counted", points_to="transfers.transfer_id"),
                _c("transfer_b", "INTEGER", "the row that tells it again", points_to="transfers.transfer_id"),
                _c("basis", "VARCHAR", "which signs agree"),
                _c("wording", "VARCHAR", "the inference in words"),
            ),
        ),
        Table(
            "codes",
            "inference",
            "hawala codes: one use of one code in one office's scope",
            (
                _c("code_id", "INTEGER", "number of the code"),
                _node("node_id", "the code's junction"),
                _c("scope", "VARCHAR", "the office, or pair of offices, whose code it is"),
                _c("text", "VARCHAR", "the code in one form: no spaces, dashes or scripts' own digits"),
                _c("use", "VARCHAR", "what the code is for; rules about order fire for secret_release alone", words=CODE_USES),
                _c("use_basis", "VARCHAR", "why the use is taken to be this"),
                _c("since", "TIMESTAMP", "earliest instant of its first record", null=True),
                _c("until", "TIMESTAMP", "latest instant of its last record", null=True),
                _c("state", "VARCHAR", "the last state reached", words=CODE_STATES),
                _c("asset", "VARCHAR", "what it is counted in; empty where in several", null=True),
                _c("held", "DECIMAL(38,0)", "deposits, base units of the asset; empty where unknown", null=True),
                _c("paid", "DECIMAL(38,0)", "payouts", null=True),
                _c("returned", "DECIMAL(38,0)", "refunds", null=True),
                _c("fees", "DECIMAL(38,0)", "fees", null=True),
                _c("anomalies", "VARCHAR", "JSON list of words: what does not fit, each a finding", check="json_valid(anomalies)"),
            ),
        ),
        Table(
            "states",
            "inference",
            "the life of every code, state by state",
            (
                _c("code_id", "INTEGER", "the code", points_to="codes.code_id"),
                _c("step", "INTEGER", "position, from 1"),
                _c("state", "VARCHAR", "the state entered", words=CODE_STATES),
                _c("since", "TIMESTAMP", "not before this instant; empty where nothing bounds it", null=True),
                _c("until", "TIMESTAMP", "not after this instant; empty where nothing bounds it", null=True),
                _c("basis", "VARCHAR", "recorded by a row, judged by a person, or inferred from others",
                   words=("recorded", "judged", "inferred")),
                _c("evidence", "VARCHAR", "JSON list of fact numbers like transfer:12, event:3", check="json_valid(evidence)"),
                _c("wording", "VARCHAR", "the state in words"),
            ),
        ),
        Table(
            "nettings",
            "inference",
            "what two offices owed each other over a window, beside what they settled",
            (
                _c("netting_id", "INTEGER", "number of the netting"),
                _c("office_a", "VARCHAR", "one side, as the book names it"),
                _c("office_b", "VARCHAR", "the other"),
                _c("settlement", "INTEGER", "the booked settlement; empty where there is none yet", null=True,
                   points_to="transfers.transfer_id"),
                _c("since", "TIMESTAMP", "start of the window", null=True),
                _c("until", "TIMESTAMP", "its end", null=True),
                _c("asset", "VARCHAR", "the currency of both sums", points_to="assets.asset"),
                _c("owed", "DECIMAL(38,0)", "payouts of the window less earlier rest, base units", null=True),
                _c("settled", "DECIMAL(38,0)", "the sum booked", null=True),
                _c("difference", "DECIMAL(38,0)", "owed less settled", null=True),
                _c("medium", "VARCHAR", "how it was settled",
                   words=("cash", "gold", "goods", "bank", "usdt", "netting", "unknown")),
                _c("state", "VARCHAR", "open, netted (sums agree), cleared (a transfer carries it) or apart",
                   words=("open", "netted", "cleared", "apart", "candidate")),
                _c("evidence", "VARCHAR", "JSON list of fact numbers", check="json_valid(evidence)"),
                _c("wording", "VARCHAR", "the netting in words"),
            ),
        ),
        Table(
            "proceeds",
            "inference",
            "what was taken in, at least, centrally and at most, one debt counted once",
            (
                _c("proceeds_id", "INTEGER", "number of the line"),
                _c("line", "VARCHAR", "held, paid, refunded, coerced, or total"),
                _c("currency", "VARCHAR", "the reference currency of the sums"),
                _c("least", "DECIMAL(38,0)", "hundredths of it, at least", null=True),
                _c("central", "DECIMAL(38,0)", "centrally", null=True),
                _c("most", "DECIMAL(38,0)", "at most", null=True),
                _c("evidence", "VARCHAR", "JSON list of fact numbers behind it", check="json_valid(evidence)"),
                _c("wording", "VARCHAR", "the line in words: at least"),
            ),
        ),
        Table(
            "roles",
            "inference",
            "what an entity's records are consistent with",
            (
                _c("role_id", "INTEGER", "number of the role"),
                _node("entity_id", "the entity"),
                _c("role", "VARCHAR", "the role", words=ROLES),
                _c("since", "TIMESTAMP", "first record it rests on", null=True),
                _c("until", "TIMESTAMP", "last record it rests on", null=True),
                _c(
                    "basis",
                    "VARCHAR",
                    "declared by an analyst, confirmed by one, from a tag, or inferred from records",
                    words=("declared", "confirmed", "tag", "inferred"),
                ),
                _c("weight", "DOUBLE", "1 declared; else share of conditions met", check="weight BETWEEN 0 AND 1"),
                _c("protected", "BOOLEAN", "true for payers, victims, minors and third parties"),
                _c("judgement", "INTEGER", "the judgement that declares or confirms it; empty for none", null=True),
                _c("conditions", "VARCHAR", "JSON list of {condition, observed, threshold, met}", check="json_valid(conditions)"),
                _c("evidence", "VARCHAR", "JSON list of fact numbers it rests on", check="json_valid(evidence)"),
                _c("chance", "DOUBLE", "payments after proof that luck alone would give; empty for other roles", null=True),
                _c("wording", "VARCHAR", "the role in words, with its basis"),
            ),
        ),
        Table(
            "links",
            "inference",
            "organiser to driver payment links",
            (
                _c("link_id", "INTEGER", "number of the link"),
                _node("organiser", "entity of the organiser"),
                _node("driver", "entity of the driver"),
                _c("payments", "INTEGER", "distinct last transfers into the driver", check="payments > 0"),
                _c(
                    "total",
                    "DECIMAL(38,0)",
                    "sum of those last transfers, base units; never summed over hops",
                    null=True,
                ),
                _c("asset", "VARCHAR", "their asset", points_to="assets.asset"),
                _c("ways", "INTEGER", "ways the payments could have gone, each a trail in `hops`", check="ways > 0"),
                _c("uncertain", "BOOLEAN", "true where in one of them the order of two steps is not certain"),
                _c("judged", "VARCHAR", "what an analyst holds of it; empty for nothing", null=True,
                   words=("accept", "reject", "unsure")),
                _c("p_value", "DOUBLE", "not yet quantified: empty", null=True),
                _c("q_value", "DOUBLE", "not yet quantified: empty", null=True),
                _c("likelihood_ratio", "DOUBLE", "not yet quantified: empty", null=True),
                _c("wording", "VARCHAR", "the link in words"),
            ),
        ),
        Table(
            "hops",
            "inference",
            "the steps of the trails under each link, in time order",
            (
                _c("link_id", "INTEGER", "the link", points_to="links.link_id"),
                _c("trail", "INTEGER", "number of the trail within the link"),
                _c("step", "INTEGER", "position in the trail, from 1"),
                _c("hop", "INTEGER", "account-to-account hop it belongs to, from 1"),
                _c("transfer_id", "INTEGER", "the transfer taken", points_to="transfers.transfer_id"),
                _c(
                    "match_id",
                    "INTEGER",
                    "the match crossed to reach it; empty for none",
                    null=True,
                    points_to="matches.match_id",
                ),
                _c(
                    "allocated",
                    "BOOLEAN",
                    "true where it leaves a junction with several inputs: whose coins is not stated",
                ),
                _c("uncertain", "BOOLEAN", "true where the order of two steps of this trail is not certain"),
            ),
        ),
        Table(
            "findings",
            "inference",
            "inferences with their conditions and their innocent reading",
            (
                _c("finding_id", "INTEGER", "number of the finding"),
                _c("kind", "VARCHAR", "what it is an inference of", words=FINDINGS),
                _c("subject", "VARCHAR", "what it is about: table and number, like link:1"),
                _c("about", "VARCHAR", "JSON list of all it is about, the subject first", check="json_valid(about)"),
                _c("wording", "VARCHAR", "the finding in words: consistent with, never proves"),
                _c(
                    "conditions",
                    "VARCHAR",
                    "JSON list of {condition, observed, threshold, met}",
                    check="json_valid(conditions)",
                ),
                _c(
                    "evidence",
                    "VARCHAR",
                    "JSON list of fact numbers like transfer:12, event:3",
                    check="json_valid(evidence)",
                ),
                _c("chance", "DOUBLE", "matches expected by luck alone; empty where not a chance matter", null=True),
                _c("innocent_reading", "VARCHAR", "the best innocent explanation"),
                _c("missing_test", "VARCHAR", "the check that would tell the two apart"),
            ),
        ),
        Table(
            "judgements",
            "human",
            "an analyst's verdicts; superseded, never deleted",
            (
                _c("judgement_id", "INTEGER", "number of the judgement"),
                _c("target", "VARCHAR", "what is judged, in words that outlast numbers; trails/targets.py lists the forms"),
                _c("verdict", "VARCHAR", "accept, reject or unsure; role=NAME of a node, use=NAME or state=NAME of a code"),
                _c("who", "VARCHAR", "who judged"),
                _c("at", "TIMESTAMP", "when (UTC)"),
                _c("why", "VARCHAR", "why", null=True),
                _c("supersedes", "INTEGER", "the judgement it replaces", null=True),
            ),
        ),
        Table(
            "steps",
            "record",
            "the steps of the analysis whose results are here, each with what it rests on",
            (
                _c("step", "VARCHAR", "which step", words=STEPS),
                _c("line", "INTEGER", "the line of the log that made its results", check="line > 0"),
                _c("version", "VARCHAR", "the version of trails that made them"),
                _c("last_source", "INTEGER", "number of the last source it has seen; 0 for none"),
                _c("last_judgement", "INTEGER", "number of the last judgement it has seen; 0 for none"),
                _c("before", "INTEGER", "the log line of the step before, whose results it used; empty for the first", null=True),
                _c("settings", "VARCHAR", "JSON of the settings and assumptions it used", check="json_valid(settings)"),
            ),
        ),
    )
}

#: Every table of inferences, in the order in which the steps make them; nothing else lists them.
INFERENCES = tuple(name for name, table in TABLES.items() if table.layer == "inference")

#: The narrow stored form of `transfers`: hash texts live in `transactions` behind an integer, and `public_id` and `ref`
#: are made by the view (see trails/case.py).
STORED_TRANSFER_COLUMNS = (
    "transfer_id INTEGER NOT NULL, src INTEGER NOT NULL, dst INTEGER NOT NULL, asset VARCHAR NOT NULL, "
    "amount DECIMAL(38,0), kind VARCHAR NOT NULL, time TIMESTAMP, time_error_s INTEGER, time_basis VARCHAR NOT NULL, "
    "seq BIGINT, status VARCHAR NOT NULL, tx_id INTEGER, tx_index INTEGER, occurrence INTEGER NOT NULL, "
    "ref_text VARCHAR, identity VARCHAR, source_id INTEGER NOT NULL, row BIGINT NOT NULL"
)

#: The narrow stored form of `claims`: words are positions in the lists above, and sentences are made by the view.
STORED_CLAIM_COLUMNS = (
    "claim_id INTEGER NOT NULL, node_a INTEGER NOT NULL, node_b INTEGER NOT NULL, rule UTINYINT NOT NULL, "
    "strength UTINYINT NOT NULL, state UTINYINT NOT NULL, transfer_id INTEGER, event_id INTEGER, signs UTINYINT, "
    "held UTINYINT, spanning BOOLEAN, why_text VARCHAR, held_text VARCHAR"
)

#: Tables that are views over a narrow stored form, with that form's name and the columns it does not hold.
VIEWS = {"transfers": ("new_transfers", frozenset({"public_id", "ref"})),
         "claims": ("claim_rows", frozenset({"rule", "strength", "state", "why", "held_because", "signs"}))}  # fmt: skip
#: What must hold of a stored claim in place of the words that the view makes of its positions.
_STORED_CLAIM = (
    f"rule < {len(CLAIM_RULES)} AND strength < {len(CLAIM_STRENGTHS)} AND state < {len(CLAIM_STATES)} "
    f"AND coalesce(held < {len(HELD_REASONS)}, true) AND node_a < node_b"
)


def find_problems(
    con: duckdb.DuckDBPyConnection, name: str, relation: str, *, without: frozenset[str] = frozenset()
) -> list[str]:
    """Every way a relation breaks the contract of table ``name``: missing and unknown columns, empty values, words
    outside the list, failed checks, and pointers to nothing, each with its count and an example.

    ``relation`` is a table or view of ``con``, in which the tables pointed to exist too. ``without`` names columns that
    a view derives later. One scan for all row conditions and one join for each pointer.
    """
    columns = tuple(column for column in TABLES[name].columns if column.name not in without)
    present = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
    problems = [f"{name}: column `{column.name}` is missing" for column in columns if column.name not in present]
    problems += [
        f"{name}: column `{column}` is not in the contract" for column in present if column not in TABLES[name].names
    ]
    if problems:
        return problems
    conditions = [condition for column in columns for condition in _conditions(column)]
    counted = ", ".join(f"count(*) FILTER ({bad})" for _, bad, _ in conditions)
    rows, *counts = con.execute(f"SELECT count(*), {counted} FROM {relation}").fetchone() or (0,)
    if not rows:
        return []
    for (label, bad, of), count in zip(conditions, counts, strict=True):
        if count:
            example = con.execute(f'SELECT min(CAST("{of}" AS VARCHAR)) FROM {relation} WHERE {bad}').fetchone() or (
                None,
            )
            problems.append(f"{name}: {label} in {count_words(count, 'row')}, for example {of}={example[0]!r}")
    for column in columns:
        problems += _find_dangling(con, name, relation, column)
    return problems


def _conditions(column: Column) -> list[tuple[str, str, str]]:
    """What must not be true of a value: (label, SQL condition, column)."""
    bad: list[tuple[str, str, str]] = []
    if not column.null:
        bad.append((f"`{column.name}` is empty", f'"{column.name}" IS NULL', column.name))
    if column.words:
        words = ", ".join(f"'{word}'" for word in column.words)
        label = f"`{column.name}` is none of {', '.join(column.words)}"
        bad.append((label, f'"{column.name}" NOT IN ({words})', column.name))
    if column.check:
        bad.append((f"`{column.name}` fails `{column.check}`", f"NOT coalesce(({column.check}), true)", column.name))
    return bad


def _find_dangling(con: duckdb.DuckDBPyConnection, name: str, relation: str, column: Column) -> list[str]:
    if column.points_to is None or column.points_to == f"{name}.{column.name}":
        return []
    other, key = column.points_to.split(".")
    if (
        other == "transfers"
        and con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'transfer_rows'").fetchall()
    ):
        other = "transfer_rows"  # the view joins hashes that nobody asked for
    least, most, there = con.execute(f'SELECT min("{key}"), max("{key}"), count(*) FROM {other}').fetchone() or (
        0,
        0,
        0,
    )
    if there and isinstance(least, int) and most - least + 1 == there:  # numbers without gaps: a range says it all
        low, high = con.execute(f'SELECT min("{column.name}"), max("{column.name}") FROM {relation}').fetchone() or (
            0,
            0,
        )
        if low is None or (least <= low and high <= most):
            return []
    count, example = con.execute(
        f'SELECT count(*), min(r."{column.name}") FROM {relation} r '
        f'ANTI JOIN {other} o ON r."{column.name}" = o."{key}" WHERE r."{column.name}" IS NOT NULL'
    ).fetchone() or (0, None)
    if not count:
        return []
    return [f"{name}: `{column.name}` points to nothing in `{other}` in {count_words(count, 'row')}, for example {example!r}"]


def check_tables(con: duckdb.DuckDBPyConnection, relations: dict[str, str]) -> None:
    """Raise one ContractError listing every problem of all the given tables (name -> relation); see find_problems."""
    problems: list[str] = []
    for name, relation in relations.items():
        stored, derived = VIEWS.get(name, ("", frozenset[str]()))
        source = relation
        if relation == "claim_rows":
            listed = ", ".join(column.name for column in TABLES[name].columns if column.name not in derived)
            source = f"(SELECT {listed} FROM claim_rows)"
            wrong = con.execute(f"SELECT count(*) FROM claim_rows WHERE NOT ({_STORED_CLAIM})").fetchone() or (0,)
            problems += (
                [f"claims: {count_words(wrong[0], 'stored row')} with no known word, or their nodes in the wrong order"]
                if wrong[0]
                else []
            )
        problems += find_problems(con, name, source, without=derived if relation == stored else frozenset())
    if problems:
        raise ContractError(", ".join(relations), problems)


def create_sql(name: str, target: str | None = None) -> str:
    """The CREATE TABLE statement of a table of the contract."""
    columns = ", ".join(
        f'"{column.name}" {column.type}{"" if column.null else " NOT NULL"}' for column in TABLES[name].columns
    )
    return f"CREATE TABLE IF NOT EXISTS {target or name} ({columns})"
