"""index: applies ADT messages to a directory that is kept current by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.domain.dossier import Dossier
from engine.domain.outcome import Continue, Done, Filtered, Outcome
from engine.domain.reasons import merge, reason
from engine.domain.register import PatientNews
from engine.hl7v2.errors import Er7Error
from engine.mapping import adt_in
from engine.ports.directory import DirectoryUnavailable
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.register import PatientRegister
from engine.ports.stage import StageContext, StageRetry, StageServices


class IndexStageSettings(Settings):
    """Apply ADT messages to an index of patients; other messages go on to the next stage."""

    directory: str = "patients"
    """Name of a directory in conf/headrace.yaml that uses `index`."""


class Index:
    """The index stage; what it does may be repeated, so its output is not committed on its own."""

    checkpoint = False

    def __init__(self, register: PatientRegister) -> None:
        self._register = register

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Take the message into the index; what cannot be applied as a whole waits for a person, nothing of it done."""
        try:
            message = context.content.message
        except Er7Error:
            return Continue(dossier)
        if not adt_in.is_adt(message):
            return Continue(dossier)
        around = adt_in.AdtContext(
            authority=self._register.default_authority, message_id=str(context.message_id), now=context.now
        )
        try:
            news = adt_in.read(message, around)
        except adt_in.UnclearAdt as problem:
            found = reason("directory.unclear_change", f"Not applied to the index: {problem.what}.", problem.field)
            return Continue(replace(dossier, reasons=merge(dossier.reasons, [found])))
        if not news:
            return Filtered(dossier, "the event is about visits or accounts, not about who a patient is")
        if not context.is_rehearsal:
            await self._apply(news)
        return Done(replace(dossier, metadata={**dossier.metadata, "patient_mrn": news[0].key[0]}))

    async def _apply(self, news: tuple[PatientNews, ...]) -> None:
        try:
            await self._register.apply(news)
        except DirectoryUnavailable:
            raise StageRetry("patient index unavailable") from None

    async def close(self) -> None:
        """Directories belong to the site and are closed there."""


def _build(settings: IndexStageSettings, services: StageServices) -> Any:
    directory = services.directories[settings.directory]
    if not isinstance(directory, PatientRegister):
        raise ImportError(f"the directory {settings.directory!r} cannot be told about patients")  # noqa: TRY004 - what the caller of `build` knows
    return Index(directory)


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="index",
    settings=IndexStageSettings,
    build=_build,
    summary="Applies ADT messages (admissions, updates, merges, links) to an index of patients.",
    guarantees="May run again for the same message, late or out of order: a newer message is never undone by an older.",
)
