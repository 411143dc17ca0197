"""Which way up a page lies: quarter turns by the shape of its lines, the rest by their slope."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from engine.documents.ocr.detect import Piece

_LONG = 2.0
_SAMPLES = 6
_LEAST_SLOPE = 0.08
_MOST_SLOPE = 12.0


def lies_sideways(pieces: Sequence[Piece]) -> bool:
    """Whether most pieces that are clearly longer than high run up or down the page."""
    along = sum(piece.length for piece in pieces if piece.length > _LONG * piece.height)
    across = sum(piece.height for piece in pieces if piece.height > _LONG * piece.length)
    return across > along


def slope(pieces: Sequence[Piece]) -> float:
    """The angle of the page's lines in degrees, the middle one by length; 0 when nothing tells."""
    long = sorted((piece.angle, piece.length) for piece in pieces if piece.length > 4 * piece.height)
    half = sum(length for _, length in long) / 2
    for angle, length in long:
        half -= length
        if half <= 0:
            return angle if _LEAST_SLOPE < abs(angle) < _MOST_SLOPE else 0.0
    return 0.0


@dataclass(frozen=True, slots=True)
class Upright:
    """A picture with its lines level, the pieces in its pixels, and the 2 x 3 matrix back to the picture as it came."""

    picture: Any
    pieces: list[Piece]
    back: Any


def quarter_turn(picture: Any) -> tuple[Any, Any]:
    """A picture turned a quarter clockwise, and the way back."""
    return cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE), np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, picture.shape[0]]])


def level(picture: Any, pieces: Sequence[Piece], back: Any) -> Upright:
    """Turn a picture and its pieces by the slope of the lines; the picture keeps its size."""
    angle = slope(pieces)
    if not angle:
        return Upright(picture, list(pieces), back)
    tall, wide = picture.shape
    turn = cv2.getRotationMatrix2D((wide / 2, tall / 2), angle, 1.0)
    flat = cv2.warpAffine(picture, turn, (wide, tall), flags=cv2.INTER_CUBIC, borderValue=255)
    moved = []
    for piece in pieces:
        x, y = turn @ np.array([piece.x, piece.y, 1.0])
        moved.append(replace(piece, x=float(x), y=float(y), angle=piece.angle - angle))
    return Upright(flat, moved, _after(back, cv2.invertAffineTransform(turn)))


def _after(outer: Any, inner: Any) -> Any:
    """One matrix for two turns, the inner one first."""
    return outer @ np.vstack([inner, [0.0, 0.0, 1.0]])


def half_turn(upright: Upright) -> Upright:
    """The same, upside down."""
    tall, wide = upright.picture.shape
    pieces = [replace(piece, x=wide - piece.x, y=tall - piece.y) for piece in upright.pieces]
    turn = np.array([[-1.0, 0.0, wide], [0.0, -1.0, tall]])
    return Upright(cv2.rotate(upright.picture, cv2.ROTATE_180), pieces, _after(upright.back, turn))


def samples(pieces: Sequence[Piece]) -> list[Piece]:
    """Some pieces of middling length whose reading shows which way is up."""
    long = [piece for piece in pieces if 3 * piece.height < piece.length < 20 * piece.height]
    return sorted(long, key=lambda piece: -piece.length)[:_SAMPLES]


def cut(picture: Any, piece: Piece, *, margin: float = 0.0) -> Any:
    """The picture inside a piece; a piece that slopes on its own is turned level, tall ones are cut as they stand."""
    tall, wide = picture.shape
    height, length = piece.height + 2 * margin, piece.length + 2 * margin
    drop = abs(math.tan(math.radians(piece.angle)) * length)
    if drop > 0.25 * piece.height and length > 1.5 * height:
        return _turned(picture, piece, length, height)
    left, right = max(0, round(piece.x - length / 2)), min(wide, round(piece.x + length / 2))
    top, bottom = max(0, round(piece.y - height / 2)), min(tall, round(piece.y + height / 2))
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


def _turned(picture: Any, piece: Piece, length: float, height: float) -> Any:
    turn = cv2.getRotationMatrix2D((piece.x, piece.y), piece.angle, 1.0)
    turn[:, 2] += np.array([length / 2 - piece.x, height / 2 - piece.y])
    size = (max(1, round(length)), max(1, round(height)))
    return cv2.warpAffine(picture, turn, size, flags=cv2.INTER_CUBIC, borderValue=255)
