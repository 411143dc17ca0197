"""The second opinion on a match by demographics: what directory and operator know weighs in, and may only doubt.

`matching.decide` decides by built-in figures. Here the same evidence is weighed again, with how common the names and
the birth date are in this very directory, how many people it has, and the operator's own m and u. What is not certain
by both goes to a person; nothing becomes certain here that was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log2
from types import MappingProxyType

from engine.domain.frequency import COUNTED, Commonness
from engine.domain.matching import PRIOR_BITS, WEIGHTS
from engine.domain.patient import Decision, Evidence, Match

BUILT_IN_M = MappingProxyType(
    {"family": 0.95, "given": 0.97, "birth_date": 0.998, "sex": 0.985, "phone": 0.3, "postcode": 0.3}
)
"""How often a field agrees for one person described twice, where nobody estimated it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWeight:
    """Probabilities that a field agrees: `m` for one person, `u` for two different ones; None is not estimated."""

    m: float | None = None
    u: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known besides the built-in figures; both may be missing.

    Attributes:
        counts: how common the candidate's values are in the directory.
        weights: the operator's figures by field.
    """

    counts: Commonness | None = None
    weights: Mapping[str, FieldWeight] = field(default_factory=dict)


def weigh(match: Match, known: Knowledge, *, auto: float) -> Match:
    """The match with its evidence weighed by what is known; uncertain by that, it is a person's.

    Args:
        match: as `matching.decide` made it; only one by demographics is weighed again.
        known: of the directory and of the operator.
        auto: the probability from which a match is certain.

    Returns:
        The same decision, or `review` in place of `match`; the score is the lower of the two.
    """
    if match.step != "demographics" or match.record is None or not (known.counts or known.weights):
        return match
    evidence = tuple(replace(item, weight=round(_bits(item, known), 2)) for item in match.evidence)
    prior = -log2(known.counts.people) if known.counts else PRIOR_BITS
    odds = 2.0 ** (sum(item.weight for item in evidence) + prior)
    score = min(match.score, round(odds / (1.0 + odds), 6))
    weighed = replace(match, evidence=evidence, score=score)
    if match.decision is not Decision.MATCH or score >= auto:
        return weighed
    return replace(weighed, decision=Decision.REVIEW, reason_code="patient.ambiguous", candidates=(match.record.mrn,))


def _bits(item: Evidence, known: Knowledge) -> float:
    """Weight of a field's outcome in bits; a part of an agreement keeps its built-in part of the whole."""
    built_in = WEIGHTS[item.field]
    own = known.weights.get(item.field, FieldWeight())
    if item.outcome not in built_in:
        return 0.0
    m = BUILT_IN_M[item.field] if own.m is None else own.m
    if item.outcome == "differ":
        u = m * 2.0 ** -built_in["agree"] if own.u is None else own.u
        return built_in["differ"] if own == FieldWeight() else log2((1.0 - m) / (1.0 - u))
    part = built_in[item.outcome] / built_in["agree"]
    if known.counts is not None and item.field in COUNTED:
        return part * log2(m / known.counts.share(item.field))
    u = m * 2.0 ** -built_in["agree"] if own.u is None else own.u
    return part * log2(m / u)
