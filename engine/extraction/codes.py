"""From a printed name to an analyte, and from unit, specimen and kind of value to its LOINC code.

No code is better than a wrong one: a unit outside a code's set, a missing unit where codes differ by it, and a name
that is only similar all end in a reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from engine.extraction.folding import fold
from engine.extraction.packs.model import Analyte, Code, Packs
from engine.extraction.packs.table import only_fitting
from engine.extraction.qualifiers import is_method, qualified
from engine.extraction.variants import BRACKETS, specimen_prefix, specimen_word, variants, without_prefix

_CUTOFF = 86.0
_SURE = 96.0
_GUESSED = 95.0
"""Of a known name with a bracket that nobody knows: it may make another test of it."""


@dataclass(frozen=True, slots=True)
class Match:
    """Analytes that a name stands for (several when a name is shared), and how similar the name is, 0..100."""

    ids: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The outcome: analyte and code, either may be None; `fault` is a reason code with `text` for a person."""

    analyte: Analyte | None = None
    code: Code | None = None
    score: float = 0.0
    fault: str = ""
    text: str = ""


@dataclass(slots=True)
class Matcher:
    """Finds analytes by name, with a memory for one reading.

    Attributes:
        refused: names of a known test with something beside them that makes it one without a code.
    """

    packs: Packs
    language: str = ""
    known: dict[str, Match | None] = field(default_factory=dict)
    seen: dict[str, Match | None] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def find(self, name: str) -> Match | None:
        """The analytes of a printed name: exact folded name, the same words in another order, then similar names."""
        if name not in self.known:
            found = self._exact(name)
            refused = found is None and name in self.refused
            self.known[name] = found if found or refused else self._similar(fold(without_prefix(name)))
        return self.known[name]

    def may_be_other(self, name: str, match: Match) -> bool:
        """Whether a name that is only known in part could, with a wrong letter, be that of another test.

        `Bilirubin (dircct)` without its bracket is total bilirubin; the whole of it is nearly direct bilirubin.
        """
        if self.direct(name):
            return False
        near = process.extract(fold(name), self.packs.fuzzy, scorer=fuzz.ratio, score_cutoff=_CUTOFF, limit=6)
        return any(not set(self.packs.named(str(alias), self.language)) & set(match.ids) for alias, _, _ in near)

    def exact(self, name: str) -> bool:
        """Whether a name is known as printed."""
        return self._exact(name) is not None

    def direct(self, name: str) -> bool:
        """Whether the whole name is known, brackets and all."""
        folded = fold(name)
        return folded in self.packs.aliases or " ".join(sorted(folded.split())) in self.packs.sorted_aliases

    def printed(self, name: str) -> bool:
        """Whether a name is known with its words in the order in which they stand.

        Lines joined to one name have to read so: the end of one name and the beginning of the next are often the words
        of a third (`eosinophils` / `polymorphs`).
        """
        return self.exact(name) and any(
            self.packs.named(fold(variant.name), self.language) for variant in variants(name)
        )

    def measured_in(self, name: str, specimen: str) -> bool:
        """Whether a test of this name has a code of its own for a specimen other than blood."""
        match = self.find(name)
        codes = (code for item in match.ids for code in self.packs.analytes[item].codes) if match else ()
        return any(specimen != "blood" and specimen in code.specimen for code in codes)

    def _exact(self, name: str) -> Match | None:
        if name not in self.seen:
            self.seen[name] = self._look_up(name)
        return self.seen[name]

    def _look_up(self, name: str) -> Match | None:
        for variant in variants(name):
            ids = self._named(variant.name)
            if not ids:
                continue
            others, known = qualified(ids, variant.said)
            if variant.bound and not known:
                continue
            if known and not others:
                self.refused.add(name)
                return None
            if known:
                return Match(others, 100.0)
            sure = all(map(self._is_harmless, variant.said))
            return Match(self._with_bracket(variant.name, ids, name), 100.0 if sure else _GUESSED)
        return None

    def _is_harmless(self, said: str) -> bool:
        """Whether a bracket leaves the test as it is: a name, a unit, a specimen or a method."""
        known = self._named(said) or self.packs.units.ucum(said) or specimen_word(f"of {said}")
        return bool(known) or is_method(said)

    def _named(self, name: str) -> tuple[str, ...]:
        folded = fold(name)
        ids = self.packs.named(folded, self.language)
        if not ids and " " in folded:
            ids = self.packs.sorted_aliases.get(" ".join(sorted(folded.split())), ())
        return ids

    def _with_bracket(self, bare: str, ids: tuple[str, ...], name: str) -> tuple[str, ...]:
        """Both tests where a name and its bracket are two: what `Prothrombin time (INR)` is, its unit tells."""
        inside = (
            [self.packs.named(fold(item), self.language) for item in BRACKETS.findall(name)] if bare != name else []
        )
        return tuple(dict.fromkeys((*ids, *(one for found in inside for one in found))))

    def _similar(self, folded: str) -> Match | None:
        """The analyte of the most similar name; none when a name of another analyte is about as similar."""
        if len(folded) < 4 or not self.packs.fuzzy:
            return None
        near = process.extract(folded, self.packs.fuzzy, scorer=fuzz.ratio, score_cutoff=_CUTOFF, limit=6)
        hits = [(str(alias), float(score)) for alias, score, _ in near if _comparable(folded, str(alias))]
        if not hits:
            return None
        alias, score = hits[0]
        ids = self.packs.named(alias, self.language)
        if any(not set(self.packs.named(other, self.language)) & set(ids) for other, _ in hits[1:]):
            return None
        return Match(ids, min(score, 95.0) if _touchy(folded, alias) else score)


_OF_SERUM = re.compile(r"\b(?:Serum|Plasma)\b")


def specimen_in_name(name: str, matcher: Matcher) -> str:
    """The specimen that a name tells by its prefix, a word or its end, empty when it tells none."""
    known = matcher.direct(name)
    prefixed = specimen_prefix(name)
    if prefixed and not known:
        return prefixed
    told = specimen_word(name)
    # A word of a known name may be none of a specimen (`P-LCR`, `Occult blood`).
    return "" if told != "serum" and known and not matcher.measured_in(name, told) else told


def _comparable(a: str, b: str) -> bool:
    """Whether similar names can mean one test: the same numbers, slashes and count of words, no word with a new prefix.

    `Microalbumin`, `prealbumin` are other tests than `albumin`, `indirect` is the opposite of `direct`.
    """
    if re.findall(r"\d+", a) != re.findall(r"\d+", b) or a.count("/") != b.count("/"):
        return False
    if a.count(" ") != b.count(" ") and fuzz.ratio(a.replace(" ", ""), b.replace(" ", "")) < _SURE:
        return False
    left, right = set(re.split(r"[ /]", a)), set(re.split(r"[ /]", b))
    return not any(
        len(short) > 3 and len(long) - len(short) > 1 and long.endswith(short)
        for one, other in ((left - right, right - left), (right - left, left - right))
        for short in one
        for long in other
    )


def _touchy(a: str, b: str) -> bool:
    """Whether the names differ in a short word (`IgG`, `A1`): such a difference is the whole difference."""
    differing = set(a.split()) ^ set(b.split())
    return any(len(word) <= 4 for word in differing)


def choose_code(match: Match | None, packs: Packs, *, ucum: str, unit: str, specimen: str, kind: str) -> Chosen:
    """Pick the first code that fits unit, specimen and kind of value.

    Args:
        match: the analytes the name stands for.
        packs: where their codes are.
        ucum: the unit as UCUM, empty when none is printed or the table does not know it.
        unit: the unit as printed.
        specimen: `blood`, `serum`, `plasma`, `gas` (whole blood of a blood gas), `urine`, `csf`, `stool`, or empty.
        kind: `numeric`, `qualitative` or `titre`.
    """
    if match is None:
        return Chosen(fault="code.unknown", text="No known test has this name.")
    analytes = [packs.analytes[item] for item in match.ids]
    fits = [(a, c) for a in analytes for c in a.codes if _specimen_fits(c, specimen) and _kind_fits(c, kind)]
    matching = [(a, c) for a, c in fits if _unit_fits(c, ucum, unit, kind)]
    if not matching:
        siblings = _siblings(match, packs, specimen)
        if siblings is not None:
            return choose_code(siblings, packs, ucum=ucum, unit=unit, specimen=specimen, kind=kind)
        return _no_code(analytes, [code for _, code in fits], match.score, unit)
    analyte, code = matching[0]
    rivals = {c.loinc for a, c in matching if a.id != analyte.id}
    if rivals and code.loinc not in rivals:
        return Chosen(
            analyte=analyte, score=match.score, fault="code.unknown", text="The name fits more than one test."
        )
    return Chosen(analyte=analyte, code=code, score=match.score)


def table_choice(name: str, packs: Packs, *, ucum: str, specimen: str, kind: str) -> Chosen | None:
    """The code of a name that no pack knows, out of the site's LOINC table; None unless exactly one row fits.

    A whole LOINC name is sure. What is measured alone, with unit and specimen, waits for a person.
    """
    found = packs.table.find(fold(name)) if packs.table is not None else ()
    row = only_fitting(found, ucum=ucum, specimen=specimen, kind=kind)
    if row is None:
        return None
    code = Code(loinc=row.loinc, name=row.name, units=row.units, specimen=frozenset({row.specimen}), values=row.values)
    analyte = Analyte(id=f"loinc:{row.loinc}", display=row.name, codes=(code,))
    return Chosen(analyte=analyte, code=code, score=_SURE + 1 if row.is_full else _CUTOFF)


def _siblings(match: Match, packs: Packs, specimen: str) -> Match | None:
    """The tests of the same thing in the specimen of the heading (`Leukozyten` under `Urinstatus`), if any."""
    ids = [f"{item}_{specimen}" for item in match.ids] if specimen not in ("", "blood", "serum", "plasma") else []
    found = tuple(item for item in ids if item in packs.analytes)
    return Match(found, match.score) if found else None


def _no_code(analytes: list[Analyte], fits: list[Code], score: float, unit: str) -> Chosen:
    if not fits:
        text = "No code of this test fits the specimen and the kind of value."
        return Chosen(analyte=analytes[0], score=score, fault="code.unknown", text=text)
    text = (
        "The printed unit does not belong to this test."
        if unit
        else "The code depends on the unit, and none is printed."
    )
    return Chosen(analyte=analytes[0], score=score, fault="unit.mismatch", text=text)


def _specimen_fits(code: Code, specimen: str) -> bool:
    wanted = specimen or "blood"
    if wanted == "gas":  # whole blood in a gas analyser: no code of serum or plasma is right for it
        return "gas" in code.specimen or ("blood" in code.specimen and not _OF_SERUM.search(code.name))
    if "any" in code.specimen or wanted in code.specimen:
        return True
    return wanted in ("blood", "serum", "plasma") and bool(code.specimen & {"blood", "serum", "plasma"})


def _kind_fits(code: Code, kind: str) -> bool:
    if code.values:
        return code.values == kind
    return kind != "qualitative" or "none" in code.units or not code.units


def _unit_fits(code: Code, ucum: str, unit: str, kind: str) -> bool:
    if kind == "qualitative" and code.values == "qualitative":
        return True
    if not unit:
        return "none" in code.units or "1" in code.units
    return ucum in code.units or (ucum in ("1", "{ratio}") and "none" in code.units)
