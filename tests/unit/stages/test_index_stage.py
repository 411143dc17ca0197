"""index: an ADT message ends in the directory, waits for it, or waits for a person; others pass by."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.domain.dossier import Dossier
from engine.domain.outcome import Continue, Done, Filtered, Outcome, ReleaseKind, plan_release
from engine.domain.patient import Demographics, PatientRecord
from engine.domain.register import PatientNews
from engine.plugins.stages import index as stage
from engine.ports.directory import DirectoryUnavailable
from engine.ports.register import KnownPatient
from engine.ports.stage import StageRetry, StageServices
from tests.support.adt import BOB, adt, context, pid
from tests.support.lab_messages import OBR, message


class _Register:
    """Keeps what it is told, or is down."""

    default_authority = "HOSP"

    def __init__(self, *, down: bool = False) -> None:
        self.told: list[PatientNews] = []
        self._down = down

    async def candidates(self, _person: Demographics) -> Sequence[PatientRecord]:
        return ()

    async def apply(self, news: Sequence[PatientNews]) -> int:
        if self._down:
            raise DirectoryUnavailable
        self.told += news
        return len(news)

    async def known(self, _number: str) -> Sequence[KnownPatient]:
        return ()

    async def close(self) -> None:
        """Nothing is held."""


async def _run(raw: bytes, register: _Register, *, is_rehearsal: bool = False) -> Outcome:
    return await stage.Index(register).run(Dossier(), context(raw, is_rehearsal=is_rehearsal))


async def test_an_adt_message_ends_in_the_directory() -> None:
    """Done, findable by the patient's number, each fact under the id of the message."""
    register = _Register()
    outcome = await _run(adt("A40", pid(), f"MRG|{BOB}"), register)
    assert isinstance(outcome, Done)
    assert outcome.dossier.metadata["patient_mrn"] == "4711"
    assert [(item.key, item.tie) for item in register.told] == [
        (("4711", "HOSP"), "M00001"),
        (("5000", "HOSP"), "M00001"),
    ]


async def test_a_dry_run_leaves_the_directory_alone() -> None:
    """It says what would happen."""
    register = _Register()
    assert isinstance(await _run(adt("A28"), register, is_rehearsal=True), Done)
    assert register.told == []


async def test_other_messages_pass_by() -> None:
    """One channel may take both: results go on to the next stage untouched."""
    register, before = _Register(), Dossier()
    outcome = await stage.Index(register).run(before, context(message(OBR)))
    assert outcome == Continue(before)
    assert register.told == []


async def test_an_event_about_visits_is_filtered() -> None:
    """Nothing of it says who a patient is."""
    assert isinstance(await _run(adt("A23"), _Register()), Filtered)


async def test_what_cannot_be_applied_waits_for_a_person() -> None:
    """A merge without its MRG: nothing of it is applied, a case says what is missing, nothing leaves."""
    register = _Register()
    outcome = await _run(adt("A40"), register)
    assert isinstance(outcome, Continue)
    (found,) = outcome.dossier.reasons
    assert (found.code, found.field) == ("directory.unclear_change", "MRG")
    release = plan_release(outcome.dossier)
    assert (release.kind, len(release.reasons)) == (ReleaseKind.NOTHING, 1)
    assert register.told == []


async def test_a_directory_that_is_down_is_waited_for() -> None:
    """The message stays where it is."""
    with pytest.raises(StageRetry):
        await _run(adt("A28"), _Register(down=True))


class _Silent:
    """A directory that cannot be told."""

    default_authority = ""

    async def candidates(self, _person: Demographics) -> Sequence[PatientRecord]:
        return ()

    async def close(self) -> None:
        """Nothing is held."""


def test_only_a_directory_that_can_be_told_is_fed() -> None:
    """`check` says it with its place; a start without it says it too."""
    services = StageServices(
        extractors={}, directories={"patients": _Silent()}, fingerprints=None, observer=None  # type: ignore[arg-type]  # not used
    )  # fmt: skip
    with pytest.raises(ImportError, match="cannot be told"):
        stage.PLUGIN.build(stage.IndexStageSettings(), services)
