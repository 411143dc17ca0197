"""XML from strangers: the standard expat parser with document types, entities and deep nesting refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn
from xml.parsers import expat

_DEEPEST = 200


class XmlRefused(Exception):
    """Not well-formed, or with a part that no report needs and attacks do (a document type, entities, depth)."""


def walk_xml(
    data: bytes,
    *,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Tell each element (local names, no prefixes) and text of a document. Raises XmlRefused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0

    def opened(name: str, told: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise XmlRefused("too deep")
        start(name.rpartition(":")[2], {key.rpartition(":")[2]: value for key, value in told.items()})

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003  expat's own signature
    except (expat.ExpatError, LookupError, ValueError):
        raise XmlRefused("not well-formed") from None


def _refuse(*_told: object) -> NoReturn:
    raise XmlRefused("document type or entity")
