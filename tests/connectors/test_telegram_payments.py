"""Telegram: what it records of money, what stands on buttons, in invoices and polls, and keys that stand twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import telegram
from connectors.telegram.payments import find_payment
from tests.connectors.reading import Reading, make_source, read_all
from trails.json_text import find_doubled

WALLET = "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"


def item(number: int = 1, kind: str = "message", **fields: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "date_unixtime": str(1_722_640_811 + number), "text": "", **fields}


def said(number: int = 1, **fields: Any) -> dict[str, Any]:
    return item(number, **{"from": "A", "from_id": "user1", **fields})


def read_chat(folder: Path, *messages: Any) -> Reading:
    export = {"name": "c", "type": "bot_chat", "id": 5, "messages": messages}
    return read_all(telegram, make_source(folder, json.dumps(export), "result.json"))


@pytest.mark.parametrize(
    ("fields", "text", "payer"),
    [
        ({"action": "send_payment", "amount": 4999, "currency": "USD", "actor_id": "user1"},
         "payment: 49.99 USD (4999 in the smallest unit)", "telegram:user1"),
        ({"action": "send_payment", "amount": 4999, "currency": "JPY", "invoice_message_id": 7},
         "payment: 4,999 JPY (4999 in the smallest unit); for the invoice in message 7", None),
        ({"action": "refunded_payment", "amount": 50, "currency": "XTR", "peer_id": "user9", "charge_id": "c-1"},
         "refund: 50 Stars; charge c-1", "telegram:user9"),
        ({"action": "send_star_gift", "stars": 15, "actor_id": "user1"}, "gift: 15 Stars", "telegram:user1"),
        ({"action": "send_ton_gift", "amount_whole": 1, "amount_nano": 500_000_000, "cost": "5.00"},
         "gift of TON: 1.5 TON, cost '5.00'", None),
        ({"action": "suggested_post_success", "price_amount_whole": "3", "price_amount_nano": "0", "price_currency": "TON"},
         "payment of a suggested post: 3 TON", None),
        ({"action": "stars_prize", "stars": 100, "boost_peer_id": "channel4", "transaction_id": "t-1"},
         "prize of Stars: 100 Stars; transaction t-1", "telegram:channel4"),
        ({"action": "made_up_payment", "amount": 5, "currency": "ZZZ"}, "made up payment: 5 of the smallest unit of 'ZZZ'", None),
        ({"action": "send_payment", "amount": "x", "currency": "USD"}, "payment: a sum that is no whole number ('x')", None),
    ],
)  # fmt: skip
def test_what_telegram_records_of_money_is_stated(tmp_path: Path, fields: dict[str, Any], text: str, payer: str | None) -> None:
    reading = read_chat(tmp_path, item(1, "service", **fields), item(2, "service", action="pin_message"))
    (event,) = reading.events
    assert (event.kind, event.text, event.node and event.node.key) == ("payment_stated", text, payer)
    assert [skip.row for skip in reading.skips] == [2]


def test_who_asked_for_a_payment_is_paid(tmp_path: Path) -> None:
    invoice = {"title": f"za {WALLET}", "description": "kod 4718", "amount": 4999, "currency": "USD"}
    paid = item(2, "service", action="send_payment", amount=4999, currency="USD", actor_id="user2", invoice_message_id=1)
    for written in (invoice, json.dumps(invoice)):
        events = read_chat(tmp_path, said(invoice_information=written), paid).events
        assert [(event.row, event.kind) for event in events] == [
            (1, "mention"), (1, "code_quoted"), (1, "amount_mentioned"), (2, "payment_stated"),
        ]  # fmt: skip
        assert events[2].text == "49.99 USD (4999 in the smallest unit)"
        assert (events[3].node and events[3].node.key, events[3].other and events[3].other.key) == (
            "telegram:user2", "telegram:user1",
        )  # fmt: skip


def test_words_for_a_gift_and_a_bot_are_their_senders(tmp_path: Path) -> None:
    words = ["kod ", {"type": "bold", "text": "4718"}]
    gift = item(1, "service", action="send_star_gift", stars=15, gift_text=words, actor_id="user1")
    app = item(2, "service", action="send_webview_data", text="300 EUR", actor_id="user2")
    title = item(3, "service", action="edit_group_title", title="kod 4719", actor_id="user2")
    found = [(event.row, event.kind, event.node and event.node.key) for event in read_chat(tmp_path, gift, app, title).events]
    assert found == [
        (1, "code_quoted", "telegram:user1"), (1, "payment_stated", "telegram:user1"), (2, "amount_mentioned", "telegram:user2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"inline_bot_buttons": [[{"type": "url", "text": "x", "data": f"https://tronscan.org/#/address/{WALLET}"}]]},
        {"inline_bot_buttons": [[{"type": "copy_text", "text": "x", "data": WALLET}]]},
        {"poll": {"question": f"to {WALLET}?", "answers": [{"text": "yes"}]}},
        {"poll": {"question": "where", "answers": [{"text": ["to ", {"type": "code", "text": WALLET}]}]}},
        {"todo_list": {"title": "x", "items": [{"id": 1, "text": WALLET}]}},
        {"game_title": "x", "game_description": WALLET},
    ],
)
def test_addresses_beside_the_text_are_found(tmp_path: Path, fields: dict[str, Any]) -> None:
    (event,) = read_chat(tmp_path, said(**fields)).events
    assert (event.kind, event.text, event.node and event.node.key) == ("mention", WALLET, "telegram:user1")


def test_what_a_button_tells_a_program_is_no_text(tmp_path: Path) -> None:
    button = {"type": "callback", "text": "x", "data": WALLET}
    for rows in ([[button]], "x", [["x"]], [None]):
        assert read_chat(tmp_path, said(inline_bot_buttons=rows)).events == []


def test_a_key_with_two_values_refuses_its_row_by_its_name(tmp_path: Path) -> None:
    export = json.dumps({"id": 5, "messages": [said(1, text="kod 4711"), said(2, text="kod 4712")]})
    text = export.replace('"text": "kod 4711"', '"text": "kod 4711", "text": ""')
    reading = read_all(telegram, make_source(tmp_path, text, "result.json"))
    assert reading.errors == [(1, "message_damaged")]
    assert "the key 'text' stands twice" in reading.issues[0].message
    assert [event.text for event in reading.events] == ["4712"]


def test_a_list_of_messages_that_stands_twice_is_told(tmp_path: Path) -> None:
    first, second = (json.dumps(said(1, text=text)) for text in ("kod 4711", "kod 4712"))
    text = f'{{"id": 5, "messages": [{first}], "messages": [{second}]}}'
    reading = read_all(telegram, make_source(tmp_path, text, "result.json"))
    assert [event.text for event in reading.events] == ["4712"]
    assert [(issue.row, issue.severity, issue.code) for issue in reading.issues] == [(None, "warning", "doubled_key")]
    assert "'messages'" in reading.issues[0].message


JSON = st.recursive(
    st.one_of(st.text('ab":{', max_size=4), st.integers(0, 9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text('ab":', max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@given(JSON, st.sampled_from([None, 1]))
def test_no_value_without_doubled_keys_is_doubted(value: Any, indent: int | None) -> None:
    assert find_doubled(json.dumps(value, indent=indent), value) is None
    assert find_doubled(json.dumps(value, separators=(" , ", " : ")), value) is None


@given(st.dictionaries(st.text('ab":', max_size=3), JSON, max_size=4), st.integers(0, 9))
def test_a_doubled_key_is_found_at_any_depth(value: dict[str, Any], other: int) -> None:
    inner = json.dumps({**value, "key": "x"})[:-1] + f', "key": {other}}}'
    for raw in (inner, f"[1, {inner}]", f'{{"a": {{"b": {inner}}}}}'):
        assert "'key' stands twice" in (find_doubled(raw, json.loads(raw)) or "")
    assert find_doubled('{"a": 1, "a": 1}', {"a": 1}) is None


def test_what_is_nested_too_deeply_is_said_and_no_json_is_no_matter() -> None:
    value: Any = []
    for _ in range(5_000):
        value = [value]
    assert find_doubled("[", value) == "JSON nested too deeply"
    assert find_doubled("{a: 1}", {"a": 1}) is None


FIELDS = ("action", "amount", "currency", "stars", "cost", "charge_id", "peer_id", "amount_whole")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_row_stops_the_search_for_payments(value: dict[str, Any]) -> None:
    payment = find_payment(value)
    assert payment is None or payment.text.isprintable()
