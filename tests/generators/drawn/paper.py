"""Drawing a report by the habits of its laboratory."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial

from tests.generators.content import Report, Row, Section, sex_word
from tests.generators.drawn.habits import Column, Habits
from tests.generators.drawn.words import LABELS, METHODS, PAGE_WORDS, REMARKS, SECTION_WORDS
from tests.generators.sheet import Sheet

_MARGIN = 40.0
_WIDEST = 150.0
_GAP = 9.0
_DAY = {"en": "%d %b %Y", "de": "%d.%m.%Y"}


def _told(day: object, language: str, *, hours: bool = False) -> str:
    return f"{day:{_DAY.get(language, '%d/%m/%Y')}{' %H:%M' if hours else ''}}"


def cells(row: Row, habits: Habits) -> dict[str, str]:
    """The texts of a row by fact."""
    value = row.value
    if habits.unit_at == "value" and row.unit:
        value = f"{value} {row.unit}"
    if row.flag and habits.flag_at in ("after", "before"):
        value = f"{value} {row.flag}" if habits.flag_at == "after" else f"{row.flag} {value}"
    in_name = habits.unit_at == "name" and row.unit and not row.name.endswith(row.unit)
    name = f"{row.name} ({row.unit})" if in_name else row.name
    reference = f"{row.reference} {row.unit}".strip() if habits.unit_at == "range" else row.reference
    former = (*row.previous, "", "")
    return {
        "name": name, "value": value, "flag": row.flag if habits.flag_at == "own" else "", "unit": row.unit, "range": reference,
        "previous": former[0], "before": former[1], "method": METHODS[len(row.name) % len(METHODS)], "place": "01",
    }  # fmt: skip


@dataclass(slots=True)
class _Table:
    """Where the columns of one report stand; ``x`` the point each is aligned to, by place in ``habits.columns``."""

    sheet: Sheet
    report: Report
    habits: Habits
    left: float
    right: float
    size: float
    heads: tuple[tuple[str, ...], ...] = ()
    x: list[float] = field(default_factory=list)
    room: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        days = {"previous": 0, "before": 1}
        self.heads = tuple(
            (_told(self.report.order.history[days[column.fact]], self.habits.language),)
            if self.habits.days and column.fact in days
            else column.heads
            for column in self.habits.columns
        )
        if self.habits.days:
            today = _told(self.report.order.collected, self.habits.language)
            self.heads = tuple(
                (today,) if column.fact == "value" else head
                for column, head in zip(self.habits.columns, self.heads, strict=True)
            )
        self._spread()

    def _width(self, place: int, column: Column) -> float:
        heads = [self.sheet.measure(head, self.size, "B", font=self.habits.face) for head in self.heads[place]]
        texts = [
            self.sheet.measure(cells(row, self.habits)[column.fact], self.size, "B", font=self.habits.face)
            for section in self.report.sections
            for row in section.rows
        ]
        most = self.habits.name_room if column.fact == "name" else _WIDEST
        return max(*heads, min(max(texts), most), 8)

    def _spread(self) -> None:
        """Give each column its width; shrink the print until all have room."""
        while True:
            wide = [self._width(place, column) for place, column in enumerate(self.habits.columns)]
            spare = self.right - self.left - sum(wide)
            if spare >= _GAP * (len(wide) - 1) or self.size < 5.5:
                break
            self.size -= 0.5
        gap = max(4.0, min(spare / max(1, len(wide) - 1), 60))
        x = self.left
        for column, width in zip(self.habits.columns, wide, strict=True):
            self.x.append(x + {"L": 0, "C": width / 2, "R": width}[column.align])
            self.room.append(width)
            x += width + gap

    def head(self, y: float) -> float:
        """The words over the columns; returns the height they took."""
        tall = max(len(lines) for lines in self.heads)
        for place, (column, lines) in enumerate(zip(self.habits.columns, self.heads, strict=True)):
            start = self.x[place] - {"L": 0, "C": self.room[place] / 2, "R": self.room[place]}[column.align]
            x = start + {"L": 0, "C": self.room[place] / 2, "R": self.room[place]}[column.head_align]
            for number, line in enumerate(lines):
                self.sheet.text(
                    x, y + number * self.habits.step, line, self.size, "B", align=column.head_align, font=self.habits.face
                )  # fmt: skip
        if self.habits.rules in ("heads", "grid"):
            at = y + (tall - 1) * self.habits.step + 3
            self.sheet.rule(self.left, at, self.right, at, 0.7)
        return tall * self.habits.step + 4

    def lines(self, row: Row) -> list[list[str]]:
        """The lines of each column."""
        texts = cells(row, self.habits)
        return [
            self._broken(texts[column.fact], self.room[place]) if texts[column.fact] else []
            for place, column in enumerate(self.habits.columns)
        ]

    def _broken(self, text: str, room: float) -> list[str]:
        self.sheet.face(self.habits.face)
        return self.sheet.wrap(text, room + 0.5, self.size, "B")

    def height(self, row: Row) -> float:
        """Height of a row with what stands under it."""
        under = bool(self.habits.range_under and row.reference) + self.habits.method_under
        return (max(map(len, self.lines(row))) + under) * self.habits.step

    def row(self, row: Row, y: float) -> None:
        """Print a row."""
        self.sheet.mark(row)
        lines = self.lines(row)
        name = next(place for place, column in enumerate(self.habits.columns) if column.fact == "name")
        drop = (len(lines[name]) - 1) * self.habits.step if self.habits.low else 0
        for place, column in enumerate(self.habits.columns):
            bold = "B" if column.fact == "value" and row.flag else ""
            for number, line in enumerate(lines[place]):
                at = y + number * self.habits.step + (drop if place != name else 0)
                self.sheet.text(self.x[place], at, line, self.size, bold, align=column.align, font=self.habits.face)
        below = y + max(map(len, lines)) * self.habits.step
        if self.habits.range_under and row.reference:
            self.sheet.text(self.x[name] + 8, below, f"Ref.: {row.reference}", self.size - 0.5, font=self.habits.face)
            below += self.habits.step
        if self.habits.method_under:
            self.sheet.text(
                self.x[name] + 8, below, METHODS[len(row.name) % len(METHODS)], self.size - 1, "I", font=self.habits.face
            )  # fmt: skip
            below += self.habits.step
        if self.habits.rules in ("rows", "grid"):
            at = below - self.habits.step + 2.5
            self.sheet.rule(self.left, at, self.right, at, 0.3, (150, 150, 150))


@dataclass(slots=True)
class _Press:
    """Pages of one report while they are printed; ``y`` of each side of the paper."""

    sheet: Sheet
    report: Report
    habits: Habits
    dice: random.Random
    sides: list[_Table] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def facts(self) -> list[tuple[str, str]]:
        """The facts of the head with their labels."""
        who, order, language = self.report.patient, self.report.order, self.habits.language
        word = {key: self.dice.choice(texts) for key, texts in LABELS[language].items()}
        told = partial(_told, language=language, hours=True)
        name = (
            [(word["family"], who.family), (word["given"], who.given)]
            if self.habits.named_apart
            else [(word["patient"], f"{who.family}, {who.given}")]
        )
        return [
            *name, (word["birth"], _told(who.birth_date, language)), (word["sex"], sex_word(self.report)), (word["mrn"], who.mrn), (word["doctor"], order.provider),
            (word["accession"], order.accession), (word["collected"], told(order.collected)), (word["received"], told(order.received)), (word["reported"], told(order.reported)),
        ]  # fmt: skip

    def open(self, facts: list[tuple[str, str]]) -> None:
        """Begin a page."""
        sheet, lab = self.sheet, self.report.lab
        sheet.page()
        sheet.face(self.habits.face)
        size = min(self.habits.size, 8.5)
        sheet.text(_MARGIN, 36, lab.name, 12, "B")
        sheet.text(_MARGIN, 47, f"{', '.join(lab.lines)}  Tel. {lab.phone}", 7.5)
        page, of = PAGE_WORDS[self.habits.language]
        sheet.text(sheet.width - _MARGIN, 36, f"{page} {sheet.pages} {of} {{nb}}", 8, align="R")
        sheet.text(_MARGIN, sheet.height - 24, f"{lab.director} - {lab.software} - ISO 15189", 7)
        y = self._print_facts(facts, 66, size)
        sheet.rule(_MARGIN, y - size + 1, sheet.width - _MARGIN, y - size + 1, 0.6)
        y += 10
        if self.habits.heads_at == "page" or (self.habits.heads_at == "once" and sheet.pages == 1):
            y += max(side.head(y) for side in self.sides)
        self.y = [y] * len(self.sides)

    def _print_facts(self, facts: list[tuple[str, str]], y: float, size: float) -> float:
        sheet, half = self.sheet, (len(facts) + 1) // 2
        step = size * (2.6 if self.habits.facts == "above" else 1.45)
        for side, part in enumerate((facts[:half], facts[half:])):
            x = _MARGIN + side * (sheet.width - 2 * _MARGIN) / 2
            room = max(sheet.measure(label, size) for label, _ in part)
            for number, (label, text) in enumerate(part):
                at = y + number * step
                if self.habits.facts == "colon":
                    sheet.text(x, at, f"{label}: {text}", size)
                elif self.habits.facts == "columns":
                    sheet.text(x, at, label, size, "B")
                    sheet.text(x + room + 12, at, text, size)
                else:
                    sheet.text(x, at, label, size - 1.5)
                    sheet.text(x, at + size + 1, text, size, "B")
        return y + half * step

    def section(self, section: Section, side: int, facts: list[tuple[str, str]]) -> None:
        """Print a section on one side."""
        habits, table = self.habits, self.sides[side]
        self._need(side, 5 * habits.step, facts)
        if habits.sections:
            self.sheet.text(table.left, self.y[side], section.title, table.size + 1, "B", font=habits.face)
            if not habits.twin and len(section.title) % 3 == 0:
                told = f"{SECTION_WORDS[habits.language]}: {self._specimen(section)}"
                self.sheet.text(table.right, self.y[side], told, table.size - 0.5, align="R", font=habits.face)
            self.y[side] += habits.step + 2
        if habits.heads_at == "section":
            self.y[side] += table.head(self.y[side])
        for row in section.rows:
            self._need(side, table.height(row), facts)
            table.row(row, self.y[side])
            self.y[side] += table.height(row)
        self.y[side] += habits.step
        if habits.remarks and self.dice.random() < 0.5:
            self._need(side, habits.step * 2, facts)
            said = self.dice.choice(REMARKS[habits.language])
            self.sheet.text(table.left, self.y[side] - habits.step / 2, said, table.size - 0.5, "I", font=habits.face)
            self.y[side] += habits.step

    def _specimen(self, section: Section) -> str:
        urine = section.panel.startswith("urine")
        words = {
            "en": ("Urine", "Blood"), "es": ("Orina", "Sangre"), "fr": ("Urine", "Sang"), "de": ("Urin", "Blut"), "it": ("Urina", "Sangue"), "pt": ("Urina", "Sangue"),
        }  # fmt: skip
        return words[self.habits.language][0 if urine else 1]

    def _need(self, side: int, height: float, facts: list[tuple[str, str]]) -> None:
        if self.y[side] + height > self.sheet.height - 40:
            self.open(facts)


def draw(habits: Habits, sheet: Sheet, report: Report) -> None:
    """Draw a report."""
    press = _Press(sheet, report, habits, random.Random(f"press:{report.layout}:{report.seed}"))
    right = sheet.width - _MARGIN
    edges = [(_MARGIN, right)]
    if habits.twin:
        middle = sheet.width / 2
        edges = [(_MARGIN, middle - 12), (middle + 12, right)]
    press.sides = [_Table(sheet, report, habits, left, end, habits.size) for left, end in edges]
    facts = press.facts()
    press.open(facts)
    for number, section in enumerate(report.sections):
        press.section(section, number % len(edges), facts)
