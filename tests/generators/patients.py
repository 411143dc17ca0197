"""Synthetic people and the directory file that holds them."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

AUTHORITY = "HOSP"

FAMILIES = {
    "en": ["Whitcombe", "Hargrove", "Ashdown", "Pellington", "Thorncroft", "Marlowe", "Kettering", "Brannigan", "Fairweather", "Holloway", "Prescott", "Winslow", "Castellan", "Drummond", "Oakhurst", "Lindqvist", "Abernathy", "Calloway", "Redgrave", "Stanhope", "Underhill", "Vance", "Yarborough", "O'Malley", "McTavish", "Penhaligon", "Bexley", "Tolliver", "Rowntree", "Hathersage"],
    "es": ["Quintanilla Arribas", "Belmonte Zafra", "Carrasquilla", "Domenech Peña", "Echevarría Luna", "Figueras", "Galdós Muñoz", "Hinojosa", "Iturralde Saiz", "Jarabo", "Lizárraga", "Montalbán Ríos", "Núñez Arce", "Olmedo", "Pastrana Gil", "Quesada", "Riquelme Soto", "Sanchís", "Tordesillas", "Urbieta Coll", "Valdivieso", "Yáñez Mora", "Zubiri", "Ibáñez Cano"],
    "fr": ["Aubertin", "Bellegarde", "Chassagne", "Delacourt", "Escoffier", "Fontanel", "Guérinot", "Hautecoeur", "Jacquemin", "Kermadec", "Lagrange", "Montreuil", "Noirot", "Perrichon", "Quémener", "Rochefort", "Saint-Aubin", "Thévenet", "Valcourt", "Le Guennec"],
    "de": ["Achterberg", "Brömmelkamp", "Deichgräber", "Eschenbach", "Fährmann", "Großkopf", "Hollerbach", "Immenroth", "Jüttner", "Kühlwetter", "Lindenschmidt", "Mühlbauer", "Niederstraßer", "Obermüller", "Pfaffenberg", "Quandt", "Rüdesheim", "Schäffler", "Tümmler", "von Uhlenbrock", "Weißmann", "Zöllner"],
    "it": ["Abbiati", "Bergamaschi", "Castelnuovo", "D'Angelantonio", "Esposti", "Fontanarosa", "Gherardini", "Lanzarotti", "Montecuccoli", "Nicolosi", "Oliveri", "Passalacqua", "Quattrocchi", "Ravagnani", "Santacroce", "Tagliaferri", "Ubaldi", "Vercellone", "Zanardelli", "De Marchis"],
    "pt": ["Abrantes", "Bettencourt", "Cavalcanti", "Drummond Neves", "Esteves", "Figueiredo", "Gonçalves", "Holanda", "Junqueira", "Lourenço", "Magalhães", "Nóbrega", "Onofre", "Pacheco", "Queirós", "Resende", "Simões", "Tavares Leitão", "Valadão", "Xavier"],
}  # fmt: skip
GIVENS = {
    ("en", "F"): ["Harriet", "Eleanor", "Margaret", "Philippa", "Rosalind", "Beatrice", "Cordelia", "Imogen", "Winifred", "Tabitha", "Louisa", "Josephine", "Meredith", "Adelaide", "Constance"],
    ("en", "M"): ["Theodore", "Edmund", "Barnaby", "Reginald", "Frederick", "Lawrence", "Alistair", "Sebastian", "Rupert", "Gilbert", "Nathaniel", "Humphrey", "Desmond", "Clarence", "Ambrose"],
    ("es", "F"): ["Amparo", "Begoña", "Consuelo", "Dolores", "Encarnación", "Fuensanta", "Gracia", "Inés", "Leocadia", "Macarena", "Nuria", "Pilar", "Remedios", "Soledad", "Verónica"],
    ("es", "M"): ["Aurelio", "Bartolomé", "Cipriano", "Damián", "Eusebio", "Froilán", "Germán", "Hilario", "Íñigo", "Joaquín", "León", "Matías", "Nicolás", "Ramón", "Víctor"],
    ("fr", "F"): ["Amandine", "Bérengère", "Capucine", "Éloïse", "Françoise", "Ghislaine", "Hélène", "Joséphine", "Maëlle", "Océane", "Solange", "Thérèse"],
    ("fr", "M"): ["Anatole", "Barnabé", "Cédric", "Désiré", "Étienne", "Gaëtan", "Hippolyte", "Jérôme", "Léandre", "Maxence", "Rémi", "Thibault"],
    ("de", "F"): ["Anneliese", "Brunhilde", "Dörte", "Elfriede", "Gudrun", "Hannelore", "Käthe", "Liesel", "Margarethe", "Roswitha", "Sieglinde", "Waltraud"],
    ("de", "M"): ["Albrecht", "Burkhard", "Dietmar", "Eckehard", "Friedhelm", "Götz", "Hartmut", "Jürgen", "Lothar", "Reinhold", "Sönke", "Volkmar"],
    ("it", "F"): ["Antonella", "Benedetta", "Carlotta", "Donatella", "Fiammetta", "Ginevra", "Immacolata", "Loredana", "Nicoletta", "Ornella", "Rosaria", "Viviana"],
    ("it", "M"): ["Amedeo", "Bartolomeo", "Corrado", "Domenico", "Ettore", "Fabrizio", "Gaetano", "Leopoldo", "Nicolò", "Ottavio", "Raffaele", "Vincenzo"],
    ("pt", "F"): ["Aparecida", "Benedita", "Conceição", "Deolinda", "Eulália", "Filomena", "Graça", "Inês", "Jacira", "Lúcia", "Natércia", "Rosângela"],
    ("pt", "M"): ["Amílcar", "Brás", "Custódio", "Delfim", "Estêvão", "Fábio", "Gervásio", "Hélio", "João", "Leonel", "Norberto", "Tomé"],
}  # fmt: skip
STREETS = {
    "en": ("Mill Lane", "Harbor Street", "Chestnut Avenue"),
    "es": ("Calle del Molino", "Avenida de la Acequia", "Plaza Mayor"),
    "fr": ("Rue du Moulin", "Avenue du Canal", "Place de l'Écluse"),
    "de": ("Mühlenweg", "Am Wehr", "Schleusenstraße"),
    "it": ("Via del Mulino", "Viale della Chiusa", "Piazza Maggiore"),
    "pt": ("Rua do Moinho", "Avenida do Açude", "Largo da Fonte"),
}
OFFSETS = {"en": 0, "es": 400_009, "fr": 150_001, "de": 250_007, "it": 550_007, "pt": 700_001}
COLUMNS = (
    "mrn", "assigning_authority", "family", "given", "middle", "birth_date", "sex",
    "identifiers", "phone", "postcode", "deceased_date", "merged_into",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One synthetic person as the directory knows them; ``birth_date`` a date, ``sex`` one of F M O U."""

    mrn: str
    family: str
    given: str
    birth_date: date
    sex: str
    middle: str = ""
    assigning_authority: str = AUTHORITY
    identifiers: tuple[str, ...] = ()
    phone: str = ""
    postcode: str = ""
    deceased_date: date | None = None
    merged_into: str = ""
    language: str = "en"

    def age_on(self, day: date) -> int:
        """Whole years on ``day``."""
        before = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before


def make_patient(seed: int, language: str = "en", *, sex: str | None = None) -> Patient:
    """The person of this seed and language; two seeds below 800,000 never share an MRN in one language."""
    draw = random.Random(f"patient:{language}:{seed}")
    chosen = sex or draw.choice("FM")
    offset = OFFSETS[language]
    middle = draw.choice("ABCDEGHJLMNPRSTW") if language == "en" and draw.random() < 0.6 else ""
    national = f"NHS:999{draw.randrange(10**7):07d}" if language == "en" else f"SNS:{draw.randrange(10**9, 10**10)}"
    return Patient(
        mrn=str(100_003 + (seed * 7_919 + offset) % 899_981),
        family=draw.choice(FAMILIES[language]),
        given=draw.choice(GIVENS[language, chosen]),
        middle=middle,
        birth_date=date(1934, 1, 1) + timedelta(days=draw.randrange(26_000)),
        sex=chosen,
        identifiers=(national,) if draw.random() < 0.5 else (),
        phone=f"555-01{draw.randrange(100):02d}"
        if language == "en"
        else f"600 55 {draw.randrange(10, 99)} {draw.randrange(10, 99)}",
        postcode=f"{draw.randrange(10_000, 52_000)}",
        language=language,
    )


def make_population(seed: int, count: int, language: str = "en") -> list[Patient]:
    """``count`` different people; their MRNs differ."""
    return [make_patient(seed * 1_000 + index, language) for index in range(count)]


def twin_of(patient: Patient) -> Patient:
    """A twin: same family name, birth date, address and sex; other given name and MRN."""
    stock = [name for name in GIVENS[patient.language, patient.sex] if name != patient.given]
    draw = random.Random(f"twin:{patient.mrn}:{patient.given}")
    return replace(
        patient,
        given=draw.choice(stock),
        middle="",
        identifiers=(),
        mrn=str(100_003 + (int(patient.mrn) + 1 - 100_003) % 899_981),
    )


def write_csv(people: list[Patient]) -> str:
    """The text of ``conf/patients.csv`` for these people, header row first."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in people:
        deceased = one.deceased_date.isoformat() if one.deceased_date else ""
        rows.writerow((
            one.mrn, one.assigning_authority, one.family, one.given, one.middle, one.birth_date.isoformat(), one.sex,
            ";".join(one.identifiers), one.phone, one.postcode, deceased, one.merged_into,
        ))  # fmt: skip
    return out.getvalue()
