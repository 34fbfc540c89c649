"""Persons of pick-up lists, bank statements and exchange answers are protected like those of ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.regenerate import find_samples, read_mapping, read_options
from trails.accounting import account_sources
from trails.case import Case
from trails.connector import list_connectors
from trails.errors import TrailsError
from trails.ingest import add_source
from trails.pipeline import analyse_case
from trails.pseudonyms import name_nodes
from trails.views import write_pictures, write_report


def add_samples(case: Case, *names: str) -> int:
    """Add every sample of the connectors named, or of all; how many files that were."""
    count = 0
    for connector in list_connectors():
        if connector.folder is None or (names and connector.name not in names):
            continue
        for path in find_samples(connector.folder):
            beside = sorted(path.parent.glob(f"{path.name}.with.*"))
            mapping = path.with_name(f"{path.name}.mapping.toml") if read_mapping(path) else None
            report = add_source(
                case,
                path,
                connector=connector.name,
                options=read_options(path),
                mapping_path=mapping,
                companions=beside,
            )
            count += 1 + len(report.pictures)
    return count


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case.create(tmp_path / "case")


PEOPLE = (
    "Porodica Dunja", "Vozač Jova", "Taxi One Fictional", "Sender Fictional", "Trader-Fictional", "BA329999990000000017",
    "+381600000001", "90000017",
)  # fmt: skip


def test_no_person_of_the_new_rails_is_shown_by_name(case: Case, tmp_path: Path) -> None:
    add_samples(case, "pickup_list", "bank_statement", "exchange_statement")
    labels = {row[0] for row in case.con.execute("SELECT label FROM nodes").fetchall()}
    assert {"Porodica Dunja", "Taxi One Fictional"} <= labels, "the samples name people"
    analyse_case(case)
    frames = [case.read_frame(f"SELECT * FROM {table}") for table in ("nodes", "entities", "roles")]
    shown = name_nodes(*frames, key=case.config["pseudonyms"]["key"]).shown
    assert not [name for name in shown.values() for person in PEOPLE if person in name]
    paths = [*write_pictures(case, tmp_path / "out", table=True), *write_report(case, tmp_path / "out")]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        # the name of a file is the user's own; what it holds is not shown
        assert not [person for person in PEOPLE if person in text], path.name


def test_operators_and_fees_keep_their_names(case: Case) -> None:
    add_samples(case, "pickup_list", "bank_statement", "exchange_statement")
    analyse_case(case)
    frames = [case.read_frame(f"SELECT * FROM {table}") for table in ("nodes", "entities", "roles")]
    shown = set(name_nodes(*frames, key=case.config["pseudonyms"]["key"]).shown.values())
    assert {"binance fee", "moneygram", "Agent Amber, Türkiye"} <= shown


def test_a_case_of_every_sample_is_added_accounted_for_analysed_and_shown(case: Case, tmp_path: Path) -> None:
    count = add_samples(case)
    accounts = account_sources(case)
    assert len(accounts) == count > 80
    for account in accounts:
        parts = ("rows_kept", "rows_duplicate", "rows_skipped", "rows_refused")
        assert account["rows_read"] == sum(account[part] for part in parts), account["name"]
    analyse_case(case)
    try:
        paths = [*write_pictures(case, tmp_path / "out"), *write_report(case, tmp_path / "out")]
    except TrailsError as problem:
        pytest.fail(str(problem))
    assert all(path.stat().st_size > 1_000 for path in paths)
