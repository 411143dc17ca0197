"""Printed units to UCUM, by table: spellings are folded, letter case is kept because it carries meaning (mU, MU)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
_DROPPED = dict.fromkeys(("^", "*", " ", "\u00a0", "\t"), "")
_ALIKE = {"µ": "u", "μ": "u", "×": "x", "✕": "x", "·": ".", "∙": ".", "⋅": ".", "−": "-", "⁻": "-", "∕": "/", "⁄": "/"}
_FOLD = str.maketrans({**_SUPERSCRIPTS, **_DROPPED, **_ALIKE})
_TEN = re.compile(r"^[xX]?10(?:[eE]|exp|EXP)?\+?(\d{1,2})(?=\D|$)")


def fold_unit(text: str) -> str:
    """Fold a unit's spelling: no blanks, carets and multiplication signs; `x10E3`, `10^3`, `10³` become `103`."""
    folded = text.translate(_FOLD)
    if "10" in folded[:3]:
        folded = _TEN.sub(r"10\1", folded)
    return folded


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTable:
    """Folded spelling -> UCUM code; `caseless` holds those spellings that stay unique without case.

    `printed` holds the spellings of a code as laboratories print them, the code itself first.
    """

    exact: Mapping[str, str] = field(default_factory=dict)
    caseless: Mapping[str, str] = field(default_factory=dict)
    printed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def ucum(self, printed: str) -> str:
        """The UCUM code of a printed unit, or empty when the table does not know it."""
        folded = fold_unit(printed)
        if not folded:
            return ""
        return self.exact.get(folded) or self.caseless.get(folded.casefold(), "")


def make_unit_table(units: Mapping[str, list[str]]) -> UnitTable:
    """Build the table from the pack's `units` mapping; the UCUM code is a spelling of itself."""
    exact: dict[str, str] = {}
    loose: dict[str, set[str]] = {}
    for code, spellings in units.items():
        for spelling in (code, *spellings):
            folded = fold_unit(spelling)
            exact.setdefault(folded, code)
            loose.setdefault(folded.casefold(), set()).add(exact[folded])
    caseless = {spelling: next(iter(codes)) for spelling, codes in loose.items() if len(codes) == 1}
    printed = {code: (code, *spellings) for code, spellings in units.items()}
    return UnitTable(exact=exact, caseless=caseless, printed=printed)


_SHAPE = re.compile(r"^(?:[a-zA-Zµμ%/\[\]{}().^*×³²⁹⁶ ]|10)[\w%/\[\]{}().^*×³²⁹⁶µμ -]*$")


def unit_shaped(text: str) -> bool:
    """Whether a text could be a unit the table does not know: short, with a slash or a percent sign."""
    return len(text) <= 24 and ("/" in text or "%" in text) and bool(_SHAPE.match(text)) and text.count(" ") <= 3
