"""An American laboratory's e-mail: an HTML page a word processor saved, each cell a paragraph of its own."""

from __future__ import annotations

from html import escape

from tests.generators.carried.model import Case, Form, Line, joined, made, q, rest, says, share, told, w
from tests.generators.formats.model import HTML

LAB = "Tamarack Ridge Pathology"
WIDTHS = (196, 92, 44, 96, 140)
TITLES = ("Test", "Result", "Flag", "Units", "Reference Interval")
PENDING = "Tissue Transglutaminase IgA"

SECTIONS = (
    (
        "CBC WITH DIFFERENTIAL",
        (
            q("White Blood Cell Count", "10³/uL", 3.8, 10.8, 1, "6690-2", key="wbc"),
            q("Red Blood Cell Count", "10⁶/uL", 4.2, 5.8, 2, "789-8", women=(3.8, 5.1), key="rbc"),
            q("Hemoglobin", "g/dL", 13.2, 17.1, 1, "718-7", women=(11.7, 15.5), formula=made(1e-3, "rbc", "mcv", "mchc")),
            q("Hematocrit", "%", 38.5, 50.0, 1, "4544-3", women=(35.0, 45.0), formula=made(0.1, "rbc", "mcv")),
            q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"),
            q("MCH", "pg", 27.0, 33.0, 1, "785-6", formula=made(0.01, "mcv", "mchc")),
            q("MCHC", "g/dL", 32.0, 36.0, 1, "786-4", key="mchc"),
            q("RDW", "%", 11.0, 15.0, 1, "788-0"),
            q("Platelet Count", "10³/uL", 140, 400, 0, "777-3"),
            q("Neutrophils", "%", 40.0, 74.0, 1, "770-8", formula=rest("ly", "mo", "eo", "ba"), key="ne"),
            q("Lymphocytes", "%", 14.0, 46.0, 1, "736-9", key="ly"),
            q("Monocytes", "%", 4.0, 12.0, 1, "5905-5", key="mo"),
            q("Eosinophils", "%", 0.0, 5.0, 1, "713-8", key="eo"),
            q("Basophils", "%", 0.0, 2.0, 1, "706-2", key="ba"),
            q("Absolute Neutrophils", "10³/uL", 1.5, 7.8, 2, "751-8", formula=share("ne")),
            q("Absolute Lymphocytes", "10³/uL", 0.85, 3.9, 2, "731-0", formula=share("ly")),
        ),
    ),
    (
        "COMPREHENSIVE METABOLIC PANEL",
        (
            q("Glucose", "mg/dL", 65, 99, 0, "2345-7", remark="Fasting reference interval shown."),
            q("Urea Nitrogen (BUN)", "mg/dL", 7, 25, 0, "3094-0", key="bun"),
            q("Creatinine", "mg/dL", 0.7, 1.3, 2, "2160-0", women=(0.5, 1.03), key="crea"),
            q("eGFR", "mL/min/1.73m²", 60, None, 0, "98979-8"),
            q("BUN/Creatinine Ratio", "", 6, 22, 0, "3097-3", formula=made(1, "bun", by="crea")),
            q("Sodium", "mmol/L", 135, 146, 0, "2951-2"),
            q("Potassium", "mmol/L", 3.5, 5.3, 1, "2823-3", remark="No visible hemolysis."),
            q("Chloride", "mmol/L", 98, 110, 0, "2075-0"),
            q("Carbon Dioxide", "mmol/L", 20, 32, 0, "2028-9"),
            q("Calcium", "mg/dL", 8.6, 10.3, 1, "17861-6"),
            q("Protein, Total", "g/dL", 6.1, 8.1, 1, "2885-2"),
            q("Albumin", "g/dL", 3.6, 5.1, 1, "1751-7"),
            q("Bilirubin, Total", "mg/dL", 0.2, 1.2, 1, "1975-2"),
            q("Alkaline Phosphatase", "U/L", 36, 130, 0, "6768-6"),
            q("AST", "U/L", 10, 40, 0, "1920-8"),
            q("ALT", "U/L", 9, 46, 0, "1742-6", women=(6, 29)),
        ),
    ),
    (
        "ENDOCRINE AND VITAMINS",
        (
            q("TSH", "mIU/L", 0.4, 4.5, 2, "3016-3", below=0.01),
            q("Hemoglobin A1c", "%", None, 5.7, 1, "4548-4", reference="<5.7\n(non-diabetic)"),
            q("Vitamin D,\n25-Hydroxy, Total", "ng/mL", 30, 100, 0, "62292-8"),
            q("Vitamin B12", "pg/mL", 200, 1100, 0, "2132-9", above=2000),
            q("C-Reactive Protein,\nHigh Sensitivity", "mg/L", None, 3.0, 1, "30522-7", below=0.2),
        ),
    ),
    (
        "HEPATITIS SCREEN",
        (
            w("Hepatitis B Surface Antigen", ("NON-REACTIVE", "REACTIVE"), "5196-1", "NON-REACTIVE"),
            w("Hepatitis C Antibody", ("NON-REACTIVE", "REACTIVE"), "13955-0", "NON-REACTIVE"),
        ),
    ),
)  # fmt: skip

HEAD = """<html xmlns:v="urn:schemas-microsoft-com:vml"
xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word"
xmlns="http://www.w3.org/TR/REC-html40">

<head>
<meta http-equiv=Content-Type content="text/html; charset=windows-1252">
<meta name=ProgId content=Word.Document>
<meta name=Generator content="Microsoft Word 15">
<title>Laboratory results</title>
<!--[if gte mso 9]><xml>
 <w:WordDocument><w:View>Normal</w:View><w:Zoom>0</w:Zoom></w:WordDocument>
</xml><![endif]-->
<style>
<!--
 /* Style Definitions */
 p.MsoNormal, li.MsoNormal, div.MsoNormal
	{margin:0in; font-size:11.0pt; font-family:"Calibri",sans-serif;}
@page WordSection1
	{size:8.5in 11.0in; margin:.7in .7in .7in .7in;}
div.WordSection1 {page:WordSection1;}
-->
</style>
</head>

<body lang=EN-US link="#0563C1" vlink="#954F72" style='tab-interval:.5in;word-wrap:break-word'>

<div class=WordSection1>
"""
TAIL = """<p class=MsoNormal style='margin-top:6.0pt'><i><span style='font-size:8.0pt;color:gray'>This message and any
attachment are meant for the addressee only. If you have received it in error, please call (555)&nbsp;555-0142 and
delete it.<o:p></o:p></span></i></p>

</div>

</body>

</html>
"""
RAISED = {"²": "2", "³": "3", "⁶": "6"}


def _said(text: str) -> str:
    """Text as the word processor writes it: raised digits by markup, lines by ``br``."""
    shown = "".join(f"<sup>{RAISED[one]}</sup>" if one in RAISED else escape(one, quote=False) for one in text)
    return shown.replace("\n", "<br>\n  ")


def _cell(text: str, width: int, look: str = "", *, bold: bool = False, span: int = 1) -> str:
    said = _said(text) if text else "&nbsp;"
    said = f"<b>{said}</b>" if bold else said
    across = f" colspan={span}" if span > 1 else ""
    return (
        f"  <td width={width}{across} valign=top style='width:{width * 0.75:.1f}pt;border:none;border-bottom:solid #BFBFBF 1.0pt;\n"
        f"  padding:0in 5.4pt 0in 5.4pt'>\n"
        f"  <p class=MsoNormal{look}><span style='font-size:9.0pt'>{said}<o:p></o:p></span></p>\n"
        "  </td>\n"
    )


def _row(cells: list[str], index: int) -> str:
    return f" <tr style='mso-yfti-irow:{index}'>\n{''.join(cells)} </tr>\n"


def _result(one: Line) -> list[str]:
    odd = bool(one.flag)
    middle = " align=center style='text-align:center'"
    flag = (
        f"  <td width={WIDTHS[2]} valign=top style='width:33.0pt;border:none;border-bottom:solid #BFBFBF 1.0pt'>\n"
        f"  <p class=MsoNormal{middle}><b><font size=2 color=\"#C00000\"><span style='font-size:9.0pt'>{one.flag}</span></font></b><o:p></o:p></p>\n"
        "  </td>\n"
    )
    return [
        _cell(one.test.name, WIDTHS[0]),
        _cell(one.value, WIDTHS[1], " align=right style='text-align:right'", bold=odd),
        flag if odd else _cell("", WIDTHS[2], middle),
        _cell(one.test.unit, WIDTHS[3]),
        _cell(one.reference, WIDTHS[4]),
    ]


def _facts(case: Case) -> str:
    who = case.patient
    facts = (
        ("Patient:", f"{who.family}, {who.given}", "MRN:", who.mrn),
        ("DOB:", f"{who.birth_date:%m/%d/%Y} ({case.years} yrs)", "Sex:", case.pick("Female", "Male")),
        ("Accession #:", case.accession, "Collected:", told(case.collected, "%m/%d/%Y %I:%M %p")),
        ("Ordering Provider:", "Isolde Quarrington, MD", "Received:", told(case.received, "%m/%d/%Y %I:%M %p")),
        ("Fasting:", "Yes", "Reported:", told(case.reported, "%m/%d/%Y %I:%M %p")),
        ("Report Status:", "Final", "Client #:", "70418"),
    )
    rows = [
        _row([_cell(text, 142, bold=at % 2 == 0) for at, text in enumerate(line)], index)
        for index, line in enumerate(facts)
    ]
    return (
        "<table class=MsoNormalTable border=0 cellspacing=0 cellpadding=0 width=568 style='width:426.0pt;border-collapse:collapse'>\n"
        f" <tbody>\n{''.join(rows)} </tbody>\n</table>\n"
    )


def _results(case: Case) -> str:
    rows = [[_cell(title, width, bold=True) for title, width in zip(TITLES, WIDTHS, strict=True)]]
    for title, lines in case.sections():
        rows.append([_cell(title, sum(WIDTHS), bold=True, span=5)])
        for one in lines:
            rows.append(_result(one))
            if one.comment:
                rows.append([_cell("", WIDTHS[0]), _cell(one.comment, sum(WIDTHS[1:]), span=4)])
        if title.startswith("ENDOCRINE"):
            rows.append(
                [_cell(text, width) for text, width in zip((PENDING, "Pending", "", "", ""), WIDTHS, strict=True)]
            )
    said = "".join(_row(row, index) for index, row in enumerate(rows))
    return (
        "<table class=MsoNormalTable border=0 cellspacing=0 cellpadding=0 style='border-collapse:collapse'>\n <tbody>\n <tr>\n"
        "  <td style='padding:0in'>\n"
        "<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;border:none'>\n"
        f" <tbody>\n{said} </tbody>\n</table>\n  </td>\n </tr>\n </tbody>\n</table>\n"
    )


def _write(case: Case) -> tuple[bytes, int]:
    blank = "<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n\n"
    body = (
        f"<p class=MsoNormal><b><span style='font-size:16.0pt;color:#1F3864'>{LAB}<o:p></o:p></span></b></p>\n\n"
        "<p class=MsoNormal><font size=2 color=gray><span style='font-size:9.0pt'>2210 Larkspur Avenue, Suite 4<br>\n"
        "Wendover Falls, OR 97000<br>\nPhone (555)&nbsp;555-0142 &nbsp;Fax (555)&nbsp;555-0143</span></font><o:p></o:p></p>\n\n"
        f"{blank}{_facts(case)}{blank}{_results(case)}{blank}"
        "<p class=MsoNormal><span style='font-size:9.0pt'>Laboratory Director: Peregrine Ashdown, MD, FCAP<o:p></o:p></span></p>\n\n"
    )
    page = HEAD + body + TAIL
    joined(case)
    return page.replace("\n", "\r\n").encode("cp1252"), 1


FORM = Form(
    says=says(
        "tamarack_mail", "en", LAB, "TR{day:%y}-{number:06d}", SECTIONS, span="{low}-{high}", upper="<{high}", lower=">={low}",
        flags={"LL": "LL", "L": "L", "H": "H", "HH": "HH", "A": "A"},
    ),
    write=_write, media_type=HTML,
)  # fmt: skip
