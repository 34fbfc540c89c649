"""Random statements by a small writer, read back: sums, balances, accounts and other sides are those that were written."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import bank_statement
from tests.connectors.reading import Reading, make_source, read_all
from trails.connector import ReadOptions

OWN = ("BA329999990000000017", "DE38999999990000000021", "99999999/0000000021", "0612345678")
OTHERS = ("RS20999000000000000033", "DE96999999990000000044", "BE29999007547034", "NL32FICT0417164300")
NAMES = ("Payee Fictional", "B. V. Made Up", "O'Nobody & Sons")
_LAYOUTS = (
    "166?00TEXT?20SVWZ+{text}?30FICTXX00?31{iban}?32{name}",
    "020~00TEXT~20{text}~32{name}~38{iban}",
    "/EREF/E1//CNTP/{iban}/FICTXX00/{name}///REMI/USTD//{text}/",
    "/TRTP/SEPA/IBAN/{iban}/BIC/FICTXX00/NAME/{name}/REMI/{text}",
    "/{side}/{iban}/{name}/00/{text}",
)
#: What is an entry, a closing balance or a head by its form is one, wherever it stands: nobody could tell it from a text.
_FIELD = re.compile(
    r":(?:61:(?:\d{6}|\d\d\S{2,10}?[CD])|6[245][FM]?:[CD]?\S{0,8}?[A-Z]{3}|90[CD]:\d{0,5} ?[A-Z]{3}|86:|NS:|25P?:(?:\D*\d){4})"
)


@dataclass(frozen=True)
class Paid:
    """An entry as it was meant: signed cents, the other side, and the lines it is written in."""

    cents: int
    other: str
    name: str
    lines: str


@st.composite
def entries(draw: st.DrawFn, text_lines: st.SearchStrategy[str]) -> Paid:
    cents = draw(st.integers(1, 10**9))
    mark = draw(st.sampled_from(("C", "D", "RC", "RD", "CR", "DR")))
    amount = f"{cents // 100}{draw(st.sampled_from(',.'))}{cents % 100:02}"
    amount = amount.rjust(draw(st.integers(0, 15)), "0")
    day = draw(st.sampled_from(("240805", "2408050806", "240805    ", "2412310102")))
    reference = draw(st.text("ABC123-", min_size=1, max_size=30)) + draw(
        st.sampled_from(("", "//B-1", "//B-2/TRCD/00100/"))
    )
    iban, name = draw(st.sampled_from(OTHERS)), draw(st.sampled_from(NAMES))
    text = draw(st.text("abc +,./:08", max_size=40)).replace("/", " /")
    details = draw(st.sampled_from(_LAYOUTS)).format(
        iban=iban, name=name, text=text, side="ORDP" if mark in ("C", "RC", "CR") else "BENM"
    )
    width = draw(st.sampled_from((10, 27, 65)))
    lines = [details[place : place + width] for place in range(0, len(details), width)]
    lines = [line if not line.startswith(":") else f" {line}" for line in lines]  # wrapped by our writer elsewhere
    # lines that look like fields stand in front of the layout's own text, where they do most harm
    noise = draw(st.lists(text_lines, max_size=3)) if details.startswith("/") else []
    written = "\n".join(["/REMI/x", *noise, *lines] if noise else lines)
    return Paid(
        cents if mark in ("C", "RD", "CR") else -cents, iban, name, f":61:{day}{mark}{amount}NTRF{reference}\n:86:{written}\n"
    )  # fmt: skip


PLAIN = st.just("at 20:08")
LIKE_FIELDS = st.builds(
    lambda tag, rest: f":{tag}:{rest}",
    st.sampled_from(
        ("20", "21", "25", "25P", "28C", "34F", "13D", "46", "60F", "60M", "61", "62F", "64", "90D", "99", "65F")
    ),
    st.text("ABCDEUR0123456789,. /", max_size=25),
).filter(lambda line: not _FIELD.match(line))
ANY = st.builds(
    lambda a, b: f":{a}:{b}", st.sampled_from(("61", "62F", "64", "86")), st.text("CDEUR0123456789,NTRF", max_size=25)
)


def write(own: str, paid: list[Paid], number: int, mark: str = ",") -> str:
    opening, total = 123_456, sum(each.cents for each in paid)
    closing = opening + total

    def money(cents: int) -> str:
        return f"{'C' if cents >= 0 else 'D'}240801EUR{abs(cents) // 100}{mark}{abs(cents) % 100:02}"

    body = "".join(each.lines for each in paid)
    return f":20:R{number}\n:25:{own}\n:28C:{number}/1\n:60F:{money(opening)}\n{body}:62F:{money(closing)}\n"


def read_text(text: str) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        return read_all(bank_statement, make_source(Path(folder), text, "s.sta"), ReadOptions(timezone="UTC"))


def plain(key: str) -> str:
    return key.rpartition(":")[2] if key.startswith("account:") else key


def signed(reading: Reading, owns: list[str]) -> list[tuple[str, str, str | None, int]]:
    """Own account, other side, its name and signed cents of each payment, by row."""
    found = []
    for transfer in reading.transfers:
        incoming = plain(transfer.dst.key) in owns
        own, other = (transfer.dst, transfer.src) if incoming else (transfer.src, transfer.dst)
        amount = transfer.amount or 0
        found.append((plain(own.key), other.key, other.label, amount if incoming else -amount))
    return found


ACCOUNTS = st.tuples(st.sampled_from(OWN), st.sampled_from(("", "EUR", " EUR")))


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(ACCOUNTS, st.lists(entries(PLAIN), max_size=4), st.sampled_from(("", "-\n", "-}\n"))),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_written_is_read(statements: list[tuple[tuple[str, str], list[Paid], str]]) -> None:
    text = "".join(
        write(own + code, paid, number) + end for number, ((own, code), paid, end) in enumerate(statements, start=1)
    )
    reading = read_text(text)
    wanted = [(own, each.other, each.name, each.cents) for (own, _code), paid, _end in statements for each in paid]
    assert signed(reading, list(OWN)) == wanted
    assert set(reading.codes) <= {"days_differ", "no_rows"}


@settings(max_examples=50)
@given(st.lists(entries(LIKE_FIELDS), min_size=1, max_size=4), st.sampled_from(",."))
def test_lines_of_text_that_look_like_fields_change_no_amount_and_no_side(paid: list[Paid], mark: str) -> None:
    reading = read_text(write(OWN[0], paid, 1, mark) + write(OWN[1], paid, 2, mark))
    wanted = [(own, each.other, each.name, each.cents) for own in OWN[:2] for each in paid]
    assert signed(reading, list(OWN)) == wanted
    assert set(reading.codes) <= {"days_differ", "tag_in_text"}


@settings(max_examples=40)
@given(st.lists(entries(ANY), min_size=1, max_size=4))
def test_a_text_that_is_a_field_by_its_form_never_goes_unseen(paid: list[Paid]) -> None:
    reading = read_text(write(OWN[0], paid, 1) + write(OWN[1], [], 2))
    if [cents for *_sides, cents in signed(reading, list(OWN))] != [each.cents for each in paid]:
        assert reading.errors or reading.codes["balance_break"] or reading.codes["balance_missing"]


@settings(max_examples=40)
@given(st.text("0123456789.,", max_size=12), st.text("0123456789.,", max_size=12))
def test_a_sum_is_read_whole_or_refused(whole: str, closing: str) -> None:
    reading = read_text(
        f":20:R\n:25:{OWN[0]}\n:60F:C240801EUR0,00\n:61:240805C{whole}NTRFX\n:62F:C240801EUR{closing}\n-\n"
    )
    clean = re.fullmatch(r"(\d*)(?:[.,](\d{0,2}|\d{4,}))?", whole)
    read = [transfer.amount for transfer in reading.transfers]
    if clean and whole.strip(".,") and not (clean[2] or "")[2:].strip("0"):
        assert read == [int(clean[1] or 0) * 100 + int((clean[2] or "")[:2].ljust(2, "0"))]
    else:
        assert read == []
        assert len(reading.errors) == 1
    if read and not any(issue.severity == "warning" for issue in reading.issues):
        exact = re.fullmatch(r"(\d*)(?:[.,](\d*))?", closing)
        assert exact
        assert read == [int(exact[1] or 0) * 100 + int((exact[2] or "")[:2].ljust(2, "0"))]
