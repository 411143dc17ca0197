"""Documents that are not what they seem, each with its known nature."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from datetime import datetime

from tests.generators.content import Report, sex_word, status_word
from tests.generators.layouts import LAYOUTS
from tests.generators.reports import compose, render, render_text
from tests.generators.scans import page_pictures, scanned_pdf
from tests.generators.sheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class OddDocument:
    """A document and what a careful reader says of it.

    Attributes:
        name: Key.
        content: The bytes as sent.
        media_type: What the bytes really are.
        reasons: Reason codes a reader may give, any one of them; empty when it should read the document.
        note: What is wrong with it.
    """

    name: str
    content: bytes
    media_type: str
    reasons: tuple[str, ...]
    note: str


def truncated(document: bytes, share: float = 0.6) -> bytes:
    """The first part of a file: no cross-reference table, no end mark."""
    return document[: int(len(document) * share)]


def random_bytes(seed: int, size: int = 4096) -> bytes:
    """Bytes of no format; never a known magic number at the front."""
    return b"\x9d" + random.Random(f"noise:{seed}").randbytes(size - 1)


def two_patients_pdf(first: Report, second: Report) -> bytes:
    """One file that holds the reports of two people, drawn in the first one's layout."""
    plan = LAYOUTS[first.layout]
    sheet = Sheet(paper=plan.paper, created=first.order.reported, producer=first.lab.software)
    plan.draw(sheet, first)
    plan.draw(sheet, second)
    return sheet.finish()


NO_REPORT = ("document.not_a_report", "extraction.no_results")
LOST = ("document.worker_lost", "document.timeout", "document.too_large", "document.unreadable")
LETTER = {
    "en": "Thank you for referring this pleasant patient to our clinic. There has been no fever and no weight loss. On examination the chest was clear and the "
    "abdomen soft. We discussed diet and exercise, and I would be grateful if you could see the patient again in three months. No laboratory tests were ordered "
    "today. A copy of this letter goes to the patient.",
    "es": "Le agradezco la derivación de este paciente a nuestra consulta. No refiere fiebre ni pérdida de peso. En la exploración, el tórax está limpio y el abdomen "
    "blando. Se han dado consejos de dieta y ejercicio y se recomienda una nueva revisión dentro de tres meses. Hoy no se han solicitado análisis. Se entrega copia al paciente.",
}  # fmt: skip


def letter_pdf(report: Report) -> bytes:
    """A clinic letter about the report's patient: text, names and dates, no result."""
    who, spanish = report.patient, report.language == "es"
    sheet = Sheet(paper="a4", created=report.order.reported, producer="Clinic Writer 2")
    sheet.page()
    sheet.face("times")
    sheet.text(70, 80, report.lab.name, 14, "B")
    sheet.text(70, 96, ", ".join(report.lab.lines), 9)
    sheet.text(525, 130, f"{report.order.reported:%d/%m/%Y}", 11, align="R")
    sheet.text(
        70,
        160,
        f"{'Asunto' if spanish else 'Re'}: {who.given} {who.family}, {who.birth_date:%d/%m/%Y}, {sex_word(report)}",
        11,
        "B",
    )
    sheet.text(70, 190, "Estimado compañero:" if spanish else "Dear colleague,", 11)
    for line, text in enumerate(sheet.wrap(LETTER[report.language], 455, 11)):
        sheet.text(70, 214 + 16 * line, text, 11)
    sheet.signature(70, 380, who.mrn)
    sheet.text(70, 410, report.order.provider, 11)
    return sheet.finish()


def _rtf_escape(text: str) -> str:
    out = "".join("\\" + char if char in "\\{}" else char for char in text)
    return "".join(char if ord(char) < 128 else f"\\'{char.encode('cp1252', 'replace')[0]:02x}" for char in out)


def rtf_report(report: Report, *, table: bool = True) -> bytes:
    """The report as RTF, rows as table cells or as tabbed lines."""
    head = render_text(report)[0].split("\n")[:9]
    lines = [r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}}\f0\fs18"]
    lines += [_rtf_escape(line) + r"\par" for line in head]
    for section in report.sections:
        lines.append(r"{\b " + _rtf_escape(section.title) + r"}\par")
        for row in section.rows:
            cells = [_rtf_escape(cell) for cell in (row.name, row.value, row.flag, row.unit, row.reference)]
            if table:
                edges = "".join(f"\\cellx{edge}" for edge in (3200, 4400, 5200, 6800, 9200))
                lines.append(r"\trowd" + edges + " " + "".join(f"\\intbl {cell}\\cell" for cell in cells) + r"\row")
            else:
                lines.append(r"\tab ".join(cells) + r"\par")
    return "\r\n".join([*lines, _rtf_escape(status_word(report)) + r"\par", "}"]).encode("ascii")


def raw_pdf(objects: list[bytes]) -> bytes:
    """A PDF 1.4 file of these object bodies, numbered from 1; the first is the catalog."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + tail


def _stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(body), body)


def _zeros_deflated(mebibytes: int) -> bytes:
    """A zlib stream of that many MiB of blanks, assembled from one flushed block instead of compressing them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b"\0" * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = ((mebibytes * 2**20 % 65521) << 16) | 1
    return b"\x78\xda" + block * mebibytes + b"\x03\x00" + checksum.to_bytes(4, "big")


def flate_bomb(mebibytes: int = 4096) -> bytes:
    """About 2 KB that three FlateDecode filters blow up to ``mebibytes`` MiB of page content."""
    content = zlib.compress(zlib.compress(_zeros_deflated(mebibytes), 9), 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>"
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            pages,
            page,
            _stream(content, b"/Filter[/FlateDecode/FlateDecode/FlateDecode]"),
        ]
    )


def form_bomb(depth: int = 10, calls: int = 12) -> bytes:
    """About 2 KB of Form XObjects, each painting the next ``calls`` times: ``calls`` to the power of ``depth`` paintings."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, _stream(b"/F Do")]
    for level in range(depth):
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F %d 0 R>>>>" % (6 + level)
        objects.append(_stream(b"/F Do " * calls, entries))
    objects.append(_stream(b"BT 0 0 Td ET", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"))
    return raw_pdf(objects)


def odd_documents(seed: int = 1, *, at: datetime | None = None) -> dict[str, OddDocument]:
    """One of each kind, all about the same report."""
    report = compose("us_chem", seed=seed, at=at)
    other = compose("us_chem", seed=seed + 1, at=at)
    good = render(report)[0]
    text = render_text(report)[0]
    pdf, png = "application/pdf", "image/png"
    rows = (
        ("truncated", truncated(good), pdf, ("document.truncated", "document.unreadable"), "cut off after 60 %"),
        ("encrypted", render(report, passwords=("owner", "secret"))[0], pdf, ("document.encrypted",), "needs a user password"),
        ("encrypted_open", render(report, passwords=("owner", ""))[0], pdf, (), "owner password only: opens without one"),
        ("image_as_pdf", page_pictures(good, dots_per_inch=100)[0], png, (), "a PNG sent as PDF: needs OCR"),
        ("random", random_bytes(seed), "application/octet-stream", ("document.unreadable",), "no known format"),
        ("scan", scanned_pdf(good, seed=seed), pdf, (), "no text layer: needs OCR"),
        ("two_patients", two_patients_pdf(report, other), pdf, ("patient.two_in_document",), "two people in one file"),
        ("letter", letter_pdf(report), pdf, NO_REPORT, "a clinic letter without results"),
        ("rtf", rtf_report(report), "application/rtf", (), "RTF with a table"),
        ("rtf_tabs", rtf_report(report, table=False), "application/rtf", (), "RTF with tabs"),
        ("text", text.encode(), "text/plain", (), "plain text"),
        ("empty", b"", "application/octet-stream", ("document.unreadable",), "no bytes at all"),
        ("blank_pdf", raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>"]),
         pdf, NO_REPORT, "one empty page"),
        ("flate_bomb", flate_bomb(), pdf, LOST, "three filters blow up to 4 GiB"),
        ("form_bomb", form_bomb(), pdf, LOST, "nested forms paint for ever"),
    )  # fmt: skip
    return {
        name: OddDocument(name=name, content=content, media_type=media, reasons=reasons, note=note)
        for name, content, media, reasons, note in rows
    }
