"""Reading the YAML packs of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from engine.extraction.folding import alike, fold, key
from engine.extraction.packs.model import Analyte, Code, Language, Methods, Packs
from engine.extraction.units import make_unit_table

# Every scalar stays text: a pack holds words like No, Off and 1e3, and limits whose printed digits count.
_LOADER: type[Any] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_LIMITS = ("low", "high")
"""Headings whose words (`from`, `de`, `a`) are too common to tell a language."""
_SHORTEST_FUZZY = 4
_SHORTEST_MISREAD = 5
_CODES = ("en", "es", "fr", "de", "it", "pt")


@cache
def load_packs() -> Packs:
    """Load all packs, once in a process: packs are values, so every caller may share them."""
    root = files("engine.extraction.packs")
    units = _read(root / "units.yaml") if (root / "units.yaml").is_file() else {}
    groups = [_read(item) for item in _yaml_in(root / "analytes")]
    languages = [_read(item) for item in _yaml_in(root / "lang")]
    names = _read(root / "names.yaml")
    compared = _compared(_read(root / "conversions.yaml"))
    analytes = [
        {**item, **names.get(item["id"], {}), **compared.get(item["id"], {})}
        for group in groups
        for item in group or ()
    ]
    return replace(build_packs(units, analytes, languages), methods=_methods(_read(root / "methods.yaml")))


def _methods(raw: Mapping[str, Sequence[str]]) -> Methods:
    """The words of methods, as folded texts hold them: `lc-ms` in two."""
    words = {token for word in raw["words"] for token in fold(word).split()}
    return Methods(
        words=frozenset(word for word in words if len(word) > 1),
        stems=tuple(dict.fromkeys(fold(stem) for stem in raw["stems"])),
        fillers=frozenset(fold(word) for word in raw["fillers"]),
    )


def _compared(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What tells whether two units of a test agree, by analyte."""
    out: dict[str, dict[str, Any]] = {name: {"molar": mass} for name, mass in raw["molar"].items()}
    for name, line in raw["lines"].items():
        out.setdefault(name, {})["line"] = line
    return out


def build_packs(
    units: Mapping[str, Any], analytes: Iterable[Mapping[str, Any]], languages: Iterable[Mapping[str, Any]]
) -> Packs:
    """Build packs from parsed YAML (what `units.yaml`, `analytes/*.yaml` and `lang/*.yaml` hold)."""
    by_id: dict[str, Analyte] = {}
    spoken: dict[str, dict[str, dict[str, None]]] = {code: {} for code in _CODES}
    aliases: dict[str, dict[str, None]] = {}
    read = [make_language(item) for item in languages]
    for raw in analytes:
        analyte = make_analyte(raw)
        by_id[analyte.id] = analyte
        for language in _CODES:
            names = spoken[language]
            for alias in raw.get(language, ()):
                folded = fold(str(alias))
                aliases.setdefault(folded, {})[analyte.id] = None
                names.setdefault(folded, {})[analyte.id] = None
    table = {name: tuple(ids) for name, ids in aliases.items()}
    by_words: dict[str, tuple[str, ...]] = {}
    for name, shared in table.items():
        if " " in name:
            words = " ".join(sorted(name.split()))
            known = by_words.get(words)
            by_words[words] = shared if known is None or known == shared else tuple(dict.fromkeys((*known, *shared)))
    return Packs(
        units=make_unit_table(units.get("units", units)),
        analytes=by_id,
        aliases=table,
        sorted_aliases=by_words,
        fuzzy=tuple(name for name in table if len(name) >= _SHORTEST_FUZZY),
        languages={item.code: item for item in read},
        versions={item.code: item.version for item in read},
        own=_own_meanings(table, spoken),
    )


def _own_meanings(
    table: Mapping[str, tuple[str, ...]], spoken: Mapping[str, Mapping[str, Mapping[str, None]]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """By language, the names that stand for fewer tests there than in all languages together.

    English abbreviations are printed everywhere, so a language without a meaning of its own has the English one.
    """
    own: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in [name for name, ids in table.items() if len(ids) > 1]:
        for language, names in spoken.items():
            ids = names.get(name) or spoken["en"].get(name)
            if ids and len(ids) < len(table[name]):
                own.setdefault(language, {})[name] = tuple(ids)
    return own


def make_analyte(raw: Mapping[str, Any]) -> Analyte:
    """One analyte of an `analytes/*.yaml` list."""
    names = [*raw.get("en", ()), *raw.get("es", ()), raw["id"]]
    return Analyte(
        id=str(raw["id"]),
        display=str(names[0]),
        codes=tuple(_code(item) for item in raw.get("codes", ())),
        plausible={
            str(unit): (Decimal(str(low)), Decimal(str(high)))
            for unit, (low, high) in (raw.get("plausible") or {}).items()
        },
        decimals={str(unit): int(count) for unit, count in (raw.get("decimals") or {}).items()},
        molar=Decimal(raw["molar"]) if "molar" in raw else None,
        line=_line(raw["line"]) if "line" in raw else None,
    )


def _line(raw: Sequence[str]) -> tuple[str, str, Decimal, Decimal]:
    unit, other, times, plus = raw
    return unit, other, Decimal(times), Decimal(plus)


def _code(raw: Mapping[str, Any]) -> Code:
    return Code(
        loinc=str(raw["loinc"]),
        name=str(raw.get("name", "")),
        units=frozenset(str(unit) for unit in raw.get("units", ())),
        specimen=frozenset(str(item) for item in raw.get("specimen", ("blood",))),
        values=str(raw.get("values", "")),
    )


def make_language(raw: Mapping[str, Any]) -> Language:
    """One language of `lang/*.yaml`."""
    headers, labels = _inverted(raw.get("headers"), fold), _inverted(raw.get("labels"), fold)
    return Language(
        code=str(raw["language"]),
        version=str(raw.get("version", "")),
        decimal=str(raw.get("decimal", ".")),
        dates=tuple(raw.get("dates", ("ymd",))),
        headers=headers,
        sections=_inverted(raw.get("sections"), fold),
        qualitative=_inverted(raw.get("qualitative"), key),
        flags=_inverted(raw.get("flags"), key),
        labels=labels,
        sex=_inverted(raw.get("sex"), fold),
        months={fold(str(name)): int(number) for name, number in (raw.get("months") or {}).items()},
        status=_inverted(raw.get("status"), fold),
        comparators=_inverted(raw.get("comparators"), key),
        stop=tuple(key(str(item)) for item in raw.get("stop", ())),
        comment=_folded(raw.get("comment")),
        narrative=_folded(raw.get("narrative")),
        interpretive=_folded(raw.get("interpretive")),
        pending=frozenset(key(str(item)) for item in raw.get("pending", ())),
        cancelled=frozenset(key(str(item)) for item in raw.get("cancelled", ())),
        range_words=_folded(raw.get("range_words")),
        words=_folded(raw.get("words")),
        letters=frozenset(str(raw.get("letters", ""))),
        same=frozenset(key(str(item)) for item in raw.get("same", ())),
        report_words=tuple(fold(str(item)) for item in raw.get("report_words", ())),
        age_words=_folded(raw.get("age_words")),
        result_tokens=_tokens(headers, "result"),
        test_tokens=_tokens(headers, "test"),
        previous_tokens=_tokens(headers, "previous"),
        status_tokens=frozenset(token for name in _inverted(raw.get("status"), fold) for token in name.split()),
        vocabulary=frozenset(
            _folded(raw.get("words"))
            | {word for word, role in headers.items() if role not in _LIMITS}
            | set(labels)
            | set(_inverted(raw.get("sections"), fold))
        ),
        recognised={alike(name): role for name, role in labels.items() if len(name) >= _SHORTEST_MISREAD},
        label_starts=frozenset(name.split(" ", 1)[0] for name in labels if name),
        prose={name: _folded(words) for name, words in (raw.get("prose") or {}).items()},
        letter={name: _folded(words) for name, words in (raw.get("letter") or {}).items()},
    )


def _inverted(raw: Mapping[str, Iterable[Any]] | None, folding: Callable[[str], str]) -> dict[str, str]:
    """`{role: [words]}` turned into `{folded word: role}`; the first role that claims a word keeps it."""
    out: dict[str, str] = {}
    for name, words in (raw or {}).items():
        for word in words:
            out.setdefault(folding(str(word)), str(name))
    return out


def _tokens(headers: Mapping[str, str], role: str) -> frozenset[str]:
    return frozenset(token for name, own in headers.items() if own == role for token in name.split() if len(token) > 3)


def _folded(raw: Iterable[Any] | None) -> frozenset[str]:
    return frozenset(fold(str(item)) for item in raw or ())


def _yaml_in(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)


def _read(item: Traversable) -> Any:
    return parse_yaml(item.read_text("utf-8"))


def parse_yaml(text: str) -> Any:
    """Lists, mappings and texts of YAML, straight from the parser's events: twice as fast as making nodes.

    Raises:
        ValueError: it is no YAML, or has anchors.
    """
    try:
        return _events(text)
    except yaml.YAMLError:
        raise ValueError("no YAML") from None


def _events(text: str) -> Any:
    loader = _LOADER(text)
    outer: list[list[Any]] = []
    here: list[Any] = []
    while (event := loader.get_event()) is not None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            here.append(event.value)
        elif kind in (yaml.SequenceStartEvent, yaml.MappingStartEvent):
            outer.append(here)
            here = []
        elif kind in (yaml.SequenceEndEvent, yaml.MappingEndEvent):
            made = here if kind is yaml.SequenceEndEvent else dict(zip(here[::2], here[1::2], strict=True))
            here = outer.pop()
            here.append(made)
        elif kind is yaml.StreamEndEvent:
            break
    return here[0] if here else None
