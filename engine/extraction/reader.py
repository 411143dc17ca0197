"""Pages of words to a `LabReport`: the one entrance of the local extractor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.documents.pages import OpenedPages, Page, PageSource, Turn, turned_box
from engine.domain.reasons import Holds, Reason, merge, reason
from engine.domain.report import LabReport, ReadDocument, ReportHeader, ReportPatient, Result, Section, UnreadLine
from engine.extraction.codes import Matcher
from engine.extraction.columns import find_tables
from engine.extraction.conditions import Person
from engine.extraction.dates import order_by_span, order_by_words, vote_order
from engine.extraction.draft import Draft
from engine.extraction.entries import with_entries
from engine.extraction.folding import fold
from engine.extraction.forms import forms_of
from engine.extraction.grades import with_grades
from engine.extraction.grammar import Grammar
from engine.extraction.header import Header, read_header
from engine.extraction.labels import Labelled, labelled_values
from engine.extraction.layout import Line, lines_of
from engine.extraction.leftover import with_leftovers
from engine.extraction.letters import letter_values
from engine.extraction.numbers import take_vote
from engine.extraction.packs.model import Language, Packs
from engine.extraction.reading import Context
from engine.extraction.results import make_results
from engine.extraction.sides import doubt_sides
from engine.extraction.walk import Walk

ENGINE = "local-0.1"
_DEFAULT_LANGUAGE = "en"
_MOST_TEXTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHints:
    """What the caller knows: `language` a pack's code or `auto`; `expected_sex` F or M where the message names it."""

    language: str = "auto"
    expected_sex: str = ""


_NO_HINTS = ReadHints()


@dataclass(slots=True)
class Memory:
    """What texts of earlier documents were found to be; it saves time and changes no reading.

    It belongs to one set of packs and one caller at a time, and forgets everything once it knows many texts.
    """

    packs: Packs
    matchers: dict[str, Matcher] = field(default_factory=dict)
    grammars: dict[str, Grammar] = field(default_factory=dict)

    def tools(self, language: Language) -> tuple[Grammar, Matcher]:
        """The grammar of a language and the matcher of names in it."""
        matcher = self.matchers.get(language.code)
        if matcher is None or len(matcher.known) + len(matcher.seen) > _MOST_TEXTS:
            matcher = self.matchers[language.code] = Matcher(self.packs, language.code)
        grammar = self.grammars.get(language.code)
        if grammar is None or len(grammar.kinds) + len(grammar.spans) > _MOST_TEXTS:
            grammar = self.grammars[language.code] = Grammar(self.packs, language)
        return grammar, matcher


def read_report(
    opened: OpenedPages, packs: Packs, *, sha256: str, hints: ReadHints = _NO_HINTS, memory: Memory | None = None
) -> LabReport:
    """Read the results of an opened document.

    Nothing is guessed silently: what is doubtful carries a reason (`engine.domain.reasons`), unknown tests stay
    uncoded, pages that could not be read are listed.

    Args:
        opened: pages of words, or the reason there are none.
        packs: units, analytes and languages.
        sha256: hex digest of the document, for the report.
        hints: what the message says of language and patient.
        memory: of earlier documents read with the same packs; None to begin with nothing.
    """
    pages = [(page, lines_of(page)) for page in opened.pages if not page.failed]
    lines = [line for _, own in pages for line in own]
    texts = [line.text for line in lines]
    language = _language(lines, packs, hints.language)
    found = [item for page, own in pages for item in _labelled(page, own, language)]
    order = vote_order(texts) or _order_by_times(found, language) or order_by_words(texts, language)
    found += letter_values(lines, found, language, order)
    header = _header(pages, found, language, order)
    grammar, matcher = (memory or Memory(packs)).tools(language)
    walk = _walked(pages, Walk(grammar, matcher, order))
    person = Person(hints.expected_sex or header.patient.sex, age_of(header.patient, header.times))
    context = Context(
        grammar=grammar, matcher=matcher, vote=take_vote(texts), person=person, status=header.times.status, order=order
    )
    read = with_leftovers(pages, walk)
    made, unread = _as_it_lies(make_results(read.drafts, context), opened), _lying(read.unread, opened)
    results, further = with_entries(made, opened.entries, texts, packs)
    reasons = merge(_partial(opened, unread), _reasons(opened, header, [*results, *further], texts, language))
    return _judged(
        LabReport(
            document=_document(opened, sha256, language),
            patient=header.patient,
            patient_count=header.patient_count,
            lab=header.lab,
            report=_collected(header.times, walk.dated),
            sections=_sections(read.drafts, results, further),
            engine=ENGINE,
            review_reasons=reasons,
            pages_failed=tuple(page.number for page in opened.pages if page.failed),
            warnings=opened.notes,
            packs=dict(packs.versions),
            forms=forms_of(walk.tables.items(), walk.drafts),
            unread=unread,
        )
    )


def _walked(pages: Sequence[tuple[Page, Sequence[Line]]], walk: Walk) -> Walk:
    for page, lines in pages:
        walk.page(lines, page.source.value)
    with_grades(walk.drafts, walk.grammar.language.qualitative)
    doubt_sides(walk.drafts)
    return walk


def _language(lines: Sequence[Line], packs: Packs, wanted: str) -> Language:
    if wanted in packs.languages:
        return packs.languages[wanted]
    return vote_language(lines, packs)


def vote_language(lines: Sequence[Line], packs: Packs) -> Language:
    """The language that most words, whole cells and letters of the document speak for; English when none does."""
    tokens = Counter(token for line in lines for token in line.tokens)
    tokens.update(cell.folded for line in lines for cell in line.cells if " " in cell.folded)
    letters = Counter(char for line in lines if not line.text.isascii() for char in line.text.lower())
    best, most = packs.languages[_DEFAULT_LANGUAGE], 0
    for language in packs.languages.values():
        score = sum(
            min(count, 3) * (2 if word in language.words else 1)
            for word, count in tokens.items()
            if word in language.vocabulary
        )
        score += sum(min(letters[char], 3) for char in language.letters)
        if score > most:
            best, most = language, score
    return best


def _labelled(page: Page, lines: Sequence[Line], language: Language) -> list[Labelled]:
    return labelled_values(lines, language, recognised=page.source is PageSource.OCR)


def _order_by_times(found: Sequence[Labelled], language: Language) -> str:
    """The date order by the times of the report: a specimen is reported within days of its collection."""
    taken = [item.text for key in ("collected", "received") for item in found if item.key == key and item.words]
    told = [item.text for key in ("reported", "printed") for item in found if item.key == key and item.words]
    return order_by_span(taken, told, language)


def _header(
    pages: Sequence[tuple[Page, Sequence[Line]]], found: Sequence[Labelled], language: Language, order: str
) -> Header:
    top: list[Line] = []
    if pages:
        for line in pages[0][1]:
            if find_tables(line, language, order):
                break
            top.append(line)
    lines = [line for _, page_lines in pages for line in page_lines]
    return read_header(found, lines, top, language, order)


def _as_it_lies(results: Sequence[Result], opened: OpenedPages) -> list[Result]:
    """The results with their boxes where they are on the pages as sent, for pages that were turned to be read."""
    backs = {page.number: page.back for page in opened.pages if page.back is not None}
    return [_turned(item, backs) for item in results] if backs else list(results)


def _turned(item: Result, backs: Mapping[int, Turn]) -> Result:
    told = item.provenance
    back = backs.get(told.page) if told else None
    if told is None or back is None:
        return item
    fields = {name: turned_box(box, back) for name, box in told.fields.items()}
    return replace(item, provenance=replace(told, box=turned_box(told.box, back), fields=fields))


def _lying(unread: Sequence[UnreadLine], opened: OpenedPages) -> tuple[UnreadLine, ...]:
    """The unread lines with their boxes on the pages as sent."""
    backs = {page.number: page.back for page in opened.pages if page.back is not None}
    return tuple(
        replace(item, box=turned_box(item.box, backs[item.page])) if item.page in backs else item for item in unread
    )


def _collected(times: ReportHeader, dated: Collection[str]) -> ReportHeader:
    """The day over the column of results is the day of collection, where nothing else tells it."""
    days = {day for day in dated if day}
    return replace(times, collected_at=days.pop()) if not times.collected_at and len(days) == 1 else times


def age_of(patient: ReportPatient, times: ReportHeader) -> int | None:
    """The patient's age in whole years on the day of collection (or report), None when a date is missing or odd."""
    days = (times.collected_at or times.received_at or times.reported_at)[:10].split("-")
    born = patient.birth_date.split("-")
    if len(days) != 3 or len(born) != 3 or not all(part.isdigit() for part in (*days, *born)):
        return None
    day, birth = tuple(map(int, days)), tuple(map(int, born))
    age = day[0] - birth[0] - (day[1:] < birth[1:])
    return age if 0 <= age <= 130 else None


def _sections(drafts: Sequence[Draft], results: Sequence[Result], further: Sequence[Result]) -> tuple[Section, ...]:
    """Neighbouring results under one heading, then those that only entries bring."""
    out: list[tuple[str, list[Result]]] = []
    for draft, result in zip(drafts, results, strict=True):
        if not out or out[-1][0] != draft.section:
            out.append((draft.section, []))
        out[-1][1].append(result)
    if further:
        out.append(("", list(further)))
    return tuple(Section(name=name, results=tuple(items)) for name, items in out)


def _reasons(
    opened: OpenedPages, header: Header, results: Sequence[Result], texts: Sequence[str], language: Language
) -> tuple[Reason, ...]:
    out: list[Reason] = []
    if opened.reason_code:
        out.append(reason(opened.reason_code))
    failed = [page for page in opened.pages if page.failed]
    if header.patient_count > 1:
        out.append(reason("patient.two_in_document", "", "patient"))
    readable = len(failed) < len(opened.pages)
    if not results and readable:
        code = "extraction.no_results" if looks_like_report(texts, language) else "document.not_a_report"
        out.append(reason(code))
    elif not results and not opened.reason_code:
        out.append(reason("document.unreadable", "No page holds readable text."))
    return merge(out)


def _partial(opened: OpenedPages, unread: Sequence[UnreadLine]) -> list[Reason]:
    """What was not read: pages, and lines that may hold results."""
    told = [f"Page {page.number}: {page.failed}." for page in opened.pages if page.failed]
    for number, lines in sorted(Counter(item.page for item in unread).items()):
        what = "1 line looks like a result and was" if lines == 1 else f"{lines} lines look like results and were"
        told.append(f"Page {number}: {what} not read.")
    return [reason("extraction.partial", " ".join(told))] if told else []


def looks_like_report(texts: Sequence[str], language: Language) -> bool:
    """Whether a text speaks of laboratory work: at least three of the language's report words."""
    folded = f" {' '.join(fold(text) for text in texts)} "
    return sum(1 for word in language.report_words if f" {word} " in folded) >= 3


def _document(opened: OpenedPages, sha256: str, language: Language) -> ReadDocument:
    return ReadDocument(
        sha256=sha256,
        media_type=opened.media_type,
        pages=opened.page_count,
        language=language.code,
        text_layer=tuple(page.source in (PageSource.PDF_TEXT, PageSource.TEXT) for page in opened.pages),
    )


def _judged(report: LabReport) -> LabReport:
    """The report with its mean confidence and whether anything in it waits for a person."""
    confidences = [result.confidence for result in report.results]
    mean = round(sum(confidences) / len(confidences), 3) if confidences else 0.0
    held = any(item.holds >= Holds.RESULT for item in report.all_reasons)
    return replace(report, confidence=mean, needs_review=held)
