"""One file and a few fields out of a multipart request, in memory: a patient's document is not spooled to disk."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from engine.web.problems import Problem, bad_parameter

_FIELDS_MAX = 32
_FIELD_BYTES_MAX = 8 * 1024
_ENVELOPE_BYTES = 64 * 1024
"""Room for boundaries, part headers and fields around the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was sent: the file's bytes and the other fields as texts."""

    data: bytes
    fields: Mapping[str, str]


class _InMemory(MultiPartParser):
    """The parser without its temporary file; the body's size is capped before it comes here."""

    spool_max_size = 1 << 62


async def read_upload(request: Request, *, name: str, limit: int) -> Upload:
    """Read a multipart request.

    Args:
        request: not read yet.
        name: field of the file.
        limit: bytes the file may have.

    Raises:
        Problem: 415 not multipart, 413 too large, 400 malformed, without a file, or with two.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send multipart/form-data")
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told) > limit + _ENVELOPE_BYTES:
        raise too_large(limit)
    body = _capped(request, limit)
    parser = _InMemory(request.headers, body, max_files=1, max_fields=_FIELDS_MAX, max_part_size=_FIELD_BYTES_MAX)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise Problem(HTTPStatus.BAD_REQUEST, "the multipart body is malformed, or has too many parts") from None
    except ClientDisconnect:
        raise Problem(HTTPStatus.BAD_REQUEST, "the connection ended before the body did") from None
    try:
        sent = form.get(name)
        if not isinstance(sent, UploadFile):
            raise bad_parameter(name, "send the document in this field, with a file name")
        data = await sent.read()
        if len(data) > limit:
            raise too_large(limit)
        return Upload(data=data, fields={key: value for key, value in form.items() if isinstance(value, str)})
    finally:
        await form.close()


def too_large(limit: int) -> Problem:
    """A 413 that names the limit."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a document may have {limit} bytes at most")


async def _capped(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks until they are too many; a chunked body has no length to look at first."""
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > limit + _ENVELOPE_BYTES:
            raise too_large(limit)
        yield chunk
