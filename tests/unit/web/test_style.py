"""The colours of the pages, held to WCAG 2.2 contrast (AA, 4.5:1) in both schemes."""

from __future__ import annotations

import re

import pytest

from engine.web.rendering import STATIC

STYLE = (STATIC / "style.css").read_text(encoding="utf-8")


def schemes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", blocks[0]))
    return {"light": light, "dark": light | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", blocks[1]))}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [(ink, ground) for ink in ("ink", "quiet", "link") for ground in ("page", "paper", "soft")]
PAIRS += [(kind, f"{kind}-soft") for kind in ("good", "busy", "look", "bad")]
PAIRS += [(kind, "paper") for kind in ("good", "busy", "look", "bad")]
PAIRS += [("ink", "look-soft"), ("quiet", "look-soft"), ("link", "look-soft")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(scheme, ink, ground):
    """Each text colour stands out from each ground it is used on."""
    colours = schemes()[scheme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


def test_the_measure_itself():
    """Black on white is 21:1, a colour on itself 1:1."""
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == pytest.approx(1)
