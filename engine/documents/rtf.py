"""RTF through striprtf: table rows come out as cells between bars and are laid on the text grid as columns."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.sniff import RTF
from engine.documents.text import align_columns, pages_of_text

# striprtf drops superscripts, and `10\super 3` would become 103: the exponent sign is put in as text.
_SUPER = re.compile(r"\\super(?![a-z0-9])[ ]?")
# A page set by hand: striprtf makes empty lines of it. `\pagebb` asks for a page before its paragraph.
_PAGE = re.compile(r"\\page(?:bb)?(?![a-z0-9])[ ]?")
_HEADER = re.compile(r"\{\s*\\header[lrf]?(?![a-z])")
_GROUP = re.compile(r"\\.|[{}]", re.DOTALL)
# The rows of a table in a cell end in a group that older readers leave out, as striprtf does.
_NESTED = re.compile(r"\{\s*\\\*\s*\\nesttableprops")
_PICTURE = re.compile(r"\\pict\b[^{}]*")
_CODEPAGE = re.compile(r"\\ansicpg(\d{3,5})")


def open_rtf(data: bytes, limits: PageLimits) -> OpenedPages:
    """Read an RTF file as text with aligned table columns."""
    source = data.lstrip(b"\xef\xbb\xbf \t\r\n\x00").decode("latin-1")
    codepage = _CODEPAGE.search(source[:2000])
    encoding = f"cp{codepage.group(1)}" if codepage else "cp1252"
    source = _with_headers(source)
    source = _NESTED.sub(r"\\row \g<0>", source)
    source = _SUPER.sub(r"\\super ^", _PAGE.sub(r"\\par\\'0c ", _PICTURE.sub(r"\\pict ", source)))
    try:
        text = str(rtf_to_text(source, encoding=encoding, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError, AttributeError):
        return OpenedPages(media_type=RTF, reason_code="document.unreadable")
    return pages_of_text("\n".join(_lines(text.replace("\xa0", " "))), limits, RTF)


def _with_headers(source: str) -> str:
    """The source with the heads of its pages as text where they are told: they may be all that names the patient."""
    out: list[str] = []
    done = 0
    for head in _HEADER.finditer(source):
        end = _group_end(source, head.start()) if head.start() >= done else -1
        if not end:
            break
        if end > 0:
            out += [source[done : head.start()], "{\\pard ", source[head.end() : end], "\\par }"]
            done = end + 1
    return "".join(out) + source[done:]


def _group_end(source: str, start: int) -> int:
    """Where the group that opens at `start` is closed; 0 where it never is (nor is any group after that)."""
    depth = 0
    for sign in _GROUP.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(sign.group(), 0)
        if depth == 0:
            return sign.start()
    return 0


def _lines(text: str) -> list[str]:
    """Align the bar-separated rows of each table; other lines stay as they are.

    A row of one cell, such as a heading or a remark across the table, does not end it. A cell of several lines comes
    as several lines too, of which only the last ends with the row.
    """
    out: list[str] = []
    table: list[list[str]] = []
    open_row = ""
    for line in [*text.split("\n"), ""]:
        row = f"{open_row} {line.strip()}".strip() if open_row else line.rstrip()
        open_row = ""
        if row.endswith("|") and "\f" not in row:
            table.append(row[:-1].split("|"))
        elif table and "|" in row and row.count("|") < len(max(table, key=len)) and "\f" not in row:
            open_row = row
        else:
            out.extend(_aligned(table))
            table = []
            out.append(row)
    return out[:-1]


def _aligned(rows: list[list[str]]) -> list[str]:
    """The rows in columns, those of one cell across them."""
    aligned = iter(align_columns([row for row in rows if len(row) > 1]))
    return [next(aligned) if len(row) > 1 else row[0].strip() for row in rows]
