r"""Foreign separators to the standard ones, without touching what stands between them.

Most messages use `|^~\&` and pass unchanged. For the others each delimiter is replaced by the standard one of its
role, and characters that are only data there but delimiters here are escaped.
"""

from __future__ import annotations

from engine.hl7v2.er7 import Er7Message, Segment
from engine.hl7v2.escapes import Delimiters

STANDARD = Delimiters()
_STANDARD_ESCAPES = {char: f"\\{letter}\\" for char, letter in zip("|^~&\\", "FSRTE", strict=True)}


def segment_text(message: Er7Message, segment: Segment) -> str:
    """The segment as one line in standard separators; its escape sequences keep their letters."""
    return translate(segment.text, message.delimiters)


def field_text(message: Er7Message, segment: Segment, field: int) -> str:
    """One field in standard separators, with all its repetitions and components."""
    return translate(segment.raw_field(field), message.delimiters)


def translate(text: str, delimiters: Delimiters) -> str:
    """Rewrite text from `delimiters` to the standard ones."""
    if is_standard(delimiters):
        return text
    roles = {
        delimiters.field: "|",
        delimiters.component: "^",
        delimiters.repetition: "~",
        delimiters.subcomponent: "&",
        delimiters.escape: "\\",
    }
    roles.pop("", None)
    return "".join(roles.get(char) or _STANDARD_ESCAPES.get(char, char) for char in text)


def is_standard(delimiters: Delimiters) -> bool:
    """Whether the five delimiters are the recommended ones; a truncation character does not matter."""
    return (
        delimiters.field,
        delimiters.component,
        delimiters.repetition,
        delimiters.escape,
        delimiters.subcomponent,
    ) == (
        STANDARD.field,
        STANDARD.component,
        STANDARD.repetition,
        STANDARD.escape,
        STANDARD.subcomponent,
    )
