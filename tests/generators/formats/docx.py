"""The parts of a word processor's file: paragraphs, tables with merged cells, a head and a foot of the page, one zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def run(text: str, *, bold: bool = False, italic: bool = False, hidden: bool = False) -> str:
    """A run of text; a line break or a tab is an element of its own."""
    style = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "") + ("<w:vanish/>" if hidden else "")
    shown = f'<w:t xml:space="preserve">{escape(text)}</w:t>'.replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    shown = shown.replace("\t", '</w:t><w:tab/><w:t xml:space="preserve">')
    return f"<w:r>{f'<w:rPr>{style}</w:rPr>' if style else ''}{shown}</w:r>"


def torn(text: str, **style: bool) -> str:
    """Text in two runs with a mark of the spelling between, as it is left by someone who edits inside a word."""
    middle = len(text) // 2
    return run(text[:middle], **style) + '<w:proofErr w:type="spellStart"/>' + run(text[middle:], **style)


def paragraph(*runs: str, align: str = "") -> str:
    """A paragraph."""
    shape = f'<w:pPr><w:jc w:val="{align}"/></w:pPr>' if align else ""
    return f"<w:p>{shape}{''.join(runs)}</w:p>"


def cell(content: str, width: int, *, span: int = 1, merge: str = "") -> str:
    """A cell of one paragraph; ``span`` columns wide, ``merge`` restart or continue over rows."""
    shape = f'<w:tcW w:w="{width}" w:type="dxa"/>' + (f'<w:gridSpan w:val="{span}"/>' if span > 1 else "")
    shape += {"restart": '<w:vMerge w:val="restart"/>', "continue": "<w:vMerge/>"}.get(merge, "")
    return f"<w:tc><w:tcPr>{shape}</w:tcPr>{content or '<w:p/>'}</w:tc>"


def row(*cells: str, head: bool = False) -> str:
    """A row; that of the heads is repeated by the word processor on each page."""
    return f"<w:tr>{'<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>' if head else ''}{''.join(cells)}</w:tr>"


def table(widths: Sequence[int], *rows: str) -> str:
    """A table."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}</w:tbl>'


def field(code: str, shown: str) -> str:
    """A field whose code nobody sees."""
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    return (
        f'{marks[0]}<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>{marks[1]}{run(shown)}{marks[2]}'
    )


def _part(name: str, content: str) -> str:
    return f'{XML}<w:{name} xmlns:w="{SPACE}" xmlns:r="{OFFICE}">{content}</w:{name}>'


def _relations(*targets: tuple[str, str]) -> str:
    items = "".join(f'<Relationship Id="rId{at}" Type="{OFFICE}/{kind}" Target="{target}"/>' for at, (kind, target) in enumerate(targets, 1))  # fmt: skip
    return f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{items}</Relationships>'


def document(body: str, *, head: str, foot: str) -> bytes:
    """The file; the same parts give the same bytes."""
    names = {"document": "document.main", "header1": "header", "footer1": "footer", "styles": "styles"}
    types = "".join(f'<Override PartName="/word/{name}.xml" ContentType="{KIND}.{kind}+xml"/>' for name, kind in names.items())  # fmt: skip
    section = '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:footerReference w:type="default" r:id="rId3"/><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    parts = {
        "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": _relations(("officeDocument", "word/document.xml")),
        "word/document.xml": _part("document", f"<w:body>{body}{section}</w:body>"),
        "word/_rels/document.xml.rels": _relations(("styles", "styles.xml"), ("header", "header1.xml"), ("footer", "footer1.xml")),
        "word/styles.xml": _part("styles", '<w:style w:type="paragraph" w:default="1" w:styleId="Normale"><w:name w:val="Normal"/></w:style>'),
        "word/header1.xml": _part("hdr", head),
        "word/footer1.xml": _part("ftr", foot),
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in parts.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
