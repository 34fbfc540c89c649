"""OFAC's SDN.CSV cuts remarks at 1,000 characters; SDN_COMMENTS.CSV goes on with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import ofac
from tests.connectors.reading import Reading, open_source, read_all, write_text
from trails.cite import cite
from trails.connector import ReadOptions
from trails.errors import SourceError
from trails.ingest import add_source

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

GENESIS, TRON = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
EVM = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
LIMIT = 1_000


def listed(number: int, remark: str) -> str:
    missing = ",".join(["-0- "] * 7)
    return f'{number},"FICTIONAL PARTY {number}",-0- ,"CYBER2",{missing},"{remark}"\n'


def remark_of(length: int) -> str:
    """A remark with three addresses, whose last one ends with it, after text of the given length."""
    currency = "Digital Currency Address - "
    return f"DOB {'x' * length}; {currency}XBT {GENESIS}; alt. {currency}ETH {EVM}; alt. {currency}USDT {TRON}."


def read(folder: Path, text: str, comments: str | None = None, **options: Any) -> Reading:
    source = open_source(write_text(folder, text, "sdn.csv"))
    if comments is not None:
        source = replace(source, companions=(open_source(write_text(folder, comments, "sdn_comments.csv")),))
    return read_all(ofac, source, ReadOptions(**options))


def test_a_remark_of_exactly_the_limit_asks_for_the_companion(tmp_path: Path) -> None:
    whole = remark_of(830)
    found = read(tmp_path, listed(7, whole[:LIMIT]) + listed(8, whole[:LIMIT - 1]))
    warned = [issue.message for issue in found.issues if issue.code == "possibly_truncated"]
    assert ["(parties 7)" in message and "--with SDN_COMMENTS.CSV" in message for message in warned] == [True]


def test_an_address_that_stands_where_the_list_is_cut_is_refused_and_not_called_damaged(tmp_path: Path) -> None:
    whole = remark_of(LIMIT + 3 - len(remark_of(0)))
    assert whole[:LIMIT].endswith(TRON[:-2])
    found = read(tmp_path, listed(7, whole[:LIMIT]))
    assert found.errors == [(3, "address_cut")]
    assert [tag.row for tag in found.tags] == [1, 2]


@given(st.integers(780, 990))
def test_a_list_and_its_companion_state_what_the_whole_remark_states(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.mktemp("made")
    whole = remark_of(length)
    parts = listed(7, whole[:LIMIT]) + listed(8, "Digital Currency Address - XBT " + GENESIS)
    found = read(folder, parts, f'7,"{whole[LIMIT:]}"\n' if len(whole) > LIMIT else "")
    assert [(tag.node.rail, tag.node.key) for tag in found.tags] == [
        ("bitcoin", GENESIS), ("ethereum", EVM.lower()), ("tron", TRON), ("bitcoin", GENESIS),
    ]  # fmt: skip
    assert not found.issues


def test_a_companion_of_another_day_or_of_another_kind_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, listed(7, "Digital Currency Address - XBT " + GENESIS), '7,"; more"\n')
    assert found.graded == {("warning", "companion_differs"): 1}
    with pytest.raises(SourceError, match=r"sdn_comments\.csv: no SDN_COMMENTS\.CSV"):
        read(tmp_path, listed(7, "x"), "a,b,c\n")


def test_the_rows_of_a_list_with_its_companion_are_cited_with_both(case: Case, tmp_path: Path) -> None:
    whole = remark_of(830)
    path = write_text(tmp_path, listed(7, whole[:LIMIT]), "sdn.csv")
    beside = write_text(tmp_path, f'7,"{whole[LIMIT:]}"\n', "sdn_comments.csv")
    alone = add_source(case, path)
    both = add_source(case, path, companions=[beside])
    assert (alone.rows_read, both.rows_read, both.rows_kept) == (2, 3, 1)
    cited = cite(case, "tag:3", real_names=True).citations
    assert [whole[LIMIT:] in str(each.raw) for each in cited] == [True]


def test_an_address_of_another_chain_than_its_currency_is_tagged_on_its_own(tmp_path: Path) -> None:
    said = (("XBT", TRON), ("TRX", EVM), ("XBT", EVM.lower()))
    remark = "; alt. ".join(f"Digital Currency Address - {currency} {address}" for currency, address in said)
    found = read(tmp_path, listed(7, remark))
    assert [(tag.node.rail, tag.row) for tag in found.tags] == [("tron", 1), ("evm", 2)]
    # an address without a checksum proves no chain
    assert found.errors == [(3, "address_wrong_rail")]
    assert found.graded[("warning", "address_other_rail")] == 2
