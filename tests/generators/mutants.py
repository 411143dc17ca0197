"""Documents damaged at random, the same for the same number: what a broken interface or an ill-meant sender may deliver."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable
from functools import cache

from tests.generators.documents import form_bomb, rtf_report
from tests.generators.reports import compose, render, render_text
from tests.generators.scans import page_pictures, tiff_of
from tests.generators.special import SPECIALS

_FIGURES = re.compile(rb"\d{1,9}")
_MARKUP = (b"<", b">", b"(", b")", b"[", b"]", b"{", b"}", b"\\", b"/", b"&#x0;", b"<<", b">>", b"endstream", b"obj", b"\x00", b"\xff\xfe")  # fmt: skip


def _docx(lines: list[str]) -> bytes:
    body = "".join(
        f"<w:p><w:r><w:t>{line.replace('&', '&amp;').replace('<', '&lt;')}</w:t></w:r></w:p>" for line in lines
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in (
            ("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
            ("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'),
        ):
            packed.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def _html(rows: list[tuple[str, ...]]) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell.replace('<', '&lt;')}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<!DOCTYPE html><html><body><h1>Results</h1><table>{cells}</table></body></html>".encode()


def _cda(rows: list[tuple[str, ...]]) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell.replace('<', '&lt;')}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Laboratory report</title>'
        "<component><structuredBody><component><section><title>Chemistry</title>"
        f"<text><table>{cells}</table></text></section></component></structuredBody></component></ClinicalDocument>"
    ).encode()


@cache
def originals() -> tuple[bytes, ...]:
    """Sound documents of every type, small pictures only: what is recognised costs seconds and is no parser's fault."""
    report = compose("us_chem", seed=5)
    pdf = render(report)[0]
    rows = [(row.name, row.value, row.unit, row.reference) for section in report.sections for row in section.rows]
    small = page_pictures(pdf, dots_per_inch=20)[0]
    layouts = ("es_clasico", "fr_double", "de_klinik", "it_ospedale", "br_hospital", "twin_tables")
    return (
        pdf, *(render(compose(name, seed=5))[0] for name in layouts), SPECIALS["culture_es"].pdf(),
        render(report, passwords=("owner", ""))[0], rtf_report(report), rtf_report(report, table=False),
        render_text(report)[0].encode(), _docx(render_text(report)[0].split("\n")), _html(rows), _cda(rows),
        tiff_of(pdf, dots_per_inch=20), small, form_bomb(3, 3),
    )  # fmt: skip


def _flip(data: bytearray, draw: random.Random) -> None:
    for _ in range(draw.choice((1, 1, 4, 32))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def _noise(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    data[at : at + draw.randrange(1, 64)] = draw.randbytes(draw.randrange(1, 64))


def _cut(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    del data[at : at + draw.randrange(1, max(2, len(data) // 4))]


def _end(data: bytearray, draw: random.Random) -> None:
    del data[draw.randrange(1, len(data)) :]


def _repeat(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    data[at:at] = bytes(data[at : at + draw.randrange(1, 400)]) * draw.choice((1, 2, 50))


def _figure(data: bytearray, draw: random.Random) -> None:
    found = list(_FIGURES.finditer(data))
    for match in draw.sample(found, min(len(found), draw.choice((1, 3)))):
        size = len(match.group())
        data[match.start() : match.end()] = (b"9" * size, b"0" * size, b"1" + b"0" * 12, b"-1")[draw.randrange(4)]


def _markup(data: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(data))
    data[at:at] = draw.choice(_MARKUP) * draw.choice((1, 1, 3, 300))


def _splice(data: bytearray, draw: random.Random) -> None:
    other = draw.choice(originals())
    at, start = draw.randrange(len(data)), draw.randrange(len(other))
    data[at : at + draw.randrange(1, 2000)] = other[start : start + draw.randrange(1, 4000)]


_WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _flip, _noise, _cut, _end, _repeat, _figure, _figure, _markup, _splice)  # fmt: skip


def mutant(number: int) -> bytes:
    """The damaged document of that number: one to three kinds of damage, one after the other."""
    draw = random.Random(f"mutant:{number}")
    data = bytearray(draw.choice(originals()))
    for _ in range(draw.choice((1, 1, 2, 3))):
        draw.choice(_WAYS)(data, draw)
        if not data:
            return b""
    return bytes(data)
