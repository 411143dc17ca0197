"""Small forms, read with a limit: this release takes a token or a search, nothing larger."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from engine.web.problems import Problem

FORM_MAX = 16 * 1024
FIELDS_MAX = 20


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of an urlencoded form; of a repeated one the last.

    Raises:
        Problem: 413 past 16 KiB, 415 for another media type, 400 for what is no form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise Problem(415, "a form is expected (application/x-www-form-urlencoded)")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_MAX:
            raise Problem(413, f"a form may have {FORM_MAX} bytes at most")
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX))
    except ValueError:
        raise Problem(400, "the form cannot be read") from None
