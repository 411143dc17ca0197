"""review and the memory of layouts: a new laboratory is learned, a change is held, a person's word lets it go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from engine.domain.document import Document
from engine.domain.layout import Form, LayoutState
from engine.domain.outcome import Continue, ReleaseKind, plan_release
from engine.domain.reasons import reason
from engine.domain.report import LabReport
from engine.plugins.stages.review import PLUGIN, ReviewSettings
from engine.ports.stage import Stage, StageServices
from engine.ports.store import AuditEntry
from tests.contracts.store_kit import Recorder
from tests.support.dossiers import context, dossier_of, report, result
from tests.support.lab_messages import OBR, message
from tests.support.layout_book import Book

PAGE = Document(sha256="a" * 64, media_type="application/pdf", size_bytes=9)
USUAL = Form(kind="table", roles=("test", "result", "unit"), titles=("test", "result", "unit"), places=(0.0, 0.5, 1.0))
OTHER = replace(USUAL, roles=("test", "unit", "result"), titles=("test", "unit", "result"))


def gate(book: Book, observer: Recorder | None = None, **settings: object) -> Stage:
    services = StageServices(
        extractors={}, directories={}, fingerprints=None, observer=observer or Recorder(), layouts=book  # type: ignore[arg-type]  # review asks no fingerprints
    )  # fmt: skip
    built: Stage = PLUGIN.build(ReviewSettings(**settings), services)
    return built


async def passed(stage: Stage, form: Form, *, doubt: bool = False, minutes: int = 0) -> LabReport:
    read = replace(report(PAGE, result(1), result(2)), forms=(form,))
    if doubt:
        unsure = replace(result(1), review_reasons=(reason("value.ambiguous", field="results[r1].value"),))
        read = replace(report(PAGE, unsure, result(2)), forms=(form,))
    around = context(message(OBR))
    around = replace(around, now=around.now + timedelta(minutes=minutes))
    outcome = await stage.run(dossier_of(OBR, reports=(read,), documents=(PAGE,)), around)
    assert isinstance(outcome, Continue)
    found: LabReport = outcome.dossier.reports[0]
    held = [item.code for item in found.review_reasons] == ["layout.unknown"]
    assert (plan_release(outcome.dossier).kind in (ReleaseKind.ORIGINAL, ReleaseKind.NOTHING)) is held
    return found


async def known_lab(stage: Stage) -> None:
    for _ in range(5):
        assert not (await passed(stage, USUAL)).review_reasons


async def test_changed_layout_of_a_known_lab_waits() -> None:
    """After the learning another form is held with words, half the confidence and a log event, each time."""
    book, observer = Book(), Recorder()
    stage = gate(book, observer)
    await known_lab(stage)
    for _ in range(2):
        found = await passed(stage, OTHER)
        assert "changed its report on" in found.review_reasons[0].text
        assert "columns in another order" in found.review_reasons[0].text
        assert found.confidence < 0.6
    assert observer.events == ["review.layout_changed"] * 2
    assert book.states() == [(USUAL, LayoutState.LEARNED), (OTHER, LayoutState.HELD)]
    assert not (await passed(stage, USUAL)).review_reasons


async def test_confirmed_layout_passes_at_once() -> None:
    """A person's word counts for the very next document."""
    book = Book()
    stage = gate(book)
    await known_lab(stage)
    await passed(stage, OTHER)
    held = next(item for item in book.kept.values() if item.form == OTHER)
    await book.confirm(held.id, by="anna", audit=AuditEntry(action="layout.confirm"))
    assert not (await passed(stage, OTHER)).review_reasons


async def test_documents_with_doubts_teach_nothing() -> None:
    """Forms of a new laboratory that were read with doubts stay merely seen."""
    book = Book()
    stage = gate(book)
    for _ in range(9):
        await passed(stage, USUAL, doubt=True)
    assert book.states() == [(USUAL, LayoutState.SEEN)]
    await known_lab(stage)
    assert book.states() == [(USUAL, LayoutState.LEARNED)]


async def test_confirm_holds_the_first_document() -> None:
    """A channel may want to see a new laboratory before anything of it leaves."""
    book = Book()
    stage = gate(book, layouts="confirm")
    assert "is new" in (await passed(stage, USUAL)).review_reasons[0].text
    assert book.states() == [(USUAL, LayoutState.HELD)]


async def test_off_asks_nobody() -> None:
    """A channel may do without."""
    book = Book()
    await passed(gate(book, layouts="off"), USUAL)
    assert (book.asked, book.kept) == (0, {})


async def test_known_layouts_are_asked_for_once_a_minute() -> None:
    """The memory costs a busy channel next to nothing, and a forgotten layout counts within a minute."""
    book = Book()
    stage = gate(book)
    await known_lab(stage)
    await passed(stage, USUAL)
    before = book.asked
    await passed(stage, USUAL)
    assert book.asked == before
    book.kept.clear()
    await passed(stage, USUAL, minutes=2)
    assert book.asked == before + 1
