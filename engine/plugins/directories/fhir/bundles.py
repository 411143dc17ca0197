"""Answers of a FHIR server, checked before they are believed.

Source: FHIR R4 Bundle (searchset), OperationOutcome, Parameters; IHE ITI PIXm 3.0 for `$ihe-pix`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.links.failures import CallFailed, Cause

Resource = Mapping[str, Any]
_SEVERE = frozenset({"error", "fatal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a search.

    Attributes:
        patients: the Patient resources.
        next_url: where the next page is; empty on the last.
        total: how many the server says there are; None when it does not say.
        whole: false when the server reports that it left something out.
    """

    patients: list[Resource] = field(default_factory=list)
    next_url: str = ""
    total: int | None = None
    whole: bool = True


def resource_of(body: bytes) -> Resource:
    """The resource of a body. Raises CallFailed."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CallFailed(Cause.NOT_JSON, status=200) from None
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise CallFailed(Cause.WRONG_SHAPE, status=200)
    return found


def page_of(body: bytes) -> Page:
    """The page of a searchset Bundle. Raises CallFailed for anything else."""
    bundle = resource_of(body)
    if bundle["resourceType"] != "Bundle" or bundle.get("type") != "searchset":
        raise CallFailed(Cause.WRONG_SHAPE, status=200)
    patients: list[Resource] = []
    whole = True
    for entry in _objects(bundle, "entry"):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            raise CallFailed(Cause.WRONG_SHAPE, status=200)
        if resource.get("resourceType") == "OperationOutcome":
            whole = whole and not _is_severe(resource)
        elif resource.get("resourceType") == "Patient":
            patients.append(resource)
        elif _mode(entry) == "match":
            raise CallFailed(Cause.WRONG_SHAPE, status=200)
    total = bundle.get("total")
    is_count = isinstance(total, int) and not isinstance(total, bool)
    return Page(patients=patients, next_url=_next(bundle), total=total if is_count else None, whole=whole)


def target_numbers(body: bytes, system: str) -> list[str]:
    """Values of the target identifiers of one system in the answer of `$ihe-pix`. Raises CallFailed."""
    parameters = resource_of(body)
    if parameters["resourceType"] != "Parameters":
        raise CallFailed(Cause.WRONG_SHAPE, status=200)
    found: list[str] = []
    for item in _objects(parameters, "parameter"):
        identifier = item.get("valueIdentifier")
        if item.get("name") == "targetIdentifier" and isinstance(identifier, dict):
            value = identifier.get("value")
            if identifier.get("system") == system and isinstance(value, str) and value.strip():
                found.append(value.strip())
    return list(dict.fromkeys(found))


def issue_codes(body: bytes) -> frozenset[str]:
    """Codes of the issues of an OperationOutcome; none when it is not one."""
    try:
        outcome = resource_of(body)
        issues = _objects(outcome, "issue") if outcome["resourceType"] == "OperationOutcome" else []
    except CallFailed:
        return frozenset()
    return frozenset(code for issue in issues if isinstance(code := issue.get("code"), str))


def _is_severe(outcome: Resource) -> bool:
    return any(issue.get("severity") in _SEVERE for issue in _objects(outcome, "issue"))


def _mode(entry: Resource) -> object:
    search = entry.get("search")
    return search.get("mode", "match") if isinstance(search, dict) else "match"


def _next(bundle: Resource) -> str:
    for link in _objects(bundle, "link"):
        if link.get("relation") == "next":
            if not isinstance(link.get("url"), str):
                raise CallFailed(Cause.WRONG_SHAPE, status=200)
            return str(link["url"])
    return ""


def _objects(holder: Resource, key: str) -> list[Resource]:
    found = holder.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise CallFailed(Cause.WRONG_SHAPE, status=200)
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no JSON number")
