"""Query parameters: known names only, each at most once, each checked before the store is asked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Mapping

from starlette.requests import Request

from engine.web.problems import Problem, bad_parameter

LIMIT_DEFAULT, LIMIT_MAX = 50, 500

_NUMBER = re.compile(r"[0-9]{1,4}")
_SEQUENCE = re.compile(r"m:([0-9]{1,18})")
_ID = re.compile(r"[\x21-\x7e]{1,200}")


def read_query(request: Request, allowed: Collection[str]) -> Mapping[str, str]:
    """The query's parameters by name.

    Raises:
        Problem: 400 for a name that is not in `allowed`, one given twice, or a NUL character.
    """
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise Problem(400, f"unknown parameter; known here: {known}", parameter=name[:60])
        if name in found:
            raise bad_parameter(name, "given more than once")
        if "\x00" in value:
            raise bad_parameter(name, "holds a NUL character")
        found[name] = value
    return found


def limit_of(query: Mapping[str, str]) -> int:
    """The page size: 50, or what `limit` says, 1 to 500. Raises Problem (400)."""
    text = query.get("limit")
    if text is None:
        return LIMIT_DEFAULT
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= LIMIT_MAX:
        raise bad_parameter("limit", f"must be a whole number from 1 to {LIMIT_MAX}")
    return int(text)


def choice_of(query: Mapping[str, str], name: str, choices: Collection[str]) -> str:
    """One of `choices`, or empty when not given. Raises Problem (400)."""
    value = query.get(name, "")
    if value and value not in choices:
        raise bad_parameter(name, f"must be one of {', '.join(choices)}")
    return value


def pack_sequence(sequence: int) -> str:
    """An opaque cursor for message lists."""
    return _pack(f"m:{sequence}")


def sequence_of(query: Mapping[str, str]) -> int | None:
    """The sequence inside `cursor`, or None when not given. Raises Problem (400)."""
    text = query.get("cursor", "")
    if not text:
        return None
    found = _SEQUENCE.fullmatch(_unpack(text))
    if not found:
        raise bad_parameter("cursor", "is not a cursor of this list")
    return int(found[1])


def pack_review(review_id: str) -> str:
    """An opaque cursor for review lists."""
    return _pack(f"r:{review_id}")


def review_of(query: Mapping[str, str]) -> str:
    """The review id inside `cursor`, or empty when not given. Raises Problem (400)."""
    text = query.get("cursor", "")
    if not text:
        return ""
    kind, _, review_id = _unpack(text).partition(":")
    if kind != "r" or not _ID.fullmatch(review_id):
        raise bad_parameter("cursor", "is not a cursor of this list")
    return review_id


def is_id(text: str) -> bool:
    """Whether a path part can be an id at all; others are unknown without asking the store."""
    return _ID.fullmatch(text) is not None


def _pack(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpack(text: str) -> str:
    """The text of a cursor; only the one spelling that `_pack` gives is accepted."""
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        raise bad_parameter("cursor", "is not a cursor of this list") from None
    if _pack(plain) != text:
        raise bad_parameter("cursor", "is not a cursor of this list")
    return plain
