"""u is estimated from the directory and m from signed reviews; too few reviews give no m."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml

from engine.app.cli import estimate as command
from engine.domain.frequency import Chances, Commonness
from engine.domain.patient import Demographics, PatientRecord
from engine.plugins.stages.reconcile import ReconcileSettings

FIELDS = ("family", "given", "birth_date", "sex", "phone", "postcode")
U = {"family": 0.02512, "given": 0.04, "birth_date": 0.0, "sex": 0.5}


class _Counting:
    """A directory of 2,000 records; nobody shares a birth date, nobody has a phone."""

    default_authority = "HOSP"

    async def candidates(self, _person: Demographics) -> Sequence[PatientRecord]:
        return ()

    async def commonness(self, _record: PatientRecord) -> Commonness | None:
        return None

    async def chances(self) -> Chances:
        return Chances(people=2_000, by_field=U)

    async def close(self) -> None:
        """Nothing is held."""


class _Remote:
    """A directory that asks another machine."""

    default_authority = "HOSP"

    async def candidates(self, _person: Demographics) -> Sequence[PatientRecord]:
        return ()

    async def close(self) -> None:
        """Nothing is held."""


class _Api:
    """Closed cases and matches by number of two channels, a page of two at a time."""

    def __init__(self, cases: Sequence[Mapping[str, Any]], numbered: int = 0) -> None:
        self._cases = cases
        self._numbered = numbered

    async def json(self, path: str, **query: str | int) -> Any:
        if path == "/api/v1/reviews":
            items = [
                {
                    "message_id": f"c{at}",
                    "channel": "lab",
                    "state": "handled",
                    "reasons": [{"code": "patient.conflict"}],
                }
                | case.get("review", {})
                for at, case in enumerate(self._cases)
            ]
        elif path == "/api/v1/messages":
            items = [{"id": f"n{at}", "channel": "lab", "patient_mrn": "1"} for at in range(self._numbered)]
        elif path.rpartition("/")[2].startswith("n"):
            return {"match": _match("match", family="agree"), "timeline": []}
        else:
            return self._detail(int(path.rpartition("/c")[2]))
        start = int(query["cursor"] or 0)
        following = str(start + 2) if start + 2 < len(items) else None
        return {"items": items[start : start + 2], "next": following}

    def _detail(self, at: int) -> Any:
        case = self._cases[at]
        if "gone" in case:
            raise LookupError
        said = {"patient": case["said"]} if case.get("said") else {}
        return {
            "match": _match("review", family=case.get("family", "agree")),
            "timeline": [{"action": "received", "detail": {}}, {"action": "review.close", "detail": said}],
        }


def _match(decision: str, **outcomes: str) -> dict[str, Any]:
    """Everything agrees but what is told; no phone, no postcode."""
    found = dict.fromkeys(FIELDS[:4], "agree") | {"phone": "missing", "postcode": "missing"} | outcomes
    evidence = [{"field": name, "outcome": outcome, "weight": 1.0} for name, outcome in found.items()]
    return {"decision": decision, "step": "identifier", "evidence": evidence}


async def _printed(
    capsys: pytest.CaptureFixture[str], api: _Api, directory: Any = None, *, as_json: bool = False
) -> tuple[int, str]:
    code = await command.estimate(directory or _Counting(), api, ["lab"], as_json=as_json)  # type: ignore[arg-type]
    return code, capsys.readouterr().out


async def test_what_is_printed_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    """The reconcile stage takes it; a birth date that no two share is not taken for impossible to share."""
    cases = [{"said": "shown"}] * 30 + [{"said": "shown", "family": "differ"}] * 10
    code, text = await _printed(capsys, _Api(cases, numbered=60))
    assert code == 0
    printed = yaml.safe_load(text)
    settings = ReconcileSettings(**printed)
    assert settings.weights.family.m == pytest.approx(90.5 / 101, abs=0.001)
    assert settings.weights.family.u == 0.0251
    assert settings.weights.birth_date.u == 0.0005
    assert "phone" not in printed["weights"]
    assert "40 signed reviews and 60 matches by number" in text


@pytest.mark.parametrize(("signed", "has_m"), [(command.LEAST_SIGNED - 1, False), (command.LEAST_SIGNED, True)])
async def test_too_few_signed_reviews_give_no_m(
    capsys: pytest.CaptureFixture[str], signed: int, *, has_m: bool
) -> None:
    """However many matches by number there are: those are the easy ones."""
    code, text = await _printed(capsys, _Api([{"said": "shown"}] * signed, numbered=200))
    assert code == 0
    assert ("m" in yaml.safe_load(text)["weights"]["family"]) is has_m
    assert f"{signed} signed reviews" in text
    assert ("too few" in text) is not has_m


async def test_only_what_a_person_said_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Open cases, other channels, other reasons and removed messages do not; unsigned ones and others are told."""
    cases: list[dict[str, Any]] = [{"said": "shown"}] * 2 + [{"said": "other"}] * 3 + [{}] * 4 + [{"gone": True}]
    aside = (
        {"state": "open"},
        {"channel": "pathology"},
        {"reasons": [{"code": "unit.mismatch"}]},
        {"message_id": "c0"},
    )
    cases += [{"said": "shown", "review": review} for review in aside]
    _, text = await _printed(capsys, _Api(cases), as_json=True)
    found = json.loads(text)
    assert (found["signed"], found["other"], found["unsigned"], found["by_number"]) == (2, 3, 5, 0)


async def test_nothing_to_estimate_from_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A remote directory and no reviews: no figures, exit code 1, and YAML that changes nothing."""
    code, text = await _printed(capsys, _Api([]), _Remote())
    assert code == 1
    assert yaml.safe_load(text) == {"weights": {}}
    assert "does not hold its records" in text


def test_agreement_that_says_nothing_is_left_out() -> None:
    """All of one sex: u is not below m, and the field keeps its built-in figures."""
    found = command.figures(Chances(people=100, by_field={"sex": 1.0, "family": 0.1}), command.Pairs())
    assert set(found) == {"family"}
