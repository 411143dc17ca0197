"""Small ADT messages for tests of the patient index; synthetic people only."""

from __future__ import annotations

from engine.domain.message import MessageId
from engine.domain.register import PatientNews
from engine.mapping import adt_in
from engine.ports.content import Content
from engine.ports.stage import StageContext
from tests.support.dossiers import NOW

ADA = "4711^^^HOSP^MR"
BOB = "5000^^^HOSP^MR"


def pid(number: str = ADA, name: str = "Marlow^Ada", birth: str = "19680512", sex: str = "F", **fields: str) -> str:
    """A PID; further fields as `f13="555"`."""
    values = {3: number, 5: name, 7: birth, 8: sex, **{int(key[1:]): value for key, value in fields.items()}}
    return "PID|" + "|".join(values.get(place, "") for place in range(1, max(values) + 1))


def adt(event: str, *lines: str, at: str = "20260301080000", sent: str = "") -> bytes:
    """An ADT message of that event, recorded at that time and sent then or later."""
    head = f"MSH|^~\\&|REG|HOSP|HR|HOSP|{sent or at}||ADT^{event}|A{at}|P|2.5.1"
    return "".join(f"{line}\r" for line in (head, f"EVN|{event}|{at}", *(lines or (pid(),)))).encode()


def context(raw: bytes, number: int = 1, *, is_rehearsal: bool = False) -> StageContext:
    """A stage's view of that message."""
    content = Content(raw)
    return StageContext(
        message_id=MessageId(f"M{number:05}"), channel="adt", content=content, now=NOW, is_rehearsal=is_rehearsal
    )


def news(raw: bytes, number: int = 1, authority: str = "HOSP") -> tuple[PatientNews, ...]:
    """What the message says."""
    around = adt_in.AdtContext(authority=authority, message_id=f"M{number:05}", now=NOW)
    return adt_in.read(Content(raw).message, around)
