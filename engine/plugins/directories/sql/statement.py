"""A query of the configuration: one SELECT with named parameters, for whichever driver."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from engine.domain import lookup, names
from engine.domain.patient import Demographics, Identifier

BY_IDENTIFIER = ("identifier", "authority", "type")
"""What `by_identifier` may ask for."""
BY_PERSON = (
    "family", "given", "middle", "family_folded", "given_folded", "birth_date", "birth_date_swapped", "birth_year",
    "sex", "phone", "postcode",
)  # fmt: skip
"""What `by_person` may ask for."""
Parameters = Mapping[str, str | None]
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|::|:(?P<name>[A-Za-z_]\w*)|(?P<end>;)"""
    r"""|(?P<open>['"]|/\*)""",
    re.DOTALL,
)
_READS = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query.

    Attributes:
        text: as written, without the semicolon at its end.
        pieces: what stands between the parameters; one more than there are parameters.
        parameters: their names in order, as often as they stand there.
    """

    text: str
    pieces: tuple[str, ...]
    parameters: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, known: Collection[str]) -> Statement:
        """Read a query.

        Raises:
            ValueError: it is no single SELECT, or asks for what it is not given.
        """
        bare = text.strip().removesuffix(";").rstrip()
        if not _READS.match(_without_comments(bare)):
            raise ValueError("not a query; it begins with SELECT or WITH")
        pieces, parameters, start = [], [], 0
        for token in _TOKEN.finditer(bare):
            if token["end"]:
                raise ValueError("more than one statement; write one SELECT")
            if token["open"]:
                raise ValueError("a quote or a comment that does not end")
            if token["name"]:
                parameters.append(_known(token["name"], known))
                pieces.append(bare[start : token.start()])
                start = token.end()
        if not parameters:
            raise ValueError(f"the query asks for nobody in particular; it needs one of {_listed(known)}")
        return cls(text=bare, pieces=(*pieces, bare[start:]), parameters=tuple(parameters))

    def numbered(self) -> tuple[str, tuple[str, ...]]:
        """The query with `$1`, `$2` for the parameters, each a text; and their names in that order."""
        order = tuple(dict.fromkeys(self.parameters))
        marks = [f"${order.index(name) + 1}::text" for name in self.parameters]
        return "".join(piece + mark for piece, mark in zip(self.pieces, (*marks, ""), strict=True)), order


def _without_comments(text: str) -> str:
    return re.sub(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", "", text, flags=re.DOTALL)


def _known(name: str, known: Collection[str]) -> str:
    if name in known:
        return name
    near = get_close_matches(name, known, n=1)
    raise ValueError(
        f"no parameter :{name}; " + (f"did you mean :{near[0]}?" if near else f"there are {_listed(known)}")
    )


def _listed(known: Collection[str]) -> str:
    return ", ".join(f":{name}" for name in known)


def of_identifier(item: Identifier, default_authority: str) -> Parameters:
    """Values for `by_identifier`."""
    authority = item.authority or (default_authority if item.is_patient_number else "")
    return _values({"identifier": item.value, "authority": authority, "type": item.type})


def of_person(person: Demographics) -> Parameters:
    """Values for `by_person`; dates are full and real, or missing."""
    dates = [date if names.is_date(date) else "" for date in (*lookup.birth_forms(person.birth_date), "", "")]
    return _values(
        {
            "family": person.family,
            "given": person.given,
            "middle": person.middle,
            "family_folded": " ".join(names.tokens(person.family)),
            "given_folded": " ".join(names.tokens(person.given)),
            "birth_date": dates[0],
            "birth_date_swapped": dates[1],
            "birth_year": person.birth_date[:4],
            "sex": person.sex,
            "phone": person.phone,
            "postcode": person.postcode,
        }
    )


def _values(words: Mapping[str, str]) -> Parameters:
    """What is not known is NULL; a NUL, which no database takes in a text, is left out."""
    return {name: word.replace("\0", "") or None for name, word in words.items()}
