"""What the tests of look-ups share: a case, and the command as a person runs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trails.case import Case
from trails.cli import cli
from trails.log import verify_chain

Fetch = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "TRONGRID_KEY",
        "ETHERSCAN_KEY",
        "ESPLORA_KEY",
        "ETH_RPC_KEY",
        "BITCOIN_RPC_USER",
        "BITCOIN_RPC_PASSWORD",
    ):
        monkeypatch.delenv(f"TRAILS_{name}", raising=False)


@pytest.fixture
def folder(new_case: Path, tmp_path: Path) -> Path:
    """An empty case."""
    return Path(shutil.copytree(new_case, tmp_path / "case"))


@pytest.fixture
def fetch(folder: Path) -> Fetch:
    """Run ``trails fetch`` on the case; ``ok=False`` expects it to fail. The log must be whole after every run."""

    def run(*words: str, ok: bool = True, yes: bool = True) -> Result:
        shown = CliRunner().invoke(cli, ["fetch", str(folder), *words, *(["--yes"] if yes else [])])
        assert (shown.exception is None) == ok, f"{shown.output}\n{shown.exception!r}"
        with suppress(FileNotFoundError):
            verify_chain((folder / "log.jsonl").read_text(encoding="utf-8").splitlines())
        assert not list(folder.rglob("*.part"))
        assert not list(folder.rglob("joining-*"))
        return shown

    return run


@dataclass
class StillClock:
    """A clock that only a pause moves on: it shows how long a client waits, however busy the machine is."""

    now: float = 1_000.0
    pauses: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StillClock:
    """The clock of clients, standing still between their pauses."""
    made = StillClock()
    monkeypatch.setattr("trails.http.client.time", made)
    return made


def log_lines(folder: Path, step: str) -> list[dict[str, Any]]:
    """The log's lines of one step of look-ups."""
    lines = map(json.loads, (folder / "log.jsonl").read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["command"] == "fetch" and line["step"] == step]


def logged_requests(folder: Path) -> list[dict[str, Any]]:
    """Every request that the log says was sent."""
    return [request for line in log_lines(folder, "requests") for request in line["requests"]]


def logged_faults(folder: Path) -> list[dict[str, Any]]:
    """Every try of a request that the log says went wrong."""
    return [fault for request in logged_requests(folder) for fault in request.get("faults", [])]


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """What the case's tables say."""
    with Case.open(folder, read_only=True) as case:
        found: list[tuple[Any, ...]] = case.con.execute(sql).fetchall()
    return found


TRANSFERS = (
    "SELECT s.key, d.key, t.asset, t.amount, t.kind, epoch(t.time) FROM transfers t "
    "JOIN nodes s ON s.node_id = t.src JOIN nodes d ON d.node_id = t.dst ORDER BY t.time, t.seq, t.ref"
)
