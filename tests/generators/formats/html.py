"""Text as HTML writes it."""

from __future__ import annotations

import html

from tests.generators.formats.model import SUPERSCRIPTS

NAMED = {
    "\xa0": "&nbsp;",
    "µ": "&micro;",
    "é": "&eacute;",
    "è": "&egrave;",
    "à": "&agrave;",
    "≥": "&ge;",
    "≤": "&le;",
    "–": "&ndash;",
}


def escaped(text: str, *, named: bool = True) -> str:
    """Text with its entities; raised digits raised, lines broken."""
    plain = "".join(f"<sup>{SUPERSCRIPTS[sign]}</sup>" if sign in SUPERSCRIPTS else html.escape(sign) for sign in text)
    plain = plain.replace("\n", "<br>")
    return "".join(NAMED.get(sign, sign) for sign in plain) if named else plain
