"""Written dates: three calendars, eight languages, missing years, nights, and everything that must be refused."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trails.calendars import DateProblem, DateRules, WrittenDate, check_pattern, patterns_of_order, read_date
from trails.calendars.days import CALENDARS, to_gregorian, year_in
from trails.calendars.words import MONTHS, WEEKDAYS, fold_text

SUMMER = (date(2024, 7, 1), date(2024, 9, 30))
ALL = DateRules(calendars=CALENDARS, period=SUMMER)
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def read(text: str, rules: DateRules = ALL, zone: str | None = "UTC") -> WrittenDate:
    return read_date(text, rules, zone_name=zone)


def day_of(text: str, rules: DateRules = ALL) -> str:
    moment = read(text, rules).instant.time
    assert moment
    return moment.date().isoformat()


def refusal(text: str, rules: DateRules = ALL, zone: str | None = "UTC") -> DateProblem:
    with pytest.raises(DateProblem) as caught:
        read(text, rules, zone)
    return caught.value


@pytest.mark.parametrize(
    ("text", "day", "calendar"),
    [
        ("۱۴۰۳/۰۵/۱۲", "2024-08-02", "jalali"), ("۱۵ اسد ۱۴۰۳", "2024-08-05", "jalali"),
        ("12 مرداد 1403", "2024-08-02", "jalali"), ("12 زمری ۱۴۰۳", "2024-08-02", "jalali"),
        ("1 میزان 1403", "2024-09-22", "jalali"), ("15 asad 1403", "2024-08-05", "jalali"),
        ("۱۵\u200cاسد\u200c۱۴۰۳", "2024-08-05", "jalali"), ("15Asad1403", "2024-08-05", "jalali"),
        ("٢٠٢٤/٨/٢", "2024-08-02", "gregorian"), ("\u200f٢٠٢٤/٨/٢\u200e", "2024-08-02", "gregorian"),
        ("٥ آب ٢٠٢٤", "2024-08-05", "gregorian"), ("5 اب 2024", "2024-08-05", "gregorian"),
        ("5 أغسطس 2024", "2024-08-05", "gregorian"), ("5 أوت 2024", "2024-08-05", "gregorian"),
        ("5 غشت 2024", "2024-08-05", "gregorian"), ("1 أيلول 2024", "2024-09-01", "gregorian"),
        ("14 اگست 2024", "2024-08-14", "gregorian"), ("14 آگوست 2024", "2024-08-14", "gregorian"),
        ("3 جولای 2024", "2024-07-03", "gregorian"), ("3 جولائی 2024", "2024-07-03", "gregorian"),
        ("2 Ağustos 2024", "2024-08-02", "gregorian"), ("2 AĞUSTOS 2024", "2024-08-02", "gregorian"),
        ("2. kolovoza 2024", "2024-08-02", "gregorian"), ("2. avgust 2024", "2024-08-02", "gregorian"),
        ("2. АВГУСТА 2024", "2024-08-02", "gregorian"), ("August 2, 2024", "2024-08-02", "gregorian"),
        ("२०२४-०८-०२", "2024-08-02", "gregorian"), ("2024-08-02T10:30", "2024-08-02", "gregorian"),
        ("٢٩ محرم ١٤٤٦", "2024-08-04", "hijri"), ("1446/1/29", "2024-08-04", "hijri"),
        ("5 Rebiülevvel 1446", "2024-09-08", "hijri"), ("5 rebiul-evvel 1446", "2024-09-08", "hijri"),
        ("5 ربیع الاول 1446", "2024-09-08", "hijri"), ("29 muharrem 1446", "2024-08-04", "hijri"),
    ],
)  # fmt: skip
def test_a_date_is_read_by_the_calendar_it_shows(text: str, day: str, calendar: str) -> None:
    found = read(text)
    assert (day_of(text), found.calendar, found.year_filled) == (day, calendar, False)


@pytest.mark.parametrize(
    ("text", "noon", "error_s"),
    [("2024-08-02", "12:00", 43_200), ("29 محرم 1446", "12:00", 129_600), ("2024-08-02 13:05", "13:05", 0)],
)
def test_a_day_is_half_a_day_wide_and_a_lunar_one_a_day_wider(text: str, noon: str, error_s: int) -> None:
    found = read(text).instant
    assert found.time
    assert (found.time.strftime("%H:%M"), found.error_s, found.basis) == (noon, error_s, "assumed")


@pytest.mark.parametrize("text", ["2.8. petak noć", "noć 2.8.", "2.8. ноћ", "شب 2.8.", "2.8. gece", "night of 2.8."])
def test_the_night_of_a_day_reaches_into_the_next(text: str) -> None:
    found = read(text, DateRules(("%d.%m.",), period=SUMMER), "Europe/Sarajevo")
    # 18:00 on the 2nd to 06:00 on the 3rd, in Sarajevo
    assert found.instant.time == datetime(2024, 8, 2, 22, tzinfo=UTC)
    assert (found.instant.error_s, found.night, found.year_filled) == (21_600, True, True)


def test_a_clock_in_the_night_is_exact_only_in_the_evening() -> None:
    rules = DateRules(("%d.%m.%Y %H:%M",))
    assert read("2.8.2024 noć 23:30", rules).instant.error_s == 0
    assert "2024-08-02" in str(refusal("2.8.2024 noć 01:30", rules))
    assert refusal("2.8.2024 noć 01:30", rules).code == "time_ambiguous"


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (DateRules(("%d,%m",), period=SUMMER), "2024-08-05"),
        (DateRules(("%d,%m",), year=2023), "2023-08-05"),
        (DateRules(("%d,%m",), year=2024, period=SUMMER), "2024-08-05"),
        (DateRules(("%d,%m",), period=(date(2023, 9, 1), date(2024, 8, 31))), "2024-08-05"),
        (DateRules(("%d,%m",), period=(date(2023, 8, 1), date(2024, 8, 31))), "time_ambiguous"),
        (DateRules(("%d,%m",), period=(date(2024, 9, 1), date(2024, 9, 30))), "time_outside_period"),
        (DateRules(("%d,%m",)), "time_no_year"),
        (DateRules(("%d.%m",), period=SUMMER), "time_damaged"),
    ],
)
def test_a_missing_year_comes_from_what_is_declared_or_not_at_all(rules: DateRules, found: str) -> None:
    if found.startswith("time"):
        assert refusal("05,08", rules).code == found
    else:
        assert (day_of("05,08", rules), read("05,08", rules).year_filled) == (found, True)


@pytest.mark.parametrize(("calendar", "text"), [("jalali", "15 اسد"), ("hijri", "29 محرم")])
def test_a_missing_year_is_of_the_dates_own_calendar(calendar: str, text: str) -> None:
    found = read(text, DateRules(calendars=(calendar,), period=SUMMER))
    assert found.year_filled
    assert found.instant.time
    assert SUMMER[0] <= found.instant.time.date() <= SUMMER[1]


@pytest.mark.parametrize(
    ("text", "rules", "code", "said"),
    [
        ("1403/05/12", DateRules(calendars=("hijri",), period=SUMMER), "time_outside_period",
         ("1983-02-25 (hijri)", "2024-07-01 to 2024-09-30", "read as jalali it would be 2024-08-02")),
        ("1403/05/12", DateRules(), "time_damaged",
         ("1403-05-12 (gregorian)", "jalali it would be 2024-08-02", "hijri it would be 1983-02-25")),
        ("1403/05/12", DateRules(calendars=("jalali", "hijri")), "time_ambiguous", ("2024-08-02", "1983-02-25")),
        ("15 اسد 1403", DateRules(period=SUMMER), "time_damaged", ("jalali it would be 2024-08-05",)),
        ("2 August 2023", DateRules(period=SUMMER), "time_outside_period", ("2023-08-02 (gregorian)",)),
        ("03/05/12", DateRules(("%y/%m/%d",), ("jalali",)), "time_ambiguous", ("2024-08-02", "1924-08-03")),
        ("31.02.2024", DateRules(("%d.%m.%Y",)), "time_damaged", ("%d.%m.%Y",)),
        ("30 اسفند 1402", DateRules(calendars=("jalali",)), "time_damaged", ("jalali",)),
        ("1970-01-01", DateRules(), "time_damaged", ("1970-01-01",)),
        ("2024-08-02 25:00", DateRules(), "time_damaged", ()),
        ("2024-08-02 13:70", DateRules(), "time_damaged", ()),
        ("02.08.2024", DateRules(), "time_damaged", ("known patterns",)),
        ("tomorrow", DateRules(), "time_damaged", ("(8 signs, none a digit)",)),
        ("", DateRules(), "time_damaged", ()),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_read_and_what_others_would_read(
    text: str, rules: DateRules, code: str, said: tuple[str, ...]
) -> None:
    problem = refusal(text, rules)
    assert problem.code == code
    for part in said:
        assert part in str(problem)


def test_two_digits_of_a_year_are_settled_by_the_period() -> None:
    assert day_of("03/05/12", DateRules(("%y/%m/%d",), ("jalali",), SUMMER)) == "2024-08-02"
    assert day_of("02.08.24", DateRules(("%d.%m.%y",))) == "2024-08-02"
    assert day_of("02.08.99", DateRules(("%d.%m.%y",))) == "1999-08-02"


def test_a_time_without_a_zone_is_refused() -> None:
    assert refusal("2024-08-02", DateRules(), None).code == "time_no_zone"


def test_two_patterns_that_differ_are_refused_and_two_that_agree_are_not() -> None:
    rules = DateRules(("%d.%m.%Y", "%m.%d.%Y"))
    assert refusal("02.03.2024", rules).code == "time_ambiguous"
    assert day_of("02.02.2024", rules) == "2024-02-02"
    assert day_of("13.02.2024", rules) == "2024-02-13"


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        ("petak 2.8.2024", False), ("cuma, 2.8.2024", False), ("جمعه 2.8.2024", False), ("الجمعة 2.8.2024", False),
        ("جمعہ 2.8.2024", False), ("Friday 2.8.2024", False), ("subota 2.8.2024", True), ("پنجشنبه 2.8.2024", True),
        ("یک شنبه 2.8.2024", True), ("2.8.2024", False),
    ],
)  # fmt: skip
def test_a_weekday_is_no_part_of_the_date_but_a_contradiction_is_said(text: str, *, differs: bool) -> None:
    found = read(text, DateRules(("%d.%m.%Y",)))
    assert found.instant.time == datetime(2024, 8, 2, 12, tzinfo=UTC)
    assert bool(found.weekday_differs) is differs


def test_the_thirtieth_of_a_short_lunar_month_is_the_day_after_it() -> None:
    # Muharram 1446 has 29 days by Umm al-Qura, and Safar begins the day after
    assert to_gregorian("hijri", 1446, 1, 30) == to_gregorian("hijri", 1446, 2, 1) == date(2024, 8, 5)
    assert to_gregorian("hijri", 1446, 1, 31) is None


@pytest.mark.parametrize(
    ("calendar", "year", "month", "day"),
    [("hijri", 1342, 1, 1), ("hijri", 1501, 1, 1), ("jalali", 0, 1, 1), ("jalali", 99_999, 1, 1), ("gregorian", 0, 1, 1),
     ("jalali", 1403, 13, 1), ("hijri", 1446, 0, 1)],
)  # fmt: skip
def test_a_day_a_calendar_does_not_have_is_none(calendar: str, year: int, month: int, day: int) -> None:
    assert to_gregorian(calendar, year, month, day) is None


@given(st.dates(date(1950, 1, 1), date(2070, 1, 1)), st.sampled_from(["jalali", "hijri"]), st.sampled_from("/-."))
def test_each_day_comes_back_from_its_own_calendar(day: date, calendar: str, mark: str) -> None:
    year = year_in(calendar, day)
    around = [(year + add, month, n) for add in (-1, 0, 1) for month in range(1, 13) for n in range(1, 32)]
    own = [each for each in around if each[2] < 30 and to_gregorian(calendar, *each) == day]
    if own and day != date(1970, 1, 1):  # the zero of computers is refused
        text = mark.join(map(str, own[0])).translate(PERSIAN)
        assert day_of(text, DateRules(calendars=(calendar,), period=(day, day))) == day.isoformat()


@given(st.dates(date(1951, 1, 1), date(2070, 1, 1)), st.sampled_from([ARABIC, PERSIAN, DEVANAGARI]))
def test_digits_of_any_script_are_one_date(day: date, script: dict[int, int]) -> None:
    if day != date(1970, 1, 1):
        assert day_of(day.isoformat().translate(script), DateRules()) == day.isoformat()


def test_no_name_of_a_month_or_weekday_means_two_things() -> None:
    rows = [
        (calendar, n, names) for calendar in CALENDARS for n, names in enumerate(MONTHS[calendar].split("\n")[1:-1])
    ]
    rows += [("weekday", n, names) for n, names in enumerate(WEEKDAYS.split("\n")[1:-1])]
    assert len(rows) == 43
    for one, other in combinations(rows, 2):
        shared = {fold_text(name) for name in one[2].split(",")} & {fold_text(name) for name in other[2].split(",")}
        assert not shared, f"{one[:2]} and {other[:2]} share {shared}"


@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_name_of_a_month_is_read(calendar: str) -> None:
    first = {"gregorian": 2023, "jalali": 1402, "hijri": 1445}[calendar]
    for number, names in enumerate(MONTHS[calendar].split("\n")[1:-1], start=1):
        wanted = to_gregorian(calendar, first, number, 5)
        assert wanted
        for name in names.split(","):
            text = unicodedata.normalize("NFC", f"5 {name.strip()} {first}")
            assert day_of(text, DateRules(calendars=(calendar,))) == wanted.isoformat(), name


@pytest.mark.parametrize(
    ("order", "text", "day"),
    [("dmy", "02/08/2024", "2024-08-02"), ("mdy", "02/08/2024", "2024-02-08"), ("dmy", "02.08.24 13:05", "2024-08-02"),
     ("ymd", "24-08-02", "2024-08-02"), ("dmy", "2024-08-02", "2024-08-02")],
)  # fmt: skip
def test_the_order_of_numbers_is_declared(order: str, text: str, day: str) -> None:
    assert day_of(text, DateRules(patterns_of_order(order), period=(date(2024, 1, 1), date(2024, 12, 31)))) == day


@pytest.mark.parametrize(
    ("pattern", "year_declared", "problem"),
    [
        ("%d.%m.%Y", False, ""), ("%d. %B %Y", False, ""), ("%A, %d.%m.%y %H:%M", False, ""), ("%d,%m", True, ""),
        ("%d,%m", False, "period"), ("%d %Y", True, "whole date"), ("%B %Y", True, "whole date"),
        ("%d.%m.%Y %z", True, "%z"), ("%d.%m.%d", True, "twice"), ("%d.%m.%Y %I:%M", True, "%p"),
    ],
)  # fmt: skip
def test_a_pattern_must_state_a_whole_date(pattern: str, problem: str, *, year_declared: bool) -> None:
    said = check_pattern(pattern, year_declared=year_declared)
    assert problem in said
    assert bool(said) is bool(problem)


def test_halves_of_the_day() -> None:
    rules = DateRules(("%d/%m/%Y %I:%M %p",))
    for text, hour in (
        ("2/8/2024 12:05 AM", 0),
        ("2/8/2024 12:05 pm", 12),
        ("2/8/2024 1:05 م", 13),
        ("2/8/2024 1:05 ص", 1),
    ):
        found = read(text, rules).instant.time
        assert found
        assert found.hour == hour
    assert refusal("2/8/2024 13:05 pm", rules).code == "time_damaged"


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_is_refused(text: str) -> None:
    try:
        moment = read(text).instant.time
    except DateProblem:
        return
    assert moment
    assert SUMMER[0] <= moment.date() <= SUMMER[1] + timedelta(days=2)


def test_folding_unites_what_one_hand_may_write_two_ways() -> None:
    for one, other in (("علي", "علی"), ("كلدار", "کلدار"), ("Гаги", "Gagi"), ("Đorđe", "Dorde"), ("IŞIK", "ışık"),
                       ("مؤمَّن", "مؤمن"), ("نمونه\u200cها", "نمونهها"), ("١٢", "۱۲")):  # fmt: skip
        assert fold_text(one) == fold_text(other)
    assert fold_text("آب") != fold_text("آذار")


@pytest.mark.parametrize("calendars", [("jalali",), ("gregorian", "jalali")])
def test_a_lunar_year_is_no_solar_one_of_the_future(calendars: tuple[str, ...]) -> None:
    with pytest.raises(DateProblem, match="read as hijri it would be 2023-09-27") as problem:
        read_date("1445/03/12", DateRules(calendars=calendars), zone_name="UTC")
    assert problem.value.code == "time_damaged"
    assert read_date("1445/03/12", DateRules(calendars=("jalali", "hijri")), zone_name="UTC").calendar == "hijri"
