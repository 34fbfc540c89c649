"""TagPacks: inheritance, rails, damaged and ownerless addresses, hostile YAML, and every real pack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from connectors import tagpack
from tests.connectors.reading import make_head, make_source, open_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

SAMPLE = open_source(Path(tagpack.__file__).parent / "sample.yaml")
HEADER = "title: t\ncreator: c\nlabel: l\ncurrency: BTC\ntags:\n"
TAGS_IN_REAL_PACKS = 3_472
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def test_sample_gives_tags_with_inherited_and_own_fields() -> None:
    reading = read_all(tagpack, SAMPLE)
    assert [(t.row, t.node.rail, t.label, t.category, t.actor, t.confidence) for t in reading.tags] == [
        (1, "bitcoin", "Exchange Pebble", "exchange", "exchange_pebble", "service_data"),
        (2, "ethereum", "Exchange Pebble hot wallet", "exchange", "exchange_pebble", "service_data"),
        (3, "tron", "Exchange Pebble", "exchange", "exchange_pebble", "service_data"),
        (4, "evm", "Exchange Pebble, chain not stated", "exchange", "exchange_pebble", "service_data"),
        (5, "bitcoin", "Mixer Slate", "mixing_service", None, "forensic"),
        (6, "ethereum", "burn address", None, "exchange_pebble", "service_data"),
    ]
    assert [t.origin for t in reading.tags[3:5]] == ["https://example.org/pebble/reserves", "https://example.org/slate"]
    assert reading.tags[1].node.key == reading.tags[3].node.key == reading.tags[1].node.key.lower()
    assert reading.codes == {"null_address": 1, "address_damaged": 1, "address_wrong_rail": 1, "tag_damaged": 2}
    assert [(s.row, s.reason) for s in reading.skips] == [
        (9, "rail not in trails: LTC"),
        (11, "tag of a transaction: trails keeps tags of addresses"),
    ]


def test_raw_tags_are_the_files_own_text() -> None:
    raws = [record.raw for record in tagpack.records(SAMPLE, ReadOptions())]
    text = SAMPLE.path.read_text(encoding="utf-8")
    assert all(raw in text for raw in raws)
    assert raws[2].splitlines()[1:] == ["  currency: USDT", "  network: TRX"]
    assert raws[-1] == "just a text"


def test_values_stay_the_texts_of_the_file(tmp_path: Path) -> None:
    """YAML would make a number of an unquoted 0x address and lose its leading zeros."""
    pack = "title: t\ncreator: c\nlabel: 007\ncurrency: ETH\nlastmod: 2024-99-99\ntags:\n- address: 0x" + "00ab" * 10
    reading = read_all(tagpack, make_source(tmp_path, pack, "p.yaml"))
    assert (reading.tags[0].node.key, reading.tags[0].label) == ("0x" + "00ab" * 10, "007")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("title: t\ntags:\n- address: x\n", "TagPack"),
        ("tags:\n- address: x\n  label: y\n", "TagPack"),
        ("title: t\nactors:\n- id: a\n", "ActorPack"),
        ("title: t\ntags: []\n", "TagPack"),
        ("title: t\nthings: 1\n", None),
        ('{"title": 1, "tags": []}', None),
        ("", None),
    ],
)
def test_packs_are_recognised(tmp_path: Path, content: str, expected: str | None) -> None:
    why = tagpack.recognise(make_head(make_source(tmp_path, content, "p.yaml")))
    assert why is None if expected is None else why is not None and expected in why


def test_actors_are_left_out_one_by_one(tmp_path: Path) -> None:
    reading = read_all(tagpack, make_source(tmp_path, "title: t\nactors:\n- id: a\n- id: b\n  uri: c\n", "a.yaml"))
    why = "actor record: no address in it; given with a TagPack (--with) its categories are used"
    assert [skip.reason for skip in reading.skips] == [why] * 2


def test_an_actor_pack_lends_its_categories_to_tags_without_one(tmp_path: Path) -> None:
    sample = open_source(Path(tagpack.__file__).parent / "sample-with-actors.yaml")
    told = read_all(tagpack, sample)
    assert [(t.row, t.category, t.actor) for t in told.tags] == [
        (1, "exchange", "exchange_pebble"),
        (1, "hosted_wallet", "exchange_pebble"),
        (2, "user", "mixer_slate"),
        (2, "scam", "mixer_slate"),
        (3, None, "nobody_knows"),
    ]
    alone = read_all(tagpack, replace(sample, companions=()))
    assert [(t.row, t.category) for t in alone.tags] == [(1, None), (2, "user"), (2, "scam"), (3, None)]
    with pytest.raises(SourceError, match="Only an ActorPack"):
        list(tagpack.read(replace(sample, companions=(SAMPLE,)), ReadOptions()))
    damaged = make_source(tmp_path, "actors:\n- 5\n- id: [a]\n- id: exchange_pebble\n  categories: x\n", "a.yaml")
    kept = read_all(tagpack, replace(sample, companions=(damaged,)))
    assert kept.tags == alone.tags


def test_abuse_and_concepts_are_categories_each_once(tmp_path: Path) -> None:
    pack = HEADER + (
        f"- address: {GENESIS}\n  category: exchange\n  abuse: service_hack\n  concepts: [exchange, hack, '', [x]]\n"
    )
    reading = read_all(tagpack, make_source(tmp_path, pack, "p.yaml"))
    assert [t.category for t in reading.tags] == ["exchange", "service_hack", "hack"]


def test_a_tag_without_rail_is_refused(tmp_path: Path) -> None:
    pack = f"title: t\nlabel: l\ntags:\n- address: {GENESIS}\n- address: {GENESIS}\n  currency: xbt\n"
    reading = read_all(tagpack, make_source(tmp_path, pack, "p.yaml"))
    assert reading.codes == {"rail_missing": 1}
    assert [(t.row, t.node.key) for t in reading.tags] == [(2, GENESIS)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        (HEADER + f"- address: {GENESIS}\n  label: 'open", "no whole YAML"),
        (HEADER + f"- address: {GENESIS}\n  label: *x\n", "alias"),
        ("a: &a [x, x]\nb: &b [*a, *a]\ntags: [*b]\n", "alias"),
        (HEADER + "- " + "[" * 200_000, "deeper than 50"),
        (HEADER + f"- address: {GENESIS}\n  address: {GENESIS}\n", "stands twice"),
        ("title: t\n---\ntitle: u\n", "more than one YAML document"),
        ("title: t\ntags: none\n", "no TagPack"),
        ("- a\n- b\n", "no TagPack"),
        ("title: \x01\ntags: []\n", "no whole YAML"),
    ],
)
def test_broken_and_hostile_yaml_is_refused_whole(tmp_path: Path, content: bytes | str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        list(tagpack.read(make_source(tmp_path, content, "p.yaml"), ReadOptions()))


#: Tags kept, left out (chains that are not in trails), refused, and noted, in every pack of the shared data.
REAL_PACKS: dict[str, tuple[int, int, int, dict[str, int]]] = {
    "binance.yaml": (2, 0, 0, {}),
    "binance_hack.yaml": (44, 0, 0, {}),
    "etherscan-wordcloud-exchange.yaml": (646, 0, 0, {}),
    "exchange-wallets-binance.yaml": (61, 25, 0, {}),
    "exchange-wallets-bitfinexcom.yaml": (13, 114, 8, {"address_damaged": 8}),
    "exchange-wallets-bybit.yaml": (8, 0, 0, {}),
    "exchange-wallets-cryptocom.yaml": (10, 0, 0, {}),
    "exchange-wallets-deribit.yaml": (16, 2, 0, {}),
    "exchange-wallets-huobi.yaml": (37, 21, 0, {}),
    "exchange-wallets-kucoin.yaml": (42, 6, 11, {"address_damaged": 11}),
    "exchange-wallets-okx.yaml": (36, 0, 0, {}),
    "exchange-wallets-swissborg.yaml": (14, 0, 0, {}),
    "graphsense.actorpack.yaml": (0, 3_813, 0, {}),
    "hacks.yaml": (608, 0, 0, {}),
    "hydra.yaml": (117, 0, 0, {}),
    "interpol-real_services.yaml": (10, 0, 0, {}),
    "mixing_fc2021.yaml": (66, 0, 0, {}),
    "ofac.yaml": (543, 28, 1, {"address_wrong_rail": 1}),
    "tornado_cash.yaml": (39, 0, 0, {}),
    "usdt_blacklist.yaml": (774, 0, 0, {"null_address": 2}),
    "walletexplorer.yaml": (386, 0, 0, {}),
}


@pytest.mark.real_data
def test_every_real_pack_is_read_with_every_row_accounted_for(real_data: Path) -> None:
    packs = sorted((real_data / "attribution" / "graphsense-tagpacks").glob("*.yaml"))
    readings = {path.name: read_all(tagpack, open_source(path)) for path in packs}
    assert all(tagpack.recognise(make_head(open_source(path))) for path in packs)
    counted = {
        name: (len(each.tags), len(each.skips), len(each.refused), dict(each.codes)) for name, each in readings.items()
    }
    assert counted == REAL_PACKS
    assert sum(len(reading.tags) for reading in readings.values()) == TAGS_IN_REAL_PACKS
    parsed = {path.name: yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in packs}
    lengths = {name: len(pack.get("tags") or pack["actors"]) for name, pack in parsed.items()}
    assert {name: reading.rows_read for name, reading in readings.items()} == lengths
