"""Cards: a box for each test, its name, value, unit and range one under the other, many boxes side by side.

Only what no other reader took is looked at. Cards are read where places alone tell what belongs together: one known
name with one value, and all cards of the document built alike, the name above its value or under it. Where one card
speaks against that, none is read; what is not read is told of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.documents.pages import Word
from engine.extraction.card_parts import Part, Role, is_next_line, parts_of
from engine.extraction.draft import Draft
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.headings import is_heading, specimen_of
from engine.extraction.joining import Around
from engine.extraction.layout import Line
from engine.extraction.rows import RawRow
from engine.extraction.unread import Spot, spots

_SURE = 0.9
_DOUBTFUL = 0.7
_FEWEST = 2
"""One name over one value may be anything: cards come in numbers."""
_STEP = 1.6
"""Parts of a card are closer to one another than this many heights of the taller one."""
_REACH = 40.0
"""How far beyond the cards of a page a lone number may be that of one more card, in points."""
_CLEARLY = 0.4
"""A value is clearly nearer to one of two names when the difference is this share of the name's height."""
_EDGE = 3.0
_WIDE = 220.0
"""No card is wider, in points: what stands farther right is a scale, a drawing or another part of the page."""


@dataclass(slots=True)
class _Card:
    """A name with what stands under and over it in its column, each from the nearest part to the farthest.

    `ends`: the name or text at which a chain ends.
    """

    name: Part
    under: list[Part] = field(default_factory=list)
    over: list[Part] = field(default_factory=list)
    doubtful: bool = False
    ends: dict[str, Part] = field(default_factory=dict)

    @property
    def values(self) -> list[Part]:
        """All values in reach."""
        return [part for part in (*self.under, *self.over) if part.role is Role.VALUE]

    @property
    def flags(self) -> list[Part]:
        """What reads as a flag, and where there is no value may be one: `Normal`."""
        return [part for part in (*self.under, *self.over) if part.role is Role.FLAG]

    def vote(self) -> str:
        """Where its value surely stands, `under` or `over`; empty when there is none or both are as near."""
        under, over = _reach(self.name, self.under), _reach(self.name, self.over)
        if abs(under - over) < _CLEARLY * self.name.height or under == over:
            return ""
        return "under" if under < over else "over"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One page: where its words come from, its lines, what nothing was made of, and the names among that."""

    source: str
    lines: Sequence[Line]
    parts: Sequence[Part]
    cards: Sequence[_Card]

    @property
    def page(self) -> int:
        """Its number."""
        return self.lines[0].page


@dataclass(frozen=True, slots=True)
class Cards:
    """The results, and what looks like a card and could not be read: page and words."""

    drafts: tuple[Draft, ...] = ()
    told: tuple[tuple[int, list[Word]], ...] = ()


def find_cards(pages: Sequence[tuple[str, Sequence[Line]]], taken: set[Spot], around: Around) -> Cards:
    """Read the cards of a document.

    Args:
        pages: where the words of each page come from, and its lines.
        taken: the words that became something already.
        around: forms and names.
    """
    sheets = [_sheet(source, lines, taken, around) for source, lines in pages if _may_hold(lines, taken, around)]
    cards = [card for sheet in sheets for card in sheet.cards]
    if not cards:
        return Cards()
    way = _way(cards)
    drafts = [
        _draft(card, row, sheet, around.grammar)
        for sheet in sheets
        for card in sheet.cards
        if (row := _row(card, way, around.grammar)) is not None
    ]
    if len(drafts) < _FEWEST:
        drafts = []
    used = {spot for draft in drafts for spot in spots(draft.row.words, draft.page)}
    told = [(sheet.page, words) for sheet in sheets for words in _told(sheet, used)]
    for draft in drafts if told else ():
        draft.row.certainty = min(draft.row.certainty, _DOUBTFUL)  # what is left over may belong to one of the others
    return Cards(tuple(drafts), tuple(told))


def _may_hold(lines: Sequence[Line], taken: set[Spot], around: Around) -> bool:
    """Whether a known name stands in a cell of its own that nothing was made of: two look-ups a cell on most pages."""
    aliases = around.grammar.packs.aliases
    return any(
        cell.folded in aliases and (line.page, cell.words[0].x0, cell.words[0].y0) not in taken
        for line in lines
        for cell in line.cells
    )


def _sheet(source: str, lines: Sequence[Line], taken: set[Spot], around: Around) -> _Sheet:
    parts = parts_of(lines, taken, around)
    names = [part for part in parts if part.role is Role.NAME]
    cards = [_card(name, names, parts, around.grammar) for name in names]
    return _Sheet(source, lines, parts, cards)


def _card(name: Part, names: Sequence[Part], parts: Sequence[Part], grammar: Grammar) -> _Card:
    """A name with the chains of parts under and over it."""
    texts = [part for part in parts if part.role is Role.OTHER and _middle(part, name) == 0]
    right = [other.x0 for other in (*names, *texts) if other.x0 > name.x1]
    border = min(max(name.x0 + _WIDE, name.x1), *right) if right else max(name.x0 + _WIDE, name.x1)
    card = _Card(name)
    # Units and flags of a page with cards in one column may stand as far right as a program puts them.
    apart = () if right else (Role.UNIT, Role.FLAG)
    column = [
        part
        for part in parts
        if part is not name and part.x1 > name.x0 - _EDGE and (part.x0 < border - 1 or part.role in apart)
    ]
    beside = [part for part in column if _middle(part, name) == 0 and part.role is not Role.NAME]
    below = sorted((part for part in column if _middle(part, name) > 0), key=lambda part: part.y0)
    above = sorted((part for part in column if _middle(part, name) < 0), key=lambda part: -part.y1)
    peers = [other for other in (*names, *texts) if other is not name and _middle(other, name) == 0]
    card.under = _chain(card, "under", [*beside, *below], peers)
    card.over = _chain(card, "over", above, peers)
    # Further values on the line of the name, and nobody's else: a row of a table that nobody could read.
    card.doubtful |= not right and any(
        part.x0 >= border - 1 and part.role is Role.VALUE for part in parts if _middle(part, name) == 0
    )
    for part in (*below, *above):
        first, second = (name, part) if part.y0 > name.y0 else (part, name)
        if part.role in (Role.OTHER, Role.NAME) and is_next_line(first, second):
            # The rest of a name, perhaps: `Bilirubin` over `direct` is another test than bilirubin.
            card.doubtful |= not is_heading(part.text, grammar.language)
    return card


def _middle(part: Part, name: Part) -> int:
    """Whether a part stands beside (0), under (1) or over (-1) a name."""
    offset = (part.y0 + part.y1) / 2 - (name.y0 + name.y1) / 2
    return 0 if abs(offset) < 0.5 * name.height else 1 if offset > 0 else -1


def _chain(card: _Card, way: str, parts: Sequence[Part], peers: Sequence[Part]) -> list[Part]:
    """The parts that follow one another closely, up to another name or a text."""
    out: list[Part] = []
    last = card.name
    for part in parts:
        if part.gap(last) > _STEP * max(part.height, card.name.height):
            break
        if part.role in (Role.NAME, Role.OTHER):
            card.ends[way] = part
            card.doubtful |= part.role is Role.OTHER and any(map(str.isdigit, part.text))
            break
        mine = part.aligned(card.name)
        if not mine and any(part.aligned(peer) or (part.x0 < peer.x1 and part.x1 > peer.x0) for peer in peers):
            continue  # a neighbour's, which reaches into this column
        card.doubtful |= not mine and part.x0 < card.name.x0 - _EDGE
        out.append(part)
        last = part
    return out


def _reach(name: Part, chain: Sequence[Part]) -> float:
    return min((part.gap(name) for part in chain if part.role is Role.VALUE), default=float("inf"))


def _way(cards: Sequence[_Card]) -> str:
    """Where all cards have their values, `under` or `over` the name; empty where one speaks against it."""
    votes = {card.vote() for card in cards} - {""}
    if len(votes) != 1:
        return ""
    way = votes.pop()
    mine = {id(part) for card in cards for part in _toward(card, way)}
    other = "over" if way == "under" else "under"
    alone = [
        (card, part)
        for card in cards
        for part in _toward(card, other)
        if part.role is Role.VALUE and id(part) not in mine
    ]
    if not all(_is_of_unknown(part, card) for card, part in alone):
        return ""
    for card in cards if way == "under" else ():
        over = [part for part in card.over[:1] if id(part) not in mine]
        if over and over[0].gap(card.name) - _reach(card.name, card.under) < _CLEARLY * card.name.height:
            card.doubtful = True  # the range of nobody, right over the name: its value may be the one over it
    return way


def _is_of_unknown(value: Part, card: _Card) -> bool:
    """Whether a value beyond a card clearly belongs to a text there, the name of a test that nobody knows."""
    near = value.gap(card.name) - _CLEARLY * card.name.height
    return any(end.role is Role.OTHER and value.gap(end) < near for end in card.ends.values())


def _toward(card: _Card, way: str) -> list[Part]:
    return card.under if way == "under" else card.over


def _row(card: _Card, way: str, grammar: Grammar) -> RawRow | None:
    """The fields of a card; None unless it has exactly one value."""
    own = list(card.under)
    if not way:
        return None
    if way == "over":
        last = next((at for at, part in enumerate(card.over) if part.role is Role.VALUE), -1)
        own = card.over[: last + 1] + _belonging(card)
    values = [part for part in own if part.role is Role.VALUE]
    bounds = [part for part in values if part.is_bound]
    if len(values) == 2 and len(bounds) == 1 and values[0] is not bounds[0]:
        own = [part if part is not bounds[0] else Part(Role.RANGE, part.words, part.y0, part.y1) for part in own]
        values.remove(bounds[0])
    if len(values) != 1:
        return None
    rival = card.ends.get(way)
    if rival is not None and values[0].gap(rival) - values[0].gap(card.name) < _CLEARLY * card.name.height:
        # As near to a name or a text on its other side: another test's, or the one of a test that nobody knows.
        if rival.role is Role.NAME:
            return None
        card.doubtful |= not is_heading(rival.text, grammar.language)
    row = RawRow(headless=True, certainty=_DOUBTFUL if card.doubtful else _SURE)
    row.add("name", card.name.words)
    for part in own:
        _fill(row, part, grammar)
    return row


def _belonging(card: _Card) -> list[Part]:
    """What stands under a name whose value is over it, and not to the next value below."""
    at = next((at for at, part in enumerate(card.under) if part.role is Role.VALUE), -1)
    if at < 0:
        return card.under
    if at > 0:
        before, after = card.under[at - 1], card.under[at]
        above = card.under[at - 2] if at > 1 else card.name
        near, far = before.gap(above), before.gap(after)
        card.doubtful |= near > far - _CLEARLY * before.height
    return card.under[:at]


def _fill(row: RawRow, part: Part, grammar: Grammar) -> None:
    if part.role is Role.VALUE:
        for piece in part.pieces:
            if piece.kind is Kind.FLAG:
                row.add("flag", piece.words)
            elif piece.kind is Kind.UNIT:
                _add_once(row, "unit", piece.words, grammar)
            elif piece.kind is Kind.RANGE:
                row.add("range", piece.words)
            else:
                row.add("value", piece.words)
                row.kind = piece.kind
    elif part.role is Role.FORMER:
        row.previous.append(("", list(part.words)))
    elif part.role is Role.UNIT:
        _add_once(row, "unit", part.words, grammar)
    elif part.role in (Role.RANGE, Role.FLAG, Role.METHOD):
        row.add(part.role.value, part.words)


def _add_once(row: RawRow, name: str, words: Sequence[Word], grammar: Grammar) -> None:
    """Take a unit; the same one printed again is no second one, and another one makes the card doubtful."""
    text = " ".join(word.text for word in words)
    if not row.fields.get(name):
        row.add(name, words)
    elif grammar.packs.units.ucum(text) != grammar.packs.units.ucum(row.text(name)):
        row.certainty = _DOUBTFUL
        row.add("other", words)


def _draft(card: _Card, row: RawRow, sheet: _Sheet, grammar: Grammar) -> Draft:
    section = ""
    for line in sheet.lines:
        text = line.cells[0].text.strip(" :-–—*=•") if len(line.cells) == 1 else ""
        if line.y0 < card.name.y0 and text != card.name.text and is_heading(text, grammar.language):
            section = text
    top, bottom = min(word.y0 for word in row.words), max(word.y1 for word in row.words)
    specimen = specimen_of(section, grammar.language) if section else ""
    return Draft(row, section, specimen, sheet.page, top, bottom, sheet.source, rule="card")


def _told(sheet: _Sheet, used: set[Spot]) -> Iterator[list[Word]]:
    """The words of cards with values that nothing was made of, each value once; then values under unknown names."""
    seen = set(used)
    for card in sheet.cards:
        if seen.issuperset(spots(card.name.words, sheet.page)):
            continue
        left = [part for part in card.values or card.flags if not seen.issuperset(spots(part.words, sheet.page))]
        if left:
            words = [*card.name.words, *(word for part in left for word in part.words)]
            seen.update(spots(words, sheet.page))
            yield words
    full = [card.name for card in sheet.cards if card.values]
    top = min((name.y0 for name in full), default=0.0) - _REACH
    bottom = max((name.y1 for name in full), default=0.0) + _REACH
    for part in sheet.parts:
        if part.role is not Role.VALUE or seen.issuperset(spots(part.words, sheet.page)):
            continue
        among = len(full) >= _FEWEST and top < part.y0 < bottom
        if among or _nearest(Role.UNIT, part, sheet.parts) is not None:
            owner = _nearest(Role.OTHER, part, sheet.parts)
            if owner is not None:
                yield [*owner.words, *part.words]


def _nearest(role: Role, value: Part, parts: Sequence[Part]) -> Part | None:
    """The part of a role close to a value in its column: its unit, or the name of a test that nobody knows."""
    near = [part for part in parts if part.role is role and part.aligned(value)]
    near = [part for part in near if part.gap(value) < 2 * _STEP * max(part.height, value.height)]
    return min(near, key=lambda part: part.gap(value), default=None)
