"""Reports in cards: a box for each test, its name, value, unit and range one under the other."""

from __future__ import annotations

from functools import cache

import pytest

from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, Page, PageSource, Word
from engine.domain.report import LabReport
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report

WIDTH = 30
Card = tuple[str, ...]


@cache
def packs() -> Packs:
    return load_packs()


def report(text: str) -> LabReport:
    return read_report(open_pages(text.encode()), packs(), sha256="0" * 64)


def side_by_side(*cards: Card, apart: int = 1, across: int = 3) -> str:
    """Cards as text, some a line, with empty lines between the lines of cards."""
    out: list[str] = []
    for start in range(0, len(cards), across):
        row = cards[start : start + across]
        for place in range(max(map(len, row))):
            out.append("".join((card[place] if place < len(card) else "").ljust(WIDTH) for card in row))
        out += [""] * apart
    return "\n".join(out)


def read(*cards: Card, head: str = "Patient: DOE, JANE   DOB: 14/03/1970", apart: int = 1) -> LabReport:
    return report(f"{head}\n\n\n{side_by_side(*cards, apart=apart)}\n")


def rows(found: LabReport) -> list[tuple[str, str, str, str]]:
    return [(one.test_name, one.value, one.unit, one.reference_range) for one in found.results]


LANGUAGES = {
    "en": ("Patient: DOE, JANE   DOB: 14/03/1970   Laboratory report of the blood tests",
           ("Glucose", "95 mg/dL", "Normal range: 70 - 99"), ("Sodium", "139 mmol/L", "Normal range: 136 - 145"), ("Negative", "Nitrite")[::-1]),
    "es": ("Paciente: Juana Pérez Gil   Fecha de nacimiento: 14/03/1970   Informe del laboratorio",
           ("Glucosa", "95 mg/dL", "VR: 70 - 99"), ("Sodio", "139 mmol/L", "VR: 136 - 145"), ("Nitritos", "Negativo")),
    "fr": ("Patient : Mme DURAND Jeanne   Née le : 14/03/1970   Compte rendu du laboratoire",
           ("Glucose", "0,95 g/L", "Réf. 0,70 à 1,10"), ("Sodium", "139 mmol/L", "Réf. 136 à 145"), ("Nitrites", "Négatif")),
    "de": ("Patient: Mustermann, Erika   geb. am: 14.03.1970   Befund des Labors",
           ("Glukose", "95 mg/dl", "Norm 70 - 99"), ("Natrium", "139 mmol/l", "Norm 136 - 145"), ("Nitrit", "negativ")),
    "it": ("Paziente: Rossi Maria   Data di nascita: 14/03/1970   Referto del laboratorio",
           ("Glucosio", "95 mg/dL", "Rif. 70 - 99"), ("Sodio", "139 mmol/L", "Rif. 136 - 145"), ("Nitriti", "Negativo")),
    "pt": ("Utente: Maria Silva   Data de nascimento: 14/03/1970   Relatório do laboratório",
           ("Glicose", "95 mg/dL", "VR: 70 - 99"), ("Sódio", "139 mmol/L", "VR: 136 - 145"), ("Nitritos", "Negativo")),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_are_read_in_every_language(language: str) -> None:
    """Name on top, value with its unit, the range behind the language's own word for it; an answer in words too."""
    head, sugar, salt, word = LANGUAGES[language]
    found = read(sugar, salt, word, head=head)
    ranges = [card[2].split(" ", 2 if language == "en" else 1)[-1].removeprefix("range: ") for card in (sugar, salt)]
    wanted = [(card[0], *card[1].split(" "), span) for card, span in zip((sugar, salt), ranges, strict=True)]
    assert found.document.language == language
    assert rows(found) == [*wanted, (*word, "", "")]
    assert found.unread == ()
    assert [one.loinc_code for one in found.results][:2] == ["2345-7", "2951-2"]


def test_a_card_is_less_sure_than_a_row_and_not_held() -> None:
    """Places alone decide: 0.9, below any row, and nothing to hold it for."""
    found = read(("Glucose", "112 mg/dL", "Ref. 70 - 99"), ("Sodium", "139 mmol/L", "Ref. 136 - 145"))
    assert {one.confidence for one in found.results} == {0.9}
    assert not any(one.needs_review for one in found.results)
    assert {one.provenance.rule for one in found.results if one.provenance} == {"card"}


VARIANTS = [
    (("139 mmol/L", "Sodium", "Ref. 136 - 145"), ("4.1 mmol/L", "Potassium", "Ref. 3.5 - 5.1")),
    (("139", "mmol/L", "Sodium", "136 - 145"), ("4.1", "mmol/L", "Potassium", "3.5 - 5.1")),
    (("Sodium", "139mmol/L", "136-145"), ("Potassium", "4.1mmol/L", "3.5-5.1")),
    (("Sodium", "139", "mmol/L", "Ref: 136 - 145"), ("Potassium", "4.1", "mmol/L", "Ref: 3.5 - 5.1")),
    (("Sodium", "Result: 139 mmol/L", "Reference: 136 - 145"), ("Potassium", "Result: 4.1 mmol/L", "Reference: 3.5 - 5.1")),
    (("Sodium", "139 mmol/L (136 - 145)"), ("Potassium", "4.1 mmol/L (3.5 - 5.1)")),
    (("Sodium", "Normal range 136 - 145", "139 mmol/L"), ("Potassium", "Normal range 3.5 - 5.1", "4.1 mmol/L")),
]  # fmt: skip


@pytest.mark.parametrize("apart", [0, 1, 3])
@pytest.mark.parametrize("cards", VARIANTS)
def test_other_orders(cards: tuple[Card, Card], apart: int) -> None:
    """Value over name, unit on its own line, glued or in the range's line; whatever the space between cards.

    Where no space parts a card from the next, whose value or range it is may be open: then it is held or told, not guessed.
    """
    changed = tuple(
        part.replace("Sodium", "Chloride").replace("139", "101").replace("136", "98").replace("145", "107")
        for part in cards[0]
    )
    found = read(cards[0], cards[1], changed, apart=apart)
    told = " ".join(line.text for line in found.unread)
    values = {"Sodium": "139", "Potassium": "4.1", "Chloride": "101"}
    for name, value in values.items():
        assert any(one.test_name == name and one.value == value for one in found.results) or value in told
    assert all(values[one.test_name] == one.value for one in found.results)
    if apart:
        spans = [one.reference_range.strip("()").replace(" ", "") for one in found.results]
        assert spans == ["136-145", "3.5-5.1", "98-107"]
        assert {one.unit for one in found.results} == {"mmol/L"}


@pytest.mark.parametrize("apart", [0, 1, 2])
@pytest.mark.parametrize("order", ["NV", "VN", "NVR", "VNR", "VRN", "NRV", "NVU", "VUN"])
def test_no_card_takes_the_value_of_its_neighbour(order: str, apart: int) -> None:
    """A grid of two by three in any order, tight or wide: every value stands with its own name, or is told of."""
    tests = [
        ("Glucose", "95"),
        ("Sodium", "139"),
        ("Potassium", "4.1"),
        ("Creatinine", "0.88"),
        ("Calcium", "9.4"),
        ("Urea", "31"),
    ]
    unit = "" if "U" in order else " mg/dL"
    parts = [{"N": name, "V": value + unit, "R": "Ref. 1 - 200", "U": "mg/dL"} for name, value in tests]
    found = report(
        "Patient: DOE, JANE\n\n\n"
        + side_by_side(*(tuple(one[sign] for sign in order) for one in parts), apart=apart, across=2)
    )
    told = " ".join(line.text for line in found.unread)
    wanted = dict(tests)
    assert [one for one in found.results if wanted[one.test_name] != one.value] == []
    assert [
        value for name, value in tests if name not in {one.test_name for one in found.results} and value not in told
    ] == []


def test_a_card_with_two_values_is_told() -> None:
    """Which of two numbers is today's nobody can tell from their places; the other cards are read."""
    found = read(("Glucose", "95 mg/dL", "88 mg/dL"), ("Sodium", "139 mmol/L"), ("Potassium", "4.1 mmol/L"))
    assert [one.test_name for one in found.results] == ["Sodium", "Potassium"]
    assert ["Glucose" in line.text and "88" in line.text for line in found.unread] == [True]
    assert found.needs_review


def test_a_former_value_with_its_word_is_no_second_value() -> None:
    """`Previous: 88` is a former result."""
    found = read(("Glucose", "95 mg/dL", "Previous: 88"), ("Sodium", "139 mmol/L"))
    assert [(one.value, [old.value for old in one.previous]) for one in found.results] == [("95", ["88"]), ("139", [])]


def test_an_empty_card_takes_nothing_from_its_neighbours() -> None:
    """A card without a value stays without; no value moves into it."""
    found = read(("Glucose", "", "Ref. 70 - 99"), ("Sodium", "139 mmol/L", "Ref. 136 - 145"), ("Potassium", "4.1 mmol/L", "Ref. 3.5 - 5.1"),
                 ("Calcium", "9.4 mg/dL", "Ref. 8.5 - 10.5"), ("Urea", "31 mg/dL", "Ref. 17 - 49"), ("Chloride", "101 mmol/L", "Ref. 98 - 107"))  # fmt: skip
    read_as = {one.test_name: one.value for one in found.results}
    assert "Glucose" not in read_as
    assert (
        read_as.items()
        <= {"Sodium": "139", "Potassium": "4.1", "Calcium": "9.4", "Urea": "31", "Chloride": "101"}.items()
    )


def test_a_card_of_an_unknown_test_is_told() -> None:
    """Its value is given to no other test, and the others are read."""
    found = read(("Glucose", "95 mg/dL"), ("Xyzatin level", "7.1 mg/dL"), ("Sodium", "139 mmol/L"), ("Potassium", "4.1 mmol/L"), ("Calcium", "9.4 mg/dL"))  # fmt: skip
    assert {one.test_name: one.value for one in found.results} == {"Glucose": "95", "Sodium": "139", "Potassium": "4.1", "Calcium": "9.4"}  # fmt: skip
    assert "7.1" in " ".join(line.text for line in found.unread)


def test_a_name_in_two_lines() -> None:
    """`Bilirubin` over `direct` is direct bilirubin; where a second line is one that nobody knows, all cards are held."""
    cards = (("Bilirubin", "direct", "0.2 mg/dL"), ("Sodium", "139 mmol/L"))
    values = [("Bilirubin direct", "0.2"), ("Sodium", "139")]
    assert [(one.test_name, one.value) for one in read(*cards).results if not one.needs_review] == values
    found = read(*cards, ("Bilirubin", "quuxed", "0.3 mg/dL"))
    assert [(one.test_name, one.value) for one in found.results][:2] == values
    assert all(one.needs_review for one in found.results)
    assert len(found.results) == 3 or "0.3" in " ".join(line.text for line in found.unread)


def test_one_card_alone_is_told() -> None:
    """One name over one value may be anything."""
    found = report("Patient: DOE, JANE\n\n\nSodium\n139 mmol/L\n")
    assert found.results == ()
    assert "139" in found.unread[0].text


def test_results_by_days_under_their_names_are_no_cards() -> None:
    """A table that lies on its side holds several values under each name: told of, no value is picked."""
    found = report(
        "Patient: DOE, JANE\n\n" + side_by_side(("Sodium", "139", "141", "138"), ("Potassium", "4.1", "4.4", "4.0"))
    )
    assert all(one.needs_review for one in found.results)
    assert all(value in " ".join(line.text for line in found.unread) for value in ("141", "4.4"))


def test_the_heading_over_cards_tells_the_specimen() -> None:
    """Under `Urine` glucose is that of urine, and gets no code of serum."""
    found = report(
        "Patient: DOE, JANE\n\nUrine\n\n" + side_by_side(("Glucose", "30 mg/dL"), ("Creatinine", "95 mg/dL"))
    )
    assert [(one.specimen, one.loinc_code) for one in found.results] == [("urine", "5792-7"), ("urine", "2161-8")]


def _words(text: str, x: float, y: float, size: float) -> list[Word]:
    out: list[Word] = []
    for word in text.split(" "):
        out.append(Word(word, x, y - 0.9 * size, x + 0.5 * size * len(word), y + 0.25 * size))
        x += 0.5 * size * (len(word) + 0.5)
    return out


def test_centred_cards() -> None:
    """Name, big value and range on one middle line a card: values wider than their name still belong to it."""
    words = [*_words("Patient:", 40, 40, 10), *_words("DOE, JANE", 90, 40, 10)]
    cards = (
        ("TSH", "12345.67 mIU/L", "Ref. 0.40 - 4.50"),
        ("Sodium", "139 mmol/L", "Ref. 136 - 145"),
        ("K", "4.1 mmol/L", "Ref. 3.5 - 5.1"),
    )
    for place, card in enumerate(cards):
        for text, y, size in zip(card, (100, 122, 138), (9, 16, 8), strict=True):
            width = sum(word.x1 - word.x0 for word in _words(text, 0, 0, size))
            words += _words(text, 110 + 180 * place - width / 2, y, size)
    page = Page(number=1, width=595, height=842, words=tuple(words), source=PageSource.PDF_TEXT)
    found = read_report(
        OpenedPages(media_type="application/pdf", pages=(page,), page_count=1), packs(), sha256="0" * 64
    )
    assert [(one.test_name, one.value) for one in found.results] == [
        ("TSH", "12345.67"),
        ("Sodium", "139"),
        ("K", "4.1"),
    ]


def test_headings_inside_of_cards() -> None:
    """`Resultado` and `Valor de referência` in each card over its value and range part nothing."""
    found = report(
        "Laboratório Central\nCliente: João Conceição     Data de Nascimento: 14/03/1970\n\n"
        "Ureia                                       Creatinina\n"
        "Resultado         Valor de referência       Resultado         Valor de referência\n"
        "27 mg/dL          15 a 39                   0,92 mg/dL        0,60 a 1,30\n\n\n\n"
        "Sódio                                       Potássio\n"
        "Resultado         Valor de referência       Resultado         Valor de referência\n"
        "140 mmol/L        136 a 145                 4,4 mmol/L        3,5 a 5,1\n"
    )
    assert {item.test_name: (item.value, item.unit, item.reference_range) for item in found.results} == {
        "Ureia": ("27", "mg/dL", "15 a 39"),
        "Creatinina": ("0,92", "mg/dL", "0,60 a 1,30"),
        "Sódio": ("140", "mmol/L", "136 a 145"),
        "Potássio": ("4,4", "mmol/L", "3,5 a 5,1"),
    }


def test_a_row_with_further_values_is_no_sure_card() -> None:
    """A name with a value beside it and more values far right is a row whose columns are not known: it is held."""
    found = report(
        "Laboratory\nPatient: DOE, JANE   DOB: 14/03/1970\n\n"
        "Component                    Zqxx           03/25/2025      03/24/2025\n"
        "Clarity, Urine               Clear                                       Cloudy          Clear\n"
        "Nitrite, Urine               Negative                                    Positive        Negative\n"
    )
    assert all(item.needs_review for item in found.results)
