"""Bytes of a message as downloads: what arrived, its documents, what was sent, what was answered.

The same endpoints serve the API (by token) and the pages (by session); the guard decides by path.
"""

from __future__ import annotations

import asyncio
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.domain.document import OpenedDocument
from engine.domain.message import ContentKind, MessageId
from engine.hl7v2.errors import Er7Error
from engine.ports.store import DeliveryView, MessageDetail
from engine.web.params import is_id, read_query
from engine.web.problems import not_found
from engine.web.services import WebServices

ER7_MEDIA_TYPE = "application/hl7-v2"
BYTES_MEDIA_TYPE = "application/octet-stream"

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_ENDINGS = {
    "application/json": "json",
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tiff",
    "text/html": "html",
    "text/plain": "txt",
    "text/rtf": "rtf",
    "text/xml": "xml",
    ER7_MEDIA_TYPE: "hl7",
}


def routes(prefix: str) -> list[Route]:
    """The download routes under `prefix` (`/api/v1/messages` or `/messages`)."""
    delivery = prefix + "/{id}/deliveries/{delivery:path}"
    return [
        Route(prefix + "/{id}/raw", raw),
        Route(prefix + "/{id}/ack", ack_sent),
        Route(prefix + "/{id}/documents/{sha256}", document),
        Route(delivery + "/payload", payload),
        Route(delivery + "/ack", delivery_ack),
    ]


async def find_detail(request: Request) -> MessageDetail:
    """The message of the path. Raises Problem (404)."""
    detail = await get_detail(request.app.state.services, request.path_params["id"])
    if detail is None:
        raise not_found("message")
    return detail


async def get_detail(services: WebServices, message_id: str) -> MessageDetail | None:
    """The message, or None when there is none of that id; what cannot be an id is not asked for."""
    return await services.store.get(MessageId(message_id)) if is_id(message_id) else None


async def raw(request: Request) -> Response:
    """The bytes as received."""
    read_query(request, ())
    services: WebServices = request.app.state.services
    text = request.path_params["id"]
    detail = await find_detail(request)
    data = await services.store.raw(detail.message.id)
    if data is None:
        raise not_found("content; retention has removed it")
    is_er7 = detail.message.kind is ContentKind.ER7
    return _download(data, text, ER7_MEDIA_TYPE if is_er7 else BYTES_MEDIA_TYPE)


async def ack_sent(request: Request) -> Response:
    """The answer that the sender got."""
    read_query(request, ())
    services: WebServices = request.app.state.services
    detail = await find_detail(request)
    data = await services.store.ack_sent(detail.message.id)
    if data is None:
        raise not_found("answer; none was given")
    return _download(data, f"{detail.message.id}-ack", ER7_MEDIA_TYPE)


async def document(request: Request) -> Response:
    """An embedded document, decoded, as an attachment."""
    read_query(request, ())
    services: WebServices = request.app.state.services
    sha256 = request.path_params["sha256"].lower()
    detail = await find_detail(request)
    known = {item.sha256 for item in detail.message.documents}
    if not _DIGEST.fullmatch(sha256) or (known and sha256 not in known):
        raise not_found("document")
    data = await services.store.raw(detail.message.id)
    opened = None if data is None else await asyncio.to_thread(open_document, services, detail, data, sha256)
    if opened is None:
        raise not_found("document")
    return _download(opened.data, f"document-{sha256[:16]}", opened.document.media_type)


def open_document(services: WebServices, detail: MessageDetail, data: bytes, sha256: str) -> OpenedDocument | None:
    """A document of a message's bytes by its digest, or None; costs what decoding the message costs."""
    try:
        return services.content(detail.message, data).document(sha256)
    except Er7Error:
        return None


async def payload(request: Request) -> Response:
    """The bytes of a delivery, the same at every try."""
    read_query(request, ())
    services: WebServices = request.app.state.services
    delivery = await _find_delivery(request)
    data = await services.store.payload(delivery.id)
    if data is None:
        raise not_found("content; retention has removed it")
    return _download(data, f"payload-{_safe(delivery.id)}", _media_type(data))


async def delivery_ack(request: Request) -> Response:
    """The receiver's last answer to a delivery."""
    read_query(request, ())
    services: WebServices = request.app.state.services
    delivery = await _find_delivery(request)
    data = await services.store.answer(delivery.id)
    if data is None:
        raise not_found("answer; none came yet")
    return _download(data, f"ack-{_safe(delivery.id)}", _media_type(data))


async def _find_delivery(request: Request) -> DeliveryView:
    """The delivery of the path, which must belong to the message of the path. Raises Problem (404)."""
    detail = await find_detail(request)
    wanted = request.path_params["delivery"]
    for delivery in detail.message.deliveries:
        if delivery.id == wanted:
            return delivery
    raise not_found("delivery")


def _media_type(data: bytes) -> str:
    """What a destination's bytes are: HL7 v2, JSON (FHIR), or unknown."""
    if data.startswith(b"MSH"):
        return ER7_MEDIA_TYPE
    return "application/json" if data.startswith((b"{", b"[")) else BYTES_MEDIA_TYPE


def _safe(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z_-]", "_", text)[:64]


def _download(data: bytes, name: str, media_type: str) -> Response:
    """An attachment that no browser renders; its name comes from ids, as a sender's file name may name a patient."""
    shown = media_type if _MEDIA_TYPE.fullmatch(media_type) else BYTES_MEDIA_TYPE
    file_name = f"{name}.{_ENDINGS.get(shown, 'bin')}"
    headers = {
        "Content-Type": shown,
        "Content-Disposition": f'attachment; filename="{file_name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    }
    return Response(data, headers=headers)
