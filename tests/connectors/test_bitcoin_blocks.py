"""Raw blocks: framings, undo data and spent-output lists, everything that can be damaged, and the real blocks."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from btclib.compressor import compress_amount, serialize_varint
from btclib.hashes import hash256
from btclib.obfuscation import obfuscate

from connectors import bitcoin_blocks
from connectors.bitcoin_blocks import framing, spent
from tests.connectors import made_blocks as made
from tests.connectors.reading import SAMPLES, Reading, head_of, open_source, read_all, read_file, write_text
from trails.connector import ReadOptions, Source
from trails.errors import SourceError, UsageError
from trails.ingest import add_source
from trails.model import Node

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

SAMPLE = SAMPLES / "bitcoin_blocks" / "sample.dat"
KEY = bytes.fromhex("1122334455667788")
MAIN = bytes.fromhex("f9beb4d9")


@pytest.fixture
def two() -> made.Made:
    return made.make_two_blocks()


def source_of(folder: Path, data: bytes, *companions: bytes, name: str = "made.dat") -> Source:
    others = [open_source(write_text(folder, each, f"other{number}.dat")) for number, each in enumerate(companions)]
    return replace(open_source(write_text(folder, data, name)), companions=tuple(others))


def read_blocks(folder: Path, data: bytes, *companions: bytes, rail: str | None = None) -> Reading:
    return read_all(bitcoin_blocks, source_of(folder, data, *companions), ReadOptions(rail=rail))


def movements(found: Reading) -> list[tuple[Any, ...]]:
    return [(t.row, t.kind, t.src.key, t.dst.key, t.amount, t.tx, t.index, t.seq) for t in found.transfers]


def test_samples_are_what_the_builder_makes(two: made.Made) -> None:
    assert SAMPLE.read_bytes() == two.framed + bytes(64)
    assert SAMPLE.with_name("sample.dat.with.rev.dat").read_bytes() == two.undo + bytes(32)
    assert SAMPLE.with_name("sample-bare.raw").read_bytes() == two.blocks[1]
    # what is packed may differ in its bytes from one version of the packing library to the next
    packed = read_file(bitcoin_blocks, SAMPLE.with_name("sample-floresta.raw.zst"))
    assert (packed.rows_read, packed.codes, len(packed.of_kind("fee"))) == (2, Counter(), 1)


def test_sample_states_inputs_outputs_and_fees(two: made.Made) -> None:
    found = read_file(bitcoin_blocks, SAMPLE)
    assert (found.rows_read, found.issues) == (4, [])
    assert Counter(t.kind for t in found.transfers) == {"input": 5, "output": 6, "fee": 2}
    assert [(t.row, t.amount, t.dst.key) for t in found.of_kind("fee")] == [(2, 1_000, "fee"), (4, 2_500, "fee")]
    first = two.transactions[0].id.hex()
    paid = next(t for t in found.of_kind("output") if t.row == 2 and t.index == 0)
    spends = next(t for t in found.of_kind("input") if t.row == 4 and t.index == 0 and t.tx == first)
    assert (paid.tx, paid.dst, paid.amount) == (spends.tx, spends.src, spends.amount) == (first, paid.dst, 150_000_000)
    assert paid.dst.key.startswith("bcrt1q"), "a private test network has its own prefix"
    assert {node.rail for t in found.transfers for node in (t.src, t.dst)} == {"bitcoin-test"}
    assert {t.seq for t in found.transfers} == {201_000_000, 201_000_001, 202_000_000, 202_000_001}
    assert {(t.time.basis, t.time.error_s) for t in found.transfers} == {("chain", 7_200)}


def test_raw_rows_are_the_transactions(two: made.Made) -> None:
    rows = list(bitcoin_blocks.records(open_source(SAMPLE), ReadOptions()))
    assert rows[1].raw == two.transactions[0].serialize(include_witness=True, check_validity=False).hex()
    assert rows[3].value == {"txid": two.transactions[1].id.hex(), "block": made.block_hash(two.blocks[1]).hex()}


def test_every_framing_reads_the_same(tmp_path: Path, two: made.Made) -> None:
    whole = movements(read_blocks(tmp_path, two.framed, two.undo))
    lengths = b"".join(len(each).to_bytes(4, "little") + each for each in two.blocks)
    for data in (lengths, lengths + bytes(100), two.framed + bytes(100), bytes(3).join(map(made.frame, two.blocks))):
        assert movements(read_blocks(tmp_path, data, two.undo)) == whole
    packed = gzip.compress(two.framed)
    assert bitcoin_blocks.recognise(head_of(write_text(tmp_path, packed, "blk00000.dat.gz")))
    assert movements(read_blocks(tmp_path, packed, two.undo)) == whole
    bare = movements(read_blocks(tmp_path, two.blocks[0], two.listed[: 8 + 1 + 25]))
    assert bare == [each for each in whole if each[0] <= 2]


@pytest.mark.parametrize("companion", ["undo", "listed"])
def test_both_kinds_of_spent_outputs_say_the_same(tmp_path: Path, two: made.Made, companion: str) -> None:
    found = read_blocks(tmp_path, two.framed, getattr(two, companion))
    assert movements(found) == movements(read_file(bitcoin_blocks, SAMPLE))
    assert not found.issues


def test_spent_outputs_beside_a_block_of_floresta(tmp_path: Path, two: made.Made) -> None:
    plain = movements(read_blocks(tmp_path, two.framed, two.listed))
    whole = [*two.coins[0], *two.coins[1]]
    for companion in (two.floresta, made.floresta_list(whole, bare=True), made.zstd(two.floresta), b"\n " + two.floresta):
        found = read_blocks(tmp_path, made.zstd(two.framed), companion)
        assert (movements(found), found.issues) == (plain, [])


def test_without_a_companion_the_file_itself_states_what_it_can(tmp_path: Path, two: made.Made) -> None:
    found = read_blocks(tmp_path, two.framed)
    assert found.graded == {("note", "prevout_unknown"): 1}
    assert found.issues[0].message.startswith("2 of 3 inputs do not state")
    unknown = [t for t in found.of_kind("input") if t.amount is None]
    client = made.digest("client's coin").hex()
    assert [(t.row, t.tx, t.index) for t in unknown] == [(2, client, 3), (4, made.digest("collector's coin").hex(), 0)]
    assert unknown[0].src == Node("bitcoin-test", f"{client}:3", label="output not in the case")
    assert found.of_kind("fee") == [], "a fee is not known while an input is not"


def test_remembered_outputs_are_bounded(tmp_path: Path, two: made.Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spent, "MOST_REMEMBERED", 1)
    assert read_blocks(tmp_path, two.framed).issues[0].message.startswith("3 of 3 inputs")


def test_the_first_block_of_the_main_network(tmp_path: Path) -> None:
    found = read_blocks(tmp_path, MAIN + (285).to_bytes(4, "little") + made.GENESIS)
    assert not found.issues
    assert [t.dst.key for t in found.of_kind("output")] == ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"]
    assert {(t.asset.asset, t.seq) for t in found.transfers} == {("BTC", 0)}
    bare = read_blocks(tmp_path, made.GENESIS)
    assert movements(bare) == movements(found)
    assert {t.asset.asset for t in read_blocks(tmp_path, made.GENESIS, rail="bitcoin-test").transfers} == {"BTC-test"}


def test_the_rail_is_the_magic_number_s(tmp_path: Path, two: made.Made) -> None:
    with pytest.raises(SourceError, match=r"--rail says bitcoin, but .* regtest"):
        read_blocks(tmp_path, two.framed, rail="bitcoin")
    with pytest.raises(UsageError, match="bitcoin-test"):
        read_blocks(tmp_path, two.framed, rail="tron")


def test_a_signet_of_one_s_own_is_a_test_network(tmp_path: Path, two: made.Made) -> None:
    data = b"".join(made.frame(each, b"\x01\x02\x03\x04") for each in two.blocks)
    path = write_text(tmp_path, data, "made.dat")
    assert "magic number" in str(bitcoin_blocks.recognise(head_of(path)))
    found = read_file(bitcoin_blocks, path)
    assert found.rows_read == 4
    assert {t.asset.asset for t in found.transfers} == {"BTC-test"}


# --- obfuscated files ---


def test_an_obfuscated_file_needs_its_key(tmp_path: Path, two: made.Made) -> None:
    data = obfuscate(two.framed + bytes(64), KEY)
    path = write_text(tmp_path, data, "blk00007.dat")
    assert "name of a Bitcoin Core block file" in str(bitcoin_blocks.recognise(head_of(path)))
    with pytest.raises(SourceError, match=r"XOR-obfuscated.*--with xor\.dat"):
        read_file(bitcoin_blocks, path)
    found = read_blocks(tmp_path, data, KEY, obfuscate(two.undo, KEY))
    assert movements(found) == movements(read_file(bitcoin_blocks, SAMPLE))
    with pytest.raises(SourceError, match="another node"):
        read_blocks(tmp_path, data, KEY[::-1])
    assert read_blocks(tmp_path, two.framed, bytes(8)).rows_read == 4, "a key of zeros changes nothing"


def test_an_obfuscated_main_network_file_shows_itself(tmp_path: Path) -> None:
    data = obfuscate(made.frame(made.GENESIS, MAIN), KEY)
    path = write_text(tmp_path, data, "renamed.bin")
    assert bitcoin_blocks.recognise(head_of(path)) == "it is a Bitcoin Core block file, XOR-obfuscated"
    with pytest.raises(SourceError, match="XOR-obfuscated"):
        read_file(bitcoin_blocks, path)


def test_obfuscated_undo_data_needs_the_key_too(tmp_path: Path, two: made.Made) -> None:
    blocks = write_text(tmp_path, two.framed, "blk00001.dat")
    undo = write_text(tmp_path, obfuscate(two.undo, KEY), "rev00001.dat")
    source = replace(open_source(blocks), companions=(open_source(undo),))
    with pytest.raises(SourceError, match=r"rev00001\.dat: begins with no magic number.*xor\.dat"):
        read_all(bitcoin_blocks, source)


# --- companions that do not fit ---


def _huge(two: made.Made) -> bytes:
    """A record with an amount that cannot exist, under a right checksum."""
    fine = made.undo_record(two.parents[0], two.coins[0])[8:-32]
    amount = serialize_varint(compress_amount(250_000_000))
    data = fine.replace(amount, serialize_varint(2**63))
    assert data != fine
    return made.frame(data) + hash256(two.parents[0][::-1] + data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda two: two.undo[: len(two.undo) // 2].replace(made.REGTEST, MAIN, 1), "undo data of mainnet"),
        (lambda two: two.framed[:-1], "no record of this undo data belongs to a block"),
        (lambda two: two.blocks[0], "these are blocks, not what blocks spend"),
        (lambda two: made.undo_record(made.digest("x"), two.coins[0]), "no record of this undo data belongs"),
        (
            lambda two: made.undo_record(two.parents[0], [[*two.coins[0][0]] * 2]),
            "states 2 spent outputs, the block has 1",
        ),
        (_huge, "is damaged"),
        (lambda two: two.listed[:-1], "spent output 3 of block"),
        (lambda two: two.listed + b"\x00", "more spent outputs than the 3 inputs"),
        (lambda two: b"\xff" * 8 + two.listed[8:], "21 million"),
        (lambda two: two.listed[:0], "spent output 1 of block"),
        (lambda two: made.floresta_list(two.coins[0]), "spent output 2 of block .* the list has ended"),
        (lambda two: made.floresta_list([*two.coins[0], *two.coins[1], *two.coins[0]]), "more spent outputs than the 3 inputs"),
        (lambda two: two.floresta.replace(b"250000000", b"2.5"), "spent output 1 of block .* no whole number of satoshi"),
        (lambda two: two.floresta.replace(b"250000000", b"-1"), "spent output 1 of block"),
        (lambda two: two.floresta.replace(b"250000000", b"true"), "no whole number of satoshi"),
        (lambda two: two.floresta.replace(b'_pubkey": "', b'_pubkey": "0', 1), "script_pubkey is not hexadecimal"),
        (lambda two: two.floresta.replace(b'"txout"', b'"out"'), "no whole number of satoshi"),
        (lambda two: two.floresta[:-9], "truncated|ends|cut"),
        (lambda _: b"[]", "spent output 1 of block .* the list has ended"),
        (lambda _: b'["a"]', "spent output 1 of block"),
    ],
)
def test_a_companion_of_other_blocks_adds_nothing(tmp_path: Path, two: made.Made, change: Any, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_blocks(tmp_path, two.framed, change(two))


def test_two_files_of_spent_outputs_are_one_too_many(tmp_path: Path, two: made.Made) -> None:
    with pytest.raises(SourceError, match="give one"):
        read_blocks(tmp_path, two.framed, two.undo, two.listed)


def test_a_block_the_node_never_connected_has_no_undo_data(tmp_path: Path, two: made.Made) -> None:
    found = read_blocks(tmp_path, two.framed, made.undo_record(two.parents[0], two.coins[0]))
    assert found.graded == {("warning", "undo_missing"): 1, ("note", "prevout_unknown"): 1}
    assert [t.row for t in found.of_kind("fee")] == [2]


def test_undo_data_without_order_is_given_up(tmp_path: Path, two: made.Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spent, "_MOST_HASHED", 10)
    with pytest.raises(SourceError, match="in no order"):
        read_blocks(tmp_path, two.framed, made.undo_record(made.digest("x"), two.coins[0]) + two.undo)


def test_a_spent_output_that_contradicts_the_file_is_refused(tmp_path: Path, two: made.Made) -> None:
    coins = [*two.coins[0], [(150_000_001, made.p2wpkh("collector")), two.coins[1][0][1]]]
    found = read_blocks(tmp_path, two.framed, made.spent_list(coins))
    assert found.errors == [(4, "prevout_contradiction")]
    assert found.graded[("warning", "coinbase_mismatch")] == 1
    assert {t.row for t in found.transfers} == {1, 2, 3}


@pytest.mark.parametrize(("more", "codes"), [(7, {"coinbase_mismatch": 1}), (-250_000_000, {"fee_mismatch": 1})])
def test_an_altered_spent_output_shows_in_the_balance(
    tmp_path: Path, two: made.Made, more: int, codes: dict[str, int]
) -> None:
    coins = [[(250_000_000 + more, made.p2pkh("client"))], *two.coins[1]]
    found = read_blocks(tmp_path, two.framed, made.spent_list(coins))
    assert {code: found.codes[code] for code in codes} == codes
    assert found.refused == ({2} if "fee_mismatch" in codes else set())


# --- damage ---


@pytest.mark.parametrize(
    ("place", "code"),
    [(8 + 135, "merkle_mismatch"), (8 + 4, "pow_mismatch"), (8 + 69, "pow_mismatch"), (8 + 40, "pow_mismatch")],
)
def test_an_altered_block_is_refused_whole(tmp_path: Path, two: made.Made, place: int, code: str) -> None:
    """One altered byte of transactions or header; the other block's rows stand."""
    for change in range(1, 9):  # a new header may meet the easy target by chance
        data = bytearray(two.framed)
        data[place] ^= change
        if code == "merkle_mismatch" or not framing_has_work(bytes(data[8:88])):
            break
    found = read_blocks(tmp_path, bytes(data))
    assert found.errors == [(1, code), (2, code)]
    assert {t.row for t in found.transfers} == {3, 4}


def framing_has_work(header: bytes) -> bool:
    return hash256(header)[::-1] <= bytes.fromhex("7fffff") + bytes(29)


def test_a_transaction_written_twice_at_the_end_is_refused(tmp_path: Path) -> None:
    """Doubling the last transactions of an odd row keeps the merkle root (CVE-2012-2459)."""
    pays = [(1, made.p2wpkh("a"))]
    txs = [made.make_tx([(made.digest(name), 0)], pays) for name in ("one", "two")]
    block = made.make_block(made.digest("parent"), 300, txs, pays=pays)
    raw = txs[1].serialize(include_witness=False, check_validity=False)
    doubled = block[:80] + b"\x04" + block[81:] + raw
    assert read_blocks(tmp_path, made.frame(block)).rows_read == 3
    assert read_blocks(tmp_path, made.frame(doubled)).errors == [(row, "merkle_mismatch") for row in range(1, 5)]


@pytest.mark.parametrize(
    ("damage", "rows", "words"),
    [
        (lambda two: two.framed[:-1], 2, "it is cut: it states"),
        (lambda two: two.framed[:-1] + b"\x00" * 65, 4, None),
        (lambda two: two.framed[:-40] + b"\x00" * 40, 2, "cannot be decoded|follow its last|no coinbase"),
        (lambda two: two.framed + b"garbage" + made.frame(two.blocks[0]), 6, "no block begins here"),
        (lambda two: made.REGTEST + b"\xff\xff\xff\xff" + two.framed, 4, "a length of 4,294,967,295 bytes"),
        (lambda two: made.frame(b"\x01" * 90) + two.framed, 4, "cannot be decoded"),
        (lambda two: made.frame(two.blocks[0] + b"\x00") + made.frame(two.blocks[1]), 2, "1 bytes follow"),
        (
            lambda two: made.frame(two.blocks[0])[:200] + made.frame(two.blocks[1]),
            2,
            "is cut|cannot be decoded|follow its last",
        ),
        (lambda two: two.framed + made.REGTEST[:3], 4, "no block begins here"),
    ],
)
def test_a_damaged_block_is_left_out_and_the_next_is_found(
    tmp_path: Path, two: made.Made, damage: Any, rows: int, words: str | None
) -> None:
    found = read_blocks(tmp_path, damage(two))
    damaged = [issue for issue in found.issues if issue.code == "block_damaged"]
    assert found.rows_read == rows
    if words is None:
        assert not damaged
    else:
        assert [issue.severity for issue in damaged] == ["warning"]
        assert any(word in damaged[0].message for word in words.split("|")), damaged[0].message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, or holds only zeros"),
        (bytes(1_000), "empty, or holds only zeros"),
        (b"a letter", "does not begin with a Bitcoin block"),
        (made.REGTEST, "does not begin with a Bitcoin block"),
        (made.GENESIS[:284], "it holds no whole block"),
        (made.GENESIS + b"\x00", "1 bytes follow"),
        (made.frame(made.GENESIS[:100], MAIN), "it holds no whole block"),
        (made.make_two_blocks().undo, "Undo data"),
        ((285).to_bytes(4, "little") + made.GENESIS + b"\x01\x02" * 4, "shows where the next begins"),
        (made.REGTEST * 1_000, "more than 100 damaged blocks"),
    ],
)
def test_a_file_without_a_whole_block_adds_nothing(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_blocks(tmp_path, data)


def test_damage_is_found_over_the_ends_of_chunks(
    tmp_path: Path, two: made.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "_CHUNK", 64)
    for filler in (b"\x00" * 500, b"\x01" * 61, b"\x01" * 62, b"\x01" * 63, b"\x01" * 64, b"\x00\xfa" * 100):
        found = read_blocks(tmp_path, two.framed + filler + made.frame(two.blocks[0]))
        assert found.rows_read == 6
        assert found.codes["block_damaged"] == (0 if filler[:1] == b"\x00" and not any(filler) else 1)


def test_a_fork_is_warned_of_and_a_repeated_block_is_not(tmp_path: Path, two: made.Made) -> None:
    other = made.make_block(two.parents[0], 201, [], pays=[(2_500_000_000, made.p2wpkh("other miner"))])
    assert read_blocks(tmp_path, two.framed + made.frame(two.blocks[0]), two.undo * 2).codes["chain_fork"] == 0
    found = read_blocks(tmp_path, two.framed + made.frame(other), two.undo)
    assert found.graded == {("warning", "chain_fork"): 1}
    assert made.block_hash(other).hex() in found.issues[0].message


@pytest.mark.parametrize(("version", "height", "seq"), [(4, 202, 202), (1, 202, None), (4, 16, None), (4, 17, 17)])
def test_a_height_is_kept_where_consensus_demands_it(
    tmp_path: Path, version: int, height: int, seq: int | None
) -> None:
    reward = 5_000_000_000 >> (height // 150)
    block = made.make_block(made.digest("p"), height, [], pays=[(reward, made.p2wpkh("m"))], version=version)
    found = read_blocks(tmp_path, block)
    assert not found.issues
    assert {t.seq for t in found.transfers} == {None if seq is None else seq * 10**6}


def test_a_miner_who_takes_less_or_more_is_noted(tmp_path: Path) -> None:
    for amount in (2_499_999_999, 2_500_000_001):
        block = made.make_block(made.digest("p"), 202, [], pays=[(amount, made.p2wpkh("m"))])
        assert read_blocks(tmp_path, block).graded == {("warning", "coinbase_mismatch"): 1}


def test_recognise_leaves_other_files_alone(tmp_path: Path) -> None:
    for name, data in (
        ("a.json", b"{}"),
        ("a.dat", bytes(200)),
        ("a.raw", made.digest("x") * 10),
        ("blk00001.dat", b""),
    ):
        assert bitcoin_blocks.recognise(head_of(write_text(tmp_path, data, name))) is None


def test_a_single_damaged_byte_never_changes_a_movement(tmp_path: Path, two: made.Made) -> None:
    """Signatures apart, every byte of a block is held by a hash; an easy target lets some headers pass."""
    for data, undo in ((two.framed, two.undo), (two.blocks[1], made.spent_list(two.coins[1]))):
        whole = {each[1:-1] for each in movements(read_blocks(tmp_path, data, undo))}
        rows = read_blocks(tmp_path, data, undo).rows_read
        for place in range(len(data)):
            changed = bytearray(data)
            changed[place] ^= 0x81
            try:
                found = read_blocks(tmp_path, bytes(changed), undo)
            except SourceError:
                continue
            assert {each[1:-1] for each in movements(found) if each[4] is not None} <= whole
            assert len(found.kept) == rows or found.refused or found.codes["block_damaged"]


# --- with the case ---


def test_blocks_added_one_after_the_other_complete_each_other(case: Case, tmp_path: Path, two: made.Made) -> None:
    later = write_text(tmp_path, two.blocks[1], "two.raw")
    earlier = write_text(tmp_path, two.blocks[0], "one.raw")
    for each in (later, earlier):
        add_source(case, each, connector="bitcoin_blocks")
    known = case.con.execute(
        "SELECT n.key, t.amount FROM transfer_rows t JOIN nodes n ON n.node_id = t.src JOIN transactions x USING (tx_id) "
        "WHERE t.kind = 'input' AND x.hash = ?",
        [two.transactions[0].id.hex()],
    ).fetchall()
    assert [(key[:6], amount) for key, amount in known] == [("bcrt1q", 150_000_000)]


def test_undo_data_added_later_completes_what_was_open(case: Case, tmp_path: Path, two: made.Made) -> None:
    blocks = write_text(tmp_path, two.framed, "blk00001.dat")
    undo = write_text(tmp_path, two.undo, "rev00001.dat")
    open_inputs = "SELECT count(*) FROM transfer_rows WHERE kind = 'input' AND amount IS NULL"
    assert add_source(case, blocks, connector="bitcoin_blocks").rows_kept == 4
    assert case.con.execute(open_inputs).fetchone() == (2,)
    assert add_source(case, blocks, connector="bitcoin_blocks", companions=[undo]).rows_read == 4
    assert case.con.execute(open_inputs).fetchone() == (0,)
    fees = case.con.execute("SELECT amount FROM transfer_rows WHERE kind = 'fee' ORDER BY amount").fetchall()
    assert fees == [(1_000,), (2_500,)]


# --- real blocks ---


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "counts", "unknown"),
    [
        ("block300025.raw", (461, 1_428, 1_226), "1,239 of 1,427"),
        ("block426884.raw", (409, 6_032, 798), "5,930 of 6,031"),
        ("block702861.raw", (2_500, 6_518, 6_015), "6,190 of 6,517"),
        ("block227835.dat", (122, 263, 229), "247 of 262"),
        ("block227836.dat", (100, 191, 188), "186 of 190"),
        ("first-439-blocks.dat", (446, 446, 451), None),
    ],
)
def test_real_blocks(real_data: Path, name: str, counts: tuple[int, int, int], unknown: str | None) -> None:
    path = real_data / "bitcoin-blocks" / name
    assert bitcoin_blocks.recognise(head_of(path))
    found = read_file(bitcoin_blocks, path)
    assert (found.rows_read, len(found.of_kind("input")), len(found.of_kind("output"))) == counts
    assert [issue.message[: len(unknown)] for issue in found.issues] == [unknown] if unknown else not found.issues
    assert {t.asset.asset for t in found.transfers} == {"BTC"}


@pytest.mark.real_data
def test_real_undo_data_reconciles_to_the_satoshi(real_data: Path) -> None:
    folder = real_data / "bitcoin-blocks"
    source = replace(
        open_source(folder / "block300025.raw"), companions=(open_source(folder / "block300025-undo.raw"),)
    )
    found = read_all(bitcoin_blocks, source)
    assert not found.issues
    mined = next(t.amount for t in found.of_kind("input") if t.src.key == "coinbase")
    assert mined == 25 * 10**8 + sum(t.amount or 0 for t in found.of_kind("fee")) == 2_507_773_345
    assert all(t.amount is not None for t in found.of_kind("input"))
    assert {t.seq // 10**6 for t in found.transfers if t.seq} == {300_025}


@pytest.mark.real_data
def test_real_undo_data_of_another_block_is_refused(real_data: Path) -> None:
    folder = real_data / "bitcoin-blocks"
    source = replace(
        open_source(folder / "block227836.dat"), companions=(open_source(folder / "block300025-undo.raw"),)
    )
    with pytest.raises(SourceError, match="belongs to other blocks"):
        list(bitcoin_blocks.read(source, ReadOptions()))


@pytest.mark.real_data
def test_undo_data_of_the_first_payment_as_a_node_writes_it(real_data: Path, tmp_path: Path) -> None:
    """Block 170 spends the coinbase of block 9, 50 BTC to a bare uncompressed key. The record is written out by hand
    from the format's description: one transaction, one coin, height 9 and coinbase, version, amount, key with odd y."""
    data = (real_data / "bitcoin-blocks" / "first-439-blocks.dat").read_bytes()
    frames = data.split(MAIN)[1:]
    block = frames[170][4:]
    key = "11db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5c"
    record = bytes.fromhex(f"0101 13 00 32 05 {key}")
    undo = made.frame(record, MAIN) + hash256(block[4:36] + record)
    found = read_blocks(tmp_path, made.frame(block, MAIN), undo)
    assert not found.issues
    spent = found.of_kind("input")[1]
    assert (spent.src.key, spent.amount) == ("12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", 5_000_000_000)
    assert spent.tx == "0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9"
    for wrong in (record.replace(b"\x32", b"\x33", 1), record[:-1] + b"\x5d"):
        with pytest.raises(SourceError, match="no record of this undo data"):
            read_blocks(tmp_path, made.frame(block, MAIN), made.frame(wrong, MAIN) + undo[-32:])


@pytest.mark.real_data
def test_real_spends_of_the_first_blocks_find_their_outputs(real_data: Path) -> None:
    found = read_file(bitcoin_blocks, real_data / "bitcoin-blocks" / "first-439-blocks.dat")
    spends = [t for t in found.of_kind("input") if t.src.key != "coinbase"]
    assert [t.amount for t in spends] == [x * 10**8 for x in (50, 40, 30, 29, 1, 1, 28)]
    assert spends[0].src.key == "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S", "block 170's famous first payment"
    assert {t.seq // 10**6 for t in found.transfers if t.seq is not None} == set(range(439))


@pytest.mark.real_data
def test_real_peel_chain_can_be_followed(real_data: Path) -> None:
    found = read_file(bitcoin_blocks, real_data / "bitcoin-blocks" / "block426884.raw")
    spender = {(t.tx, t.index): t.dst.key for t in found.of_kind("input") if t.tx}
    outputs: dict[str, list[Any]] = {}
    for t in found.of_kind("output"):
        outputs.setdefault(t.src.key, []).append(t)
    chain = ["67c71bc66309d24e5f6ad98a68584548277309a64e2528a4c9a486985de5f85e"]
    change = max(outputs[chain[0]], key=lambda t: t.amount)
    while (change.tx, change.index) in spender:
        chain.append(spender[(change.tx, change.index)])
        change = max(outputs[chain[-1]], key=lambda t: t.amount)
    assert len(chain) == 25
    assert sum(t.amount for t in outputs[chain[0]]) == 20_301_790_000
    peels = [min(outputs[tx], key=lambda t: t.amount) for tx in chain[:-1]]
    assert (sum(t.amount for t in peels), len({t.dst.key for t in peels})) == (465_330_000, 19)
