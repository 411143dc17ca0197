"""`headrace match`: the matching of the reconcile stage on persons from a file."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.app.cli.at_rest import loaded_site, surroundings
from engine.app.cli.client import Unavailable, open_api
from engine.app.cli.estimate import channels_of, estimate
from engine.app.cli.evaluate import BadPairs, decisions, evaluate
from engine.app.compose import build_parts
from engine.domain import matching
from engine.domain.patient import Decision, Demographics, Identifier, Match
from engine.ports.directory import Directory, DirectoryUnavailable

OK, FAILED, USAGE, TRY_AGAIN = 0, 1, 2, 75


class BadLine(ValueError):
    """A line that is no person; names the line, not its content."""


def match_batch(site: Path, directory: str, batch: Path, *, as_json: bool, has_truth: bool = False) -> int:
    """Decide for every line; 0, or 2 for a wrong name or line, 75 when the directory does not answer.

    With `has_truth` the file holds pairs (CSV) and the decisions are counted; 1 when one names somebody else.
    """
    folder = site.resolve()
    try:
        text = sys.stdin.read() if str(batch) == "-" else batch.read_text(encoding="utf-8")
        os.chdir(folder)
        parts = build_parts(loaded_site(folder), surroundings(folder))
        if directory not in parts.directories:
            sys.stderr.write(f"{_no_directory(directory, parts.directories)}\n")
            return USAGE
        return asyncio.run(_ask(parts.directories[directory], text, as_json=as_json, has_truth=has_truth))
    except (BadLine, BadPairs) as problem:
        sys.stderr.write(f"{batch}:{problem}\n")
        return USAGE
    except DirectoryUnavailable:
        sys.stderr.write("the directory does not answer\n")
        return TRY_AGAIN
    except (OSError, UnicodeDecodeError) as problem:
        sys.stderr.write(f"{batch}: {problem}\n")
        return USAGE
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code


def estimate_weights(site: Path, directory: str, *, as_json: bool) -> int:
    """Estimate u and m for a directory; 0, 1 when there was nothing to estimate from, 2 and 75 as `match_batch`."""
    folder = site.resolve()

    async def work() -> int:
        loaded = loaded_site(folder)
        known = build_parts(loaded, surroundings(folder)).directories
        if directory not in known:
            raise Unavailable(_no_directory(directory, known), USAGE)
        try:
            async with open_api(folder) as api:
                return await estimate(known[directory], api, channels_of(loaded, directory), as_json=as_json)
        finally:
            await known[directory].close()

    try:
        os.chdir(folder)
        return asyncio.run(work())
    except DirectoryUnavailable:
        sys.stderr.write("the directory does not answer\n")
        return TRY_AGAIN
    except OSError as problem:
        sys.stderr.write(f"{problem}\n")
        return USAGE
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code


def _no_directory(name: str, known: Mapping[str, Directory]) -> str:
    return f"no directory is called {name!r}; there are: {', '.join(sorted(known)) or 'none'}"


async def _ask(directory: Directory, text: str, *, as_json: bool, has_truth: bool) -> int:
    try:
        if has_truth:
            return await evaluate(directory, text, as_json=as_json)
        await _decide_all(directory, text, as_json=as_json)
        return OK
    finally:
        await directory.close()


async def _decide_all(directory: Directory, text: str, *, as_json: bool) -> None:
    rules = matching.MatchRules(default_authority=directory.default_authority)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        case, person = _person(number, line)
        (match,) = await decisions(directory, person, [rules])
        _print(case, match, as_json=as_json)


def _person(number: int, line: str) -> tuple[str, Demographics]:
    try:
        data = json.loads(line)
        return str(data["case"]), _demographics(data)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadLine(f"{number}: not a person; see docs/reference/cli.md") from None


def _demographics(data: Mapping[str, Any]) -> Demographics:
    words = {
        key: str(data.get(key) or "").strip()
        for key in ("family", "given", "middle", "birth_date", "phone", "postcode")
    }
    identifiers = tuple(
        Identifier(
            value=str(item["value"]), authority=str(item.get("authority") or ""), type=str(item.get("type") or "")
        )
        for item in data.get("identifiers") or ()
    )
    return Demographics(identifiers=identifiers, sex=str(data.get("sex") or "").upper(), **words)


def _print(case: str, match: Match, *, as_json: bool) -> None:
    mrn = match.record.mrn if match.record is not None and match.decision is not Decision.NONE else None
    evidence = [{"field": item.field, "outcome": item.outcome, "weight": item.weight} for item in match.evidence]
    if as_json:
        line = {"case": case, "decision": match.decision.value, "mrn": mrn, "score": match.score, "evidence": evidence}
        sys.stdout.write(json.dumps(line) + "\n")
        return
    words = ", ".join(f"{item['field']} {item['outcome']}" for item in evidence if item["outcome"] != "missing")
    sys.stdout.write(f"{case}: {match.decision.value} {mrn or '-'} {match.score:.3f}  {words}\n")
