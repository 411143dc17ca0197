"""The packs as values, with the indexes a reader needs ready made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.extraction.packs.table import CodeTable
from engine.extraction.units import UnitTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One LOINC code of an analyte and what it is for.

    Attributes:
        units: UCUM codes it is printed in; `none` = printed without unit.
        specimen: `blood`, `serum`, `gas` (whole blood of a blood gas), `urine`, `csf`, `stool` or `any`.
        values: `qualitative`, `numeric`, `titre`, or empty for any.
    """

    loinc: str
    name: str = ""
    units: frozenset[str] = frozenset()
    specimen: frozenset[str] = frozenset({"blood"})
    values: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyte:
    """Something that is measured: its names live in the packs' index.

    Attributes:
        molar: grams a mole, to compare results in two units; None where there is no such thing.
        line: unit, other unit, times and plus, where no plain factor leads from one to the other.
    """

    id: str
    display: str
    codes: tuple[Code, ...] = ()
    plausible: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)
    molar: Decimal | None = None
    line: tuple[str, str, Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language's words; keys are folded (`fold` for names, `key` for flags and answers).

    Attributes:
        result_tokens, test_tokens, previous_tokens: the single words of the headings of these roles, to tell headers
            quickly.
        label_starts: the words that labels begin with.
        recognised: labels as recognition may misread them (`alike`), short ones left out.
        status_tokens: the single words of the status words.
        same: words between two ways of writing one result (`60 % soit 6,16 G/L`).
        narrative: headings of what is told in prose or in grids of its own (cultures, histology), kept as text.
        vocabulary: single words and names that speak for this language.
        prose: words round results in running text, by what they do there (`join link lead apart span`).
        letter: words at the head of letters, by what they tell (`greeting about title ref dated taken`).
    """

    code: str
    version: str
    decimal: str
    dates: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    qualitative: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    sex: Mapping[str, str] = field(default_factory=dict)
    months: Mapping[str, int] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)
    comparators: Mapping[str, str] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    comment: frozenset[str] = frozenset()
    narrative: frozenset[str] = frozenset()
    interpretive: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()
    range_words: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    report_words: tuple[str, ...] = ()
    age_words: frozenset[str] = frozenset()
    result_tokens: frozenset[str] = frozenset()
    test_tokens: frozenset[str] = frozenset()
    previous_tokens: frozenset[str] = frozenset()
    label_starts: frozenset[str] = frozenset()
    recognised: Mapping[str, str] = field(default_factory=dict)
    status_tokens: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    vocabulary: frozenset[str] = frozenset()
    prose: Mapping[str, frozenset[str]] = field(default_factory=dict)
    letter: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Methods:
    """What the names of methods are made of, folded; `fillers` say nothing by themselves."""

    words: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    fillers: frozenset[str] = frozenset()

    def named(self, folded: str) -> bool:
        """Whether a folded text is the name of a method and nothing else (`flow cytometry`)."""
        tokens = folded.split()
        telling = [token in self.words or token.startswith(self.stems) for token in tokens]
        return any(telling) and all(told or token in self.fillers for told, token in zip(telling, tokens, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Packs:
    """Everything loaded.

    Attributes:
        aliases: folded name -> ids of the analytes that go by it.
        sorted_aliases: the same with the words in alphabetical order (`Bilirubin, total` = `Total bilirubin`).
        fuzzy: the folded names that may be matched approximately (four characters and more).
        own: by language, what those names mean there that mean another test elsewhere (`TP` in French and Spanish).
        methods: what the names of methods are made of.
        table: the site's own LOINC table, asked for names that stand nowhere else; None where there is none.
    """

    units: UnitTable
    analytes: Mapping[str, Analyte]
    aliases: Mapping[str, tuple[str, ...]]
    sorted_aliases: Mapping[str, tuple[str, ...]]
    fuzzy: tuple[str, ...]
    languages: Mapping[str, Language]
    versions: Mapping[str, str]
    own: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    methods: Methods = field(default_factory=Methods)
    table: CodeTable | None = None

    def named(self, folded: str, language: str) -> tuple[str, ...]:
        """The analytes that go by a folded name: the document's own language first, then all languages together."""
        return self.own.get(language, {}).get(folded) or self.aliases.get(folded, ())
