"""Why something waits for a person, or is worth a note: one closed list of codes.

A reason is the same object everywhere: in the store, the API, the review desk and the terminal. Its code says what
it holds back; the release rule (`engine.domain.outcome.plan_release`) looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType


class Holds(IntEnum):
    """How much of a message a reason holds back; a larger scope contains the smaller ones."""

    NOTE = 0
    """Nothing: it is shown, and the message goes on."""
    RESULT = 1
    """The one result named in `Reason.field`."""
    READING = 2
    """Every result read from the document; the original itself may still be forwarded."""
    MESSAGE = 3
    """Everything: nothing of the message leaves before a person has decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of a message, a result or a delivery.

    Attributes:
        code: an entry of `REASONS`.
        text: one sentence for a person, without patient content beyond what the field itself shows on the desk.
        field: the place it is about (`OBX[3]-5`, `results[r12].value`, `patient`), empty for the whole message.
    """

    code: str
    text: str = ""
    field: str = ""

    @property
    def holds(self) -> Holds:
        """What this reason holds back; a code that names one result but no field holds the whole reading."""
        scope = REASONS[self.code].holds
        if scope is Holds.RESULT and not self.field:
            return Holds.READING
        return scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonSpec:
    """What a reason code means and what an operator does about it."""

    holds: Holds
    meaning: str
    action: str
    opens_case: bool = False
    """A person must look even though nothing is held back."""


def _spec(holds: Holds, meaning: str, action: str) -> ReasonSpec:
    return ReasonSpec(holds=holds, meaning=meaning, action=action)


_NOTE, _RESULT, _READING, _MESSAGE = Holds.NOTE, Holds.RESULT, Holds.READING, Holds.MESSAGE

REASONS: Mapping[str, ReasonSpec] = MappingProxyType(
    {
        "control_id.reused": _spec(
            _NOTE,
            "The sender used this control id (MSH-10) before for other content.",
            "Ask the sender to number its messages uniquely.",
        ),
        "version.missing": _spec(
            _NOTE, "MSH-12 is empty; the message is read as 2.3.", "Ask the sender to fill MSH-12."
        ),
        "processing_id.missing": _spec(
            _NOTE, "MSH-11 is empty; the message is treated as production (P).", "Ask the sender to fill MSH-11."
        ),
        "charset.guessed": _spec(
            _NOTE,
            "MSH-18 names no usable character set; it was guessed from the bytes.",
            "Set `charset` on the source if names look wrong.",
        ),
        "patient.unknown": _spec(
            _MESSAGE, "No patient of the directory fits.", "Register or pick the patient, or send the report back."
        ),
        "patient.ambiguous": _spec(
            _MESSAGE, "More than one patient fits, or the best one is not certain enough.", "Pick the right patient."
        ),
        "patient.conflict": _spec(
            _MESSAGE,
            "The message, the document and the directory do not name the same person.",
            "Compare the page with the message; if the lab mixed up patients, tell the lab.",
        ),
        "patient.merged": _spec(
            _MESSAGE,
            "The number belongs to a record that was merged into another.",
            "Check that the surviving record is the patient's; tell the sender the number that is valid now.",
        ),
        "patient.two_in_message": _spec(
            _MESSAGE, "The message holds more than one PID.", "Have the lab send one message a patient."
        ),
        "patient.two_in_document": _spec(
            _MESSAGE, "The document names more than one patient.", "Split the document and tell the lab."
        ),
        "patient.deceased": _spec(
            _MESSAGE, "The patient died before the specimen was collected.", "Check the identity before releasing."
        ),
        "directory.unavailable": _spec(
            _MESSAGE,
            "The patient directory did not answer, and the channel does not wait for it.",
            "Pick the patient, or replay the message when the directory is back.",
        ),
        "directory.incomplete": _spec(
            _MESSAGE,
            "The patient directory did not show everybody who could be meant: too many, or it refused the question.",
            "Look the patient up there and pick the record; see the directory's limits when it happens often.",
        ),
        "directory.unclear_change": _spec(
            _MESSAGE,
            "A message about patients (ADT) could not be applied to the patient index.",
            "See which part is missing; tell the sender, and enter the change with `headrace directory load`.",
        ),
        "document.unreadable": _spec(
            _READING, "The document could not be opened or holds no readable text.", "Enter the results by hand."
        ),
        "document.truncated": _spec(
            _READING, "The document ends before its end mark; a part is missing.", "Ask the lab to send it again."
        ),
        "document.encrypted": _spec(_READING, "The document needs a password.", "Ask the lab for an open document."),
        "document.too_large": _spec(
            _READING, "The document is over a size or page limit.", "Raise the limit or split it."
        ),
        "document.timeout": _spec(
            _READING, "Reading the document took longer than allowed.", "Enter the results by hand."
        ),
        "document.worker_lost": _spec(
            _READING,
            "The document made its reader process crash.",
            "Enter the results by hand; keep the file for support.",
        ),
        "document.not_a_report": _spec(
            _READING,
            "The document does not look like a laboratory report.",
            "Look at it; it may be a letter or a form.",
        ),
        "extraction.partial": _spec(
            _READING,
            "Some pages, or lines that look like results, could not be read.",
            "Compare the pages with the results.",
        ),
        "extraction.low_confidence": _spec(
            _RESULT, "A field was read with too little certainty.", "Compare it with the page."
        ),
        "extraction.no_results": _spec(_READING, "No result was found in the document.", "Enter the results by hand."),
        "extraction.remote_failed": _spec(
            _READING,
            "The remote extractor did not answer usefully.",
            "Check its status; replay the message from extract.",
        ),
        "extraction.late": _spec(
            _READING,
            "No extractor answered in the time the channel gives it.",
            "Replay the message from extract when the extractor is back; the results then follow the original.",
        ),
        "value.ambiguous": _spec(_RESULT, "The printed number can be read in two ways.", "Read it from the page."),
        "value.implausible": _spec(
            _RESULT, "The value is outside what is plausible for the test.", "Read it from the page."
        ),
        "value.not_in_document": _spec(
            _RESULT, "The extractor returned a value that the document does not show.", "Read it from the page."
        ),
        "code.unknown": _spec(
            _RESULT, "The test has no LOINC code here.", "Map the test or release it with its local name."
        ),
        "unit.mismatch": _spec(_RESULT, "The printed unit does not belong to the test.", "Read it from the page."),
        "cross_check.disagrees": _spec(
            _MESSAGE,
            "The document and the discrete results of the message differ.",
            "Decide which one is right; tell the lab.",
        ),
        "duplicate.conflict": _spec(
            _MESSAGE, "The same report came before with other values.", "Decide which one is right."
        ),
        "version.stale": _spec(_MESSAGE, "A newer version of this report is already here.", "Usually: close it."),
        "version.elsewhere": ReasonSpec(
            holds=_NOTE,
            meaning="An earlier version of these results went out through another channel, whose receivers do not get "
            "this one.",
            action="Where that channel has receivers of its own: have the correction or withdrawal entered there.",
            opens_case=True,
        ),
        "result.withdrawn": ReasonSpec(
            holds=_NOTE,
            meaning="The lab withdrew results; the retraction goes to every receiver, and a case stands beside it.",
            action="See who acted on them; a result posted as wrong (W) may be another patient's.",
            opens_case=True,
        ),
        "layout.unknown": _spec(
            _READING,
            "The lab's report has a form that was not seen of it before.",
            "Compare pages with results; then `headrace layouts confirm`, which lets what waits go on.",
        ),
        "message.unreadable": _spec(
            _MESSAGE, "The message could not be parsed beyond its header.", "Look at the bytes; tell the sender."
        ),
        "pipeline.failed": _spec(
            _MESSAGE, "A stage failed again and again.", "See the error in `headrace explain`; replay after the cure."
        ),
        "delivery.rejected": _spec(
            _NOTE, "The receiver refused the message (AE, AR).", "See its ACK; correct and retry."
        ),
        "delivery.no_ack": _spec(
            _NOTE, "The receiver does not answer.", "Check the receiver; sending goes on by itself."
        ),
        "delivery.superseded": _spec(
            _NOTE,
            "A newer version with all of its results goes to the receiver instead.",
            "Nothing.",
        ),
        "delivery.overtaken": _spec(
            _NOTE,
            "A newer version with some of its results was sent meanwhile; sent now, it would undo that.",
            "Withdraw it, and enter by hand or have sent again what only this one says.",
        ),
        "ack.connection_gone": _spec(
            _NOTE,
            "The sender's connection closed before the application acknowledgement it asked for.",
            "Nothing; it is dropped after a day. If it happens often, set `ack: {application: …}` on the source.",
        ),
    }
)


def opens_case(item: Reason) -> bool:
    """Whether a person must look at it, held back or not."""
    return item.holds > Holds.NOTE or REASONS[item.code].opens_case


def reason(code: str, text: str = "", field: str = "") -> Reason:
    """Make a reason of a known code; an empty text takes the code's meaning.

    Raises:
        KeyError: the code is not in `REASONS` (a bug of the caller).
    """
    return Reason(code=code, text=text or REASONS[code].meaning, field=field)


def merge(*groups: Iterable[Reason]) -> tuple[Reason, ...]:
    """Join reasons in order, dropping exact repeats (the same code at the same place)."""
    seen: dict[tuple[str, str], Reason] = {}
    for group in groups:
        for item in group:
            seen.setdefault((item.code, item.field), item)
    return tuple(seen.values())
