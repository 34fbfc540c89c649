"""Pictures: known by their own bytes, measured as they are shown, and never read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import scan
from tests.connectors.reading import make_head, make_source, read_all
from tests.made_pictures import jpeg, pdf, png
from trails.errors import SourceError
from trails.pictures import Picture, PicturePlace, is_picture, look_at_path

PAGES = {
    "png": (png(), "PNG", ((640.0, 420.0),)),
    "jpeg": (jpeg(), "JPEG", ((300.0, 200.0),)),
    "a phone held upright": (jpeg(turned=True), "JPEG", ((200.0, 300.0),)),
    "pdf": (pdf((595, 842), (842, 595)), "PDF", ((595.0, 842.0), (842.0, 595.0))),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_picture_is_known_by_its_bytes_and_measured_as_it_is_shown(tmp_path: Path, name: str) -> None:
    data, kind, pages = PAGES[name]
    source = make_source(tmp_path, data, "ledger.csv")  # whatever it is called
    assert look_at_path(source.path, source.name) == Picture(kind, pages)
    assert scan.recognise(make_head(source)) == f"it is {Picture(kind, pages).describe()}"
    reading = read_all(scan, source)
    assert (reading.rows_read, reading.facts, reading.graded) == (0, [], {("note", "picture"): 1})


@pytest.mark.parametrize(("data", "said"), [
    (png()[:20], "begins as a PNG"), (jpeg()[:8], "begins as a JPEG"), (pdf((9, 9))[:90], "begins as a PDF"),
    (png(0, 10), "no page of any size"), (b"GIF89a", "no picture by its own bytes"),
    (gzip.compress(png()), "no picture by its own bytes"),
])  # fmt: skip
def test_what_is_no_whole_picture_is_refused_by_name(tmp_path: Path, data: bytes, said: str) -> None:
    source = make_source(tmp_path, data, "page.png")
    with pytest.raises(SourceError, match=f"page.png.*{said}"):
        list(scan.read(source, None))  # type: ignore[arg-type] # options say nothing of a picture


def test_a_fragment_is_not_recognised_and_a_long_picture_is(tmp_path: Path) -> None:
    assert scan.recognise(make_head(make_source(tmp_path, png()[:20], "page.png"))) is None
    long = png(mark=bytes(70_000))
    assert scan.recognise(make_head(make_source(tmp_path, long, "page.png"))) == "it begins as a PNG does"


def test_what_cannot_be_opened_is_no_picture(tmp_path: Path) -> None:
    assert not is_picture(tmp_path / "nothing")
    assert not is_picture(tmp_path)


@given(st.sampled_from([png(), jpeg(), jpeg(turned=True), pdf((30, 40))]), st.data())
def test_any_damage_gives_a_picture_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 40)) :]
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged or b"x")
    try:
        found = look_at_path(path, "damaged")
    except SourceError:
        return
    assert found.pages


@pytest.mark.parametrize(("words", "line"), [
    ("page 2, line 5", "line 5"), ("Line  5", "line 5"), ("page 2", None), ("top", None), ("entry 7/24", "entry 7 24"),
])  # fmt: skip
def test_words_tell_a_line_where_they_number_it(words: str, line: str | None) -> None:
    place = PicturePlace("ab", 2, None, words, "E", "", "")
    assert place.line == (f"ab|2|{line}" if line else None)


def test_words_of_a_place_that_may_name_somebody_are_shown_with_a_reason_only() -> None:
    place = PicturePlace("ab", 2, None, "line of Zalmay", "E", "", "")
    assert place.describe(real_names=False) == "page 2, in words (14 signs)"
    assert place.describe(real_names=True) == "page 2, 'line of Zalmay'"
    assert PicturePlace("ab", 0, (1, 2.5, 3, 4), "line 5", "E", "", "").describe(real_names=False) == (
        "x 1, y 2.5, width 3, height 4, 'line 5'"
    )
