"""Who is it: from a description of a person and the directory's candidates to a decision a hospital can rely on.

Two steps, the first decision wins. *Identifier*: an identifier of a known authority names exactly one record, the
rest of the demographics confirms it as a whole, and nobody else fits better. *Demographics*: Fellegi-Sunter weights in
bits over the fields, a missing field counting nothing; certain only above `auto`, with a margin to the runner-up, and
without a veto. Everything else is a person's decision.

Source: Fellegi and Sunter 1969; the weights are log2 of agreement over chance for a hospital of some 100,000 patients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.domain import names
from engine.domain.patient import Decision, Demographics, Evidence, Identifier, Match, PatientRecord

WEIGHTS = {
    "family": {"agree": 8.0, "close": 4.0, "differ": -4.0},
    "given": {"agree": 6.0, "close": 3.0, "differ": -5.0},
    "birth_date": {"agree": 11.0, "close": 3.0, "differ": -9.0},
    "sex": {"agree": 1.0, "differ": -5.0},
    "phone": {"agree": 5.0, "differ": -0.5},
    "postcode": {"agree": 3.0, "differ": -0.5},
}
"""Bits by field and outcome."""
PRIOR_BITS = -16.6
"""One of some 100,000."""


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
        odds: float = 2.0 ** (self.bits + PRIOR_BITS)
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
    scored = sorted((_score(person, record) for record in _living(candidates)), key=lambda item: -item.bits)
    merged = _merged(person, candidates, rules)
    if merged is not None:
        best = _score(person, merged)
        return _review(best, "identifier", "patient.merged", [best, *scored])
    named = [item for item in scored if identifies(person.identifiers, item.record, rules.default_authority)]
    if named:
        return _by_identifier(person, named, scored, rules)
    return _by_demographics(person, scored, rules)


def not_all_seen(match: Match) -> Match:
    """What is left of a decision when the directory did not show everybody who could be meant: a person's."""
    step = match.step or "demographics"
    return replace(match, decision=Decision.REVIEW, step=step, reason_code="directory.incomplete")


def identifies(given: Sequence[Identifier], record: PatientRecord, default_authority: str) -> bool:
    """Whether any identifier, with its authority, is one of the record's."""
    known = record.numbers(default_authority)
    return any(item.known_as(default_authority) in known for item in given)


def _living(candidates: Sequence[PatientRecord]) -> list[PatientRecord]:
    """The records that live; a merged one only where its survivor is out of sight, and then it decides nothing."""
    everyone = {item.key: item for item in candidates}
    return [
        item
        for item in everyone.values()
        if not item.merged_into or _survivor(item, everyone).merged_into or _survivor(item, everyone) is item
    ]


def _merged(person: Demographics, candidates: Sequence[PatientRecord], rules: MatchRules) -> PatientRecord | None:
    """The record that took the place of one whose number is given, itself when that is out of sight.

    A merge may have been a mistake, and the number may have been used for both: a person looks.
    """
    everyone = {item.key: item for item in candidates}
    old = (
        item
        for item in everyone.values()
        if item.merged_into and identifies(person.identifiers, item, rules.default_authority)
    )
    return next((_survivor(item, everyone) for item in old), None)


def _survivor(old: PatientRecord, everyone: Mapping[tuple[str, str], PatientRecord]) -> PatientRecord:
    """Where a chain of merges ends; the merged record itself when it leads in a circle or out of sight."""
    last, seen = old, {old.key}
    while last.merged_into:
        following = everyone.get((last.merged_into, last.assigning_authority))
        if following is None or following.key in seen:
            return old
        last = following
        seen.add(last.key)
    return last


def _score(person: Demographics, record: PatientRecord) -> _Scored:
    outcomes = {
        "family": names.compare(person.family, record.family),
        "given": names.compare_given(person.given, record.given),
        "birth_date": names.compare_dates(person.birth_date, record.birth_date),
        "sex": _same(_sex(person.sex), _sex(record.sex)),
        "phone": _same(names.last_digits(person.phone), names.last_digits(record.phone)),
        "postcode": _same(names.fold(person.postcode), names.fold(record.postcode)),
    }
    if "differ" in (outcomes["family"], outcomes["given"]) and _swapped(person, record):
        outcomes["family"] = outcomes["given"] = "close"
    if "differ" in (outcomes["family"], outcomes["given"]) and _goes_by(person, record):
        outcomes["family"] = outcomes["given"] = "close"
    evidence = tuple(
        Evidence(field=field, outcome=outcome, weight=WEIGHTS[field].get(outcome, 0.0))
        for field, outcome in outcomes.items()
    )
    return _Scored(record=record, evidence=evidence, bits=sum(item.weight for item in evidence))


def _swapped(person: Demographics, record: PatientRecord) -> bool:
    """Family and given name stand in each other's place."""
    pairs = (person.family, record.given), (person.given, record.family)
    return all(names.compare(left, right) == "agree" for left, right in pairs)


def _goes_by(person: Demographics, record: PatientRecord) -> bool:
    """One of the record's further names is the person's, whole: it is less than the name itself, and no other's."""
    pairs = ((other.family or record.family, other.given or record.given) for other in record.other_names)
    return any(
        names.compare(person.family, family) == "agree" and names.compare_given(person.given, given) == "agree"
        for family, given in pairs
    )


def _same(left: str, right: str) -> str:
    if not left or not right:
        return "missing"
    return "agree" if left == right else "differ"


def _sex(code: str) -> str:
    return code if code in ("F", "M") else ""


def _by_identifier(
    person: Demographics, named: Sequence[_Scored], scored: Sequence[_Scored], rules: MatchRules
) -> Match:
    best = named[0]
    if len(named) > 1:
        return _review(best, "identifier", "patient.ambiguous", scored)
    if _contradicts(best):
        return _review(best, "identifier", "patient.conflict", scored)
    if any(other.record.key != best.record.key and other.bits > best.bits for other in scored):
        return _review(best, "identifier", "patient.conflict", scored)
    if not best.record.registered:
        return _review(best, "identifier", "patient.unknown", scored)
    if not _confirms(best) or best.record.merged_into or _could_be_a_twin(person, best):
        return _review(best, "identifier", "patient.ambiguous", scored)
    if _other_own_number(person, best.record, rules):
        return _review(best, "identifier", "patient.conflict", scored)
    return _match(best, "identifier", score=max(best.score, 0.999))


def _confirms(item: _Scored) -> bool:
    """The demographics as a whole confirm an identifier: birth date and a name, none of them contradicting."""
    birth = item.outcome("birth_date")
    family, given = item.outcome("family"), item.outcome("given")
    if birth == "agree":
        return (family, given) == ("agree", "missing") or {family, given} <= {"agree", "close"}
    if birth in ("close", "missing"):
        return family == "agree" and given == "agree" and item.outcome("sex") != "differ"
    return False


def _could_be_a_twin(person: Demographics, item: _Scored) -> bool:
    """The given name is close enough for a slip, yet also the name of a twin nobody has registered."""
    return (
        item.outcome("given") == "close"
        and not _swapped(person, item.record)
        and names.could_be_two(person.given, item.record.given)
    )


def _contradicts(item: _Scored) -> bool:
    """Something of weight says it is somebody else."""
    return any(item.outcome(field) == "differ" for field in ("family", "given", "birth_date", "sex"))


def _by_demographics(person: Demographics, scored: Sequence[_Scored], rules: MatchRules) -> Match:
    if not scored or scored[0].score < rules.review:
        return Match(decision=Decision.NONE, step="demographics", reason_code="patient.unknown")
    best = scored[0]
    runner_up = next((item.score for item in scored[1:] if _is_rival(item)), 0.0)
    certain = (
        best.score >= rules.auto
        and best.score - runner_up >= rules.margin
        and best.outcome("birth_date") == "agree"
        and best.outcome("family") == "agree"
        and best.outcome("given") == "agree"
        and not _contradicts(best)
        and not _lives_elsewhere(best)
        and not best.record.merged_into
        and not any(_is_near_twin(person, item) for item in scored[1:])
    )
    if certain and not best.record.registered:
        return _review(best, "demographics", "patient.unknown", scored)
    if not certain:
        return _review(best, "demographics", "patient.ambiguous", scored)
    if _other_own_number(person, best.record, rules) or _names_another(person, scored[1:]):
        return _review(best, "demographics", "patient.conflict", scored)
    return _match(best, "demographics", score=best.score)


def _lives_elsewhere(item: _Scored) -> bool:
    """Phone and postcode are both others: without a number, a namesake born the same day is as likely as a move."""
    return item.outcome("phone") == item.outcome("postcode") == "differ"


def _is_rival(item: _Scored) -> bool:
    """Could be meant as well, by a slip: a twin of quite another given name could not, whatever address they share."""
    return all(item.outcome(field) != "differ" for field in ("family", "given", "birth_date"))


def _is_near_twin(person: Demographics, item: _Scored) -> bool:
    """Born the same day, of the same family, with a name that one slip makes the other's: without a number, a guess."""
    same = item.outcome("birth_date") == "agree" and item.outcome("family") != "differ"
    return same and (item.outcome("given") == "close" or names.one_letter_apart(person.given, item.record.given))


def _other_own_number(person: Demographics, record: PatientRecord, rules: MatchRules) -> bool:
    """The sender names another number of the record's own authority: a new registration or a mix-up."""
    own = (record.assigning_authority or rules.default_authority).casefold()
    given = {item.known_as(rules.default_authority) for item in person.identifiers if item.is_patient_number}
    return bool(own) and any(item[1] == own for item in given - record.numbers(rules.default_authority))


def _names_another(person: Demographics, others: Sequence[_Scored]) -> bool:
    """A number without any authority, in the directory only under another person."""
    bare = {item.value for item in person.identifiers if item.is_patient_number and not item.authority}
    return any(value in bare for other in others for value, _ in other.record.numbers(""))


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
