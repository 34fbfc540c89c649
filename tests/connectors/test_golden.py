"""Every connector gives, for its own samples, the records written down in its ``expected.json``, and claims no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from tests.connectors.reading import SAMPLES, make_head, open_source, read_all
from tests.regenerate import describe_folder, find_samples, main, read_mapping, read_options
from trails.connector import Connector, Manifest, list_connectors, recognise_source
from trails.pictures import PICTURES
from trails.tables import EVENT_KINDS

CONNECTORS = list_connectors()
#: A connector may have nothing to say here: what it reads may have no rail (prices), need no option.
MAY_BE_EMPTY = {"rails", "options", "companions", "yields_to"}


def all_samples() -> Iterator[tuple[Connector, Path]]:
    for connector in CONNECTORS:
        for path in find_samples(connector.folder) if connector.folder and not connector.broken else ():
            yield connector, path


each_connector = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.name)
each_sample = pytest.mark.parametrize(
    ("connector", "sample"), list(all_samples()), ids=lambda it: it.name if isinstance(it, Connector) else None
)


def test_every_folder_of_the_project_is_an_installed_connector() -> None:
    folders = {path.parent.resolve() for path in SAMPLES.glob("*/connector.toml")}
    assert {connector.folder.resolve() for connector in CONNECTORS if connector.folder} == folders


#: Told by tests of their own: tests/connectors/test_trongrid.py and test_eth_logs.py.
IN_NO_SAMPLE = ("energy_reclaimed", "bandwidth_delegated", "bandwidth_reclaimed", "permission_changed", "approval_revoked")


def test_every_kind_of_event_is_in_the_contract() -> None:
    said = [json.loads(path.read_text(encoding="utf-8")) for path in SAMPLES.glob("*/expected.json")]
    records = [record for samples in said for sample in samples.values() for record in sample["records"]]
    kinds = {record["kind"] for record in records if record["record"] == "Event"}
    assert kinds <= set(EVENT_KINDS)
    assert set(EVENT_KINDS) - kinds <= {"redeemed", *IN_NO_SAMPLE}, "listed, and in no sample"


@each_connector
def test_a_folder_is_complete(connector: Connector) -> None:
    assert connector.broken is None
    assert connector.folder
    assert connector.manifest
    assert find_samples(connector.folder), "no sample"
    assert (connector.folder / "expected.json").is_file(), "no expected.json: run make regenerate"
    assert connector.manifest.name == connector.name == connector.folder.name
    for field in fields(Manifest):
        assert getattr(connector.manifest, field.name) or field.name in MAY_BE_EMPTY, field.name


@each_connector
def test_samples_give_what_is_written_down(connector: Connector) -> None:
    assert connector.folder
    wanted = json.loads((connector.folder / "expected.json").read_text(encoding="utf-8"))
    found = describe_folder(connector, connector.folder)
    assert list(found) == list(wanted), "run make regenerate"
    for name, sample in found.items():
        for number, (got, want) in enumerate(zip(sample["records"], wanted[name]["records"], strict=False), start=1):
            assert got == want, f"{name}, record {number} differs; if it should, run make regenerate"
        assert sample == wanted[name], f"{name} differs; if it should, run make regenerate"


@each_sample
def test_a_sample_is_recognised_by_its_own_connector_alone(connector: Connector, sample: Path) -> None:
    head = make_head(open_source(sample), read_mapping(sample))
    claimed = [other.name for other in CONNECTORS if other.recognise(head)]
    assert claimed == [connector.name]
    assert recognise_source(head, CONNECTORS)[0] is connector


@each_sample
def test_the_rows_of_a_sample_account_and_can_be_cited(connector: Connector, sample: Path) -> None:
    reading = read_all(connector, open_source(sample), read_options(sample))
    if connector.name == PICTURES:  # a picture has no rows: a sheet's rows cite it
        assert (reading.rows_read, reading.graded) == (0, {("note", "picture"): 1})
        return
    assert reading.rows_read > 0
    assert reading.kept, "a sample that gives no fact shows nothing"
    stated = {fact.row for fact in reading.facts} | {row["row"] for row in reading.table_rows}
    raws = {
        raw.row: raw.raw for raw in connector.records(open_source(sample), read_options(sample))
    }
    assert all(raws[row].strip() for row in stated)


@each_sample
def test_a_sample_says_that_it_is_fictional(connector: Connector, sample: Path) -> None:
    assert connector.manifest
    text = sample.read_bytes().decode("utf-8", errors="replace")
    assert "fictional" in text.casefold() or "Sample: fictional" in connector.manifest.licence


def test_regenerating_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in SAMPLES.glob("*/expected.json")}
    main()
    assert capsys.readouterr().out.count("as it was") == len(CONNECTORS) == len(before)
    assert {path: path.read_bytes() for path in before} == before
