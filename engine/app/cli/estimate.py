"""`headrace match --estimate`: how often fields agree by chance in a directory, and for one person by reviews."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.app.cli.client import Api
from engine.config.loaded import LoadedSite
from engine.domain.frequency import FIELDS, Chances
from engine.domain.weighing import BUILT_IN_M, FieldWeight
from engine.ports.directory import CountsPeople, Directory

OK, FAILED = 0, 1
LEAST_SIGNED = 30
"""Signed reviews from which m is estimated at all."""
LEAST_KNOWN = 100
"""Descriptions that must have the field: at m = 0.95 the estimate is then good to 0.04 or so."""
_PAGE = 200
_MOST_MESSAGES = 5_000
_CERTAIN = 0.9995


@dataclass(slots=True)
class Pairs:
    """Descriptions whose person is certain: what was compared, and how each came to be certain.

    Attributes:
        outcomes: by field, how often it agreed, was close, differed or was missing.
        signed: reviews in which a person said that the shown patient is the one.
        others: reviews in which a person said that it is somebody else.
        unsigned: closed cases about the patient that say neither.
        numbered: matches by number.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in FIELDS})
    signed: int = 0
    others: int = 0
    unsigned: int = 0
    numbered: int = 0

    def add(self, match: Mapping[str, Any]) -> None:
        """Count the evidence of one true pair."""
        for item in match["evidence"]:
            if item["field"] in self.outcomes:
                self.outcomes[item["field"]][item["outcome"]] += 1

    def m(self, name: str) -> float | None:
        """How often the field agrees for one person; None where too little was seen."""
        seen = self.outcomes[name]
        known = seen.total() - seen["missing"]
        if self.signed < LEAST_SIGNED or known < LEAST_KNOWN:
            return None
        return min(max((seen["agree"] + 0.5) / (known + 1), 1 - _CERTAIN), _CERTAIN)


async def estimate(directory: Directory, api: Api, channels: Iterable[str], *, as_json: bool) -> int:
    """Print the figures as YAML for the reconcile stage, or as JSON; 1 when there is nothing to estimate from.

    Raises:
        DirectoryUnavailable: the directory does not answer.
        Unavailable: the messages cannot be read.
    """
    chances = await directory.chances() if isinstance(directory, CountsPeople) else None
    pairs = await true_pairs(api, frozenset(channels))
    found = figures(chances, pairs)
    sys.stdout.write(_json(found, chances, pairs) if as_json else _yaml(found, chances, pairs))
    return OK if found else FAILED


def channels_of(loaded: LoadedSite, directory: str) -> list[str]:
    """The channels that reconcile with that directory."""
    return [
        channel.name
        for channel in loaded.channels
        if any(getattr(stage.settings, "directory", "") == directory for stage in channel.stages)
    ]


def figures(chances: Chances | None, pairs: Pairs) -> dict[str, FieldWeight]:
    """By field what could be estimated; a field whose agreement says nothing (u not below m) is left out."""
    found = {}
    for name in FIELDS:
        u = chances.by_field.get(name) if chances else None
        # No two agree: still no proof that none ever will.
        own = FieldWeight(m=_rounded(pairs.m(name)), u=_rounded(None if u is None else max(u, 1 / chances_of(chances))))
        m = BUILT_IN_M[name] if own.m is None else own.m
        if own != FieldWeight() and (own.u is None or own.u < m):
            found[name] = own
    return found


def chances_of(chances: Chances | None) -> int:
    """The people counted, at least one."""
    return max(chances.people, 1) if chances else 1


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


async def true_pairs(api: Api, channels: frozenset[str]) -> Pairs:
    """What people and numbers made certain. A message counts once, by what was said of it last."""
    pairs = Pairs()
    seen: set[str] = set()
    async for review in _pages(api, "/api/v1/reviews", state="all"):
        if review["channel"] not in channels or review["message_id"] in seen or not _is_about_patient(review):
            continue
        if review["state"] in ("open", "superseded", "withdrawn"):
            continue
        seen.add(review["message_id"])
        _judge(pairs, await _detail(api, review["message_id"]))
    count = 0
    async for message in _pages(api, "/api/v1/messages"):
        count += 1
        if count > _MOST_MESSAGES:
            break
        if message["channel"] not in channels or message["id"] in seen or message["patient_mrn"] is None:
            continue
        match = (await _detail(api, message["id"])).get("match")
        if match and match["decision"] == "match" and match["step"] == "identifier":
            pairs.numbered += 1
            pairs.add(match)
    return pairs


def _is_about_patient(review: Mapping[str, Any]) -> bool:
    return any(item["code"].startswith("patient.") for item in review["reasons"])


def _judge(pairs: Pairs, detail: Mapping[str, Any]) -> None:
    """What the person said who closed the case; the evidence is that of the candidate they were shown."""
    said = [
        item["detail"].get("patient", "") for item in detail.get("timeline", ()) if item["action"] == "review.close"
    ]
    match = detail.get("match")
    if not said or not said[-1] or not match or not match["evidence"]:
        pairs.unsigned += 1
    elif said[-1] == "shown":
        pairs.signed += 1
        pairs.add(match)
    else:
        pairs.others += 1


async def _detail(api: Api, message_id: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = await api.json(f"/api/v1/messages/{message_id}")
    except LookupError:  # removed by retention meanwhile
        return {}
    return found


async def _pages(api: Api, path: str, **query: str) -> AsyncIterator[Mapping[str, Any]]:
    cursor = ""
    while True:
        page = await api.json(path, **query, limit=_PAGE, cursor=cursor)
        for item in page["items"]:
            yield item
        cursor = page["next"] or ""
        if not cursor:
            return


def _yaml(found: Mapping[str, FieldWeight], chances: Chances | None, pairs: Pairs) -> str:
    lines = [f"# {words}" for words in _told(found, chances, pairs)]
    lines.append("weights:" if found else "weights: {}")
    for name, own in found.items():
        parts = [f"{key}: {value:f}".rstrip("0") for key, value in (("m", own.m), ("u", own.u)) if value is not None]
        lines.append(f"  {name}: {{{', '.join(parts)}}}")
    return "\n".join(lines) + "\n"


def _told(found: Mapping[str, FieldWeight], chances: Chances | None, pairs: Pairs) -> list[str]:
    """Where the figures come from, and what is missing."""
    told = [f"u: {chances.people} records" if chances else "u: none, the directory does not hold its records itself"]
    told.append(f"m: {pairs.signed} signed reviews and {pairs.numbered} matches by number")
    if pairs.signed < LEAST_SIGNED:
        told.append(f"   too few: m is estimated from {LEAST_SIGNED} signed reviews on, the built-in one stands")
    elif pairs.unsigned:
        told.append(
            f"   {pairs.unsigned} closed cases about the patient do not say whose results they were: m is a little high"
        )
    if pairs.others:
        told.append(f"   in {pairs.others} reviews it was somebody else than the one shown")
    left_out = [name for name in FIELDS if name not in found]
    if left_out:
        told.append(f"nothing to say of: {', '.join(left_out)}")
    return told


def _json(found: Mapping[str, FieldWeight], chances: Chances | None, pairs: Pairs) -> str:
    weights = {
        name: {key: value for key, value in (("m", own.m), ("u", own.u)) if value is not None}
        for name, own in found.items()
    }
    counts = {
        "records": chances.people if chances else None,
        "signed": pairs.signed,
        "other": pairs.others,
        "unsigned": pairs.unsigned,
        "by_number": pairs.numbered,
    }
    return json.dumps({"weights": weights, **counts}) + "\n"
