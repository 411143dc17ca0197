"""The coded entries of a CDA document (level 3): observations with code, value, unit and range, as they were sent.

Source: HL7 CDA R2 4.3.6 (clinical statements), data types PQ, INT, REAL, ST, CD, CO and IVL_PQ of HL7 v3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.documents.pages import CodedEntry

_LOINC = "2.16.840.1.113883.6.1"
_MOST = 5_000
_UNFINISHED = frozenset({"active", "new", "held", "suspended"})


@dataclass(slots=True)
class _Observation:
    """One observation while it is read."""

    told: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    denied: bool = False

    def finished(self) -> CodedEntry | None:
        """The entry, or None where it holds no value or denies it."""
        told = self.told
        value = told.get("value") or told.get("displayName") or " ".join(" ".join(self.words).split())
        comparator = ""
        if not value and bool(told.get("value.low")) != bool(told.get("value.high")):
            comparator = ">=" if told.get("value.low") else "<="
            value = told.get("value.low") or told.get("value.high", "")
        if self.denied or not value:
            return None
        return CodedEntry(
            name=" ".join(" ".join(self.name).split()) or told.get("code.displayName", ""),
            code=told.get("code", "") if told.get("code.system", "") in ("", _LOINC) else "",
            certain=told.get("code.system") == _LOINC,
            value=comparator + value,
            unit=told.get("unit") or told.get("value.unit", ""),
            low=told.get("low", ""),
            high=told.get("high", ""),
            interpretation=told.get("interpretation", ""),
            preliminary=told.get("status", "") in _UNFINISHED,
        )


class Entries:
    """Collects the observations inside `entry` elements; nested ones are entries of their own."""

    def __init__(self) -> None:
        self.found: list[CodedEntry] = []
        self._open: list[_Observation] = []

    def start(self, path: Sequence[str], told: Mapping[str, str]) -> None:
        """An element opened; `path` ends with it."""
        if path[-1] == "observation" and len(self.found) + len(self._open) < _MOST:
            denied = told.get("negationInd") == "true" or told.get("moodCode", "EVN") != "EVN"
            self._open.append(_Observation(denied=denied))
        elif self._open:
            self._detail(path[-1], path[-2], path, told)

    def _detail(self, name: str, parent: str, path: Sequence[str], told: Mapping[str, str]) -> None:
        kept = self._open[-1].told
        if parent == "observation" and name == "code":
            kept["code"], kept["code.system"] = told.get("code", ""), told.get("codeSystem", "")
            kept["code.displayName"] = told.get("displayName", "")
        elif parent == "observation" and name == "value" and "nullFlavor" not in told:
            kept["value"], kept["unit"] = told.get("value", ""), told.get("unit", "")
            kept["displayName"] = told.get("displayName", "")
        elif parent == "observation" and name == "interpretationCode":
            kept.setdefault("interpretation", told.get("code", ""))
        elif parent == "observation" and name == "statusCode":
            kept["status"] = told.get("code", "")
        elif name in ("low", "high") and parent == "value":
            ranged = "observationRange" in path[-4:]
            kept[name if ranged else f"value.{name}"] = told.get("value", "")
            if not ranged:
                kept["value.unit"] = told.get("unit", "")

    def text(self, path: Sequence[str], data: str) -> None:
        """Characters inside the last element of `path`."""
        if not self._open or len(path) < 2:
            return
        if path[-1] == "value" and path[-2] == "observation":
            self._open[-1].words.append(data)
        elif path[-1] == "originalText" and path[-2] == "code":
            self._open[-1].name.append(data)

    def end(self, name: str) -> None:
        """An element closed."""
        if name == "observation" and self._open:
            entry = self._open.pop().finished()
            if entry is not None:
                self.found.append(entry)
