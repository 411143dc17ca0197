"""Who reads a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.domain.document import Document
from engine.domain.report import LabReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """One document to read. `language` is `auto` or a pack's code; `sex` of the patient helps to choose ranges.

    `facility` and `application` (MSH-4, MSH-3) say whose words the site has collected for it.
    """

    document: Document
    data: bytes
    language: str = "auto"
    sex: str = ""
    facility: str = ""
    application: str = ""


class ExtractorUnavailable(Exception):
    """The extractor cannot answer now; the stage takes the next one or retries. Holds no content."""


class Extractor(Protocol):
    """Reads documents; many calls at once."""

    async def extract(self, request: ReadRequest) -> LabReport:
        """Read the document. Trouble with the document itself is part of the report (`review_reasons`).

        Raises:
            ExtractorUnavailable: nothing was read for reasons that do not lie in the document.
        """

    async def start(self) -> None:
        """Get ready ahead of the first document; called once; a far side that is down is no error here."""

    async def close(self) -> None:
        """Stop workers, drop connections."""
