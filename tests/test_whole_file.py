"""What `add` says once of a whole file: nothing was kept of it, or what was said about it decided nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from tests.connectors.reading import SAMPLES, write_text
from trails.cli import cli
from trails.connector import ReadOptions
from trails.ingest import add_source
from trails.said import note_order_misfit

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

HEADER = "Transaction Hash,Blockno,UnixTimestamp,DateTime (UTC),From,To,TokenValue,ContractAddress,TokenName,TokenSymbol,TokenID\n"
A, B, NFT = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "cd" * 20


def collectibles(count: int) -> str:
    return HEADER + "".join(f"0x{n:064x},20445012,1722640811,x,{A},{B},1,{NFT},Apes,APE,{n}\n" for n in range(1, count + 1))


def warnings(case: Case) -> list[tuple[str, str]]:
    asked = "SELECT code, message FROM issues WHERE row IS NULL AND severity = 'warning' ORDER BY code, message"
    return case.con.execute(asked).fetchall()


def add(case: Case, path: Path, **said: Any) -> list[str]:
    add_source(case, path, options=ReadOptions(**said))
    return [message for code, message in warnings(case) if code == "option_unused"]


def test_a_file_of_which_everything_is_left_out_warns_with_the_reason(case: Case, tmp_path: Path) -> None:
    report = add_source(case, write_text(tmp_path, collectibles(3), "apes.csv"))
    assert (report.rows_read, report.rows_skipped) == (3, 3)
    assert [message for code, message in warnings(case) if code == "all_skipped"] == [
        (
            "nothing of the file was kept: 3 rows were left out on purpose; their reason: a collectible with a token number "
            "(ERC-721, ERC-1155), not money"
        )
    ]


def test_a_file_of_which_something_is_kept_or_refused_does_not(case: Case, tmp_path: Path) -> None:
    usdt = "0xdac17f958d2ee523a2206206994597c13d831ec7"
    kept = collectibles(2) + f"0x{9:064x},20445012,1722640811,x,{A},{B},5,{usdt},Tether USD,USDT,\n"
    refused = collectibles(2) + f"0x{9:064x},20445012,1722640811,x,{A},,5,{usdt},Tether USD,USDT,\n"
    for name, text in (("kept.csv", kept), ("refused.csv", refused)):
        add_source(case, write_text(tmp_path, text, name))
    assert "all_skipped" not in dict(warnings(case))


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        ({"currency": "EUR"}, ["--currency"]),
        ({"calendar": "jalali", "date_order": "dmy"}, ["--calendar", "--date-order"]),
        ({"encoding": "utf-8"}, []),
        ({"rail": "tron"}, []),
        ({"rail": "bsc"}, ["--rail"]),
    ],
)
def test_an_option_that_the_connector_does_not_take_is_said_by_name(case: Case, said: dict[str, str], flags: list[str]) -> None:
    found = add(case, SAMPLES / "trongrid" / "sample.json", **said)
    assert found == [f"{flag} decides nothing here: connector `trongrid` does not take it" for flag in flags]


def test_a_zone_is_refused_by_name_where_the_file_s_times_state_theirs(case: Case) -> None:
    found = add(case, SAMPLES / "wallet_history" / "sample-trezor.csv", timezone="Europe/Sarajevo")
    assert found == ["--timezone Europe/Sarajevo is refused for this file: its times state their own zone, and were read with that"]
    assert case.con.execute("SELECT DISTINCT time_basis FROM transfers").fetchall() == [("stated",)]


def test_a_zone_that_is_needed_is_not_called_unused(case: Case) -> None:
    assert add(case, SAMPLES / "whatsapp" / "sample.txt", timezone="Europe/Sarajevo") == []


def test_an_order_in_which_rows_are_refused_is_doubted() -> None:
    assert [issue.code for issue in note_order_misfit(ReadOptions(date_order="mdy"), 2)] == ["date_order_doubtful"]
    assert not list(note_order_misfit(ReadOptions(date_order="mdy"), 0))
    assert not list(note_order_misfit(ReadOptions(), 2))


def test_add_says_them_in_its_own_output(case: Case, tmp_path: Path) -> None:
    path = write_text(tmp_path, collectibles(3), "apes.csv")
    case.close()
    printed = CliRunner().invoke(cli, ["add", str(case.folder), str(path), "--currency", "EUR"]).output
    assert "    warning: --currency decides nothing here: connector `etherscan` does not take it" in printed
    assert "    warning: nothing of the file was kept: 3 rows were left out on purpose" in printed
