"""reconcile: message, page and directory together; whatever does not fit goes to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from engine.domain.document import Document
from engine.domain.dossier import Dossier, Gate
from engine.domain.frequency import Chances, Commonness
from engine.domain.order import Inbound, Order
from engine.domain.outcome import Continue, ReleaseKind, plan_release
from engine.domain.patient import Decision, Demographics, Identifier, PatientRecord
from engine.domain.reasons import reason
from engine.domain.report import LabReport, PrintedIdentifier, ReportPatient
from engine.plugins.stages.reconcile import Reconcile, ReconcileSettings
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable
from engine.ports.stage import StageRetry
from tests.support.dossiers import RECORD, context, dossier_of, report, result
from tests.support.lab_messages import OBR, PDF, ed, message

OTHER = PatientRecord(
    mrn="5000", assigning_authority="HOSP", family="Hart", given="Bob", birth_date="1950-01-02", sex="M"
)
ADA = ReportPatient(name="Ada Marlow", family="Marlow", given="Ada", birth_date="1968-05-12", sex="F")
PAGE = Document(sha256="a" * 64, media_type="application/pdf", size_bytes=9)


class _Directory:
    """Two patients, or no answer."""

    default_authority = "HOSP"

    def __init__(self, *records: PatientRecord, down: bool = False) -> None:
        self._records = records or (RECORD, OTHER)
        self._down = down

    async def candidates(self, _person: Demographics) -> Sequence[PatientRecord]:
        if self._down:
            raise DirectoryUnavailable
        return self._records

    async def close(self) -> None:
        """Nothing is held."""


class _Counting(_Directory):
    """The two, in a directory of 100,000 where what they are called is as common as told."""

    def __init__(self, shared: int) -> None:
        super().__init__()
        self._shared = shared

    async def commonness(self, _record: PatientRecord) -> Commonness | None:
        return Commonness(people=100_000, family=self._shared, given=self._shared, birth_date=self._shared)

    async def chances(self) -> Chances:
        return Chances(people=100_000, by_field={})


def _page(patient: ReportPatient, count: int = 1) -> LabReport:
    return replace(report(PAGE, result(1)), patient=patient, patient_count=count)


async def _run(dossier: Dossier, directory: _Directory | None = None, **settings: Any) -> Dossier:
    stage = Reconcile(ReconcileSettings(**settings), directory or _Directory())
    outcome = await stage.run(dossier, context(message(OBR)))
    assert isinstance(outcome, Continue)
    return outcome.dossier


def _codes(dossier: Dossier) -> list[str]:
    return [item.code for item in dossier.reasons]


def _said(*pages: LabReport, **person: object) -> Dossier:
    """A message about Ada, changed as told, with these pages."""
    made = dossier_of(OBR, ed(PDF), patient=None, reports=pages)
    assert made.inbound is not None
    changed = replace(made.inbound.patient, **person)  # type: ignore[arg-type]  # the caller's words
    return replace(made, inbound=replace(made.inbound, patient=changed))


async def test_all_three_agree() -> None:
    """A match without a reason; the number becomes a search key."""
    found = await _run(_said(_page(ADA)))
    assert _codes(found) == []
    assert found.patient is not None
    assert found.patient.decision is Decision.MATCH
    assert found.metadata["patient_mrn"] == "4711"


@pytest.mark.parametrize(
    "page",
    [
        replace(ADA, name="Eva Marlow"),
        replace(ADA, name="Bob Hart", birth_date="1950-01-02", sex="M"),
        replace(ADA, birth_date="1968-05-13"),
        replace(ADA, sex="M"),
        replace(ADA, identifiers=(PrintedIdentifier(value="5000", type="MR"),)),
    ],
)
async def test_message_says_a_and_page_says_b(page: ReportPatient) -> None:
    """Another name, date, sex, or the hospital number of another patient: a person decides."""
    assert set(_codes(await _run(_said(_page(page))))) == {"patient.conflict"}


async def test_the_second_page_counts_too() -> None:
    """Two documents of which one is somebody else's."""
    assert _codes(await _run(_said(_page(ADA), _page(replace(ADA, name="Bob Hart"))))) == ["patient.conflict"]


async def test_a_number_of_the_lab_is_nobodys() -> None:
    """A printed number that the directory does not know speaks against no one."""
    page = replace(ADA, identifiers=(PrintedIdentifier(value="L-900", type="MR"),))
    assert _codes(await _run(_said(_page(page)))) == []


async def test_a_page_of_two_patients_is_held() -> None:
    """Also when the extractor only counted them."""
    assert _codes(await _run(_said(_page(ADA, count=2)))) == ["patient.two_in_document"]


async def test_the_page_fills_what_the_message_leaves_out() -> None:
    """A bare number is confirmed by the page's name and birth date; without a page nothing confirms it."""
    bare = {"family": "", "given": "", "birth_date": "", "sex": ""}
    assert _codes(await _run(_said(_page(ADA), **bare))) == []
    assert _codes(await _run(_said(**bare))) == ["patient.ambiguous"]
    somebody = replace(ADA, name="Bob Hart", family="Hart", given="Bob", birth_date="1950-01-02", sex="M")
    assert "patient.conflict" in _codes(await _run(_said(_page(somebody), **bare)))


async def test_a_bare_upload_is_matched_by_its_page() -> None:
    """No message: number and demographics of the page; a stranger's page stays with a person."""
    upload = Dossier(inbound=Inbound(kind="DOCUMENT", orders=(Order(),)), reports=(_page(ADA),))
    assert _codes(await _run(upload)) == []
    stranger = replace(
        upload, reports=(_page(ReportPatient(name="Jo Doe", family="Doe", given="Jo", birth_date="1999-01-01")),)
    )
    assert _codes(await _run(stranger)) == ["patient.unknown"]
    assert _codes(await _run(replace(upload, reports=()))) == ["patient.unknown"]


@pytest.mark.parametrize(
    ("died", "codes"), [("2026-02-28", ["patient.deceased"]), ("2026-03-01", []), ("2026-03-09", [])]
)
async def test_a_specimen_taken_after_death(died: str, codes: list[str]) -> None:
    """Collected on a later day than the death is held."""
    directory = _Directory(replace(RECORD, deceased_date=died))
    assert _codes(await _run(_said(_page(ADA)), directory)) == codes


async def test_without_an_answer_the_message_waits() -> None:
    """The directory is down: try again later, guess nothing."""
    with pytest.raises(StageRetry):
        await _run(_said(_page(ADA)), _Directory(down=True))


async def test_without_an_answer_a_person_may_decide_at_once() -> None:
    """`on_unavailable: review` holds the message for a person; nobody is guessed, page against message still tells."""
    other = replace(ADA, name="Bob Hart", family="Hart", given="Bob", birth_date="1950-01-02", sex="M")
    found = await _run(_said(_page(other)), _Directory(down=True), on_unavailable="review")
    assert _codes(found) == ["directory.unavailable", "patient.conflict"]
    assert found.patient is not None
    assert (found.patient.decision, found.patient.record) == (Decision.REVIEW, None)
    assert plan_release(found).kind is ReleaseKind.NOTHING


async def test_the_number_of_a_merged_record_goes_to_a_person() -> None:
    """On the message or on the page: whom the merge left over is shown, and a person decides."""
    old = replace(RECORD, mrn="0815", merged_into="4711")
    directory = _Directory(RECORD, old)
    found = await _run(_said(identifiers=(Identifier(value="0815", authority="HOSP", type="MR"),)), directory)
    assert _codes(found) == ["patient.merged"]
    assert found.patient is not None
    assert found.patient.record == RECORD
    assert plan_release(found).kind is ReleaseKind.NOTHING
    page = replace(ADA, identifiers=(PrintedIdentifier(value="0815", type="MR"),))
    assert _codes(await _run(_said(_page(page)), directory)) == ["patient.conflict"]


@pytest.mark.parametrize(
    "code",
    ["patient.two_in_message", "patient.two_in_document", "patient.deceased", "patient.conflict", "patient.merged"],
)
async def test_nothing_leaves_while_the_patient_is_doubtful(code: str) -> None:
    """A certain match beside such a reason releases nothing, whatever the channel wishes."""
    found = await _run(_said(_page(ADA)))
    held = replace(found, reasons=(reason(code),), gate=Gate(on_partial="send_all"))
    assert plan_release(found).kind is ReleaseKind.ALL
    assert plan_release(held).kind is ReleaseKind.NOTHING


class _HalfDirectory(_Directory):
    """Shows its patients and says that there may be more: to every question, or to those for a number alone."""

    def __init__(self, *records: PatientRecord, numbers_only: bool = False) -> None:
        super().__init__(*records)
        self._numbers_only = numbers_only

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        found = await super().candidates(person)
        if self._numbers_only and person.family:
            return found
        raise DirectoryIncomplete(found)


@pytest.mark.parametrize("on_unavailable", ["wait", "review"])
async def test_what_may_lack_somebody_is_a_persons_decision(on_unavailable: str) -> None:
    """A directory that does not show everybody: no waiting, no match, and the best of what it showed as candidate."""
    found = await _run(_said(_page(ADA)), _HalfDirectory(), on_unavailable=on_unavailable)
    assert _codes(found) == ["directory.incomplete"]
    assert found.patient is not None
    assert (found.patient.decision, found.patient.record) == (Decision.REVIEW, RECORD)
    assert "patient_mrn" not in found.metadata


async def test_a_printed_number_that_may_be_anybodys_is_held() -> None:
    """The number on the page cannot be looked up for certain: a person decides although the rest agrees."""
    page = replace(ADA, identifiers=(PrintedIdentifier(value="L-900", type="MR"),))
    found = await _run(_said(_page(page)), _HalfDirectory(numbers_only=True))
    assert _codes(found) == ["directory.incomplete"]


@pytest.mark.parametrize(("shared", "decision"), [(5, Decision.MATCH), (8_000, Decision.REVIEW)])
async def test_a_name_and_birth_date_of_thousands_are_not_enough(shared: int, decision: Decision) -> None:
    """Without a number; the evidence that is kept says what each field weighed in this directory."""
    found = await _run(_said(identifiers=()), _Counting(shared))
    assert found.patient is not None
    assert found.patient.decision is decision
    family = next(item for item in found.patient.evidence if item.field == "family")
    assert (family.weight > 8.0) is (decision is Decision.MATCH)


async def test_own_figures_weigh_in() -> None:
    """A birth date said to agree by chance in one of three is no proof; with the built-in figures it is."""
    weights = {"birth_date": {"m": 0.9, "u": 0.3}}
    assert "patient.ambiguous" in _codes(await _run(_said(identifiers=()), weights=weights))
    assert _codes(await _run(_said(identifiers=()))) == []
