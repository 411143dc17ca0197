"""Small JSON bodies, read with a limit and checked field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from engine.web.problems import Problem, bad_parameter

JSON_MAX = 16 * 1024
REASON_MAX = 500

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAMES: Mapping[type, str] = {str: "a text", bool: "true or false", int: "a whole number"}


async def read_json(request: Request, allowed: Mapping[str, type]) -> Mapping[str, Any]:
    """The fields of a JSON object; an empty body is an object without fields.

    Args:
        request: its body is read.
        allowed: names of the fields and their types: `str`, `bool` or `int`.

    Raises:
        Problem: 413 past 16 KiB, 400 for what is no object, has another field, or one of another type.
    """
    found = _parse(await _body(request))
    for name, value in found.items():
        if name not in allowed:
            raise Problem(400, f"unknown field; known here: {', '.join(sorted(allowed)) or 'none'}")
        if type(value) is not allowed[name]:
            raise bad_parameter(name, f"must be {_NAMES[allowed[name]]}")
        if isinstance(value, str) and "\x00" in value:
            raise bad_parameter(name, "holds a NUL character")
    return found


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > JSON_MAX:
            raise Problem(413, f"a body may have {JSON_MAX} bytes at most")
    return bytes(body)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise Problem(400, "the body must be a JSON object")
    return found


def reason_of(fields: Mapping[str, Any], *, is_needed: bool) -> str:
    """Why a person does it, in their own words, one line.

    Raises:
        Problem: 400 when it is needed and missing, longer than 500 characters, or holds control characters.
    """
    text = str(fields.get("reason", "")).strip()
    if is_needed and not text:
        raise bad_parameter("reason", "must say why")
    if len(text) > REASON_MAX:
        raise bad_parameter("reason", f"may have {REASON_MAX} characters at most")
    if _CONTROL.search(text):
        raise bad_parameter("reason", "must be one line without control characters")
    return text
