"""Character recognition inside a reader process: loaded with the first page that needs it, within a budget."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.documents.ocr.models import OcrUnavailable, load_models
from engine.documents.pictures import Picture, Recognised

if TYPE_CHECKING:
    from engine.documents.ocr.page import PageReader

_NOTHING = Recognised(words=(), width=0, height=0)


class Scanner:
    """The `Recogniser` of a reader process; the models stay loaded for later documents.

    Args:
        seconds: wall and processor time for the recognised pages of one document.
        memory_bytes: address space once the models are needed; until then the process keeps to the smaller one.
        missing: why there is no recognition here, or empty.
        begin: called before the first recognised page of a document, so that its deadlines can be moved.
    """

    def __init__(self, *, seconds: float, memory_bytes: int, missing: str, begin: Callable[[], None]) -> None:
        self._seconds = seconds
        self._memory = memory_bytes
        self._begin = begin
        self._reader: PageReader | None = None
        self._missing = missing
        self._until: float | None = None

    def next_document(self) -> None:
        """Forget the deadline of the document before."""
        self._until = None

    def refusal(self) -> str:
        """Why the next page is left unread, or empty."""
        if self._missing:
            return self._missing
        if self._until is None:
            self._begin()
            self._until = time.monotonic() + self._seconds
            try:
                self._load()
            except OcrUnavailable as problem:
                self._missing = str(problem)
                return self._missing
        return "" if self._in_time() else "no time was left to recognise it"

    def recognise(self, picture: Picture) -> Recognised:
        """The words of a page; none when the time ran out on the way."""
        if self._reader is None:
            return _NOTHING
        return self._reader.read(picture, self._in_time) or _NOTHING

    def _in_time(self) -> bool:
        return self._until is not None and time.monotonic() < self._until

    def _load(self) -> None:
        if self._reader is None:
            _, most = resource.getrlimit(resource.RLIMIT_AS)
            if most in (resource.RLIM_INFINITY, self._memory):
                resource.setrlimit(resource.RLIMIT_AS, (self._memory, most))
            models = load_models()
            from engine.documents.ocr.page import make_page_reader

            self._reader = make_page_reader(models)
