"""The connector that connectors/README.md describes is built from its own words, and does what they say."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.profiles import find_profile, load_profiles
from trails.case import Case
from trails.cite import cite
from trails.cli import cli
from trails.connector import Head, get_connector
from trails.ingest import add_source

README = (Path(__file__).parent.parent / "connectors" / "README.md").read_text(encoding="utf-8")


def block(after: str) -> str:
    """The first fenced block after some words of the page."""
    found = re.search(r"```\w+\n(.*?)```", README[README.index(after) :], re.DOTALL)
    assert found, after
    return found[1]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The described package on the path, with the entry point of the page, as an installer would leave it."""
    site = tmp_path / "site"
    package, info = site / "pocket_list", site / "pocket_list-1.dist-info"
    for folder in (package, info):
        folder.mkdir(parents=True)
    for name in ("connector.toml", "__init__.py", "sample.csv"):
        (package / name).write_text(block(f"`pocket_list/{name}`"), encoding="utf-8")
    entry = tomllib.loads(block("And an entry point"))["project"]["entry-points"]["trails.connectors"]
    lines = "".join(f"{name} = {value}\n" for name, value in entry.items())
    (info / "entry_points.txt").write_text(f"[trails.connectors]\n{lines}", encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pocket-list\nVersion: 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    yield package
    sys.modules.pop("pocket_list", None)


def test_the_described_connector_reads_its_sample_as_the_page_says(installed: Path, tmp_path: Path) -> None:
    assert get_connector("pocket_list").broken is None
    with Case.create(tmp_path / "case") as case:
        report = add_source(case, installed / "sample.csv")
        assert report.why == "the header is that of a Pocket Agency list"
        account = (
            f"read {report.rows_read} = kept {report.rows_kept} + duplicate {report.rows_duplicate} + "
            f"skipped {report.rows_skipped} + refused {report.rows_refused}"
        )
        assert account in README
        assert case.con.execute("SELECT amount, asset FROM transfers").fetchall() == [(680_000_000, "USDT@tron")]
        cited = cite(case, "transfer:1", real_names=True).citations[0]
        assert cited.raw == (installed / "sample.csv").read_text(encoding="utf-8").splitlines()[1]


def test_it_is_listed_with_its_limits(installed: Path) -> None:
    del installed
    assert "Pocket Agency's list of USDT payments" in CliRunner().invoke(cli, ["connectors"]).output
    shown = " ".join(CliRunner().invoke(cli, ["connectors", "pocket_list"]).output.split())
    assert "states no log index" in shown
    assert "verified Nothing: the layout was made up for this page." in shown
    assert "the header is that of a Pocket Agency list" in shown


def test_the_described_profile_is_found_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "pocket.toml").write_text(block("profiles/` folder and trails knows"), encoding="utf-8")
    head = Head("p.csv", b"made up\n\nWhen (UTC);Coin;Chain;Sent;To address;Memo\n", 60)
    found = find_profile(head, load_profiles(tmp_path))
    assert found
    assert (found.profile.name, found.header_row, found.delimiter) == ("pocket-withdrawals", 3, ";")
    assert find_profile(Head("p.csv", b"When (UTC);Coin\n", 16), load_profiles(tmp_path)) is None
