"""`headrace extract`: one report with the embedded extractor."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from engine.app.builtins import builtin_registry
from engine.app.cli.at_rest import surroundings
from engine.app.cli.boxes import NoPictures, save_boxes
from engine.app.cli.explained import print_report
from engine.config.load import load_site
from engine.documents.sniff import is_complete, sniff
from engine.domain.document import Document
from engine.domain.reasons import reason
from engine.mapping import fhir_out, report_json
from engine.plugins.extractors.local import LocalSettings
from engine.plugins.extractors.local.pool import LocalExtractor
from engine.plugins.extractors.local.processes import Reading
from engine.plugins.extractors.local.settings import at_site
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.plugin import Kind

COMPLETE, FAILED, USAGE, NEEDS_REVIEW = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractOptions:
    """The command's options."""

    language: str = "auto"
    as_json: bool = False
    fhir: bool = False
    boxes: Path | None = None
    sender: str = ""


def extract_file(site: Path, file: Path, options: ExtractOptions) -> int:
    """Read a file and print the report; 0 complete, 3 when anything needs review or was not read, 1 failed."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        sys.stderr.write(f"{file}: {problem.strerror}\n")
        return USAGE
    try:
        reading = asyncio.run(_read(data, options, local_settings(site)))
    except ExtractorUnavailable as problem:
        sys.stderr.write(f"the reader process cannot be started: {problem}\n")
        return FAILED
    _print(reading, options)
    if options.boxes is not None:
        try:
            names = save_boxes(data, reading.report, options.boxes)
        except NoPictures as problem:
            sys.stderr.write(f"--boxes: {problem}\n")
            return FAILED
        sys.stderr.write("".join(f"saved {name}\n" for name in names))
    report = reading.report
    unsure = report.needs_review or report.review_reasons or report.pages_failed
    return NEEDS_REVIEW if unsure or any(item.needs_review for item in report.results) else COMPLETE


def local_settings(site: Path) -> LocalSettings:
    """The settings of the site's local extractor for one document; the defaults where there is no site in order."""
    settings = LocalSettings()
    if (site / "conf" / "headrace.yaml").exists():
        loaded = load_site(site.resolve(), builtin_registry(), environ=os.environ)
        found = (item.settings for item in loaded.of(Kind.EXTRACTOR))
        settings = next((item for item in found if isinstance(item, LocalSettings)), settings)
    return at_site(settings, site.resolve()).model_copy(update={"readers": 1})


async def _read(data: bytes, options: ExtractOptions, settings: LocalSettings) -> Reading:
    media_type = sniff(data)
    document = Document(
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=media_type,
        size_bytes=len(data),
        complete=is_complete(data, media_type),
    )
    facility, _, application = options.sender.partition("|")
    request = ReadRequest(
        document=document, data=data, language=options.language, facility=facility, application=application
    )
    extractor = LocalExtractor(settings, surroundings(Path()).observer)
    try:
        return await extractor.read(request)
    finally:
        await extractor.close()


def _print(reading: Reading, options: ExtractOptions) -> None:
    report = reading.report
    shown = report_json.to_dict(report, milliseconds=reading.milliseconds)
    if options.fhir:
        sys.stdout.write(report_json.dumps(fhir_out.to_bundle(report), indent=2) + "\n")
        return
    if options.as_json:
        sys.stdout.write(report_json.dumps(shown, indent=2) + "\n")
        return
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    patient, lab, header = report.patient, report.lab, report.report
    console.print(
        f"patient {patient.name or '-'}, born {patient.birth_date or '-'}, sex {patient.sex or '-'}", markup=False
    )
    console.print(
        f"lab {lab.name or '-'}, number {lab.accession or '-'}, collected {header.collected_at or '-'}", markup=False
    )
    print_report(console, shown)
    for item in report.review_reasons:
        console.print(f"[yellow]{item.code}[/] ", end="")
        console.print(item.text or reason(item.code).text, markup=False)
