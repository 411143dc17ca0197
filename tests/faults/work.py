"""What the laboratories send: small and large messages, numbered inside each patient, cheap to make by the thousand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import Patient, make_population
from tests.generators.reports import compose

CR = b"\r"
LARGE_EVERY = 9
"""Every ninth message carries notes that take it over the store's `inline`, so that it goes through the blob files."""
NOTES = b"".join(
    b"NTE|%d||Specimen handled according to the procedure of the laboratory, line %d\r" % (n, n) for n in range(1, 90)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message: whose it is, its place in the patient's order, and what must come out at the other end."""

    control_id: str
    mrn: str
    number: int
    filler: str
    values: str
    data: bytes


class Patients:
    """A small population whose messages are cut from one template each."""

    def __init__(self, seed: int, count: int = 24) -> None:
        self.people: tuple[Patient, ...] = tuple(make_population(seed % 100_000, count, "en"))
        self._templates = [self._template(seed, index, person) for index, person in enumerate(self.people)]

    @staticmethod
    def _template(seed: int, index: int, person: Patient) -> bytes:
        report = compose("us_chem", seed=seed % 100_000 + index, patient=person, panels=("lipids",))
        envelope = replace(envelope_of(report, "@CONTROL@"), placer="@PLACER@", filler="@FILLER@")
        return oru_discrete(DIALECTS["lri251"], envelope, report)

    def parcel(self, index: int, number: int) -> Parcel:
        """The `number`-th message of a patient."""
        control_id, filler = f"F{index:02}-{number:06}", f"A{index:02}-{number:06}"
        template = self._templates[index]
        data = template.replace(b"@CONTROL@", control_id.encode()).replace(b"@FILLER@", filler.encode())
        data = data.replace(b"@PLACER@", b"O" + filler.encode())
        if (number + index) % LARGE_EVERY == 0:
            data = data.rstrip(CR) + CR + NOTES
        return Parcel(
            control_id=control_id,
            mrn=self.people[index].mrn,
            number=number,
            filler=filler,
            values=values_of(data),
            data=data,
        )

    def stream(self, indexes: range) -> Iterator[Parcel]:
        """Messages without end, going round the patients of one laboratory."""
        number = 0
        while True:
            number += 1
            for index in indexes:
                yield self.parcel(index, number)


def field_of(message: bytes, segment: bytes, place: int) -> str:
    """A field of the first such segment, or empty."""
    for line in message.split(CR):
        if line.startswith(segment + b"|"):
            fields = line.split(b"|")
            return fields[place].decode() if place < len(fields) else ""
    return ""


def values_of(message: bytes) -> str:
    """A digest of every result of a message: test, value, unit, range, flag."""
    lines = [line.split(b"|") for line in message.split(CR) if line.startswith(b"OBX|")]
    kept = sorted(
        b"|".join([fields[3].split(b"^")[0], *fields[5:9]]) for fields in lines if fields[2] in (b"NM", b"SN", b"ST")
    )
    return hashlib.sha256(b"\n".join(kept)).hexdigest()[:16]
