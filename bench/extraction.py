"""How well reports are read: generated reports of every language and layout against the truth they were drawn from.

A row counts as found when its name stands on the right page, and as lost when it is neither found nor in a line that
the report tells of as unread; an alarm is a report that tells of such lines although all was read. A wrong value is
silent when the result carries no reason for a look. A test still to come (`Pending`), read as a result in progress
without a value, is not made up where the truth leaves it out: it says nothing that could be wrong. Seeds are fixed, so
two runs of one tree print the same figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from engine.documents.opening import open_pages
from engine.domain.report import LabReport, Result
from engine.extraction.folding import fold
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report
from tests.generators.equivalents import canonical
from tests.generators.layouts import LAYOUTS
from tests.generators.reports import make
from tests.generators.truth import Truth, TruthResult

SEEDS = (21, 22, 23, 24, 25)
HEADER = ("family", "given", "mrn", "birth_date", "sex", "lab", "accession", "collected", "received", "reported")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
Pairs = list[tuple[TruthResult, Result]]


def squeezed(text: str) -> str:
    """The text without blanks."""
    return "".join(text.split())


def lowered(unit: str) -> str:
    """A unit without blanks; digits that are raised by the document's markup come back behind a caret (`10^3`)."""
    return _RAISED.sub(lambda digits: f"^{digits.group().translate(_PLAIN)}", squeezed(unit))


def paired(report: LabReport, truth: Truth) -> tuple[Pairs, list[TruthResult], list[Result]]:
    """Pair truth and reading by page and name, in order; then what was missed and what was made up.

    A name with a wrong letter is no other row where page, code and value are those of the truth.
    """
    left = list(report.results)
    pairs: Pairs = []
    missed: list[TruthResult] = []
    for wanted in truth.results:
        name = squeezed(fold(wanted.test_name))
        same = [one for one in left if _page(one) == wanted.page and squeezed(fold(one.test_name)) == name]
        # Of two tests of one name (blood and urine, side by side) neither order is wrong.
        got = next((one for one in same if is_value_right(wanted, one)), same[0] if same else None)
        if got is None:
            missed.append(wanted)
        else:
            pairs.append((wanted, got))
            left.remove(got)
    for wanted in tuple(missed):
        got = next((one for one in left if _is_same_test(wanted, one)), None)
        if got is not None:
            pairs.append((wanted, got))
            missed.remove(wanted)
            left.remove(got)
    return pairs, missed, left


def _is_same_test(wanted: TruthResult, got: Result) -> bool:
    same_code = bool(got.loinc_code) and canonical(got.loinc_code) == canonical(wanted.loinc)
    return same_code and _page(got) == wanted.page and is_value_right(wanted, got)


def _page(result: Result) -> int:
    return result.provenance.page if result.provenance else 0


def header_right(report: LabReport, truth: Truth) -> Counter[str]:
    """Which fields of the head were read right."""
    patient, wanted, times = report.patient, truth.patient, report.report
    return Counter({
        "family": fold(patient.family) == fold(wanted.family), "given": fold(patient.given) == fold(wanted.given),
        "mrn": wanted.mrn in {identifier.value for identifier in patient.identifiers},
        "birth_date": patient.birth_date == wanted.birth_date, "sex": patient.sex == wanted.sex,
        "lab": fold(report.lab.name) == fold(truth.lab_name), "accession": report.lab.accession == truth.accession,
        "collected": times.collected_at[:16] == truth.collected, "received": times.received_at[:16] == truth.received,
        "reported": times.reported_at[:16] == truth.reported,
    })  # fmt: skip


def is_value_right(wanted: TruthResult, got: Result) -> bool:
    """Whether the characters of the value are those on the page.

    A recognised decimal comma may come back as a point (`34.9` for `34,9`): that is right when the number is. A sign
    behind an answer in words may be its degree or its flag (`Present +`): no page says which.
    """
    printed, read = squeezed(wanted.value), squeezed(got.value)
    if (
        wanted.flag
        and not wanted.flag.strip("()[]+")
        and not any(map(str.isdigit, printed))
        and read == squeezed(printed + wanted.flag)
    ):
        return True
    plain = printed.lstrip("<>=").replace(",", ".")
    return read == printed or (read.replace(",", ".") == printed.replace(",", ".") and str(got.numeric_value) == plain)


def is_to_come(got: Result) -> bool:
    """Whether a result is one in progress (OBX-11 `I`) that carries no value of any kind."""
    return got.status == "I" and not got.value and got.numeric_value is None and got.comparator is None


def score(report: LabReport, truth: Truth) -> Counter[str]:
    """Counts of one report: rows, found, extra, and what is right in the found ones."""
    pairs, missed, extra = paired(report, truth)
    counts = Counter({"reports": 1, "rows": len(truth.results), "found": len(pairs), "missed": len(missed), "extra": len(extra)})  # fmt: skip
    told = [(line.page, squeezed(line.text)) for line in report.unread]
    counts["lost"] = sum(
        not any(page == one.page and squeezed(one.value)[:12] in text for page, text in told) for one in missed
    )
    counts["alarms"] = bool(told) and not missed
    counts["made_up"] += sum(not one.needs_review and not is_to_come(one) for one in extra)
    for wanted, got in pairs:
        right = is_value_right(wanted, got)
        counts["right"] += right
        counts["wrong"] += not right
        counts["silent"] += not right and not got.needs_review
        counts["held"] += right and got.needs_review
        counts["unit"] += lowered(got.unit) == lowered(wanted.unit)
        counts["range"] += squeezed(got.reference_range) == squeezed(wanted.reference)
        counts["flag"] += squeezed(got.flag) == squeezed(wanted.flag)
        same = canonical(got.loinc_code) == canonical(wanted.loinc)
        counts["codes"] += bool(wanted.loinc)  # a truth without a code says nothing of codes
        counts["coded"] += bool(wanted.loinc and got.loinc_code) and same
        counts["miscoded"] += bool(wanted.loinc and got.loinc_code) and not same
        counts["miscoded_silent"] += bool(wanted.loinc and got.loinc_code) and not same and not got.needs_review
        counts["remarks"] += bool(wanted.comment)
        counts["remarks_right"] += bool(wanted.comment) and any(wanted.comment in text for text in got.comments)
    counts["head"] = sum(header_right(report, truth).values())
    counts["head_of"] = len(HEADER)
    return counts


def read(data: bytes, packs: Packs) -> LabReport:
    """A document as the engine reads it."""
    return read_report(open_pages(data), packs, sha256="0" * 64)


def forms() -> list[tuple[str, str]]:
    """Every (language, layout)."""
    return sorted((language, name) for name, layout in LAYOUTS.items() for language in layout.languages)


def measure(language: str, layout: str, packs: Packs, seeds: Iterable[int] = SEEDS) -> Counter[str]:
    """Counts over the seeds of one form."""
    total: Counter[str] = Counter()
    for seed in seeds:
        data, truth = make(layout, seed, language=language)
        total.update(score(read(data, packs), truth))
    return total


TITLE = f"{'':16}{'rows':>6}{'recall':>8}{'lost':>5}{'alarm':>6}{'precis':>8}{'wrong':>6}{'silent':>7}{'madeup':>7}{'unit':>7}{'range':>7}{'flag':>7}{'loinc':>7}{'miscod':>7}{'head':>7}{'held':>7}{'remark':>8}"  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def line(name: str, c: Counter[str]) -> str:
    """One line of the table; shares in percent."""
    found = c["found"]
    cells = (
        (c["rows"], 6), (_share(found, c["rows"]), 8), (c["lost"], 5), (c["alarms"], 6), (_share(found, found + c["extra"]), 8), (c["wrong"], 6), (c["silent"], 7), (c["made_up"], 7),
        (_share(c["unit"], found), 7), (_share(c["range"], found), 7), (_share(c["flag"], found), 7), (_share(c["coded"], c["codes"]), 7),
        (c["miscoded"], 7), (_share(c["head"], c["head_of"]), 7), (_share(c["held"], c["right"]), 7), (_share(c["remarks_right"], c["remarks"]), 8),
    )  # fmt: skip
    return f"{name:16}" + "".join(f"{value:>{width}}" for value, width in cells)


def extraction(_scale: float) -> dict[str, Any]:
    """Read every form and print the table by language and layout."""
    packs = load_packs()
    found: dict[str, Counter[str]] = {}
    print(TITLE, flush=True)
    for language, layout in forms():
        counts = measure(language, layout, packs)
        found[f"{language} {layout}"] = counts
        found.setdefault(language, Counter()).update(counts)
        print(line(f"{language} {layout}", counts), flush=True)
    for language in sorted({name for name, _ in forms()}):
        print(line(f"{language} all", found[language]), flush=True)
    return {name: dict(counts) for name, counts in found.items()}
