"""The documents say what the code does: made pages are fresh, hand-written ones name everything there is."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from engine.app import metrics
from engine.app.logging import ALLOWED
from engine.domain import reasons
from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import Holds, ReasonSpec
from engine.domain.report import LabReport, Result
from engine.hl7v2.tables import ACK_CODES
from engine.mapping import report_json
from engine.plugins.directories import file as patient_file
from engine.web import openapi
from tests.architecture.tree import ENGINE, ROOT, modules, nodes

DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
NOTING = {"note", "_note", "write", "_on_uncaught"}
EVENT = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")
_REASONS = """
    control_id.reused version.missing charset.guessed patient.unknown patient.ambiguous patient.conflict
    patient.two_in_message patient.two_in_document patient.deceased document.unreadable document.truncated
    document.encrypted document.too_large document.timeout document.worker_lost document.not_a_report extraction.partial
    extraction.low_confidence extraction.no_results extraction.remote_failed value.ambiguous value.implausible
    value.not_in_document code.unknown unit.mismatch cross_check.disagrees duplicate.conflict version.stale
    result.withdrawn layout.unknown delivery.rejected delivery.no_ack
"""
PROMISED_REASONS = _REASONS.split()
_WORDS = """
    channel source stage destination message frame document report observation control_id ack_code error_code
    placer_order_number filler_order_number accession_number mrn assigning_authority visit_number observation_id sub_id
    value units reference_range interpretation observation_status report_status fingerprint duplicate_of candidate match
    review_case reviewer outcome receipt attempt lease parked confidence provenance reason state
"""
WORDS = _WORDS.split()


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_made_page_is_fresh(name: str) -> None:
    """The committed page is what the code makes; `make docs` writes it."""
    assert (REFERENCE / name).read_text(encoding="utf-8") == GENERATOR.PAGES[name]()


def test_a_new_reason_makes_its_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason that is added to the code changes the page, so that the committed one is found stale."""
    spec = ReasonSpec(holds=Holds.NOTE, meaning="Planted | here.", action="Nothing.")
    monkeypatch.setattr(GENERATOR, "REASONS", {**reasons.REASONS, "planted.reason": spec})
    made = GENERATOR.reasons_page()
    assert "| `planted.reason` | Planted \\| here. | nothing | Nothing. |" in made
    assert made != (REFERENCE / "reasons.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", PROMISED_REASONS)
def test_promised_reason_exists(code: str) -> None:
    """Each reason code promised to users is one the code knows and the page shows."""
    assert code in reasons.REASONS
    assert f"| `{code}` |" in (REFERENCE / "reasons.md").read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    """The words in the first column of every table of a page, each name of it by itself."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def test_every_state_is_documented_once() -> None:
    """docs/reference/states.md has one line for each state of a message and of a delivery."""
    named = first_cells((REFERENCE / "states.md").read_text(encoding="utf-8"))
    assert sorted(named) == sorted([*MessageState, *DeliveryState])


def test_every_path_of_the_api_is_documented() -> None:
    """docs/reference/api.md names each path of the OpenAPI description, and no other."""
    named = first_cells((REFERENCE / "api.md").read_text(encoding="utf-8"))
    paths = {name.removeprefix("GET ") for name in named}
    assert paths - {"/metrics"} == set(openapi.document("0")["paths"]) - {"/metrics"}


def test_every_key_of_a_report_is_documented() -> None:
    """docs/reference/report.md has one line for each key of the report and of a result."""
    named = first_cells((REFERENCE / "report.md").read_text(encoding="utf-8"))
    keys = [*report_json.to_dict(LabReport()), *Result.__dataclass_fields__]
    assert sorted(named) == sorted(keys)


def test_every_ack_code_is_documented() -> None:
    """docs/reference/ack.md speaks of each code of table 0008."""
    text = (REFERENCE / "ack.md").read_text(encoding="utf-8")
    assert [code for code in ACK_CODES if not re.search(rf"\b{code}\b", text)] == []


def test_every_column_of_the_patient_file_is_documented() -> None:
    """docs/reference/patients-csv.md has one line for each column, in the file's order."""
    named = first_cells((REFERENCE / "patients-csv.md").read_text(encoding="utf-8"))
    assert named == [*patient_file._COLUMNS, *patient_file._OPTIONAL]


def events(source: str) -> Iterator[str]:
    """Names of log events in a source text: first arguments of calls that note or write one."""
    if not any(word in source for word in (*NOTING, "event")):
        return
    for node in nodes(source):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in NOTING:
                for inner in (part for argument in node.args for part in ast.walk(argument)):
                    if (
                        isinstance(inner, ast.Constant)
                        and isinstance(inner.value, str)
                        and EVENT.fullmatch(inner.value)
                    ):
                        yield inner.value
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "event" for t in node.targets):
            yield from (
                part.value
                for part in ast.walk(node.value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def test_every_log_event_is_documented() -> None:
    """docs/reference/logging.md says of each event what it means; it names none that is not there."""
    text = (REFERENCE / "logging.md").read_text(encoding="utf-8")
    table = text.partition("## Events")[2].partition("## Fields")[0]
    found = {event for path in modules(ENGINE) for event in events(path.read_text(encoding="utf-8"))}
    assert set(first_cells(table)) - {"event.misnamed"} == found - {"event.misnamed"}


def test_an_undocumented_event_is_seen() -> None:
    """The search for events finds plain, conditional and assigned names."""
    source = "o.note('a.b', x=1)\no.note('c.d' if y else 'e.f')\nevent = 'g.h' if z else 'i.j'\nself._note(r, 'k.l')\n"
    assert sorted(events(source)) == ["a.b", "c.d", "e.f", "g.h", "i.j", "k.l"]


def test_every_log_field_is_documented() -> None:
    """docs/reference/logging.md names each field that may be logged, and no other."""
    text = (REFERENCE / "logging.md").read_text(encoding="utf-8")
    assert set(first_cells(text.partition("## Fields")[2])) == {*ALLOWED, "error", "detail"}


def unknown_metrics(text: str) -> set[str]:
    """Metrics a text speaks of that the engine does not have."""
    known = {f"{name}_total" for name in metrics.COUNTERS} | {*metrics.GAUGES}
    known |= {f"{name}{suffix}" for name in metrics.HISTOGRAMS for suffix in ("", "_bucket", "_sum", "_count")}
    return set(re.findall(rf"\b{metrics.PREFIX}([a-z_]+)\b", text)) - known


def test_documents_name_metrics_that_exist() -> None:
    """Every metric a page speaks of is one the engine has."""
    assert {
        page.name: found for page in documents() if (found := unknown_metrics(page.read_text(encoding="utf-8")))
    } == {}


def test_an_unknown_metric_is_seen() -> None:
    """The check of metric names tells a counter without its suffix from one that exists."""
    assert unknown_metrics("headrace_acks_total headrace_queue_parked headrace_ack_seconds_bucket headrace_acks") == {
        "acks"
    }


@pytest.mark.parametrize("word", WORDS)
def test_glossary_defines_the_word_once(word: str) -> None:
    """Each word of the house stands in the first column of the glossary exactly once."""
    lines = (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("|")[1].strip().replace(" ", "_") for line in lines if line.startswith("| ")].count(word) == 1


def documents() -> list[Path]:
    """Every page of the project."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "systemd").glob("*.md")])


def dead_links(page: Path, text: str) -> list[str]:
    """Relative links of a page that lead nowhere."""
    targets = [
        found[1] for found in LINK.finditer(text) if "://" not in found[1] and not found[1].startswith("mailto:")
    ]
    return [target for target in targets if not (page.parent / target).exists()]


def test_no_link_is_dead() -> None:
    """Every relative link of every page leads to a file."""
    dead = {str(page.relative_to(ROOT)): dead_links(page, page.read_text(encoding="utf-8")) for page in documents()}
    assert {name: links for name, links in dead.items() if links} == {}


def test_a_dead_link_is_seen() -> None:
    """The check of links tells a page that is there from one that is not."""
    assert dead_links(DOCS / "x.md", "[a](nowhere.md) [b](glossary.md#words) [c](https://x.test/y)") == ["nowhere.md"]


def test_decisions_are_numbered_and_listed() -> None:
    """Decision records have the template's parts, numbers without a gap, and a line in the list."""
    pages = sorted((DOCS / "adr").glob("[0-9]*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(len(pages))]
    parts = ("## What was the question", "## What was decided", "## Why", "## What follows")
    assert [page.name for page in pages for part in parts if part not in page.read_text(encoding="utf-8")] == []
    listed = (DOCS / "adr" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in pages[1:] if page.name not in listed] == []
