"""The ways to read a printed name: without its specimen, method, panel or bracket, and with abbreviations written out.

Each way is only a candidate: it counts where what is left is a known name. What a bracket or a clause behind the name
says of the test is handed on, since it may make another test of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.extraction.folding import fold

BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_SUFFIX = re.compile(
    r"[,;]\s*(?:serum|plasma|blood|suero|sangre|s|p|b|lc|automated|auto|calc|calculated|calculado|calculada)\.?$",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^(?:(?P<serum>s|sr|srm|ser|sier|serum|suero)|(?P<plasma>p|pl|plas|plm|plasma)|(?P<blood>sg|sng|san|wb|bl)"
    r"|(?P<urine>u|ur|uri|orn|dur|du|urin)|(?P<csf>csf|lcr|liq))\s?[-_]\s?(?=[^\W\d_])",
    re.IGNORECASE,
)
_PANEL = re.compile(
    r"^(?:ionogram(?:a|me|m)|h[ée]mogram(?:a|me)|emocromo|blutbild|electrolytes|[ée]lectrolytes|elektrolyte|elettroliti"
    r"|electrolitos|eletr[óo]litos|lipid profile|perfil lip[íi]dico|bilan lipidique|assetto lipidico): ",
    re.IGNORECASE,
)
"""The panel before each of its tests (`Ionograma: sódio`); another word may make it no result (`Goal: LDL`)."""
_SPOKEN = re.compile(
    r"^(?:(?:serum|plasma|urine|ua)\s+)?(?P<name>\S.*?\S)(?:\s+(?:levels?|lvl|levl|estimation))?$", re.IGNORECASE
)
"""`Serum potassium level`: as British records name what a laboratory calls potassium."""
_SERUM = (
    r"serum|plasma|suero|soro|siero|s[ée]rum|s[ée]ri(?:c[oa]|que)s?|sieric[oaih]e?|plasm[áa]tic[oa]s?|plasmatiques?"
    r"|(?:edta|citrat)[- ]?plasma"
)
_BLOOD = r"blood|blut|(?:edta|citrat|kapillar)[- ]?blut|sangre|sangue|sang|sangu[íi]ne[oa]s?|sanguine?s?"
_URINE = r"urines?|orina|urina|harn|(?:spontan|sammel|morgen)?urin|urinary|urinaires?|urin[áa]ri[ao]s?|urinarie"
_STOOL = r"stool|heces|stuhl|feci|fezes|faeces|feces|selles|f(?:a?e|é)cale?"
_WITH_SPECIMEN = re.compile(
    r"^(?P<name>\S.*?\S)(?:[\s,(\[–-]+(?:(?:im|in|en|en la|en el|no|na|nas|nel|nella|nelle|dans les?|dans la|of)\s+)?"
    rf"(?:(?P<serum>{_SERUM})|(?P<blood>{_BLOOD})|(?P<urine>{_URINE})|(?P<stool>{_STOOL}))[)\]]?"
    r"|[\s,(]+i\.\s?(?:(?:(?P<p>[SP]|Pl)|B)|(?P<u>U)|(?P<s>St))\.?[)\]]?)$",
    re.IGNORECASE,
)
"""`Kreatinin im Urin`, `Sodio (orina)`, `Albumine sérique`, `Natrium i.S.`."""
_WORDS = (
    (re.compile(rf"^(?:{_URINE}|ur|ua)$"), "urine"),
    (re.compile(rf"^(?:{_STOOL})$"), "stool"),
    (re.compile(r"^(?:csf|lcr|liquor)$"), "csf"),
)
_COUNTED = re.compile(
    r"^(?:rto\.?|rec\.?|recuento|contagem|num[ée]ration|conteggio|conta)\s+(?:de\s+|des\s+|d'|di\s+|dos\s+|das\s+)?",
    re.IGNORECASE,
)
_SHARE = re.compile(r"^[%#]\s?(?=[^\W\d_])|[\s,]+[(]?[%#][)]?$")
_AMOUNT = re.compile(
    r"[\s,]+[(]?(?:abs(?:olut(?:e|[oae]s?)?|oluti)?\.?|v\.\s?a\.|ass(?:oluti)?\.?|rel(?:ativ[eoa]?s?)?\.?"
    r"|quantitati[vf][aeo]?|quant\.?|valeur absolue|valore assoluto|valor absoluto|absolute value|37\s?°\s?C)[)]?$",
    re.IGNORECASE,
)
"""What the unit says as well (`Lymphozyten rel.`, `Neutrofili v.a.`, `CRP quantitativ`)."""
_DOTTED = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.\s?){1,4}[^\W\d_](?:\.|(?!\w))")
_CLAUSE = re.compile(
    r"^(?P<name>\S.*?\S)(?:,\s*|\s+(?:nach|selon|seg[úu]n|sec\.?|secondo|by)\s+|\s+(?=CKD-?EPI|MDRD|IFCC|NGSP|DCCT))"
    r"(?P<said>\S.*)$"
)
_ANTIBODY = frozenset(
    {
        "ac", "ak", "ab", "abs", "antibody", "antibodies", "anticuerpo", "anticuerpos", "anticorps", "anticorpi",
        "anticorpo", "anticorpos", "antikorper",
    }
)  # fmt: skip
_CLASSES = frozenset({"igg", "igm", "iga", "ige"})
_NO_ANTIBODY = ("antig", "antithr", "antitr", "antitripsin", "antidi", "anticoag")


@dataclass(frozen=True, slots=True)
class Variant:
    """A candidate: the name to look up, and what was said beside it.

    Attributes:
        said: brackets and clauses that were left out.
        bound: whether the name only counts where what was said is known to belong to its test.
    """

    name: str
    said: tuple[str, ...] = ()
    bound: bool = False


def specimen_prefix(name: str) -> str:
    """The specimen that a prefix of the name tells (`S-Glucosio`, `U-Natrium`), empty when there is none."""
    match = _PREFIX.match(name)
    return next((str(key) for key, text in match.groupdict().items() if text), "") if match else ""


def without_prefix(name: str) -> str:
    """The name without a prefix that tells its specimen."""
    match = _PREFIX.match(name)
    return name[match.end() :] if match else name


def specimen_word(name: str) -> str:
    """The specimen that a word of the name or its end tells, empty when there is none."""
    tokens = fold(name).split()
    if len(tokens) > 1:
        for pattern, specimen in _WORDS:
            if any(map(pattern.match, tokens)):
                return specimen
    match = _WITH_SPECIMEN.match(name)
    if match is None:
        return ""
    found = match.groupdict()
    told = {"urine": found["u"], "stool": found["s"], "serum": found["serum"] or found["p"]}
    return next((specimen for specimen, text in told.items() if text), "blood")


def variants(name: str) -> Iterator[Variant]:
    """The name, then without a specimen or method suffix, then without its bracket, then the bracket alone.

    A prefix that tells the specimen is dropped last: `P-Amylase` is the pancreatic one where that name is known.
    """
    yield Variant(name)
    short = _SUFFIX.sub("", name)
    if short != name:
        yield Variant(short)
    if name[-1:] in "%#":
        yield Variant(name[:-1].rstrip(" ,("))
    yield from _without_brackets(name)
    if ": " in name and _PANEL.match(name):
        yield Variant(name.split(": ", 1)[1])
    yield from _without_antibody(name)
    for rest in _rests(name):
        if rest and rest != name:
            yield from variants(rest)
    placed = _WITH_SPECIMEN.match(name)
    if placed:
        where = name[placed.end("name") :].strip()
        yield from (Variant(one.name, (*one.said, where), one.bound) for one in variants(placed.group("name")))
    clause = _CLAUSE.match(name)
    if clause:
        yield Variant(clause.group("name"), (clause.group("said"),), bound=True)


def _rests(name: str) -> Iterator[str]:
    """What is left of the name without one thing that its unit or its specimen says as well."""
    yield without_prefix(name)
    spoken = _SPOKEN.match(name)
    if spoken:
        yield spoken.group("name")
    yield _COUNTED.sub("", name)
    yield _SHARE.sub("", name)
    yield _AMOUNT.sub("", name)
    yield _DOTTED.sub(lambda match: re.sub(r"[.\s]", "", match.group()), name)


def _without_brackets(name: str) -> Iterator[Variant]:
    if "(" not in name and "[" not in name:
        return
    inside = tuple(BRACKETS.findall(name))
    bare = BRACKETS.sub(" ", name).strip(" ,")
    if len(bare) > 1:
        yield Variant(bare, inside)
    # The class of an antibody alone is the whole immunoglobulin, which `Borrelia (IgG)` is not.
    yield from (Variant(item) for item in inside if len(item) > 1 and fold(item) not in _CLASSES)


def _without_antibody(name: str) -> Iterator[Variant]:
    """`Ac. anti-TPO`, `Anti-TPO-AK` and `Toxoplasma IgG Ak` without the word that the rest says as well."""
    tokens = fold(name).split()
    kept = [token for token in tokens if token not in _ANTIBODY]
    if len(kept) == len(tokens) or (len(kept) < 2 and not (kept and kept[0].startswith("anti"))):
        return
    told = any(token.startswith("anti") and not token.startswith(_NO_ANTIBODY) for token in kept)
    if told or (_CLASSES & set(kept) and set(kept) - _CLASSES):
        yield Variant(" ".join(kept))
