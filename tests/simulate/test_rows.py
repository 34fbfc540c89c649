"""Every row that the truth speaks of, against the case made from the files: what is not damaged is read as it happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trails.case import Case
from trails.handover import add_folder
from trails.simulate.keys import DECIMALS
from trails.simulate.make import simulate_case
from trails.simulate.truth import read_truth

_MINUTE = 60
#: What a file on a wrong clock is off by in August and September.
_WRONG_CLOCK = 2 * 3600
_CHAINS = ("tron", "ethereum", "bsc")


@pytest.fixture(scope="module")
def truth(simulated: Path) -> dict[str, list[dict[str, str]]]:
    return read_truth(simulated)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Case, dict[str, list[dict[str, str]]]]]:
    """The books of a case of size M, with every kind of desk and of settlement."""
    folder = tmp_path_factory.mktemp("large")
    simulate_case(folder / "out", size="M", seed=12, scenario="mixed-rails")
    for path in sorted((folder / "out" / "evidence").iterdir()):
        if path.name.startswith(("tron_", "bitcoin", "whatsapp", "telegram")):
            path.unlink()
    handover = folder / "out" / "evidence" / "handover.toml"
    known = handover.read_text(encoding="utf-8").split("\n\n")
    dropped = ('name = "tron_', 'name = "bitcoin', 'name = "whatsapp', 'name = "telegram', "[[declare]]")
    handover.write_text("\n\n".join(part for part in known if not any(word in part for word in dropped)), encoding="utf-8")
    with Case.create(folder / "case") as case:
        add_folder(case, folder / "out" / "evidence")
        yield case, read_truth(folder / "out")


def rows_of(case: Case) -> dict[tuple[str, int], list[tuple[str, int | None, datetime | None, int | None, str]]]:
    """Transfers by file and row, the first statement and every further one."""
    found = case.con.execute(
        "WITH stated AS (SELECT transfer_id, source_id, row FROM transfer_rows UNION ALL "
        "SELECT fact_id, source_id, row FROM citations WHERE fact = 'transfer') "
        "SELECT s.name, c.row, t.kind, t.amount, t.time, t.time_error_s, t.asset FROM stated c "
        "JOIN sources s ON s.source_id = c.source_id JOIN transfer_rows t ON t.transfer_id = c.transfer_id"
    ).fetchall()
    rows: dict[tuple[str, int], list[tuple[str, int | None, datetime | None, int | None, str]]] = {}
    for name, row, *rest in found:
        rows.setdefault((str(name), int(row)), []).append(tuple(rest))
    return rows


def check_told_again(true: dict[str, str], stated: list[tuple[Any, ...]]) -> None:
    """A desk notes the other office's payout by the day, up to 30 hours later, in its own currency or with the commission."""
    told = [(int(amount), time, error) for kind, amount, time, error, _ in stated if kind == "payout" and amount is not None]
    assert told
    for amount, time, error in told:
        assert 0.99 <= amount / int(true["amount"]) <= 1.3, (true, stated)
        assert -error <= time.replace(tzinfo=UTC).timestamp() - int(true["time"]) <= 30 * 3_600 + error, (true, stated)


def count_true_rows(case: Case, truth: dict[str, list[dict[str, str]]]) -> Counter[str]:
    """How many undamaged rows of each file are as they happened; fails at the first that is not."""
    there = {str(name) for (name,) in case.con.execute("SELECT name FROM sources").fetchall()}
    movements = {each["movement"]: each for each in truth["movements"]}
    rows = rows_of(case)
    checked: Counter[str] = Counter()
    for each in truth["records"]:
        true = movements.get(each["what"].split("+")[0])
        if true is None or not each["row"] or each["file"].startswith(("exchange_", "lista_", "bitcoin")):
            continue
        if each["fault"] not in ("", "zone") or each["file"] not in there:
            continue
        if true["asset"] == "FAKE@tron" or (true["kind"] == "poison" and true["amount"] == "0"):
            continue
        stated = rows.get((each["file"], int(each["row"])))
        assert stated, f"{each} is in no case"
        checked[each["file"]] += 1
        if true["kind"] == "payout" and not each["file"].startswith(("office", "operator")):
            check_told_again(true, stated)
            continue
        assert int(true["amount"]) in {amount for _, amount, _, _, _ in stated}, each
        # an operator's row states two instants: when it was sent, which is the true one, and when it was paid out
        shift = _WRONG_CLOCK if each["fault"] == "zone" else 0
        late = [
            abs(abs(time.replace(tzinfo=UTC).timestamp() - int(true["time"])) - shift) - error
            for _, _, time, error, _ in stated if time is not None and error is not None
        ]  # fmt: skip
        assert min(late) <= _MINUTE, (each, stated)
        assert each["file"].startswith("operator") or max(late) <= _MINUTE, (each, stated)
    return checked


def test_undamaged_rows_state_the_true_sum_at_the_true_time(analysed: Case, truth: dict[str, list[dict[str, str]]]) -> None:
    checked = count_true_rows(analysed, truth)
    assert checked["tron_explorer.csv"] > 500
    assert checked["kabul_1.csv"] > 50
    assert len(checked) >= 8


def test_books_of_every_desk_are_true_too(large: tuple[Case, dict[str, list[dict[str, str]]]]) -> None:
    checked = count_true_rows(*large)
    assert {"kabul_1.csv", "kabul_3.csv", "maktab_1.txt", "kuyumcu_1.txt", "kuyumcu_2.txt", "office_2.csv"} <= set(checked)
    assert min(checked[name] for name in checked if name.startswith(("kabul", "maktab", "kuyumcu", "office"))) > 100


def test_no_row_of_a_file_is_left_without_an_origin(analysed: Case, truth: dict[str, list[dict[str, str]]]) -> None:
    known = Counter(each["file"] for each in truth["records"] if each["row"])
    read = analysed.con.execute("SELECT name, rows_read FROM sources").fetchall()
    for name, count in read:
        extra = {"telegram.json": 20, "whatsapp_1.txt": 1}.get(str(name), 0)
        if str(name).startswith("whatsapp"):
            extra = 1
        assert known[str(name)] <= count <= known[str(name)] + extra, name


def test_chain_rows_name_the_true_parties(analysed: Case, truth: dict[str, list[dict[str, str]]]) -> None:
    by_tx = {
        ref.split(":")[0]: (src, dst)
        for ref, src, dst in analysed.con.execute(
            "SELECT t.ref, a.key, b.key FROM transfers t JOIN nodes a ON a.node_id = t.src JOIN nodes b ON b.node_id = t.dst "
            "WHERE a.rail IN ('tron', 'ethereum', 'bsc') AND t.kind = 'transfer' AND t.asset LIKE 'USDT%'"
        ).fetchall() if ref
    }  # fmt: skip
    seen = 0
    for each in truth["movements"]:
        ends = by_tx.get(each["txid"])
        if ends and each["rail"] in _CHAINS and each["asset"].startswith("USDT"):
            seen += 1
            assert ends == (each["src"], each["dst"])
    assert seen > 1_000


def test_every_fault_of_the_specification_occurs(tmp_path: Path) -> None:
    faults: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for seed in range(12):
        said = simulate_case(tmp_path / str(seed), size="S", seed=seed, scenario="mixed-rails")
        for each in read_truth(tmp_path / str(seed))["records"]:
            faults.update(part for part in each["fault"].split("+") if part)
        files.update(fault for found in said["file_faults"].values() for fault in found)
    wanted = {"missing", "code typo", "sum typo", "date swap", "other calendar", "duplicate", "truncated", "deleted", "zone"}
    assert wanted <= set(faults)
    assert {"truncated", "zone"} <= set(files)


def test_amounts_fit_their_assets(truth: dict[str, list[dict[str, str]]]) -> None:
    for each in truth["movements"]:
        value = Decimal(each["amount"]) / 10 ** DECIMALS[each["asset"]]
        assert 0 <= value < 10_000_000
