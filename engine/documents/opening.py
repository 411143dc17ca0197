"""One door for every document: its bytes say what it is, the fitting opener makes pages of words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.documents.cda import open_cda
from engine.documents.docx import open_docx
from engine.documents.html import open_html
from engine.documents.images import open_image
from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.pdf import open_pdf
from engine.documents.pictures import Recogniser
from engine.documents.rtf import open_rtf
from engine.documents.sniff import CDA, DOCX, HTML, JPEG, PDF, PNG, RTF, TEXT, TIFF, is_complete, sniff
from engine.documents.text import open_text

_OPENERS: Mapping[str, Callable[[bytes, PageLimits], OpenedPages]] = MappingProxyType(
    {RTF: open_rtf, TEXT: open_text, HTML: open_html, DOCX: open_docx}
)
_PICTURED: Mapping[str, Callable[[bytes, PageLimits, Recogniser | None], OpenedPages]] = MappingProxyType(
    {PDF: open_pdf, **dict.fromkeys((TIFF, JPEG, PNG), open_image)}
)
_DEFAULT_LIMITS = PageLimits()


def open_pages(
    data: bytes, *, limits: PageLimits = _DEFAULT_LIMITS, recogniser: Recogniser | None = None
) -> OpenedPages:
    """Open a document of any type.

    Args:
        data: the document.
        limits: how much of it is read.
        recogniser: reads pages that are pictures; None leaves these unread.

    Returns:
        Pages of words. A type without an opener gives no pages and `document.unreadable`; a file without its end mark
        `document.truncated`, beside whatever could still be read.
    """
    media_type = sniff(data)
    pictured, opener = _PICTURED.get(media_type), _OPENERS.get(media_type)
    if pictured is not None:
        opened = pictured(data, limits, recogniser)
    elif media_type == CDA:
        opened = open_cda(data, limits, lambda inner: open_pages(inner, limits=limits, recogniser=recogniser))
    elif opener is not None:
        opened = opener(data, limits)
    else:
        return OpenedPages(
            media_type=media_type, reason_code="document.unreadable", notes=(f"no opener: {media_type}",)
        )
    if not opened.reason_code and not is_complete(data, media_type):
        return OpenedPages(
            media_type=media_type,
            pages=opened.pages,
            page_count=opened.page_count,
            reason_code="document.truncated",
            notes=opened.notes,
        )
    return opened
