"""The set that ``headrace demo`` plays: every kind of arrival once, with what should come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.generators import scenarios
from tests.generators.content import Report
from tests.generators.documents import truncated, two_patients_pdf
from tests.generators.equivalents import canonical
from tests.generators.messages import enhanced, oru_document
from tests.generators.patients import Patient, make_patient, twin_of, write_csv
from tests.generators.reports import compose
from tests.generators.scenarios import Sent

__all__ = ["DOORS", "DemoCase", "canonical", "demo_patients", "demo_set"]

START = datetime(2025, 3, 14, 9, 0)  # noqa: DTZ001  labs print local time without a zone
Observation = tuple[str, str, str]
READ, AGAIN, DOUBTFUL = "Read and sent", "Again, corrected, withdrawn", "Left to a person"
DOORS = ("lab", "portal")
"""The sources the cases come through, in the order of the channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCase:
    """One arrival.

    Attributes:
        group: What the cases around it have in common.
        title: A line for people.
        raw: The message, without MLLP framing.
        control_id: Its MSH-10.
        ack: MSA-1 of the answer.
        state: State of the message; empty when no new message comes into being (a retransmission).
        reasons: Reason codes expected; where two are given either will do.
        outgoing: ``report`` (results and original), ``original`` (the document alone), ``retraction`` (the results without values) or ``nothing``.
        observations: (LOINC, value, unit as printed) expected at the EHR; decimal dot, no thousands sign, comparator kept.
        patient_mrn: The patient it must land on; empty when a person decides.
        note: What the case shows.
        door: The source it comes through.
    """

    group: str
    title: str
    raw: bytes
    control_id: str
    ack: str
    state: str
    reasons: tuple[str, ...]
    outgoing: str
    observations: tuple[Observation, ...]
    patient_mrn: str
    note: str
    door: str = "lab"


def plain_value(value: str, report: Report) -> str:
    """A printed value with a decimal dot and without thousands signs; words and titres as they are."""
    style = report.style
    if not value.lstrip("<>")[:1].isdigit() or ":" in value or "-" in value:
        return value
    return (value.replace(style.thousands, "") if style.thousands else value).replace(style.decimal, ".")


def expected(sent: Sent) -> tuple[Observation, ...]:
    """What the EHR should receive of a message that is read in full."""
    return tuple((result.loinc, plain_value(result.value, sent.report), result.unit) for result in sent.truth.results)


def _cast(seed: int) -> dict[str, Patient]:
    base = seed * 100
    cast = {
        name: make_patient(base + index, "en")
        for index, name in enumerate(("ann", "ben", "cora", "dan", "eve", "stranger"))
    }
    cast |= {name: make_patient(base + index, "es") for index, name in enumerate(("olga", "paco"))}
    cast["uwe"] = make_patient(base, "de")
    return cast | {"twin": twin_of(cast["cora"])}


def demo_patients(seed: int = 1) -> str:
    """The text of ``conf/patients.csv`` for the demo: everybody but the stranger, the twin included."""
    return write_csv([patient for name, patient in _cast(seed).items() if name != "stranger"])


def _case(
    group: str,
    title: str,
    sent: Sent,
    note: str,
    *,
    state: str = "delivered",
    reasons: tuple[str, ...] = (),
    outgoing: str = "report",
    ack: str = "AA",
    door: str = "lab",
) -> DemoCase:
    observations = expected(sent) if outgoing in {"report", "retraction"} else ()
    if outgoing == "retraction":
        observations = tuple((code, "", unit) for code, _, unit in observations)
    return DemoCase(
        group=group, title=title, raw=sent.raw, control_id=sent.envelope.control_id, ack=ack, state=state, reasons=reasons,
        outgoing=outgoing, observations=observations,
        patient_mrn=sent.envelope.patient.mrn if outgoing != "nothing" or state in {"", "duplicate"} else "", note=note,
        door=door,
    )  # fmt: skip


def _read_in_full(cast: dict[str, Patient], seed: int, at: datetime) -> list[tuple[str, Sent, str]]:
    hour = timedelta(hours=1)
    lipids = scenarios.send_pdf(
        "lri251", "us_chem", seed=seed + 4, control_id="-", patient=cast["ben"], at=at + hour, panels=("lipids",)
    )
    return [
        ("PDF report, English", scenarios.send_pdf("lri251", "us_chem", seed=seed, control_id="DEMO-0001", patient=cast["ann"], at=at), "one page, five columns, words as flags"),
        ("PDF report, Spanish", scenarios.send_pdf("short231", "es_clasico", seed=seed, control_id="DEMO-0002", patient=cast["olga"], at=at + hour), "decimal comma, thousands dot, base64 broken with \\.br\\"),
        ("PDF report, German", scenarios.send_pdf("mime26", "de_befund", seed=seed, control_id="DEMO-0003", patient=cast["uwe"], at=at + hour), "units of its own (G/l, mmol/l), + and - as flags"),
        ("Scanned page", scenarios.scan(lipids, "DEMO-0004"), "a grainy picture, a little askew, no text in it"),
        ("MDM^T02 with a PDF", scenarios.send_mdm("mime26", "sectioned", seed=seed, control_id="DEMO-0005", number=f"DOC-{seed:05d}", patient=cast["ben"], at=at + 2 * hour), "two result columns, comments, footnotes"),
        ("Text report, one TX per line", scenarios.send_text("classic23", "monospace", seed=seed, control_id="DEMO-0006", patient=cast["dan"], at=at + 3 * hour), "HL7 2.3, id without authority, charset not declared"),
        ("Text report in one FT, Spanish", scenarios.send_text("blank24", "grid", seed=seed, control_id="DEMO-0007", kind="FT", language="es", patient=cast["paco"], at=at + 4 * hour), "UTF-8 without MSH-18"),
        ("Discrete results", scenarios.send_discrete("mime26", "us_chem", seed=seed, control_id="DEMO-0008", coding="second", patient=cast["eve"], at=at + 5 * hour, note="Specimen slightly hemolyzed."), "LOINC in the second triplet, SN, CWE, NTE"),
    ]  # fmt: skip


def _again(first: Sent) -> list[DemoCase]:
    corrected = scenarios.correction(first, "DEMO-0012")
    return [
        _case(AGAIN, "Retransmission", first, "the same bytes: the stored answer again, nothing processed", state="", outgoing="nothing"),
        _case(AGAIN, "Duplicate, other control id", scenarios.duplicate(first, "DEMO-0010"), "the same report: nothing goes out twice", state="duplicate", outgoing="nothing"),
        _case(AGAIN, "Duplicate through another door", scenarios.through_a_portal(first, "mime26", "DEMO-0011"), "from the lab's portal: other sender, other file, no order number", state="duplicate", outgoing="nothing", door="portal"),
        _case(AGAIN, "Correction", corrected, "OBR-25 C, a later OBR-22: the changed result replaces the earlier one"),
        _case(AGAIN, "Withdrawal", scenarios.withdrawal(corrected, "DEMO-0013"), "OBX-11 W on the document: every result read from it is taken back", state="review", reasons=("result.withdrawn",), outgoing="retraction"),
    ]  # fmt: skip


def _doubtful(cast: dict[str, Patient], seed: int, at: datetime) -> list[DemoCase]:
    about_twin = scenarios.send_pdf(
        "chunked251", "twin_tables", seed=seed, control_id="-", language="en", patient=cast["twin"], at=at
    )
    order = scenarios.send_pdf("lri251", "us_chem", seed=seed + 1, control_id="-", patient=cast["ben"], at=at)
    pair = scenarios.send_pdf("lri251", "us_chem", seed=seed + 3, control_id="-", patient=cast["eve"], at=at)
    other = compose("us_chem", seed=seed + 2, patient=cast["dan"], at=at)
    stranger = scenarios.send_pdf(
        "mime26", "cumulative", seed=seed, control_id="DEMO-0017", language="en", patient=cast["stranger"], at=at
    )
    return [
        _case(DOUBTFUL, "Wrong patient, a twin", scenarios.wrong_patient(about_twin, "DEMO-0014", cast["cora"]), "the message names one twin, the report the other", state="review", reasons=("patient.conflict",), outgoing="nothing"),
        _case(DOUBTFUL, "Unreadable document", scenarios.with_document(order, "DEMO-0015", truncated(order.document)), "a PDF cut short: the original is forwarded, a person looks", state="review", reasons=("document.truncated", "document.unreadable"), outgoing="original"),
        _case(DOUBTFUL, "Two patients in one PDF", scenarios.with_document(pair, "DEMO-0016", two_patients_pdf(pair.report, other)), "nothing goes out before a person decides", state="review", reasons=("patient.two_in_document",), outgoing="nothing"),
        _case(DOUBTFUL, "Unknown patient", stranger, "not in the directory", state="review", reasons=("patient.unknown",), outgoing="nothing"),
    ]  # fmt: skip


def _enhanced(cast: dict[str, Patient], seed: int, at: datetime) -> DemoCase:
    sent = scenarios.send_pdf(
        "lri251", "reordered", seed=seed, control_id="DEMO-0009", language="en", patient=cast["eve"], at=at
    )
    raw = oru_document(sent.dialect, enhanced(sent.envelope, "AL", "NE"), sent.document)
    return _case(READ, "Enhanced mode", replace(sent, raw=raw), "MSH-15 AL, MSH-16 NE: one commit answer", ack="CA")


def demo_set(seed: int = 1, at: datetime = START) -> list[DemoCase]:
    """The varied set, in the order to send it; ``demo_patients(seed)`` is the directory it needs."""
    cast = _cast(seed)
    full = _read_in_full(cast, seed, at)
    return [
        *(_case(READ, title, sent, note) for title, sent, note in full),
        _enhanced(cast, seed, at + timedelta(hours=7)),
        *_again(full[0][1]),
        *_doubtful(cast, seed, at + timedelta(hours=6)),
    ]
