"""Who is it: from a description of a person and the directory's candidates to a decision a hospital can rely on.

Two steps, the first decision wins. *Identifier*: an identifier of a known authority names exactly one record, the
rest of the demographics confirms it as a whole, and nobody else fits better. *Demographics*: Fellegi-Sunter weights in
bits over the fields, a missing field counting nothing; certain only above `auto`, with a margin to the runner-up, and
without a veto. Everything else is a person's decision.

Source: Fellegi and Sunter 1969; the weights are log2 of agreement over chance for a hospital of some 100,000 patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain import names
from engine.domain.patient import Decision, Demographics, Evidence, Identifier, Match, PatientRecord

_WEIGHTS = {
    "family": {"agree": 8.0, "close": 4.0, "differ": -4.0},
    "given": {"agree": 6.0, "close": 3.0, "differ": -5.0},
    "birth_date": {"agree": 11.0, "close": 3.0, "differ": -9.0},
    "sex": {"agree": 1.0, "differ": -5.0},
    "phone": {"agree": 5.0, "differ": -0.5},
    "postcode": {"agree": 3.0, "differ": -0.5},
}
_PRIOR_BITS = -16.6


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRules:
    """Thresholds as probabilities 0..1.

    Attributes:
        auto: from here on demographics alone decide.
        review: below it the candidate is not even shown as likely.
        margin: how much better the best must be than the runner-up.
        default_authority: the authority of identifiers that come without one.
    """

    auto: float = 0.97
    review: float = 0.2
    margin: float = 0.10
    default_authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    record: PatientRecord
    evidence: tuple[Evidence, ...]
    bits: float

    @property
    def score(self) -> float:
        odds: float = 2.0 ** (self.bits + _PRIOR_BITS)
        return odds / (1.0 + odds)

    def outcome(self, field: str) -> str:
        return next((item.outcome for item in self.evidence if item.field == field), "missing")


def decide(person: Demographics, candidates: Sequence[PatientRecord], rules: MatchRules) -> Match:
    """Decide who the person is.

    Args:
        person: what message and document say together.
        candidates: every record the directory finds likely; more do no harm.
        rules: thresholds and the default authority.

    Returns:
        A match only when it is certain; otherwise `review` with the best candidate, or `none`.
    """
    scored = sorted((_score(person, record) for record in candidates), key=lambda item: -item.bits)
    named = [item for item in scored if identifies(person.identifiers, item.record, rules.default_authority)]
    if named:
        return _by_identifier(person, named, scored, rules)
    return _by_demographics(person, scored, rules)


def identifies(given: Sequence[Identifier], record: PatientRecord, default_authority: str) -> bool:
    """Whether any identifier, with its authority, is one of the record's."""
    known = {(record.mrn, record.assigning_authority or default_authority)}
    known |= {(item.value, item.authority or default_authority) for item in record.identifiers}
    return any((item.value, item.authority or default_authority) in known for item in given)


def _score(person: Demographics, record: PatientRecord) -> _Scored:
    outcomes = {
        "family": names.compare(person.family, record.family),
        "given": names.compare(person.given, record.given),
        "birth_date": names.compare_dates(person.birth_date, record.birth_date),
        "sex": _same(_sex(person.sex), _sex(record.sex)),
        "phone": _same(_digits(person.phone), _digits(record.phone)),
        "postcode": _same(names.fold(person.postcode), names.fold(record.postcode)),
    }
    swapped = names.compare(person.family, record.given), names.compare(person.given, record.family)
    if "differ" in (outcomes["family"], outcomes["given"]) and swapped == ("agree", "agree"):
        outcomes["family"] = outcomes["given"] = "close"
    evidence = tuple(
        Evidence(field=field, outcome=outcome, weight=_WEIGHTS[field].get(outcome, 0.0))
        for field, outcome in outcomes.items()
    )
    return _Scored(record=record, evidence=evidence, bits=sum(item.weight for item in evidence))


def _same(left: str, right: str) -> str:
    if not left or not right:
        return "missing"
    return "agree" if left == right else "differ"


def _sex(code: str) -> str:
    return code if code in ("F", "M") else ""


def _digits(phone: str) -> str:
    """The last nine digits: country and trunk prefixes differ by habit."""
    return "".join(char for char in phone if char.isdigit())[-9:]


def _by_identifier(
    person: Demographics, named: Sequence[_Scored], scored: Sequence[_Scored], rules: MatchRules
) -> Match:
    best = named[0]
    if len({item.record.mrn for item in named}) > 1:
        return _review(best, "identifier", "patient.ambiguous", scored)
    if _contradicts(best) or _vetoed(best):
        return _review(best, "identifier", "patient.conflict", scored)
    if any(other.record.mrn != best.record.mrn and other.bits > best.bits for other in scored):
        return _review(best, "identifier", "patient.conflict", scored)
    if not _confirms(best) or best.record.merged_into:
        return _review(best, "identifier", "patient.ambiguous", scored)
    if _other_own_number(person, best.record, rules):
        return _review(best, "identifier", "patient.conflict", scored)
    return _match(best, "identifier", score=max(best.score, 0.999))


def _confirms(item: _Scored) -> bool:
    """The demographics as a whole confirm an identifier: birth date and a name, none of them contradicting."""
    birth = item.outcome("birth_date")
    family, given = item.outcome("family"), item.outcome("given")
    if birth == "agree":
        return family in ("agree", "close") and given in ("agree", "close", "missing")
    if birth in ("close", "missing"):
        return family == "agree" and given == "agree" and item.outcome("sex") != "differ"
    return False


def _contradicts(item: _Scored) -> bool:
    """Something of weight says it is somebody else."""
    differing = {field for field in ("family", "given", "birth_date", "sex") if item.outcome(field) == "differ"}
    return bool(differing)


def _vetoed(item: _Scored) -> bool:
    return item.outcome("sex") == "differ" and item.outcome("birth_date") != "agree"


def _by_demographics(person: Demographics, scored: Sequence[_Scored], rules: MatchRules) -> Match:
    if not scored or scored[0].score < rules.review:
        return Match(decision=Decision.NONE, step="demographics", reason_code="patient.unknown")
    best = scored[0]
    runner_up = next((item.score for item in scored[1:] if item.record.mrn != best.record.mrn), 0.0)
    certain = (
        best.score >= rules.auto
        and best.score - runner_up >= rules.margin
        and best.outcome("birth_date") == "agree"
        and best.outcome("family") == "agree"
        and best.outcome("given") == "agree"
        and not _contradicts(best)
        and not best.record.merged_into
    )
    if not certain:
        return _review(best, "demographics", "patient.ambiguous", scored)
    if _other_own_number(person, best.record, rules):
        return _review(best, "demographics", "patient.conflict", scored)
    return _match(best, "demographics", score=best.score)


def _other_own_number(person: Demographics, record: PatientRecord, rules: MatchRules) -> bool:
    """The sender names another number of the record's own authority: a new registration or a mix-up."""
    own = record.assigning_authority or rules.default_authority
    given = {item.value for item in person.identifiers if (item.authority or rules.default_authority) == own}
    known = {record.mrn} | {item.value for item in record.identifiers if (item.authority or own) == own}
    return bool(own) and bool(given - known)


def _match(item: _Scored, step: str, *, score: float) -> Match:
    return Match(decision=Decision.MATCH, record=item.record, score=round(score, 6), step=step, evidence=item.evidence)


def _review(item: _Scored, step: str, code: str, scored: Sequence[_Scored]) -> Match:
    return Match(
        decision=Decision.REVIEW,
        record=item.record,
        score=round(item.score, 6),
        step=step,
        evidence=item.evidence,
        reason_code=code,
        candidates=tuple(dict.fromkeys(other.record.mrn for other in scored[:5])),
    )
