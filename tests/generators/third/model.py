"""What the forms of the third set share: a test as a laboratory prints it, one drawn result, the facts of the head."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.generators.patients import Patient, make_patient
from tests.generators.sheet import Sheet
from tests.generators.truth import Truth, TruthPatient, TruthResult

EPOCH = datetime(2025, 2, 3, 7, 5)  # noqa: DTZ001  labs print local time without a zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test: printed name, unit, range as numbers, decimals, code; ``words`` (usual, other) for answers in words."""

    __test__ = False
    name: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    decimals: int = 0
    loinc: str = ""
    words: tuple[str, ...] = ()
    reference: str | None = None
    below: float | None = None
    note: str = ""
    around: float = 0


def q(  # noqa: PLR0917
    name: str, unit: str, low: float | None, high: float | None, decimals: int, loinc: str, **more: object
) -> Test:
    """A test with a number."""
    return Test(name=name, unit=unit, low=low, high=high, decimals=decimals, loinc=loinc, **more)  # type: ignore[arg-type]


def w(name: str, words: tuple[str, ...], loinc: str, reference: str = "") -> Test:
    """A test with an answer in words."""
    return Test(name=name, words=words, loinc=loinc, reference=reference)


@dataclass(slots=True, kw_only=True)
class Line:
    """A drawn result; the form sets ``flag`` and ``page`` as it prints them."""

    test: Test
    number: float | None
    value: str
    reference: str
    state: str
    previous: tuple[str, ...]
    section: str
    flag: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A laboratory's form: sections of tests and how it draws them."""

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
    flags: tuple[str, str] = ("", "")
    received: bool = True
    status: str = "final"
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


def printed(form: Form, number: float, decimals: int) -> str:
    """Digits in the habit of the laboratory."""
    plain = f"{number:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", form.decimal).replace("\0", form.thousands)


def _reference(form: Form, test: Test) -> str:
    if test.reference is not None:
        return test.reference
    low, high = (None if one is None else printed(form, one, test.decimals) for one in (test.low, test.high))
    if low is not None and high is not None:
        return form.span.format(low=low, high=high)
    if high is not None:
        return form.upper.format(high=high)
    return "" if low is None else form.lower.format(low=low)


def _number(test: Test, draw: random.Random) -> float:
    if test.around:
        return test.around * draw.uniform(0.8, 1.25)
    low = test.low if test.low is not None else (test.high or 1) * 0.3
    high = test.high if test.high is not None else low * 1.8
    wide = high - low
    chance = draw.random()
    if chance < 0.12:
        return high + wide * draw.uniform(0.1, 0.6)
    if chance < 0.2 and low > 0:
        return low * draw.uniform(0.7, 0.95)
    return draw.uniform(low, high)


def _state(test: Test, number: float) -> str:
    if test.high is not None and number > test.high:
        return "H"
    return "L" if test.low is not None and number < test.low else ""


def _line(form: Form, section: str, test: Test, draw: random.Random) -> Line:
    if test.words:
        odd = draw.random() < 0.15
        value = draw.choice(test.words[1:]) if odd and len(test.words) > 1 else test.words[0]
        state, number, before = ("A" if odd else ""), None, (test.words[0], test.words[0])
    else:
        number = round(_number(test, draw), test.decimals)
        before = tuple(printed(form, number * draw.uniform(0.88, 1.12), test.decimals) for _ in range(2))  # type: ignore[assignment]
        state = _state(test, number)
        value = printed(form, number, test.decimals)
        if test.below is not None and number < test.below:
            value, state = f"<{printed(form, test.below, test.decimals)}", ""
    flag = form.flags[0] if state == "L" else form.flags[1] if state in {"H", "A"} else ""
    return Line(
        test=test, number=number, value=value, reference=_reference(form, test), state=state, previous=before,
        section=section, flag=flag,
    )  # fmt: skip


def compose(form: Form, seed: int) -> Case:
    """The content of one report of this form."""
    draw = random.Random(f"third:{form.name}:{seed}")
    collected = EPOCH + timedelta(days=draw.randrange(300), minutes=draw.randrange(200))
    received = collected + timedelta(minutes=draw.randrange(35, 240))
    case = Case(
        form=form, patient=make_patient(seed + 900, form.language), collected=collected, received=received,
        reported=received + timedelta(minutes=draw.randrange(70, 900)),
        accession=form.accession.format(day=collected, number=draw.randrange(10**6)),
    )  # fmt: skip
    for title, tests in form.sections:
        case.lines += [_line(form, title, test, draw) for test in tests]
    return case


def _truth(case: Case, pages: int) -> Truth:
    form, who = case.form, case.patient
    rows = tuple(
        TruthResult(
            test_name=one.test.name, loinc=one.test.loinc, value=one.value, unit=one.test.unit, reference=one.reference,
            flag=one.flag, interpretation="", section=one.section if form.heads else "", page=one.page,
        )
        for one in case.lines
    )  # fmt: skip
    return Truth(
        layout=form.name, language=form.language, pages=pages, status=form.status, lab_name=form.lab,
        patient=TruthPatient(family=who.family, given=who.given, mrn=who.mrn, birth_date=who.birth_date.isoformat(), sex=who.sex),
        accession=case.accession, collected=case.collected.isoformat(timespec="minutes"),
        received=case.received.isoformat(timespec="minutes") if form.received else "",
        reported=case.reported.isoformat(timespec="minutes"), results=rows,
    )  # fmt: skip


def make(form: Form, seed: int) -> tuple[bytes, Truth]:
    """A report as PDF bytes and its truth."""
    case = compose(form, seed)
    sheet = Sheet(paper=form.paper, created=case.reported, producer="Laboratory print service")
    form.draw(sheet, case)
    return sheet.finish(), _truth(case, sheet.pages)
