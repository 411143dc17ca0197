"""The content of a report before it meets paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.generators.patients import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintStyle:
    """A lab's printing habits.

    Attributes:
        language: ``en``, ``es``, ``fr``, ``de``, ``it`` or ``pt``.
        system: Unit convention: ``us``, ``es``, ``es_units``, ``si``.
        decimal: Decimal sign.
        thousands: Thousands sign, may be empty.
        span, upper, lower: Forms of a closed range and of the two open ones.
        brackets: What stands around a range.
        flags: Printed flag by table 0078 code.
        both_sexes: Print the ranges of both sexes where they differ.
        spelling: Which unit spelling of the stock.
        naming: Which printed name of the stock; 9 draws one per row.
        long_names: Always the longest name.
        capitals, capital_sections: Print names, headings in capitals.
        history: Earlier results printed per row.
        counts: Unit convention of cell counts where it is another one.
        respelled: The lab's spelling of a unit by the stock's.
        comments: Print the remarks that belong to results.
    """

    language: str
    system: str
    decimal: str = "."
    thousands: str = ""
    span: str = "{low} - {high}"
    upper: str = "< {high}"
    lower: str = ">= {low}"
    brackets: str = "{}"
    flags: dict[str, str] = field(default_factory=lambda: {"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "A"})
    both_sexes: bool = False
    spelling: int = 0
    naming: int = 0
    long_names: bool = False
    capitals: bool = False
    capital_sections: bool = True
    history: int = 0
    counts: str = ""
    respelled: dict[str, str] = field(default_factory=dict)
    comments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A laboratory's letterhead; ``accession`` is a format of ``day`` and ``number``."""

    name: str
    lines: tuple[str, ...]
    phone: str
    director: str
    accession: str
    software: str
    facility: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Numbers and times of one order; times are the lab's local time, ``history`` the days of earlier results."""

    accession: str
    placer: str
    collected: datetime
    received: datetime
    reported: datetime
    provider: str
    status: str
    history: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One result line as it will be printed; ``status`` empty means the report's own."""

    key: str
    name: str
    loinc: str
    value: str
    unit: str
    reference: str
    flag: str
    interpretation: str
    previous: tuple[str, ...] = ()
    choice: bool = False
    status: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and its rows; ``loinc`` the panel code where there is one."""

    title: str
    panel: str
    loinc: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report."""

    layout: str
    language: str
    seed: int
    patient: Patient
    lab: Lab
    order: Order
    style: PrintStyle
    sections: tuple[Section, ...]


STATUS_WORDS = {
    "en": {"final": "Final", "preliminary": "Preliminary", "corrected": "Corrected"},
    "es": {"final": "Definitivo", "preliminary": "Provisional", "corrected": "Corregido"},
    "fr": {"final": "Définitif", "preliminary": "Provisoire", "corrected": "Corrigé"},
    "de": {"final": "Endbefund", "preliminary": "Vorläufiger Befund", "corrected": "Korrigierter Befund"},
    "it": {"final": "Definitivo", "preliminary": "Provvisorio", "corrected": "Corretto"},
    "pt": {"final": "Definitivo", "preliminary": "Provisório", "corrected": "Corrigido"},
}
SEX_WORDS = {
    "en": {"F": "Female", "M": "Male"},
    "es": {"F": "Mujer", "M": "Hombre"},
    "fr": {"F": "Féminin", "M": "Masculin"},
    "de": {"F": "weiblich", "M": "männlich"},
    "it": {"F": "Femmina", "M": "Maschio"},
    "pt": {"F": "Feminino", "M": "Masculino"},
}


def status_word(report: Report) -> str:
    """The printed word of the report's status."""
    return STATUS_WORDS[report.language][report.order.status]


def sex_word(report: Report) -> str:
    """The printed word of the patient's sex."""
    return SEX_WORDS[report.language].get(report.patient.sex, report.patient.sex)


def age(report: Report) -> int:
    """Whole years on the day of collection."""
    return report.patient.age_on(report.order.collected.date())
