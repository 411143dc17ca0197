"""Reading one piece of text: characters with their places and certainties.

Source: connectionist temporal classification, greedy decoding: repeated indexes collapse, index 0 is no character.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

_HEIGHT = 48
_NARROWEST = 160
"""Pixels a piece is padded to: less costs little less, and short numbers are then read with less certainty."""
_WIDEST = 3200
_EXTRA = "œŒµμ×≤≥±°²³¹–—’‘“”•…→←↑↓▲▼↗↘€£§Ω√∙·"
_GREEK = "αβγδκλωΑΒΓΔΩ"


@dataclass(frozen=True, slots=True)
class Letter:
    """A character, the middle of its place in pixels of the crop, and how certain it is (0..1)."""

    text: str
    at: float
    certainty: float


@dataclass(frozen=True, slots=True)
class LineReader:
    """The reading model with the part of its alphabet that laboratory reports of the supported languages use."""

    session: Any
    alphabet: tuple[str, ...]
    kept: Any = field(init=False)

    def __post_init__(self) -> None:
        kept = [0, *(index for index, letter in enumerate(self.alphabet) if index and _wanted(letter))]
        object.__setattr__(self, "kept", np.array(kept))

    def read(self, crop: Any, narrowest: int = _NARROWEST) -> list[Letter]:
        """The characters of a grey crop that holds one line, from left to right."""
        tall, wide = crop.shape
        width = min(_WIDEST, max(1, math.ceil(wide * _HEIGHT / tall)))
        line = cv2.resize(crop, (width, _HEIGHT), interpolation=cv2.INTER_CUBIC if tall < _HEIGHT else cv2.INTER_AREA)
        room = np.zeros((_HEIGHT, max(narrowest, width)), np.float32)
        room[:, :width] = line.astype(np.float32) / 127.5 - 1.0
        batch = np.stack([room, room, room])[np.newaxis]
        told = self.session.run(None, {self.session.get_inputs()[0].name: batch})[0][0]
        return self._decoded(told[:, self.kept], room.shape[1] / told.shape[0] * wide / width)

    def _decoded(self, told: Any, step: float) -> list[Letter]:
        best, sure = told.argmax(axis=1), told.max(axis=1)
        out: list[Letter] = []
        start = 0
        for column in range(1, len(best) + 1):
            if column < len(best) and best[column] == best[start]:
                continue
            if best[start]:
                text = self.alphabet[int(self.kept[best[start]])].replace("μ", "µ")
                out.append(Letter(text, (start + column) / 2 * step, float(sure[start:column].max())))
            start = column
        return out


def _wanted(letter: str) -> bool:
    if len(letter) != 1:
        return False
    return ord(letter) < 0x100 or letter in _EXTRA or letter in _GREEK
