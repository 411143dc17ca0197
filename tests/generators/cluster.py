"""Many discrete results of many patients, each patient's from one laboratory and in order."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose

_PATIENTS = 40
_BEGAN = datetime(2026, 3, 2, 6, 0)  # noqa: DTZ001 - labs print local time without a zone


def made(count: int, seed: int = 7) -> tuple[str, list[tuple[str, str, bytes]]]:
    """The patients as CSV, and (control id, patient's number, message) in the order they are sent."""
    people = make_population(seed, _PATIENTS, "en")
    found = []
    for number in range(count):
        patient = people[number % _PATIENTS]
        report = compose("sectioned", seed=number, language="en", patient=patient)
        control_id = f"CL{number:06}"
        envelope = envelope_of(report, control_id, sent=_BEGAN + timedelta(minutes=number))
        found.append((control_id, patient.mrn, oru_discrete(DIALECTS["lri251"], envelope, report)))
    return write_csv(people), found
