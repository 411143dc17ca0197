"""What the forms of the fourth and fifth set share: a test as it is printed, one drawn result, the facts of the head."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.generators.patients import Patient, make_patient
from tests.generators.sheet import Sheet
from tests.generators.truth import Truth, TruthPatient, TruthResult

EPOCH = datetime(2025, 3, 4, 6, 50)  # noqa: DTZ001  labs print local time without a zone
Amounts = Mapping[str, float]
Formula = Callable[[Amounts], float]
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test: printed name, unit, limits (those of ``women`` where they differ), decimals and code.

    ``words`` holds answers in words, the usual one first, none of them odd where ``free``; ``formula`` makes the number out of others by their ``key``;
    ``below`` and ``above`` are measuring limits, ``around`` is the middle where no limits are printed; ``reference`` is
    a range in words (``reference_women`` theirs), in lines where it takes several; ``group`` is a heading inside the section, ``detail`` a line such as the method, ``remark`` what may be printed under the result.
    """

    __test__ = False
    name: str
    unit: str = ""
    bounds: Bounds = (None, None)
    women: Bounds | None = None
    decimals: int = 0
    loinc: str = ""
    words: tuple[str, ...] = ()
    free: bool = False
    reference: str | None = None
    reference_women: str | None = None
    below: float | None = None
    above: float | None = None
    around: float = 0
    key: str = ""
    formula: Formula | None = None
    group: str = ""
    detail: str = ""
    remark: str = ""

    def limits(self, sex: str) -> Bounds:
        """The limits for this sex."""
        return self.women if sex == "F" and self.women is not None else self.bounds


def q(  # noqa: PLR0917
    name: str, unit: str, low: float | None, high: float | None, decimals: int, loinc: str, **more: object
) -> Test:
    """A test with a number."""
    return Test(name=name, unit=unit, bounds=(low, high), decimals=decimals, loinc=loinc, **more)  # type: ignore[arg-type]


def w(name: str, words: tuple[str, ...], loinc: str, reference: str = "", **more: object) -> Test:
    """A test with an answer in words."""
    return Test(name=name, words=words, loinc=loinc, reference=reference, **more)  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class Line:
    """A drawn result; the form sets ``page`` as it prints; ``low`` and ``high`` are the printed limits."""

    test: Test
    number: float | None
    value: str
    low: str
    high: str
    reference: str
    state: str
    flag: str
    previous: tuple[str, ...]
    section: str
    comment: str = ""
    page: int = 1

    @property
    def ranges(self) -> tuple[str, ...]:
        """The lines of its reference."""
        return tuple(self.reference.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A laboratory's form: sections of tests and how it draws them; the set it belongs to seeds its numbers.

    ``flags`` by state (LL, L, H, HH, A); ``unprinted`` tests only feed the formulas of the others.
    """

    name: str
    language: str
    lab: str
    accession: str
    sections: tuple[tuple[str, tuple[Test, ...]], ...]
    draw: Callable[[Sheet, Case], None]
    paper: str = "a4"
    decimal: str = "."
    thousands: str = ""
    span: str = "{low} - {high}"
    upper: str = "< {high}"
    lower: str = "> {low}"
    past: str = "{sign}{limit}"
    flags: Mapping[str, str] = field(default_factory=dict)
    unprinted: tuple[Test, ...] = ()
    series: str = "fourth"
    received: bool = True
    heads: bool = True


@dataclass(slots=True, kw_only=True)
class Case:
    """One report under construction."""

    form: Form
    patient: Patient
    accession: str
    collected: datetime
    received: datetime
    reported: datetime
    lines: list[Line] = field(default_factory=list)

    def sections(self) -> list[tuple[str, list[Line]]]:
        """Lines by heading, in order."""
        return [(title, [one for one in self.lines if one.section == title]) for title, _ in self.form.sections]

    @property
    def years(self) -> int:
        """Age in whole years."""
        return self.patient.age_on(self.collected.date())

    def pick(self, woman: str, man: str) -> str:
        """The word for the patient's sex."""
        return woman if self.patient.sex == "F" else man


def printed(form: Form, number: float, decimals: int) -> str:
    """Digits in the habit of the laboratory."""
    plain = f"{number:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", form.decimal).replace("\0", form.thousands)


def _limits(form: Form, test: Test, sex: str) -> tuple[str, str]:
    low, high = ("" if one is None else printed(form, one, test.decimals) for one in test.limits(sex))
    return low, high


def _reference(case: Case, test: Test, low: str, high: str) -> str:
    form = case.form
    spoken = test.reference if test.reference_women is None or case.patient.sex != "F" else test.reference_women
    if spoken is not None:
        return spoken
    if low and high:
        return form.span.format(low=low, high=high)
    if high:
        return form.upper.format(high=high)
    return form.lower.format(low=low) if low else ""


def _number(test: Test, sex: str, draw: random.Random) -> float:
    """A number of one test: inside its limits as a rule, at times past them or past a measuring limit."""
    low, high = test.limits(sex)
    if test.around:
        return test.around * draw.uniform(0.8, 1.2)
    if test.below is not None and draw.random() < 0.12:
        return test.below * 0.4
    floor = low if low is not None else (high or 1) * 0.4
    roof = high if high is not None else floor * 2
    wide, chance = roof - floor, draw.random()
    if chance < 0.12 and high is not None:
        return roof + wide * draw.uniform(0.05, 0.5 if low else 1.6)
    if chance < 0.2 and low and low < 0:
        return floor - wide * draw.uniform(0.05, 0.4)
    if chance < 0.2 and low:
        return max(floor * 0.4, floor - wide * draw.uniform(0.05, 0.4))
    return draw.triangular(floor, roof)


def _amounts(tests: list[Test], who: Patient, age: int, draw: random.Random) -> dict[str, float]:
    """Numbers by key: first those that are measured, then those that follow from them."""
    found: dict[str, float] = {"_age": float(age), "_female": float(who.sex == "F")}
    for test in tests:
        if not test.words and test.formula is None:
            found[test.key or test.name] = round(_number(test, who.sex, draw), test.decimals)
    for test in tests:
        if test.formula is not None:
            found[test.key or test.name] = round(test.formula(found), test.decimals)
    return found


def _state(test: Test, number: float, sex: str) -> str:
    """How far a number is outside its limits, LL, L, H or HH; empty inside."""
    low, high = test.limits(sex)
    if high is not None and number > high:
        return "HH" if number > high * 1.5 else "H"
    if low is not None and number < low:
        return "LL" if number < low * (0.75 if low > 0 else 1.25) else "L"
    return ""


def _earlier(test: Test, number: float, sex: str, draw: random.Random) -> float:
    """A former number near today's."""
    low, high = test.limits(sex)
    wide = number * 0.25 if low is None or high is None else high - low
    return max(number * (0.6 if number > 0 else 1.4), number + wide * draw.uniform(-0.3, 0.3))


def _told(form: Form, test: Test, number: float) -> str:
    """The number as printed, or the measuring limit it is past."""
    for limit, sign, past in ((test.below, "<", -1), (test.above, ">", 1)):
        if limit is not None and (number - limit) * past > 0:
            return form.past.format(sign=sign, limit=printed(form, limit, test.decimals))
    return printed(form, number, test.decimals)


def _line(case: Case, section: str, test: Test, amounts: Amounts, draw: random.Random) -> Line:
    form, sex = case.form, case.patient.sex
    if test.words:
        odd = draw.random() < 0.15
        number, state = None, "A" if odd and len(test.words) > 1 and not test.free else ""
        value = draw.choice(test.words if test.free else test.words[1:]) if state or test.free else test.words[0]
        before: tuple[str, ...] = (value, value) if test.free else (test.words[0], test.words[0])
    else:
        number = amounts[test.key or test.name]
        value, state = _told(form, test, number), _state(test, number, sex)
        before = tuple(_told(form, test, _earlier(test, number, sex, draw)) for _ in range(2))
    low, high = _limits(form, test, sex)
    return Line(
        test=test, number=number, value=value, low=low, high=high, reference=_reference(case, test, low, high), state=state,
        flag=form.flags.get(state, ""), previous=before, section=section, comment=test.remark if draw.random() < 0.5 else "",
    )  # fmt: skip


def compose(form: Form, seed: int) -> Case:
    """The content of one report of this form."""
    draw = random.Random(f"{form.series}:{form.name}:{seed}")
    collected = EPOCH + timedelta(days=draw.randrange(290), minutes=draw.randrange(260))
    received = collected + timedelta(minutes=draw.randrange(25, 200))
    case = Case(
        form=form, patient=make_patient(seed + 1700 + 11 * sum(form.name.encode()), form.language), collected=collected, received=received,
        reported=received + timedelta(minutes=draw.randrange(60, 1100)),
        accession=form.accession.format(day=collected, number=draw.randrange(10**6)),
    )  # fmt: skip
    tests = [*form.unprinted, *(test for _, group in form.sections for test in group)]
    amounts = _amounts(tests, case.patient, case.years, draw)
    for title, group in form.sections:
        case.lines += [_line(case, title, test, amounts, draw) for test in group]
    return case


def truth_of(case: Case, pages: int) -> Truth:
    """What the report says once it is drawn."""
    form, who = case.form, case.patient
    rows = tuple(
        TruthResult(
            test_name=one.test.name, loinc=one.test.loinc, value=one.value, unit=one.test.unit, reference=" ".join(one.ranges),
            flag=one.flag, interpretation="", section=one.section if form.heads else "", page=one.page, comment=one.comment,
        )
        for one in case.lines
    )  # fmt: skip
    return Truth(
        layout=form.name, language=form.language, pages=pages, status="final", lab_name=form.lab,
        patient=TruthPatient(family=who.family, given=who.given, mrn=who.mrn, birth_date=who.birth_date.isoformat(), sex=who.sex),
        accession=case.accession, collected=case.collected.isoformat(timespec="minutes"),
        received=case.received.isoformat(timespec="minutes") if form.received else "",
        reported=case.reported.isoformat(timespec="minutes"), results=rows,
    )  # fmt: skip


def make(form: Form, seed: int) -> tuple[bytes, Truth]:
    """A report as PDF bytes and its truth."""
    case = compose(form, seed)
    sheet = Sheet(paper=form.paper, created=case.reported, producer="Report composer")
    form.draw(sheet, case)
    return sheet.finish(), truth_of(case, sheet.pages)
