"""RTF through striprtf: table rows come out as cells between bars and are laid on the text grid as columns."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.sniff import RTF
from engine.documents.text import align_columns, pages_of_text

# striprtf drops superscripts, and `10\super 3` would become 103: the exponent sign is put in as text.
_SUPER = re.compile(r"\\super(?![a-z0-9])[ ]?")
_PICTURE = re.compile(r"\\pict\b[^{}]*")
_CODEPAGE = re.compile(r"\\ansicpg(\d{3,5})")


def open_rtf(data: bytes, limits: PageLimits) -> OpenedPages:
    """Read an RTF file as text with aligned table columns."""
    source = data.lstrip(b"\xef\xbb\xbf \t\r\n\x00").decode("latin-1")
    codepage = _CODEPAGE.search(source[:2000])
    encoding = f"cp{codepage.group(1)}" if codepage else "cp1252"
    source = _SUPER.sub(r"\\super ^", _PICTURE.sub(r"\\pict ", source))
    try:
        text = str(rtf_to_text(source, encoding=encoding, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError, AttributeError):
        return OpenedPages(media_type=RTF, reason_code="document.unreadable")
    return pages_of_text("\n".join(_lines(text.replace("\xa0", " "))), limits, RTF)


def _lines(text: str) -> list[str]:
    """Align the bar-separated rows of each table; other lines stay as they are."""
    out: list[str] = []
    table: list[list[str]] = []
    for line in [*text.split("\n"), ""]:
        if line.rstrip().endswith("|") and line.count("|") > 1:
            table.append(line.rstrip()[:-1].split("|"))
            continue
        out.extend(align_columns(table))
        table = []
        out.append(line)
    return out[:-1]
