"""The form of a laboratory's report, and whether one is known: headings and where they stand, never what they hold.

A document is not compared as a whole: which sections and tests it has is the matter of what was ordered. Compared are
its forms, that is the tables (or lines) it is printed in: what the columns are, in which order, what they are called
and where they stand. A form counts as known when the same laboratory printed it before and it was trusted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum

from engine.domain import names

_NEAR = 0.04
_NEAR_SCANNED = 0.07
_LEAST_IN_COMMON = 2
_ALIKE = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One table (`table`), or the lines of a report without headings (`lines`).

    Attributes:
        roles: what the columns are, from left to right (`test`, `result`, `unit`, `range`, `flag` ...); columns of
            former results are left out, since they come and go with the patient.
        titles: their headings, folded; empty for lines.
        places: where each begins, 0 for the first and 1 for the last; empty where the page does not fix them (text,
            RTF, HTML).
        scanned: the headings were recognised from a picture, so that one may be missing or misspelt.
    """

    kind: str
    roles: tuple[str, ...]
    titles: tuple[str, ...] = ()
    places: tuple[float, ...] = ()
    scanned: bool = False


class LayoutState(StrEnum):
    """How far a form is trusted."""

    SEEN = "seen"
    """A new laboratory's, read with doubts so far; it holds nothing and is not trusted yet."""
    LEARNED = "learned"
    """Taken from a document of a new laboratory that was read without doubts."""
    HELD = "held"
    """Not the laboratory's usual one; what is printed in it waits until a person has looked."""
    CONFIRMED = "confirmed"
    """A person has looked and said that it is read rightly."""


TRUSTED = frozenset({LayoutState.LEARNED, LayoutState.CONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A form as remembered of one laboratory.

    Attributes:
        sender: who sends (MSH-3 and MSH-4, folded); `lab` the laboratory printed on the page, folded, may be empty.
        documents: how many documents had it while the laboratory was new.
        message_id: of the first message that had it.
        decided_by: who confirmed it, empty when nobody did.
    """

    sender: str
    lab: str
    form: Form
    state: LayoutState
    first_at: datetime
    message_id: str
    documents: int = 1
    decided_by: str = ""

    @property
    def id(self) -> str:
        """Sixteen hex digits of sender, laboratory and form: the same on every node, after every restart."""
        return hashlib.sha256("\x1f".join((self.sender, self.lab, dumps(self.form))).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the memory says of one document.

    Attributes:
        known: remembered layouts that its trusted forms are.
        unknown: its forms that are not trusted.
        is_new: the laboratory itself is new.
    """

    known: tuple[Layout, ...]
    unknown: tuple[Form, ...]
    is_new: bool


def sender_of(application: str, facility: str) -> str:
    """The key of a sender: MSH-4 and MSH-3, folded."""
    return f"{names.fold(facility)}|{names.fold(application)}"


def judge(remembered: Sequence[Layout], lab: str, forms: Iterable[Form], *, learn_from: int) -> Verdict:
    """Compare a document's forms with what is remembered of its sender.

    A sender's trusted form is known whatever laboratory it prints. A laboratory is new until `learn_from` of its
    documents were read without doubts. A sender may pass on reports of several: a name on the page that is like none
    of its others is a new laboratory; no name, or nearly the same, is none. A form that waits for a person goes on
    waiting, even where everything else of its laboratory was forgotten.
    """
    trusted = [item for item in remembered if item.state in TRUSTED]
    known: list[Layout] = []
    unknown: list[Form] = []
    for form in forms:
        found = [item for item in trusted if is_same(item.form, form)]
        if found:
            known.append(next((item for item in found if item.lab == lab), found[0]))
        else:
            unknown.append(form)
    own = [item for item in trusted if item.lab == lab] if _has_own_name(lab, trusted) else trusted
    # One document may have several forms: the most frequent one counts its documents best.
    is_new = not own or sum(item.documents for item in own if item.state is LayoutState.LEARNED) < learn_from
    waits = [item.form for item in remembered if item.state is LayoutState.HELD]
    if any(item.state is LayoutState.CONFIRMED for item in own) or any(
        is_same(form, other) for form in waits for other in unknown
    ):
        is_new = False
    return Verdict(known=tuple(known), unknown=tuple(unknown), is_new=is_new)


def _has_own_name(lab: str, trusted: Sequence[Layout]) -> bool:
    """Whether a printed laboratory stands for itself: known by this very name, or by none that is like it."""
    labs = {item.lab for item in trusted if item.lab}
    if not lab or lab in labs:
        return bool(lab)
    return all(SequenceMatcher(None, lab, other).ratio() < _ALIKE for other in labs)


def is_same(known: Form, seen: Form) -> bool:
    """Whether two forms are one. A recognised picture may lack a heading, never have one more."""
    if known.kind != seen.kind:
        return False
    if known.kind == "lines":
        return _within(seen.roles, known.roles) or _within(known.roles, seen.roles)
    if known.scanned or seen.scanned:
        return _same_scanned(known, seen)
    if known.roles != seen.roles or known.titles != seen.titles:
        return False
    pairs = zip(known.places, seen.places, strict=False)
    return all(abs(one - other) <= _NEAR for one, other in pairs)


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether the words of one come in the other, in the same order."""
    rest = iter(whole)
    return all(role in rest for role in part)


def _same_scanned(known: Form, seen: Form) -> bool:
    few, many = (seen, known) if seen.scanned and not (known.scanned and len(known.roles) < len(seen.roles)) else (
        known, seen)  # fmt: skip
    if not _within(few.roles, many.roles) or len(few.roles) < _LEAST_IN_COMMON:
        return False
    if not few.places or not many.places:
        return True
    places = dict(zip(many.roles, many.places, strict=False))
    common = [places[role] for role in few.roles]
    start, span = common[0], common[-1] - common[0]
    return span <= 0 or all(
        abs((place - start) / span - own) <= _NEAR_SCANNED for place, own in zip(common, few.places, strict=True)
    )


def difference(known: Sequence[Form], seen: Form) -> str:
    """In words what is other than in the nearest known form; empty when none is of the same kind."""
    alike = [form for form in known if form.kind == seen.kind]
    if not alike:
        return ""
    near = max(alike, key=lambda form: len(set(form.roles) & set(seen.roles)))
    added = [role for role in seen.roles if role not in near.roles]
    gone = [role for role in near.roles if role not in seen.roles]
    told = [*(f"a column `{role}` more" for role in added), *(f"no column `{role}`" for role in gone)]
    if not told and near.roles != seen.roles:
        told = ["columns in another order"]
    if not told:
        told = ["other headings"] if near.titles != seen.titles and not seen.scanned else ["columns at other places"]
    return ", ".join(told)


def dumps(form: Form) -> str:
    """A form as JSON text, the same for equal forms."""
    return json.dumps(asdict(form), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def loads(text: str) -> Form:
    """The form of `dumps`. Raises ValueError, KeyError or TypeError for anything else."""
    raw = json.loads(text)
    return Form(
        kind=raw["kind"],
        roles=tuple(raw["roles"]),
        titles=tuple(raw["titles"]),
        places=tuple(raw["places"]),
        scanned=raw["scanned"],
    )
