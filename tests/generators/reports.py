"""Lab reports: composing the content, then drawing it as PDF or as lines of text, with the truth beside it."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import datetime, timedelta

from tests.generators.analytes import TONGUES, answer_of, names_of
from tests.generators.analytes.tongue import code_of
from tests.generators.content import Order, PrintStyle, Report, Row, Section
from tests.generators.layouts import LAYOUTS, Layout
from tests.generators.panels import PANELS, Drawn, Panel, draw_panel, limits
from tests.generators.patients import Patient, make_patient
from tests.generators.sheet import Sheet
from tests.generators.textual import draw_text
from tests.generators.truth import Truth, TruthPatient, TruthResult

EPOCH = datetime(2025, 1, 7, 6, 40)  # noqa: DTZ001  labs print local time without a zone
PROVIDERS = {
    "en": ("Okonkwo, Adaeze MD", "Sorensen, Pieter MD", "Villanova, Renata DO", "Tremblay, Colette NP"),
    "es": ("Dra. Irene Cabanillas", "Dr. Tomás Urrutia", "Dra. Olga Benavent", "Dr. Hugo Pedrosa"),
    "fr": ("Dr Solène Garrigou", "Dr Benoît Lafargue", "Dr Maud Kerjean", "Dr Octave Belliard"),
    "de": ("Dr. med. Frauke Immelmann", "Dr. med. Jörn Siebenhaar", "Dr. med. Gesa Wolkenstein", "Dr. Uwe Ritterbusch"),
    "it": ("Dott.ssa Ornella Vanzetti", "Dott. Fausto Brughera", "Dott.ssa Lidia Montecchi", "Dott. Dario Solferini"),
    "pt": ("Dra. Lurdes Carvalhais", "Dr. Baltasar Nogueira", "Dra. Iara Sepúlveda", "Dr. Telmo Guimarães"),
}
OBX_STATUS = {"final": "F", "preliminary": "P", "corrected": "F"}


def print_number(number: float, decimals: int, style: PrintStyle) -> str:
    """Digits as this lab prints them: decimal sign, thousands sign, fixed decimals."""
    plain = f"{number:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", style.decimal).replace("\0", style.thousands)


def print_range(low: float | None, high: float | None, decimals: int, style: PrintStyle) -> str:
    """One reference range in the lab's own form, without brackets."""
    if low is not None and high is not None:
        return style.span.format(low=print_number(low, decimals, style), high=print_number(high, decimals, style))
    if high is not None:
        return style.upper.format(high=print_number(high, decimals, style))
    return "" if low is None else style.lower.format(low=print_number(low, decimals, style))


def _reference(drawn: Drawn, style: PrintStyle, sex: str) -> str:
    unit = drawn.unit
    if drawn.choice is not None:
        text = answer_of(drawn.analyte.reference, style.language, TONGUES)
        return style.brackets.format(text) if text else ""
    if style.both_sexes and unit.female is not None and unit.female != unit.bounds:
        labels = ("H", "M") if style.language in {"es", "pt"} else ("H", "F") if style.language == "fr" else ("M", "F")
        men, women = (print_range(*bounds, unit.decimals, style) for bounds in (unit.bounds, unit.female))
        return f"{labels[0]}: {men} {labels[1]}: {women}"
    text = print_range(*limits(unit, sex), unit.decimals, style)
    return style.brackets.format(text) if text else ""


def _value(drawn: Drawn, style: PrintStyle) -> str:
    if drawn.choice is not None:
        return answer_of(drawn.analyte.choices[drawn.choice], style.language, TONGUES)
    if drawn.number is None:
        return ""
    return drawn.comparator + print_number(drawn.number, drawn.unit.decimals, style)


def _previous(drawn: Drawn, style: PrintStyle, draw: random.Random, count: int) -> tuple[str, ...]:
    """Earlier results near today's; some missing."""
    out = []
    for _ in range(count):
        if draw.random() < 0.18:
            out.append("")
        elif drawn.number is None or drawn.comparator:
            out.append(_value(drawn, style))
        else:
            out.append(print_number(drawn.number * draw.uniform(0.9, 1.1), drawn.unit.decimals, style))
    return tuple(out)


def _name(drawn: Drawn, style: PrintStyle, draw: random.Random) -> str:
    names = names_of(drawn.analyte, style.language, TONGUES)
    chosen = (
        max(names, key=len)
        if style.long_names
        else names[min(style.naming, len(names) - 1)]
        if style.naming
        else names[0]
    )
    if style.naming == 9:
        chosen = draw.choice(names)
    return chosen.upper() if style.capitals else chosen


def _row(drawn: Drawn, style: PrintStyle, sex: str, draw: random.Random) -> Row:
    spellings = drawn.unit.spellings
    unit = spellings[style.spelling % len(spellings)]
    unit = style.respelled.get(unit, unit)
    tongue = TONGUES.get(style.language)
    name = _name(drawn, style, draw)
    return Row(
        key=drawn.analyte.key,
        name=name,
        loinc=code_of(drawn.analyte.key, drawn.unit.loinc, name) if tongue else drawn.unit.loinc,
        value=_value(drawn, style),
        unit=unit.replace(",", style.decimal) if style.language == "es" else unit,
        reference=_reference(drawn, style, sex),
        flag=style.flags.get(drawn.interpretation, ""),
        interpretation=drawn.interpretation,
        previous=_previous(drawn, style, draw, style.history),
        choice=drawn.choice is not None,
        comment=tongue.comments.get(drawn.analyte.key, "") if tongue and style.comments else "",
    )


def _order(draw: random.Random, at: datetime, language: str, pattern: str, status: str) -> Order:
    morning = (at - timedelta(days=1)).replace(hour=7, minute=0, second=0, microsecond=0)
    collected = morning + timedelta(minutes=draw.randrange(260))
    received = collected + timedelta(minutes=draw.randrange(40, 300))
    number = draw.randrange(10**7)
    return Order(
        accession=pattern.format(day=collected, number=number),
        placer=f"ORD{draw.randrange(10**6, 10**7)}",
        collected=collected,
        received=received,
        reported=at.replace(second=0, microsecond=0),
        provider=draw.choice(PROVIDERS[language]),
        status=status,
        history=tuple(collected.date() - timedelta(days=draw.randrange(80, 140) * step) for step in (1, 2)),
    )


def _panels(layout: Layout, names: tuple[str, ...] | None, patient: Patient, language: str) -> list[Panel]:
    chosen = [PANELS[name] for name in names or layout.panels[language]]
    if patient.sex == "F":
        chosen = [PANELS["tumor_f"] if panel.key == "tumor" else panel for panel in chosen]
    return chosen


def compose(
    layout: str | Layout,
    *,
    seed: int,
    language: str | None = None,
    patient: Patient | None = None,
    panels: tuple[str, ...] | None = None,
    at: datetime | None = None,
    status: str = "final",
    abnormal: float = 0.22,
) -> Report:
    """The content of one report.

    Args:
        layout: A key of ``LAYOUTS``, or a layout of its own.
        seed: Chooses everything that is not given.
        language: One of the layout's; its first when absent.
        patient: The person; one of the seed's own when absent.
        panels: Keys of ``PANELS``; the layout's own when absent.
        at: When the report was released; a time of the seed's own when absent.
        status: ``final``, ``preliminary`` or ``corrected``.
        abnormal: Share of values outside their range, roughly.
    """
    plan = layout if isinstance(layout, Layout) else LAYOUTS[layout]
    language = language or plan.languages[0]
    draw = random.Random(f"report:{plan.name}:{language}:{seed}")
    who = patient or make_patient(seed, language)
    at = at or EPOCH + timedelta(days=draw.randrange(420), minutes=draw.randrange(600))
    style = plan.style(language)
    sections = []
    tongue = TONGUES.get(language)
    for panel in _panels(plan, panels, who, language):
        drawn = draw_panel(
            panel, system=style.system, sex=who.sex, age=who.age_on(at.date()), draw=draw, abnormal=abnormal,
            counts=style.counts, preferred=tongue.units if tongue and style.system == "us" else None,
        )  # fmt: skip
        rows = tuple(_row(one, style, who.sex, draw) for one in drawn)
        title = tongue.titles[panel.key] if tongue else panel.es if language == "es" else panel.en
        sections.append(
            Section(
                title=title.upper() if style.capital_sections else title, panel=panel.key, loinc=panel.loinc, rows=rows
            )
        )
    lab = plan.labs[language]
    order = _order(draw, at, language, lab.accession, status)
    report = Report(
        layout=plan.name, language=language, seed=seed, patient=who, lab=lab, order=order, style=style,
        sections=tuple(sections),
    )  # fmt: skip
    return plan.amend(report) if plan.amend else report


def restated(report: Report, status: str, *, hours: int = 5) -> Report:
    """The same results under another status, reported later: preliminary becomes final."""
    order = replace(report.order, status=status, reported=report.order.reported + timedelta(hours=hours))
    return replace(report, order=order)


def _nearby(row: Row, style: PrintStyle) -> str | None:
    """Another value inside the row's closed range that differs in the last digit, or None."""
    plain = [text.replace(style.thousands, "") if style.thousands else text for text in (row.value, row.reference)]
    figures = re.findall(r"\d+(?:\.\d+)?", plain[1].replace(style.decimal, "."))
    if (
        row.interpretation != "N"
        or row.choice
        or not row.value[0].isdigit()
        or len(figures) != 2
        or ":" in row.reference
    ):
        return None
    low, high = (float(figure) for figure in figures)
    for step in (3, 7, 1, 9, 5):
        last = str((int(row.value[-1]) + step) % 10)
        if low <= float((plain[0][:-1] + last).replace(style.decimal, ".")) <= high:
            return row.value[:-1] + last
    return None


def correct(report: Report, *, hours: int = 5) -> Report:
    """The same report corrected: one normal number changes its last digit and stays normal, reported later.

    Raises:
        ValueError: No result of the report can be changed that way.
    """
    for place, section in enumerate(report.sections):
        for index, row in enumerate(section.rows):
            value = _nearby(row, report.style)
            if value is None:
                continue
            rows = (*section.rows[:index], replace(row, value=value, status="C"), *section.rows[index + 1 :])
            sections = (*report.sections[:place], replace(section, rows=rows), *report.sections[place + 1 :])
            return restated(replace(report, sections=sections), "corrected", hours=hours)
    raise ValueError("no plain number to correct")


def truth_of(report: Report, pages: int, places: dict[int, int], layout: Layout | None = None) -> Truth:
    """The truth of a report; ``places`` maps ``id(row)`` to the page it was printed on."""
    plan = layout or LAYOUTS[report.layout]
    who, order = report.patient, report.order
    base = OBX_STATUS[order.status]
    results = tuple(
        TruthResult(
            test_name=row.name, loinc=row.loinc, value=row.value, unit=row.unit, reference=row.reference, flag=row.flag,
            interpretation=row.interpretation, section=section.title if plan.shows_sections else "",
            page=places.get(id(row), 1), status=row.status or base, comment=row.comment,
        )
        for section in report.sections
        for row in section.rows
    )  # fmt: skip
    return Truth(
        layout=report.layout, language=report.language, pages=pages,
        patient=TruthPatient(family=who.family, given=who.given, mrn=who.mrn, birth_date=who.birth_date.isoformat(), sex=who.sex),
        lab_name=report.lab.name, accession=order.accession,
        collected=order.collected.isoformat(timespec="minutes"), received=order.received.isoformat(timespec="minutes"),
        reported=order.reported.isoformat(timespec="minutes"), status=order.status, results=results,
    )  # fmt: skip


def render(
    report: Report, *, layout: Layout | None = None, passwords: tuple[str, str] | None = None
) -> tuple[bytes, Truth]:
    """The report as PDF bytes, the same for the same content, and its truth; ``passwords`` are owner's and user's."""
    plan = layout or LAYOUTS[report.layout]
    sheet = Sheet(paper=plan.paper, created=report.order.reported, producer=report.lab.software, passwords=passwords)
    plan.draw(sheet, report)
    return sheet.finish(), truth_of(report, sheet.pages, sheet.places, plan)


def render_text(report: Report) -> tuple[str, Truth]:
    """The report as lines of text joined by newlines (what labs send as TX or FT) and its truth."""
    lines = draw_text(report)
    truth = truth_of(report, 1, {})
    named = tuple(
        replace(result, section=section.title)
        for result, section in zip(truth.results, (s for s in report.sections for _ in s.rows), strict=True)
    )
    return "\n".join(lines), replace(truth, layout="text", results=named)


def make(layout: str, seed: int, **options: object) -> tuple[bytes, Truth]:
    """Compose and render in one step; options as for ``compose``."""
    return render(compose(layout, seed=seed, **options))  # type: ignore[arg-type]
