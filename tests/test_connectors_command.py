"""``trails connectors``: the list, one connector in detail, and what it says to a wrong name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trails.cli import cli
from trails.connector import Connector, list_connectors
from trails.errors import UsageError

ALL = {connector.name: connector for connector in list_connectors()}


def show(*words: str, columns: int = 100) -> str:
    shown = CliRunner().invoke(cli, ["connectors", *words], env={"COLUMNS": str(columns)})
    assert shown.exit_code == 0, shown.output
    return shown.output


def words_of(text: str) -> str:
    """A text without its line ends and indents."""
    return " ".join(text.split())


def test_the_list_has_every_connector_with_formats_licence_and_samples() -> None:
    text = words_of(show())
    for name, connector in ALL.items():
        manifest = connector.manifest
        assert manifest
        assert connector.folder
        assert words_of(f"{name}: {manifest.title} formats {', '.join(manifest.formats)} rails") in text
        assert words_of(f"licence {manifest.licence} samples sample") in text
        for sample in connector.folder.glob("sample*"):
            helper = sample.name.endswith((".mapping.toml", ".options.toml")) or ".with." in sample.name
            assert helper or sample.name in text
    assert f"{len(ALL)} connectors." in text
    assert len(ALL) == 27


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("name", [None, "bitcoin_blocks", "exchange_statement", "hawala_ledger"])
def test_nothing_runs_over_the_edge_but_single_long_words(columns: int, name: str | None) -> None:
    lines = show(*([name] if name else []), columns=columns).splitlines()
    for line in lines:
        assert len(line) <= columns or len(line.lstrip(" -").split()) == 1, line
    assert max(map(len, lines)) > columns * 3 // 4


@pytest.mark.parametrize("name", ALL)
def test_one_in_detail_says_all_its_manifest_says(name: str) -> None:
    text, manifest = words_of(show(name)), ALL[name].manifest
    assert manifest
    for said in (manifest.title, manifest.row, manifest.licence, f"verified {manifest.verified}", *manifest.companions):
        assert words_of(said) in text
    for limit in manifest.limits:
        assert f"- {words_of(limit)}" in text
    assert f"all made up, in {ALL[name].folder}" in text
    for option in manifest.options:
        inner = option.partition(".")[2]
        shown = f"- {inner} in a mapping: " if inner else f"- --{option.replace('_', '-')}: "
        assert shown in text
        assert text.split(shown)[1][0] != "-", f"{option} is not explained"


def test_how_a_file_is_recognised_is_what_the_connector_says_of_its_samples() -> None:
    assert "- a WhatsApp chat: lines begin with date, time and name - a zip with a WhatsApp chat" in words_of(
        show("whatsapp")
    )
    assert "- a mapping declares its columns" in show("hawala_ledger")


def test_known_layouts_name_where_they_were_seen() -> None:
    text = words_of(show("exchange_statement"))
    assert "- Kraken's ledgers.csv [kraken-ledgers]. Taken from: header: BittyTax" in text
    folder = ALL["exchange_statement"].folder
    assert folder
    assert text.count(". Taken from: ") == len(list((folder / "profiles").glob("*.toml"))) > 30


def test_samples_say_what_must_be_said_with_them() -> None:
    assert "- sample.dat --with sample.dat.with.rev.dat" in show("bitcoin_blocks")
    assert "- sample.txt --timezone Europe/Sarajevo" in show("whatsapp")
    assert "- sample-declared.csv (read with sample-declared.csv.mapping.toml beside it)" in show("pickup_list")


def test_as_json() -> None:
    listed: list[dict[str, Any]] = json.loads(show("--json"))
    assert [entry["name"] for entry in listed] == sorted(ALL)
    one = json.loads(show("bitcoin_blocks", "--json"))
    assert one == next(entry for entry in listed if entry["name"] == "bitcoin_blocks")
    assert one["broken"] is None
    assert one["verified"].startswith("Real files: ")
    assert [(Path(each["path"]).name, each["with"]) for each in one["samples"]] == [
        ("sample-bare.raw", []),
        ("sample-floresta.raw.zst", ["sample-floresta.raw.zst.with.spent_utxos.zst"]),
        ("sample.dat", ["sample.dat.with.rev.dat"]),
    ]
    assert {layout["name"] for layout in json.loads(show("pickup_list", "--json"))["layouts"]} >= {"mtcn-short"}


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("etherscn", "etherscan"), ("bitcoin", "bitcoin_core"), ("whatsap", "whatsapp"), ("Telegram", "telegram")],
)
def test_a_wrong_name_is_told_the_nearest(wrong: str, near: str) -> None:
    shown = CliRunner().invoke(cli, ["connectors", wrong])
    assert isinstance(shown.exception, UsageError)
    assert f"no connector is called {wrong!r}; the nearest are " in str(shown.exception)
    assert near in str(shown.exception)


def test_a_name_like_none_is_told_all() -> None:
    shown = CliRunner().invoke(cli, ["connectors", "zzzz"])
    assert isinstance(shown.exception, UsageError)
    assert all(name in str(shown.exception) for name in ALL)


@pytest.mark.parametrize("connector", ALL.values(), ids=ALL)
def test_every_connector_says_on_what_it_was_and_was_not_verified(connector: Connector) -> None:
    manifest = connector.manifest
    assert manifest
    whole = ("tagpack", "labels", "rates")
    doubts = (
        "not seen",
        "published",
        "not verified",
        "no real",
        "no original",
        "no export",
        "source code",
        "only",
        "fictional",
    )
    assert connector.name in whole or any(doubt in manifest.verified.casefold() for doubt in doubts)
    assert ("with" in manifest.options) == bool(manifest.companions)
