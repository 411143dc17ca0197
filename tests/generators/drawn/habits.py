"""The habits of a laboratory that nobody knows: everything a form may do, drawn by dice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.generators.content import PrintStyle
from tests.generators.drawn.words import HEADINGS
from tests.generators.layouts import LAYOUTS, Layout

LANGUAGES = ("en", "es", "fr", "de", "it", "pt")
_SPANS = {
    "en": ("{low} - {high}", "{low}-{high}", "{low} to {high}"),
    "es": ("{low} - {high}", "{low}-{high}", "{low} a {high}"),
    "fr": ("{low} - {high}", "{low}-{high}", "{low} à {high}"),
    "de": ("{low} - {high}", "{low}-{high}", "{low} bis {high}"),
    "it": ("{low} - {high}", "{low}-{high}"),
    "pt": ("{low} - {high}", "{low}-{high}", "{low} a {high}"),
}
_OPEN = {
    "en": (("< {high}", "> {low}"), ("<{high}", ">{low}"), ("up to {high}", "over {low}")),
    "es": (("< {high}", "> {low}"), ("<{high}", ">{low}"), ("Hasta {high}", "Mayor de {low}")),
    "fr": (("< {high}", "> {low}"), ("<{high}", ">{low}"), ("Inf. à {high}", "Sup. à {low}")),
    "de": (("< {high}", "> {low}"), ("<{high}", ">{low}"), ("bis {high}", "ab {low}")),
    "it": (("< {high}", "> {low}"), ("<{high}", ">{low}"), ("fino a {high}", "maggiore di {low}")),
    "pt": (("< {high}", "> {low}"), ("<{high}", ">{low}"), ("até {high}", "acima de {low}")),
}
_FLAGS: tuple[dict[str, str], ...] = (
    {"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "A"},
    {"L": "(L)", "H": "(H)", "LL": "(LL)", "HH": "(HH)", "A": "(A)"},
    dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"),
    {"L": "*", "H": "*", "LL": "**", "HH": "**", "A": "*"},
    {"L": "-", "H": "+", "LL": "--", "HH": "++", "A": "+"},
    {"L": "!", "H": "!", "LL": "!!", "HH": "!!", "A": "!"},
)
_ORDERS = (
    "name value flag unit range", "name value unit range flag", "name flag value unit range", "name unit value flag range", "name range value flag unit",
    "name unit range value flag", "name value range unit flag", "flag name value unit range", "name value unit flag range", "name range unit value flag",
    "value unit name range flag",
)  # fmt: skip
_ORDER_WEIGHTS = (10, 10, 5, 5, 3, 4, 4, 2, 5, 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: the fact it holds, the lines of its heading, how it is aligned."""

    fact: str
    heads: tuple[str, ...]
    align: str
    head_align: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How one laboratory prints.

    Attributes:
        language: Language of all words.
        layout: Where panels, letterhead and the ways with numbers come from.
        face, size, step: Font and height of a line in points.
        columns: The table, from left to right; ``previous`` and ``before`` are former results.
        days: Former results stand under their day instead of a word.
        unit_at: ``own`` column, ``value``, ``range`` or ``name``.
        flag_at: ``own`` column, ``after`` or ``before`` the value, or nowhere (``none``).
        range_under: The range stands on a line of its own under the name.
        method_under: A method does.
        heads_at: The headings stand on each ``page``, over each ``section``, ``once`` or never (``none``).
        twin: Sections stand side by side.
        sections: Whether headings of sections are printed.
        rules: ``none``, ``rows``, ``heads`` or ``grid``.
        facts: How the head is set: ``colon``, ``columns`` or ``above``.
        named_apart: Family and given name are two facts.
        name_room: The most a name takes before it breaks, in points.
        low: Values stand on the last line of a broken name.
        remarks: Sentences between sections.
    """

    language: str
    layout: Layout
    face: str
    size: float
    step: float
    columns: tuple[Column, ...]
    days: bool
    unit_at: str
    flag_at: str
    range_under: bool
    method_under: bool
    heads_at: str
    twin: bool
    sections: bool
    rules: str
    facts: str
    named_apart: bool
    name_room: float
    low: bool
    remarks: bool


def _weighted(dice: random.Random, **choices: float) -> str:
    return dice.choices(list(choices), list(choices.values()))[0]


def _style(base: Layout, language: str, dice: random.Random, history: int, *, flagged: bool) -> PrintStyle:
    upper, lower = dice.choice(_OPEN[language])
    return replace(
        base.style(language), span=dice.choice(_SPANS[language]), upper=upper, lower=lower, history=history,
        brackets=dice.choice(("{}", "{}", "{}", "({})", "[{}]", "( {} )")), flags=dice.choice(_FLAGS) if flagged else {},
        both_sexes=False, capitals=dice.random() < 0.25, capital_sections=dice.random() < 0.5, comments=False, naming=dice.choice((0, 1, 9, 9)),
    )  # fmt: skip


def _columns(dice: random.Random, language: str, facts: Sequence[str]) -> tuple[Column, ...]:
    out = []
    number = dice.choice("LRC")
    for fact in facts:
        align = {"name": "L", "value": number, "previous": number, "before": number}.get(fact) or dice.choice("LLC")
        head = dice.choice(HEADINGS[language]["previous" if fact == "before" else fact])
        lines = tuple(head.split(" ", 1)) if " " in head and len(head) > 12 and dice.random() < 0.5 else (head,)
        if dice.random() < 0.25:
            lines = tuple(line.upper() for line in lines)
        out.append(
            Column(fact=fact, heads=lines, align=align, head_align=align if dice.random() < 0.8 else dice.choice("LC"))
        )
    return tuple(out)


def draw_habits(seed: int) -> Habits:
    """A laboratory of this seed."""
    dice = random.Random(f"habits:{seed}")
    language = LANGUAGES[seed % len(LANGUAGES)]
    base = dice.choice([one for one in LAYOUTS.values() if language in one.languages])
    twin = dice.random() < 0.08
    history = 0 if twin else dice.choices((0, 1, 2), (60, 25, 15))[0]
    unit_at = _weighted(dice, own=68, value=12, range=12, name=8)
    flag_at = _weighted(dice, own=45, after=30, before=10, none=15)
    range_under = not twin and unit_at != "range" and dice.random() < 0.06
    facts = dice.choices(_ORDERS, _ORDER_WEIGHTS)[0].split()
    facts = [
        fact
        for fact in facts
        if not (
            (fact == "unit" and unit_at != "own")
            or (fact == "flag" and flag_at != "own")
            or (fact == "range" and range_under)
        )
    ]
    if history:
        former = ["previous", "before"][:history]
        if dice.random() < 0.3:
            place = facts.index("value")
            facts[place:place] = reversed(former)  # the newest day last
        else:
            facts += former
    if not twin and dice.random() < 0.15:
        facts.insert(dice.choice((1, len(facts))), dice.choice(("method", "place")))
    panels = list(base.panels[language])
    dice.shuffle(panels)
    style = _style(base, language, dice, history, flagged=flag_at != "none")
    paper = dice.choice(("a4", "a4", "a4", "letter", "a4_landscape"))
    size = 7.5 if twin else dice.choice((7.5, 8, 8.5, 9, 9.5))
    return Habits(
        language=language,
        layout=replace(
            base, name=f"drawn{seed}", languages=(language,), style=lambda _: style, amend=None, paper=paper,
            panels={language: tuple(panels[: dice.randint(2, 5)])}, shows_sections=True,
        ),
        face=dice.choices(("helvetica", "times", "courier"), (70, 20, 10))[0] if not twin else "helvetica",
        size=size, step=size + dice.choice((2, 3, 4, 6)),
        columns=_columns(dice, language, facts), days=bool(history) and dice.random() < 0.6,
        unit_at=unit_at, flag_at=flag_at, range_under=range_under, method_under=dice.random() < 0.1,
        heads_at=_weighted(dice, page=55, section=30, once=11, none=4) if not (history or twin) else _weighted(dice, page=60, section=40),
        twin=twin, sections=twin or dice.random() < 0.85, rules=dice.choice(("none", "none", "rows", "heads", "heads", "grid")),
        facts=dice.choice(("colon", "colon", "columns", "above")), named_apart=dice.random() < 0.4,
        name_room=dice.choice((110, 150, 190, 230)) if not twin else 95, low=dice.random() < 0.12, remarks=dice.random() < 0.3,
    )  # fmt: skip
