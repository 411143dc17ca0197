"""One door for every document: its bytes say what it is, the fitting opener makes pages of words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.pdf import open_pdf
from engine.documents.rtf import open_rtf
from engine.documents.sniff import PDF, RTF, TEXT, is_complete, sniff
from engine.documents.text import open_text

_OPENERS: Mapping[str, Callable[[bytes, PageLimits], OpenedPages]] = MappingProxyType(
    {PDF: open_pdf, RTF: open_rtf, TEXT: open_text}
)
_DEFAULT_LIMITS = PageLimits()


def open_pages(data: bytes, *, limits: PageLimits = _DEFAULT_LIMITS) -> OpenedPages:
    """Open a document of any type.

    Returns:
        Pages of words. A type without an opener gives no pages and `document.unreadable`; a file without its end mark
        `document.truncated`, beside whatever could still be read.
    """
    media_type = sniff(data)
    opener = _OPENERS.get(media_type)
    if opener is None:
        return OpenedPages(
            media_type=media_type, reason_code="document.unreadable", notes=(f"no opener: {media_type}",)
        )
    opened = opener(data, limits)
    if not opened.reason_code and not is_complete(data, media_type):
        return OpenedPages(
            media_type=media_type,
            pages=opened.pages,
            page_count=opened.page_count,
            reason_code="document.truncated",
            notes=opened.notes,
        )
    return opened
