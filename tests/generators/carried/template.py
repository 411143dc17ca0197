"""A Portuguese laboratory's DOCX: a template with fields in the table of the head and a table for each panel."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

from tests.generators.carried.model import Case, Form, Line, joined, made, q, rest, says, told, w
from tests.generators.formats.model import DOCX

LAB = "Laboratório Quinta da Ribeira"
PENDING = "Anticorpo antiperoxidase"
ABSENT = ("Negativo", "Positivo", "Vestígios")

SECTIONS = (
    (
        "Hemograma",
        (
            q("Leucócitos", "10⁹/L", 4.5, 11.0, 1, "6690-2", key="wbc"),
            q("Eritrócitos", "10¹²/L", 4.5, 5.9, 2, "789-8", women=(4.0, 5.2), key="rbc"),
            q("Hemoglobina", "g/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), formula=made(1e-3, "rbc", "mcv", "mchc")),
            q("Hematócrito", "%", 41.0, 53.0, 1, "4544-3", women=(36.0, 46.0), formula=made(0.1, "rbc", "mcv")),
            q("VGM", "fL", 80.0, 100.0, 1, "787-2", key="mcv"),
            q("HGM", "pg", 26.0, 34.0, 1, "785-6", formula=made(0.01, "mcv", "mchc")),
            q("CHGM", "g/dL", 31.0, 37.0, 1, "786-4", key="mchc"),
            q("RDW", "%", 11.5, 14.5, 1, "788-0"),
            q("Plaquetas", "10⁹/L", 150, 450, 0, "777-3", remark="Confirmado em esfregaço."),
            q("Neutrófilos", "%", 40.0, 75.0, 1, "770-8", formula=rest("ly", "mo", "eo", "ba")),
            q("Eosinófilos", "%", 1.0, 6.0, 1, "713-8", key="eo"),
            q("Basófilos", "%", 0.0, 1.5, 1, "706-2", key="ba"),
            q("Linfócitos", "%", 20.0, 45.0, 1, "736-9", key="ly"),
            q("Monócitos", "%", 2.0, 10.0, 1, "5905-5", key="mo"),
        ),
    ),
    (
        "Bioquímica",
        (
            q("Glicose", "mg/dL", 70, 105, 0, "2345-7"),
            q("Ureia", "mg/dL", 17, 43, 0, "3091-6"),
            q("Creatinina", "mg/dL", 0.67, 1.17, 2, "2160-0", women=(0.51, 0.95)),
            q("Ácido úrico", "mg/dL", 3.5, 7.2, 1, "3084-1", women=(2.6, 6.0)),
            q("Sódio", "mmol/L", 136, 146, 0, "2951-2"),
            q("Potássio", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Soro sem sinais de hemólise."),
            q("Cloro", "mmol/L", 101, 109, 0, "2075-0"),
            q("Aspartato aminotransferase\n(AST)", "U/L", None, 35, 0, "1920-8"),
            q("Alanina aminotransferase\n(ALT)", "U/L", None, 45, 0, "1742-6", women=(None, 34)),
            q("Gama-GT", "U/L", None, 55, 0, "2324-2", women=(None, 38), below=4),
            q("Fosfatase alcalina", "U/L", 30, 120, 0, "6768-6"),
            q("Bilirrubina total", "mg/dL", 0.3, 1.2, 2, "1975-2"),
            q("Proteína C reativa", "mg/L", None, 5.0, 1, "1988-5", below=0.5),
        ),
    ),
    (
        "Perfil lipídico",
        (
            q("Colesterol total", "mg/dL", None, 190, 0, "2093-3"),
            q("Colesterol HDL", "mg/dL", 40, None, 0, "2085-9", women=(45, None)),
            q("Triglicerídeos", "mg/dL", None, 150, 0, "2571-8"),
        ),
    ),
    (
        "Endocrinologia e vitaminas",
        (
            q("TSH", "µUI/mL", 0.35, 4.94, 2, "3016-3", below=0.01),
            q("T4 livre", "ng/dL", 0.7, 1.48, 2, "3024-7"),
            q("Hemoglobina A1c", "%", 4.0, 6.0, 1, "4548-4"),
            q("Vitamina D (25-OH)", "ng/mL", None, None, 1, "62292-8", around=27, reference="Suficiência: > 30\nInsuficiência: 20 - 30\nDeficiência: < 20"),
            q("Ferritina", "ng/mL", 22, 322, 0, "2276-4", women=(10, 291)),
        ),
    ),
    (
        "Análise sumária de urina",
        (
            q("Densidade", "", 1.005, 1.03, 3, "5811-5"),
            q("pH", "", 5.0, 8.0, 1, "5803-2"),
            w("Proteínas", ABSENT, "20454-5", "Negativo"),
            w("Corpos cetónicos", ABSENT, "2514-8", "Negativo"),
            w("Nitritos", ABSENT[:2], "5802-4", "Negativo"),
        ),
    ),
)  # fmt: skip
NOTES = {
    "Hemograma": "Amostra: sangue total EDTA. Método: citometria de fluxo.",
    "Bioquímica": "Amostra: soro. Método: fotometria e elétrodos seletivos.",
    "Perfil lipídico": "Amostra: soro. Valores segundo as recomendações europeias.",
    "Endocrinologia e vitaminas": "Amostra: soro e sangue total. Método: quimioluminescência e cromatografia.",
    "Análise sumária de urina": "Amostra: urina da primeira micção da manhã. Método: tira-teste.",
}
TITLES = ("Análise", "Resultado", "", "Unidade", "Valores de referência")
WIDTHS = (3300, 1500, 400, 1400, 3000)

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = (
    f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="{WORD}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{WORD}.styles+xml"/><Override PartName="/word/header1.xml" ContentType="{WORD}.header+xml"/>'
    f'<Override PartName="/word/footer1.xml" ContentType="{WORD}.footer+xml"/></Types>'
)
RELS = f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
WORD_RELS = (
    f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/header" Target="header1.xml"/><Relationship Id="rId3" Type="{OFFICE}/footer" Target="footer1.xml"/></Relationships>'
)
STYLES = (
    f'{XML}<w:styles {SPACE}><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Ttulo2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr>'
    '<w:rPr><w:b/><w:sz w:val="24"/></w:rPr></w:style></w:styles>'
)


def _runs(text: str, look: str = "", *, cut: int = 0) -> str:
    """Runs of a text, lines by ``br``, cut after some letters as an editor leaves them."""
    out = ""
    for at, part in enumerate(text.split("\n")):
        pieces = (part[:cut], part[cut:]) if cut and len(part) > cut else (part,)
        for piece in pieces:
            head = "<w:br/>" if at and piece is pieces[0] else ""
            out += f'<w:r>{f"<w:rPr>{look}</w:rPr>" if look else ""}{head}<w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'
    return out


def _paragraph(runs: str, style: str = "", side: str = "") -> str:
    facts = (f'<w:pStyle w:val="{style}"/>' if style else "") + (f'<w:jc w:val="{side}"/>' if side else "")
    return f'<w:p w:rsidR="00A41C7E" w:rsidRDefault="00A41C7E">{f"<w:pPr>{facts}</w:pPr>" if facts else ""}{runs}</w:p>'


def _cell(inside: str, width: int, *, span: int = 1, shade: str = "") -> str:
    across = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{across}{fill}</w:tcPr>{inside}</w:tc>'


def _table(rows: list[str], widths: tuple[int, ...]) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    body = "".join(f'<w:tr w:rsidR="00A41C7E">{row}</w:tr>' for row in rows)
    return f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>'


def _field(text: str, tag: str) -> str:
    """What is filled in: a content control of the template."""
    return f'<w:sdt><w:sdtPr><w:alias w:val="{tag}"/><w:tag w:val="{tag}"/></w:sdtPr><w:sdtContent>{_runs(text)}</w:sdtContent></w:sdt>'


def _facts(case: Case) -> str:
    who, stamp = case.patient, "%d-%m-%Y %H:%M"
    facts = (
        ("Apelido", who.family, "Nome próprio", who.given),
        ("Data de nascimento", f"{who.birth_date:%d-%m-%Y}", "Sexo", case.pick("Feminino", "Masculino")),
        ("Processo n.º", who.mrn, "Requisição n.º", case.accession),
        ("Médico requisitante", "Dr.ª Leonilde Vasques", "Colheita", told(case.collected, stamp)),
        ("Entidade", "Particular", "Receção", told(case.received, stamp)),
        ("Estado", "Relatório final", "Data de emissão", told(case.reported, stamp)),
    )
    widths = (2000, 2800, 2000, 2800)
    rows = [
        "".join(
            _cell(_paragraph(_runs(f"{text}:", "<w:b/>") if at % 2 == 0 else _field(text, f"c{row}{at}")), widths[at], shade="F2F2F2" if at % 2 == 0 else "")
            for at, text in enumerate(line)
        )
        for row, line in enumerate(facts)
    ]  # fmt: skip
    return _table(rows, widths)


def _result(one: Line, at: int) -> str:
    look = "<w:b/>" if one.flag else ""
    return "".join(
        (
            _cell(_paragraph(_runs(one.test.name, cut=4 if at % 3 == 0 else 0)), WIDTHS[0]),
            _cell(_paragraph(_runs(one.value, look), side="right"), WIDTHS[1]),
            _cell(_paragraph(_runs(one.flag, "<w:b/>") if one.flag else "", side="center"), WIDTHS[2]),
            _cell(_paragraph(_runs(one.test.unit) if one.test.unit else ""), WIDTHS[3]),
            _cell(_paragraph(_runs(one.reference, '<w:sz w:val="18"/>')), WIDTHS[4]),
        )
    )


def _panel(title: str, lines: list[Line]) -> str:
    rows = [
        "".join(
            _cell(_paragraph(_runs(text, "<w:b/>") if text else ""), width, shade="D9E2F3")
            for text, width in zip(TITLES, WIDTHS, strict=True)
        )
    ]
    for at, one in enumerate(lines):
        rows.append(_result(one, at))
        if one.comment:
            rows.append(_cell(_paragraph(_runs(one.comment, "<w:i/>")), sum(WIDTHS), span=5))
    if title.startswith("Endo"):
        texts = (PENDING, "Em curso", "", "", "")
        rows.append("".join(_cell(_paragraph(_runs(text) if text else ""), width) for text, width in zip(texts, WIDTHS, strict=True)))  # fmt: skip
    return (
        _paragraph(_runs(title), "Ttulo2")
        + _paragraph(_runs(NOTES[title], '<w:i/><w:sz w:val="18"/>'))
        + _table(rows, WIDTHS)
        + _paragraph("")
    )


def _write(case: Case) -> tuple[bytes, int]:
    body, pages = _facts(case) + _paragraph(""), 1
    for title, lines in case.sections():
        if title == "Perfil lipídico":
            body += _paragraph('<w:r><w:br w:type="page"/></w:r>')
            pages += 1
        for one in lines:
            one.page = pages
        body += _panel(title, lines)
    body += _paragraph(_runs("Validado eletronicamente por Dr. Belchior Camarate, especialista em Patologia Clínica."))
    body += '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:footerReference w:type="default" r:id="rId3"/><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    joined(case)
    header = _paragraph(_runs(LAB, '<w:b/><w:sz w:val="32"/>')) + _paragraph(
        _runs("Rua das Amoreiras 18, 0000-118 Vale de Moinhos")
    )
    footer = _paragraph(
        _runs("Os resultados referem-se apenas às amostras analisadas. Página ")
        + '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    )
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELS,
        "word/document.xml": f"{XML}<w:document {SPACE}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": WORD_RELS,
        "word/styles.xml": STYLES,
        "word/header1.xml": f"{XML}<w:hdr {SPACE}>{header}</w:hdr>",
        "word/footer1.xml": f"{XML}<w:ftr {SPACE}>{footer}</w:ftr>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue(), pages


FORM = Form(
    says=says(
        "ribeira_docx", "pt", LAB, "RQ{day:%Y}/{number:06d}", SECTIONS, decimal=",", span="{low} - {high}", upper="< {high}",
        lower="> {low}", past="{sign} {limit}", flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    ),
    write=_write, media_type=DOCX,
)  # fmt: skip
