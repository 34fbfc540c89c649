"""IVMS101: both versions, whatever document stands around them, answer sheets, and nobody's document in the clear."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import ivms101
from connectors.ivms101.messages import plain_name
from tests.connectors.reading import SAMPLES, Reading, head_of, load_toml, make_source, read_all, read_file, write_json
from trails.case import Case
from trails.cite import cite
from trails.cli import cli
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.model import Node
from trails.persons import is_person

FOLDER = SAMPLES / "ivms101"
BTC, TRON = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP"
EVM = "0xdac17f958d2ee523a2206206994597c13d831ec7"


def person(first: str, last: str, document: str | None = None) -> dict[str, Any]:
    name = {"primaryIdentifier": last, "secondaryIdentifier": first, "nameIdentifierType": "LEGL"}
    found: dict[str, Any] = {"name": {"nameIdentifier": [name]}}
    if document is not None:
        found["nationalIdentification"] = {"nationalIdentifier": document, "nationalIdentifierType": "CCPT"}
    return {"naturalPerson": found}


def firm(name: str) -> dict[str, Any]:
    stated = {"legalPersonName": name, "legalPersonNameIdentifierType": "LEGL"}
    return {"legalPerson": {"name": {"nameIdentifier": [stated]}}}


def message(*, accounts: tuple[str, ...] = (BTC,), document: str | None = "FX 123-4567", **more: Any) -> dict[str, Any]:
    return {
        "originator": {"originatorPersons": [person("Amber", "Quince", document)], "accountNumber": list(accounts)},
        "beneficiary": {"beneficiaryPersons": [person("Jade", "Medlar")], "accountNumber": [TRON]},
        "originatingVASP": {"originatingVASP": firm("Fictional Exchange Ltd")},
        **more,
    }


def read_json(folder: Path, *values: Any, **options: Any) -> Reading:
    return read_all(ivms101, make_source(folder, json.dumps(list(values)), "answer.json"), ReadOptions(**options))


def told(found: Reading) -> set[tuple[str, str | None, str | None]]:
    """Every event without the places that files and rows give it: kind, whose (the transfer's own is None), what it names."""
    return {
        (each.kind, each.node.label if each.node else None, each.other.key if each.other else None) for each in found.events
    }


def rename(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {change(key): rename(each, change) for key, each in value.items()}
    return [rename(each, change) for each in value] if isinstance(value, list) else value


def snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).replace("_v_a_s_p", "_vasp")


def test_who_sends_and_who_gets(tmp_path: Path) -> None:
    found = read_json(tmp_path, message())
    sent, got = found.transfers
    assert (sent.src.label, got.dst.label) == ("Amber Quince", "Jade Medlar")
    assert sent.dst == got.src
    assert {(t.amount, t.asset.asset, t.status) for t in found.transfers} == {(None, "?@vasp", "unstated")}
    assert told(found) == {
        ("handled_by", "Amber Quince", "fictional exchange ltd:service"),
        ("identifier", "Amber Quince", "FX1234567"),
        ("stated_address", None, BTC),
        ("stated_address", None, TRON),
    }
    assert found.codes == {"scope_not_stated": 1, "time_missing": 1}


OTHER_FORMS: dict[str, Callable[[Any], Any]] = {
    "capitals": lambda value: rename(value, lambda key: key[:1].upper() + key[1:]),
    "words with _": lambda value: rename(value, snake),
    "2023": lambda value: rename(value, lambda key: key.replace("Persons", "Person")),
    "many names": lambda value: rename(value, lambda key: "nameIdentifiers" if key == "nameIdentifier" else key),
    "under a key": lambda value: {"id": 7, "IVMS101": value},
    "deep": lambda value: {"payload": {"body": {"identity": value}}},
    "beside its service": lambda value: {
        "beneficiary": value["beneficiary"],
        "originatingVASP": {**value["originatingVASP"], "originator": value["originator"]},
    },
    "one name, no list": lambda value: json.loads(json.dumps(value).replace("[{", "{").replace("}]", "}")),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_every_writing_says_the_same(tmp_path: Path, form: str) -> None:
    value = OTHER_FORMS[form](message())
    assert ivms101.recognise(head_of(write_json(tmp_path, value)))
    found = read_json(tmp_path, value)
    assert told(found) == told(read_json(tmp_path, message()))
    assert [t.src.label or t.dst.label for t in found.transfers] == ["Amber Quince", "Jade Medlar"]


def test_names_of_all_kinds_are_one_person_s(tmp_path: Path) -> None:
    value = message()
    block = value["originator"]["originatorPersons"][0]["naturalPerson"]["name"]
    block["nameIdentifier"].insert(0, {"primaryIdentifier": "Amberine", "nameIdentifierType": "ALIA"})
    block["localNameIdentifier"] = [{"primaryIdentifier": "Квинс", "secondaryIdentifier": "Амбер", "nameIdentifierType": "LEGL"}]
    found = read_json(tmp_path, value)
    assert found.transfers[0].src.label == "Amber Quince", "the legal name is the first, wherever it stands"
    names = [each.other.label for each in found.events if each.other and each.other.key.startswith("party:")]
    assert names == ["Amberine", "Амбер Квинс"]


@pytest.mark.parametrize(
    ("account", "kind", "code"),
    [
        (BTC, "stated_address", None),
        (EVM, None, "address_unchecked"),
        (f"{BTC[:-1]}x", None, "address_damaged"),
        ("0x" + "0" * 40, None, "address_unchecked"),
        ("rFictionalFictional1:4711", "identifier", None),
        ("XX89 3704 0044 0532", "identifier", None),
    ],
)
def test_an_account_is_an_address_or_a_number_at_a_service(
    tmp_path: Path, account: str, kind: str | None, code: str | None
) -> None:
    found = read_json(tmp_path, message(accounts=(account,), document=None))
    other = next((each for each in found.events if each.text.startswith(("from", "an account"))), None)
    assert (other.kind if other else None) == kind
    assert (code is None) or found.codes[code] == 1
    if kind == "identifier":
        assert other
        assert other.other
        assert other.other.key.startswith("fictional exchange ltd:account:")
        assert other.other.key.count(":") == 2, "a memo's colon is none of the key's"
        assert account not in other.text


def test_what_stands_around_a_message_dates_it_and_names_its_transaction(tmp_path: Path) -> None:
    tx = "8f" * 32
    around = {"timestamp": "2024-08-02T13:05:11Z", "transaction": {"txid": f"0x{tx}"}, "ivms101": message()}
    found = read_json(tmp_path, around)
    assert ("stated_tx", tx) in {(each.kind, each.text) for each in found.events}
    assert {str(each.time.time) for each in found.events} == {"2024-08-02 13:05:11+00:00"}
    local = read_json(tmp_path, {**around, "timestamp": "2024-08-02 13:05:11", "transaction": {"txid": "none"}})
    assert local.errors == [(1, "time_no_zone")]
    said = read_json(tmp_path, {**around, "timestamp": "02/08/2024 13:05"}, timezone="UTC", date_order="dmy")
    assert {each.time.error_s for each in said.events} == {60}


@pytest.mark.parametrize("document", ["XX*****67", "", "   ", "passport", 12.5])
def test_a_document_without_its_number_is_left_out(tmp_path: Path, document: Any) -> None:
    found = read_json(tmp_path, message(document=document))
    assert not [each for each in found.events if each.other and each.other.rail == "document"]
    assert found.refused == set()


@pytest.mark.parametrize("value", [7, "x", None, [], {}, {"originator": 5}, {"originator": {"accountNumber": []}}])
def test_what_is_no_message_is_refused_alone(tmp_path: Path, value: Any) -> None:
    found = read_json(tmp_path, message(), value, message())
    assert found.refused == {2}
    assert {t.row for t in found.transfers} == {1, 3}


def test_two_people_share_no_sum_that_nobody_states(tmp_path: Path) -> None:
    value = message()
    value["originator"]["originatorPersons"].append(person("Opal", "Sorb"))
    found = read_json(tmp_path, value)
    assert [t.src.label for t in found.transfers if t.src.label] == ["Amber Quince", "Opal Sorb"]


def test_a_mapping_beside_messages_says_whose_they_are_and_no_more(tmp_path: Path) -> None:
    found = read_json(tmp_path, message(), mapping={"kind": "travel_rule", "scope": "exchange"})
    assert found.transfers[0].src.key == "party:exchange:amber quince"
    assert found.codes == {"time_missing": 1}
    with pytest.raises(SourceError, match="beside messages it may say kind, scope, timezone as texts"):
        read_json(tmp_path, message(), mapping={"kind": "travel_rule", "currency": "EUR"})


# --- answer sheets ---


MAPPING = load_toml(FOLDER / "sample-answer.csv.mapping.toml")


def test_a_sheet_states_the_same_and_the_sum() -> None:
    found = read_file(ivms101, FOLDER / "sample-answer.csv", mapping=MAPPING)
    assert [(t.row, t.asset.asset, t.amount, t.status) for t in found.transfers if t.dst.kind == "junction"] == [
        (2, "BTC", 2_000_000, "ok"), (3, "USDT", 1_250_500_000, "ok"), (4, "EUR", 25_000, "failed"), (5, "BTC", 50_000_000, "ok"),
    ]  # fmt: skip
    assert found.graded == {
        ("note", "unknown_columns"): 1, ("warning", "address_damaged"): 1, ("error", "number_repeated"): 1,
    }  # fmt: skip
    documents = {each.other.key for each in found.events if each.other and each.other.rail == "document"}
    assert documents == {"FX1234567", "FX7654321"}, "one document in two writings is one"


def sheet(folder: Path, cells: dict[str, str], **options: Any) -> Reading:
    mapping = {"kind": "travel_rule", "decimal_mark": ".", "columns": {name: name for name in cells}}
    text = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    return read_all(ivms101, make_source(folder, text, "answer.csv"), ReadOptions(mapping=mapping, **options))


@pytest.mark.parametrize(
    ("cells", "options", "codes"),
    [
        ({"amount": "5"}, {}, {"currency_missing": 1}),
        ({"amount": "5"}, {"currency": "EUR"}, {}),
        ({"amount": "-5", "currency": "EUR"}, {}, {"negative_amount": 1}),
        ({"amount": "5", "currency": "XXQ"}, {}, {"currency_unknown": 1}),
        ({"amount": "5", "currency": "MNT", "network": "ETH"}, {}, {}),
        ({"txid": "8f"}, {}, {"txid_damaged": 1}),
        ({"date": "02/08/2024"}, {}, {"time_ambiguous": 1}),
        ({"date": "02/08/2024"}, {"date_order": "dmy", "timezone": "UTC"}, {}),
        ({"date": "2024-08-02 13:05"}, {}, {"time_no_zone": 1}),
        ({"originator": "", "txid": "8f" * 32}, {}, {"identifier": 1}),
        ({"originator": "", "originator_address": f"{BTC[:-1]}x"}, {}, {"nothing_stated": 1}),
        ({"originator": "", "originator_document": "FX1234567"}, {}, {"name_missing": 1}),
        ({"originator_address": EVM, "network": "ERC20"}, {}, {}),
        ({"originator_address": TRON, "network": "ERC20"}, {}, {"address_damaged": 1}),
    ],
)
def test_a_cell_of_a_sheet(tmp_path: Path, cells: dict[str, str], options: dict[str, str], codes: dict[str, int]) -> None:
    found = sheet(tmp_path, {"originator": "Amber Quince", **cells}, **options)
    assert {code: number for code, number in found.codes.items() if code not in ("scope_not_stated", "time_missing")} == codes


def test_a_mapping_that_names_nobody_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="neither which column `originator` nor which `beneficiary` is"):
        sheet(tmp_path, {"amount": "5"})


def test_a_setting_without_effect_is_refused(tmp_path: Path) -> None:
    mapping = {"kind": "travel_rule", "region": "BA", "columns": {"originator": "originator"}}
    with pytest.raises(SourceError, match="`region` has no effect"):
        read_all(ivms101, make_source(tmp_path, "originator\nAmber Quince\n", "answer.csv"), ReadOptions(mapping=mapping))


# --- people ---


SECRETS = (
    "FX1234567", "123-4567", "FX7654321", "4711", "customer-17", "Quince", "Medlar", "Sorb", "Fictional Trading", "1990-01-01",
)  # fmt: skip


def test_every_party_and_number_is_a_node_that_gets_a_pseudonym() -> None:
    nodes: set[Node] = set()
    for sample in ("sample-2020.json", "sample-2023.jsonl"):
        found = read_file(ivms101, FOLDER / sample, timezone="UTC")
        nodes |= {node for t in found.transfers for node in (t.src, t.dst)}
        nodes |= {node for each in found.events for node in (each.node, each.other) if node}
    named = [node for node in nodes if node.label and any(secret in node.label for secret in SECRETS)]
    assert len(named) >= 8
    assert all(is_person(node.rail, node.key, node.kind) for node in named)
    services = [node for node in nodes if node.key.endswith(":service")]
    assert services
    assert not any(is_person(node.rail, node.key, node.kind) for node in services)


def run(*words: object) -> str:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def test_no_document_and_no_name_in_any_report_answer_or_log(tmp_path: Path) -> None:
    case = tmp_path / "case"
    said = [run("new", case)]
    samples = [FOLDER / name for name in ("sample-2020.json", "sample-2023.jsonl", "sample-answer.csv")]
    said.append(run("add", case, *samples, "--timezone", "UTC"))
    said += [run(step, case) for step in ("cluster", "match", "link", "report")] + [run("check", case, "--all-rows")]
    said += [run("sql", case, f"SELECT * FROM {table}", "--json") for table in ("nodes", "transfers", "events", "issues")]
    with Case.open(case, read_only=True) as opened:
        said += [repr(cite(opened, f"{kind}:{number}")) for kind in ("transfer", "event", "node") for number in (1, 2, 5, 8)]
    written = [path for path in (*case.glob("out/**/*"), *case.glob("log*"), *case.glob("*.jsonl")) if path.is_file()]
    assert {path.name for path in written} >= {"report.html", "report.json"}
    everything = "\n".join([*said, *(path.read_text(encoding="utf-8", errors="replace") for path in written)])
    assert [secret for secret in SECRETS if secret in everything.replace("A-4711", "")] == []
    assert "Amber Quince" in run("cite", case, "transfer:1", "--names", "--why", "a test")


# --- whatever comes ---


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["originator", "beneficiary", "originatorPersons", "naturalPerson", "legalPerson", "name", "nameIdentifier",
                 "primaryIdentifier", "accountNumber", "nationalIdentification", "nationalIdentifier", "transferPath",
                 "originatingVASP", "timestamp", "transaction", "txid"],
            ),
            inner, max_size=4,
        ),
        max_leaves=20,
    )
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused_alone(tmp_path: Path, value: Any) -> None:
    found = read_json(tmp_path, message(), value, timezone="UTC")
    assert found.rows_read == 2
    assert 1 in found.kept


def test_names_of_fields_are_compared_without_their_writing() -> None:
    assert {plain_name(each) for each in ("originatorPersons", "OriginatorPersons", "originator_persons")} == {"originatorpersons"}
