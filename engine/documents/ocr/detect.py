"""Finding the pieces of text in a picture: the detector's map of text, cut into rectangles.

Source: differentiable binarisation as PP-OCR applies it (threshold, contours, rectangles grown back by area over
perimeter).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

_SIDE = 1088
"""Longest side of what the detector sees: measured as accurate as the full picture at a third of its cost."""
_STEP = 32
_TEXT = 0.3
_SURE = 0.5
_GROW = 1.6
_LEAST = 3.0
_MOST = 1500


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of text: centre, length along the text, height across it in pixels, angle in degrees (-45..45)."""

    x: float
    y: float
    length: float
    height: float
    angle: float


def find_pieces(picture: Any, session: Any) -> list[Piece]:
    """All pieces of text in a grey picture, in its own pixels."""
    tall, wide = picture.shape
    scale = min(1.0, _SIDE / max(tall, wide))
    size = tuple(max(_STEP, round(side * scale / _STEP) * _STEP) for side in (wide, tall))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    plane = small.astype(np.float32) / 127.5 - 1.0
    found = session.run(None, {session.get_inputs()[0].name: np.stack([plane, plane, plane])[np.newaxis]})[0][0, 0]
    mask = cv2.dilate((found > _TEXT).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    pieces = (_piece(contour, found, (wide / size[0], tall / size[1])) for contour in contours[:_MOST])
    return [piece for piece in pieces if piece is not None]


def _piece(contour: Any, found: Any, scale: tuple[float, float]) -> Piece | None:
    _, (width, height), _ = cv2.minAreaRect(contour)
    if min(width, height) < _LEAST or _score(contour, found) < _SURE:
        return None
    grow = 2 * (width * height * _GROW) / (2 * (width + height))
    # The two scales differ by the rounding to 32 pixels: turn the rectangle in the picture's own pixels.
    points = contour.reshape(-1, 2).astype(np.float32) * np.array(scale, np.float32)
    (x, y), (width, height), angle = cv2.minAreaRect(points)
    mean = (scale[0] + scale[1]) / 2
    width, height = width + grow * mean, height + grow * mean
    if angle > 45:
        width, height, angle = height, width, angle - 90
    elif angle < -45:
        width, height, angle = height, width, angle + 90
    return Piece(float(x), float(y), float(width), float(height), float(angle))


def _score(contour: Any, found: Any) -> float:
    """Mean of the text map inside the contour's rectangle."""
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    corners = cv2.boxPoints(cv2.minAreaRect(contour)) - np.array([left, top], np.float32)
    cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
    return float(cv2.mean(found[top : top + height, left : left + width], mask)[0])
