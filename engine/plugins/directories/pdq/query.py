"""Queries as HL7 v2.

Source: IHE ITI TF-2, 3.21 (PDQ, QBP^Q22^QBP_Q21) and 3.9 (PIX, QBP^Q23^QBP_Q21); HL7 v2.5 chapter 5 for QPD, RCP, DSC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.asking import Question
from engine.domain.patient import Identifier
from engine.hl7v2.charset import codec_of
from engine.hl7v2.times import format_time
from engine.hl7v2.writer import Comp, FieldValue, MessageWriter, Rep, Sub
from engine.plugins.directories.pdq.settings import PdqSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query that can be sent: the same in every continuation but for MSH-10 and the pointer.

    Attributes:
        trigger: MSH-9.2, `Q22` or `Q23`.
        name: QPD-1.
        tag: QPD-2; the answer says it in QAK-1.
        parameters: QPD from field 3 on.
    """

    trigger: str
    name: str
    tag: str
    parameters: dict[int, FieldValue]


class QueryWriter:
    """Writes the queries of one directory."""

    def __init__(self, settings: PdqSettings) -> None:
        self._settings = settings
        self._codec = codec_of(settings.charset) or "utf-8"
        self._names = {name.casefold(): name for name in settings.authorities}

    def demographics(self, question: Question, tag: str) -> Asked:
        """A question of the directory as a PDQ query."""
        fields: dict[int, FieldValue] = {3: Rep(*(Comp(f"@{place}", value) for place, value in self._words(question)))}
        if self._settings.domains:
            fields[8] = Rep(*(Comp("", "", "", self._authority(name)) for name in self._settings.domains))
        return Asked(trigger="Q22", name=self._settings.query_name, tag=tag, parameters=fields)

    def cross_reference(self, number: Identifier, name: str, tag: str) -> Asked:
        """A PIX query for this hospital's numbers of whoever has that number; `name` is QPD-1."""
        fields: dict[int, FieldValue] = {
            3: Comp(number.value, "", "", self._authority(self._names[number.authority.casefold()])),
            4: Comp("", "", "", self._authority(self._settings.default_authority)),
        }
        return Asked(trigger="Q23", name=name, tag=tag, parameters=fields)

    def message(self, asked: Asked, *, control_id: str, now: datetime, pointer: str) -> bytes:
        """The message; with `pointer` (DSC-1 of the answer before) it asks for more of the same.

        Raises:
            WriterError: a value that cannot be written in the charset.
        """
        writer = self._begun(Comp("QBP", asked.trigger, "QBP_Q21"), control_id, now)
        writer.segment("QPD", {1: asked.name, 2: asked.tag, **asked.parameters})
        most = {2: Comp(str(self._settings.page_size), "RD")} if asked.trigger == "Q22" else {}
        writer.segment("RCP", {1: "I", **most})
        if pointer:
            writer.segment("DSC", {1: pointer, 2: "I"})
        return writer.build()

    def cancel(self, asked: Asked, *, control_id: str, now: datetime) -> bytes:
        """QCN^J01: no more of that query is wanted, the supplier may forget it."""
        writer = self._begun(Comp("QCN", "J01", "QCN_J01"), control_id, now)
        writer.segment("QID", {1: asked.tag, 2: asked.name})
        return writer.build()

    def _begun(self, kind: Comp, control_id: str, now: datetime) -> MessageWriter:
        """A message with its MSH."""
        settings, msh = self._settings, self._settings.msh
        writer = MessageWriter(codec=self._codec)
        writer.segment(
            "MSH",
            {
                3: msh.sending_app,
                4: msh.sending_facility,
                5: msh.receiving_app,
                6: msh.receiving_facility,
                7: format_time(now),
                9: kind,
                10: control_id,
                11: "P",
                12: settings.version,
                18: settings.charset,
            },
        )
        return writer

    def _words(self, question: Question) -> list[tuple[str, str]]:
        """Fields of PID with what is looked for in them."""
        item = question.identifier
        if item is not None:
            name = self._names.get(item.authority.casefold(), "")
            oid = self._settings.authorities.get(name, "")
            kind = "ISO" if oid else ""
            places = (("PID.3.1", item.value), ("PID.3.4.1", name), ("PID.3.4.2", oid), ("PID.3.4.3", kind))
        else:
            any_end = "*" if self._settings.wildcard else ""
            places = (
                ("PID.5.1.1", question.family and question.family + any_end),
                ("PID.5.2", question.given and question.given + any_end),
                ("PID.7", question.birth_date.replace("-", "")),
                ("", ""),
            )
        return [(place, value) for place, value in places if value]

    def _authority(self, name: str) -> str | Sub:
        """An HD: namespace, OID, its kind."""
        oid = self._settings.authorities[name]
        return Sub(name, oid, "ISO") if oid else name
