"""Text as RTF writes it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.generators.formats.model import SUPERSCRIPTS


def hexed(text: str) -> str:
    r"""Text with every sign beyond ASCII as a byte of code page 1252 (``\'e4``), raised digits raised."""
    return "".join(_hexed(sign) for sign in text)


def _hexed(sign: str) -> str:
    if sign in SUPERSCRIPTS:
        return r"{\super " + SUPERSCRIPTS[sign] + "}"
    if sign in "\\{}":
        return "\\" + sign
    if sign < "\x80":
        return sign
    try:
        return f"\\'{sign.encode('cp1252')[0]:02x}"
    except UnicodeEncodeError:
        return f"\\u{ord(sign)}?"


def numbered(text: str) -> str:
    r"""Text with every sign beyond ASCII by its number (``\u225?``)."""
    return "".join(f"\\u{ord(sign)}?" if sign > "\x7f" else "\\" + sign if sign in "\\{}" else sign for sign in text)


def row(cells: Sequence[str], edges: Sequence[int], *, aligns: str = "", before: str = "") -> str:
    """A row of a table; ``cells`` are RTF already, ``aligns`` holds l, r or c for each."""
    shape = r"\trowd\trgaph70\trleft0" + before + "".join(rf"\clbrdrb\brdrs\brdrw5\cellx{edge}" for edge in edges)
    text = "".join(
        rf"\pard\intbl\q{align} {cell}\cell" for cell, align in zip(cells, aligns or "l" * len(cells), strict=True)
    )
    return f"{shape}\r\n{text}\\row"
