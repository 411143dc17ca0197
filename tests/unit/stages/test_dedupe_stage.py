"""The same report is recognised under any control id; a new version never is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from engine.domain.dossier import Dossier
from engine.domain.message import MessageId, MessageState
from engine.domain.outcome import Continue, Duplicate, Outcome
from engine.mapping import versions_out
from engine.plugins.stages.dedupe import Dedupe
from engine.ports.store import Fingerprint, FingerprintOwner
from tests.support.dossiers import context, dossier_of, report, result
from tests.support.intake_fakes import RecordingObserver
from tests.support.lab_messages import NUMBER, OBR, PDF, TIFF, ed, message


class _Known:
    """Fingerprints of one earlier message."""

    def __init__(self, state: MessageState = MessageState.DELIVERED, channel: str = "") -> None:
        self.channel = channel
        self.prints: set[Fingerprint] = set()
        self.state = state
        self.detail = "{}"

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        return [
            FingerprintOwner(
                fingerprint=item,
                message_id=MessageId("M0"),
                state=self.state,
                detail=self.detail,
                channel=self.channel,
            )
            for item in self.prints
            if any(asked.asks_for(item) for asked in fingerprints)
        ]


async def _after(
    first: Dossier, second: Dossier, state: MessageState = MessageState.DELIVERED, channel: str = ""
) -> Outcome:
    """What dedupe says of the second when the first was here."""
    known = _Known(state, channel)
    stage = Dedupe(known, RecordingObserver())
    seen = await stage.run(first, context(message(OBR), 0))
    assert isinstance(seen, Continue)
    known.prints = {Fingerprint(kind=kind, value=value) for kind, value in seen.dossier.fingerprints}
    assert known.prints
    known.detail = versions_out.dumps(seen.dossier.versions)
    return await stage.run(second, context(message(OBR), 2))


def _codes(outcome: Outcome) -> list[str]:
    return [item.code for item in outcome.dossier.reasons]


def _read(*lines: str, values: str = "105", status: str = "", **changes: object) -> Dossier:
    """A message with documents, each read."""
    made = dossier_of(*lines)
    read = (report(item, result(1, values, **changes), status=status) for item in made.documents)
    return replace(made, reports=tuple(read))


def _status(status: str) -> str:
    return f"{OBR[:-1]}{status}"


@pytest.mark.parametrize("lines", [(OBR, NUMBER), (OBR, ed(PDF)), (OBR, NUMBER, ed(PDF, 2))])
async def test_the_same_content_is_a_duplicate(lines: tuple[str, ...]) -> None:
    """Discrete results, a document, or both, once more: linked to the first."""
    outcome = await _after(_read(*lines), _read(*lines))
    assert isinstance(outcome, Duplicate)
    assert outcome.duplicate_of == "M0"


@pytest.mark.parametrize("lines", [(NUMBER,), (ed(PDF),)])
@pytest.mark.parametrize(("before", "after"), [("P", "F"), ("F", "C"), ("P", "C")])
async def test_a_new_status_is_never_a_duplicate(lines: tuple[str, ...], before: str, after: str) -> None:
    """The same values as preliminary, final and corrected are three versions, wherever the status is told."""
    outcome = await _after(_read(_status(before), *lines), _read(_status(after), *lines))
    assert isinstance(outcome, Continue)
    assert _codes(outcome) == []


@pytest.mark.parametrize("lines", [(NUMBER,), (ed(PDF),)])
@pytest.mark.parametrize(("before", "after"), [("F", "P"), ("C", "F"), ("C", "P")])
async def test_an_earlier_status_that_comes_later_goes_to_a_person(
    lines: tuple[str, ...], before: str, after: str
) -> None:
    """With equal times the status tells the age: the preliminary result never goes out behind the final one."""
    outcome = await _after(_read(_status(before), *lines), _read(_status(after), *lines))
    assert isinstance(outcome, Continue)
    assert _codes(outcome) == ["version.stale"]
    assert "M0" in outcome.dossier.reasons[0].text


async def test_a_status_on_the_page_counts_too() -> None:
    """Another file that calls itself corrected is a new version."""
    outcome = await _after(_read(OBR, ed(PDF), status="F"), _read(OBR, ed(TIFF), status="C", values="99"))
    assert _codes(outcome) == []


async def test_another_file_of_the_same_report_is_a_duplicate() -> None:
    """The same lab, accession, tests and values in other bytes say nothing new."""
    assert isinstance(await _after(_read(OBR, ed(PDF)), _read(OBR, ed(TIFF))), Duplicate)


@pytest.mark.parametrize(
    "changes", [{"values": "99"}, {"unit": "mmol/L"}, {"flag": "H"}, {"comments": ("haemolytic",)}]
)
async def test_the_same_report_with_other_words_is_a_conflict(changes: dict[str, object]) -> None:
    """One identity, two statements, no new status: a person decides."""
    outcome = await _after(_read(OBR, ed(PDF)), _read(OBR, ed(TIFF), **changes))  # type: ignore[arg-type]
    assert isinstance(outcome, Continue)
    assert _codes(outcome) == ["duplicate.conflict"]


async def test_a_second_document_is_not_lost_behind_a_known_one() -> None:
    """Two documents of which one is new go on."""
    second = _read(OBR, ed(PDF), ed(TIFF, 2))
    other = report(second.documents[1], result(1), accession="A-78")
    second = replace(second, reports=(second.reports[0], other))
    assert isinstance(await _after(_read(OBR, ed(PDF)), second), Continue)


async def test_an_unread_document_beside_a_known_report_goes_on() -> None:
    """A new file nobody could read is new, whatever else came with it."""
    second = _read(OBR, ed(PDF), ed(TIFF, 2))
    assert isinstance(await _after(_read(OBR, ed(PDF)), replace(second, reports=second.reports[:1])), Continue)


async def test_a_document_added_to_known_results_goes_on() -> None:
    """The discrete results came before, their PDF did not."""
    assert isinstance(await _after(_read(OBR, NUMBER), _read(OBR, NUMBER, ed(PDF, 2))), Continue)


@pytest.mark.parametrize(
    "place", [(NUMBER, "NTE|1|L|Called."), ("NTE|1|L|Called.", NUMBER), ("NTE|1|L|Called.", ed(PDF))]
)
async def test_a_new_remark_is_new(place: tuple[str, ...]) -> None:
    """The same content with a note added is not dropped."""
    bare = [line for line in place if not line.startswith("NTE")]
    assert isinstance(await _after(dossier_of(OBR, *bare), dossier_of(OBR, *place)), Continue)


async def test_set_ids_are_no_content() -> None:
    """Renumbered OBX are the same results."""
    assert isinstance(await _after(_read(OBR, NUMBER), _read(OBR, NUMBER.replace("OBX|1", "OBX|7"))), Duplicate)


@pytest.mark.parametrize("state", [MessageState.WITHDRAWN, MessageState.FILTERED])
async def test_an_owner_that_is_gone_does_not_count(state: MessageState) -> None:
    """What a person withdrew may come again."""
    assert isinstance(await _after(_read(OBR, NUMBER), _read(OBR, NUMBER), state), Continue)


async def test_another_patient_is_never_a_duplicate() -> None:
    """The same file for somebody else is a matter of its own."""
    first, second = dossier_of(OBR, ed(PDF)), dossier_of(OBR, ed(PDF), patient=None)
    assert isinstance(await _after(first, second), Continue)


async def test_a_message_is_not_a_duplicate_of_itself() -> None:
    """A replay meets its own fingerprints and goes on; it claims the next place too, so that nothing newer passes unseen."""
    known = _Known()
    stage = Dedupe(known, RecordingObserver())
    first = await stage.run(_read(OBR, NUMBER), context(message(OBR), 0))
    known.prints = {Fingerprint(kind=kind, value=value) for kind, value in first.dossier.fingerprints}
    again = await stage.run(_read(OBR, NUMBER), context(message(OBR), 0))
    assert isinstance(again, Continue)
    claimed, before = set(again.dossier.fingerprints), set(first.dossier.fingerprints)
    assert before < claimed
    assert [(kind, value[-2:]) for kind, value in claimed - before] == [(versions_out.PLACE, ":1")]


def _other_order(line: str) -> str:
    """The order line under another filler and placer number."""
    fields = line.split("|")
    fields[2], fields[3] = "P999", "F999"
    return "|".join(fields)


def _printed(dossier: Dossier, *, accession: str, collected: str) -> Dossier:
    """The dossier's reports as if the page said so."""
    return replace(
        dossier,
        reports=tuple(
            replace(
                item, lab=replace(item.lab, accession=accession), report=replace(item.report, collected_at=collected)
            )
            for item in dossier.reports
        ),
    )


DAY, MORNING, NOON = "2026-03-01", "2026-03-01T08:15", "2026-03-01T12:00"


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (("", MORNING), ("", NOON), []),  # a glucose profile: the value of noon is not the one of the morning
        (("A-77", MORNING), ("A-77", NOON), []),
        (("A-77", DAY), ("A-78", DAY), []),
        (("A-77", MORNING), ("", MORNING), ["duplicate.conflict"]),
        (("A-77", MORNING), ("", DAY), ["duplicate.conflict"]),
        (("A-77", DAY), ("", MORNING), ["duplicate.conflict"]),
        (("", DAY), ("", MORNING), ["duplicate.conflict"]),
        (("", DAY), ("", DAY), ["duplicate.conflict"]),
    ],
)
async def test_a_report_that_says_less_is_compared_by_a_person(
    before: tuple[str, str], after: tuple[str, str], codes: list[str]
) -> None:
    """Another file with the same values under another order: other numbers or hours are another report, none is a doubt."""
    first = _printed(_read(OBR, ed(PDF)), accession=before[0], collected=before[1])
    second = _printed(_read(_other_order(OBR), ed(TIFF)), accession=after[0], collected=after[1])
    outcome = await _after(first, second)
    assert isinstance(outcome, Continue)
    assert _codes(outcome) == codes
    if codes:
        assert "M0" in outcome.dossier.reasons[0].text


async def test_a_file_saved_again_for_the_same_order_is_a_duplicate() -> None:
    """A page without number and hour is the same one when its order is."""
    first, second = (_printed(_read(OBR, ed(file)), accession="", collected=DAY) for file in (PDF, TIFF))
    assert isinstance(await _after(first, second), Duplicate)


@pytest.mark.parametrize(("channel", "codes"), [("", []), ("lab", []), ("fax", ["version.elsewhere"])])
async def test_a_correction_of_what_another_channel_sent_is_seen_by_a_person(channel: str, codes: list[str]) -> None:
    """Its receivers do not get the correction from here: it leaves, and a case says where else the old one went."""
    outcome = await _after(_read(_status("F"), NUMBER), _read(_status("C"), NUMBER), channel=channel)
    assert isinstance(outcome, Continue)
    assert _codes(outcome) == codes
